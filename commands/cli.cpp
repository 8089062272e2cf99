#include "commands/cli.hpp"

#include "commands/bench/results.hpp"
#include "commands/command_line.hpp"
#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/normalised_line.hpp"
#include "commands/output_file.hpp"
#include "commands/written_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/net/url.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/store/address.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <optional>
#include <ostream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct GlobalOption {
    const char* names;
    const char* type;
    const char* help;
};

constexpr GlobalOption k_global_options[] = {
    {"-p,--profile", "NAME", "How the service lays out its keys (default roa2web)"},
    {"--config", "FILE", "Settings file instead of ./roacache.toml"},
    {"--env-file", "FILE", "The service's .env file"},
    {"-o,--output", "FMT",
     "table, json, ndjson or csv (default: table on a terminal, plain lines in a pipe)"},
    {"--output-file", "FILE",
     "Write the answer to this file instead of standard output, all of it or nothing: the old file stays "
     "until the "
     "new one is complete"},
    {"--color", "WHEN", "auto, always or never"},
    {"--timeout", "DUR", "Limit for connecting and for each answer (default 5s)"},
    {"--password-file", "FILE", "File that holds the cache's password"},
    {"--sentinel-user", "USER", "User of the Sentinels themselves"},
    {"--sentinel-password-file", "FILE", "File that holds the Sentinels' own password"},
    {"--node-map", "OLD=NEW",
     "Where servers are reached that a cluster or Sentinel names by addresses of its own network "
     "(HOST:PORT=HOST:PORT, or hosts alone; several by commas)"},
    {"--token-file", "FILE", "File that holds the management API's token"},
    {"--dialect", "NAME", "The management API's kind, hybrid or hr (default: by what it answers)"},
    {"--cacert", "FILE", "Authorities to trust (PEM)"},
    {"--cert", "FILE", "Client certificate (PEM)"},
    {"--key-file", "FILE", "Key of the client certificate (PEM)"},
    {"--server-name", "NAME",
     "Name that a TLS server is asked for and must be certified for (default: the host)"},
};

/// `; stats also prometheus, bench also markdown`: what only some commands write.
std::string further_formats() {
    std::string text;
    for (const Command& command : all_commands())
        for (const Format format : command.formats)
            if (std::find(k_entry_formats.begin(), k_entry_formats.end(), format) == k_entry_formats.end())
                text +=
                    fmt::format("{} {} also {}", text.empty() ? ";" : ",", command.name, format_name(format));
    return text;
}

void add_url_option(CLI::App& app, Parsed& parsed) {
    app.add_option_function<std::vector<std::string>>(
           "-u,--url",
           [&parsed](const std::vector<std::string>& urls) {
               parsed.flags["url"] = urls.front();
               if (urls.size() > 1) parsed.tiers = urls;
           },
           "The cache: redis:// rediss:// valkey:// valkeys:// unix:// sqlite: http(s)://HOST/api/cache "
           "(default redis://127.0.0.1:6379/0; repeatable: the tiers of one cache, deepest first)")
        ->type_name("URL")
        ->group("Global options");
}

void add_global_options(CLI::App& app, Parsed& parsed) {
    const std::string group = "Global options";
    add_url_option(app, parsed);
    for (const GlobalOption& option : k_global_options) {
        const std::string name =
            std::string(option.names).substr(std::string_view(option.names).find("--") + 2);
        app.add_option_function<std::string>(
               option.names, [&parsed, name](const std::string& value) { parsed.flags[name] = value; },
               option.help)
            ->type_name(option.type)
            ->group(group);
    }
    CLI::Option* const output = app.get_option("--output");
    output->description(output->get_description() + further_formats());
    app.get_option("--color")->check(CLI::IsMember({"auto", "always", "never"}))->type_name("WHEN");
    app.add_flag_function(
           "--insecure", [&parsed](std::int64_t on) { parsed.flags["insecure"] = on > 0 ? "true" : "false"; },
           "Accept any TLS certificate")
        ->group(group);
    app.add_flag("-q,--quiet", parsed.quiet, "No notes and no progress")->group(group);
    app.add_flag("-v,--verbose", parsed.verbose, "Say where each setting came from")->group(group);
    app.set_version_flag("--version", "roacache " ROACACHE_VERSION)->group(group);
    app.get_option("--help")->group(group);
}

void settle_colour(output::Streams& streams, const config::Settings& settings,
                   const config::Variables& environment) {
    const auto no_color = environment.find("NO_COLOR");
    const auto term = environment.find("TERM");
    const bool refused = (no_color != environment.end() && !no_color->second.empty()) ||
                         (term != environment.end() && term->second == "dumb");
    const auto settle = [&](bool terminal) {
        if (settings.color.value == config::Color::automatic) return terminal && !refused;
        return settings.color.value == config::Color::always;
    };
    streams.out_colour = settle(streams.out_is_terminal);
    streams.err_colour = settle(streams.err_is_terminal);
}

/// A URL as --verbose may print it; what does not parse is not echoed, since its secrets cannot be found.
std::string url_for_people(const config::Setting<std::string>& setting) {
    try {
        return net::parse_url(setting.required()).redacted();
    } catch (const Error&) {
        return "(none)";
    }
}

void list_ignored_parameters(const config::Setting<std::string>& setting, output::Streams& streams) {
    try {
        for (const std::string& name : net::redis_parameters(setting.required()).ignored)
            streams.err << "roacache: setting: url: its parameter " << output::printable(name)
                        << " means nothing here and is ignored\n";
    } catch (const Error&) {
        // The command reports it if it needs the URL.
    }
}

/// What was asked for and how far it came, for whoever reports a failure.
struct Course {
    const CLI::App& app;
    const config::Variables& environment;
    output::Streams& streams;
    const WrittenProbe& answer;
    std::optional<config::Settings> settings; ///< absent until they are settled
    std::optional<Context> context;           ///< likewise
    std::optional<OutputFile> file;           ///< in the place of `streams.out`
};

/// The format as far as it is known; the parser may have failed, and so may the settings.
std::string asked_format(const Course& course) {
    if (course.settings) return course.settings->output.value;
    if (const auto given = course.app.get_option("--output")->results(); !given.empty()) return given.back();
    const auto variable = course.environment.find("ROACACHE_OUTPUT");
    return variable == course.environment.end() ? "" : variable->second;
}

/// Whoever asked for JSON gets an object for a failure too, unless the command has said it in its own. True
/// when this object is the whole answer.
bool answer_in_json(const Error& error, const Course& course) {
    const std::string format = asked_format(course);
    const bool written = course.answer.written() || (course.file && course.file->written());
    if (written || (format != "json" && format != "ndjson")) return false;
    const auto chosen = course.app.get_subcommands();
    const std::string command = chosen.empty() ? "error" : chosen.front()->get_name();
    nlohmann::ordered_json json{{"schema", "roacache." + command + "/1"}};
    if (course.context) json = document_head(command, *course.context);
    json["outcome"] = outcome_of(error.code());
    json["error"] = error_json(error);
    course.streams.out << output::json_text(json, format == "json" ? 2 : -1) << "\n";
    return true;
}

/// Lets a file with the whole answer take its place; from here on `out` is standard output again.
void settle_file(Course& course, bool whole) {
    if (course.file && whole) course.file->commit();
    if (course.context) course.context->deliver = {};
    course.file.reset();
}

int report(const Error& error, output::Streams& streams) {
    streams.err << "roacache: " << output::harmless(error.what()) << "\n";
    if (!error.remedy().empty())
        streams.err << output::style(output::harmless(error.remedy()), output::Style::dim, streams.err_colour)
                    << "\n";
    return static_cast<int>(error.code());
}

/// Reports a failure; returns its exit code. A half answer does not take the file's place, nor does what says
/// only that the command line was wrong.
int fail(const Error& error, Course& course) {
    const bool answered =
        answer_in_json(error, course) || dynamic_cast<const DeliveredError*>(&error) != nullptr;
    const bool meant = error.code() != ExitCode::usage && error.code() != ExitCode::bug &&
                       error.code() != ExitCode::interrupted;
    try {
        settle_file(course, answered && meant);
    } catch (const Error& unwritten) {
        report(unwritten, course.streams);
    }
    course.streams.out.flush();
    return report(error, course.streams);
}

/// A word that nothing expected, without what may be a secret: of an option only its name.
std::string without_value(const std::string& word) {
    if (word.starts_with("--")) return word.substr(0, word.find('='));
    if (word.starts_with('-')) return word.substr(0, 2);
    return word.find("://") != std::string::npos ? net::redact_url_text(word) : core::redacted_text(word);
}

/// What the parser makes of a wrong command line, in roacache's own form.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    std::string place = "roacache";
    const auto chosen = app.get_subcommands();
    for (auto inner = chosen; !inner.empty(); inner = inner.front()->get_subcommands())
        place += " " + inner.front()->get_name();
    const auto words = app.remaining(true);
    std::string why = core::redacted_text(error.what());
    if (why.find("://") != std::string::npos) why = "a value does not fit its option";
    if (chosen.empty())
        why = words.empty() ? "no command given"
                            : fmt::format("unknown command '{}'", without_value(words.front()));
    else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !words.empty())
        why = fmt::format("unexpected argument '{}'", without_value(words.front()));
    why = why.substr(0, why.find('\n'));
    while (!why.empty() && (why.back() == '.' || why.back() == ' '))
        why.pop_back();
    return Error(ExitCode::usage, fmt::format("usage: {}", why), fmt::format("See {} --help.", place));
}

/// Help and version are answers and go to stdout; every other parser error is a usage error.
int on_parse_error(const CLI::ParseError& error, Course& course) {
    const CLI::App& app = course.app;
    output::Streams& streams = course.streams;
    if (error.get_exit_code() != 0) {
        const Error usage = usage_error(app, error);
        answer_in_json(usage, course);
        return report(usage, streams);
    }
    if (dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr) {
        streams.out << error.what() << "\n";
        return 0;
    }
    const auto chosen = app.get_subcommands();
    if (chosen.empty())
        streams.out << app.help();
    else
        streams.out << chosen.front()->help("roacache")
                    << "\nGlobal options, before or after the command: see roacache --help.\n";
    return 0;
}

const Command& command_of(const CLI::App& app) {
    const auto commands = all_commands();
    const std::string chosen = app.get_subcommands().front()->get_name();
    return *std::find_if(commands.begin(), commands.end(),
                         [&](const Command& command) { return chosen == command.name; });
}

/// The URL of the store that a command uses; none for one that opens no store, or several.
std::optional<std::string> store_of(const Command& command, const config::Settings& settings) {
    if (!command.opens_store || !settings.tiers.empty()) return std::nullopt;
    return url_for_people(settings.url);
}

/// The rest is parsed only for the format of the error message.
int on_bad_line(const Error& error, std::vector<std::string> reversed, CLI::App& app, const Course& course) {
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError&) {
        // The first error is the one to report.
    }
    answer_in_json(error, course);
    return report(error, course.streams);
}

int run_action(const Parsed& parsed, const std::vector<std::string>& arguments, Course& course) {
    output::Streams& streams = course.streams;
    config::Settings& settings = course.settings.emplace(
        config::resolve({parsed.flags, course.environment, {}, parsed.quiet, parsed.verbose, parsed.tiers}));
    settings.url = store::put_together(settings.address);
    const Command& command = command_of(course.app);
    if (command.looks_at_one) take_deepest_tier(settings);
    const auto file = parsed.flags.find("output-file");
    if (file != parsed.flags.end() && file->second != "-") course.file.emplace(file->second, streams);
    settle_colour(streams, settings, course.environment);
    Context& context = course.context.emplace(Context{
        settings, streams, arguments, redacted_command_line(course.app), {}, store_of(command, settings)});
    if (course.file) context.deliver = [&course] { settle_file(course, true); };
    if (settings.verbose)
        for (const std::string& line : settings.explain(url_for_people(settings.url)))
            streams.err << "roacache: setting: " << output::harmless(line) << "\n";
    for (std::size_t i = 0; settings.verbose && i < settings.tiers.size(); ++i)
        streams.err << fmt::format("roacache: setting: tier {}: {} ({})\n", i + 1,
                                   output::harmless(url_for_people(settings.tiers[i])),
                                   output::harmless(settings.tiers[i].origin));
    if (settings.verbose) list_ignored_parameters(settings.url, streams);
    for (const std::string& warning : settings.file_warnings)
        context.warn(warning);
    const ExitCode code = parsed.action(context);
    if (code != ExitCode::done)
        answer_in_json(Error(code, fmt::format("{}: nothing was answered", outcome_of(code))), course);
    if (course.file && streams.cut_short)
        context.note(fmt::format("interrupted: {} stays as it was", output::printable(file->second)));
    settle_file(course, !streams.cut_short);
    // What was wrong with a value that the command needed has ended it.
    for (const std::string& warning : settings.warnings)
        context.warn(warning);
    return static_cast<int>(code);
}

/// An answer that could not be written is no answer; a reader that went away (`| head`) wanted no more.
int check_written(int code, output::Streams& streams) {
    streams.out.flush();
    if (streams.out.good() || streams.reader_is_gone()) return code;
    const int error = streams.sink != nullptr ? streams.sink->error() : EIO;
    if (core::Interrupt::requested()) return static_cast<int>(ExitCode::interrupted);
    return report(
        Error(ExitCode::usage, fmt::format("cannot write: standard output: {}", core::errno_text(error))),
        streams);
}

/// One value each time that it is named, never the words behind it nor the parts of `[a,b]`. Arguments
/// without a name have nothing else that would let them be several.
void take_single_values(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (!option->get_positional()) option->allow_extra_args(false);
    for (CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        take_single_values(*sub);
}

} // namespace

std::unique_ptr<CLI::App> build_app(Parsed& parsed) {
    auto app =
        std::make_unique<CLI::App>("Administer and benchmark the caches behind web services.", "roacache");
    app->require_subcommand(1);
    app->footer(
        "A value is written --name VALUE, --name=VALUE, -n VALUE, -nVALUE or -n=VALUE; one that looks like\n"
        "an option is attached. A value is never empty, but for a TEXT or a BODY, and an option that is\n"
        "not repeatable is given once. A flag takes =true and =false; the last one counts.\n\n"
        "Exit codes: 0 done, 1 the answer is no, 2 usage, 3 unreachable, 4 refused, 5 partly done,\n"
        "6 inconclusive, 70 a bug in roacache, 130 interrupted.");
    add_global_options(*app, parsed);
    for (const Command& command : all_commands()) {
        CLI::App* sub = app->add_subcommand(command.name, command.summary)->fallthrough();
        Action action = command.declare(*sub);
        sub->callback([&parsed, action = std::move(action)] { parsed.action = action; });
    }
    take_single_values(*app);
    return app;
}

int run(const std::vector<std::string>& arguments, const config::Variables& environment,
        output::Streams& streams) {
    Parsed parsed;
    const std::unique_ptr<CLI::App> app = build_app(parsed);
    const WrittenProbe answer(streams.out);
    Course course{*app, environment, streams, answer, {}, {}, {}};
    try {
        auto given =
            normalised_line(*app, std::span(arguments).subspan(std::min<std::size_t>(1, arguments.size())));
        std::reverse(given.words.begin(), given.words.end());
        if (given.error)
            return check_written(on_bad_line(*given.error, std::move(given.words), *app, course), streams);
        app->parse(given.words);
    } catch (const CLI::ParseError& error) {
        return check_written(on_parse_error(error, course), streams);
    }
    try {
        return check_written(run_action(parsed, arguments, course), streams);
    } catch (const Error& error) {
        if (!core::Interrupt::requested()) return fail(error, course);
        return fail(Error(ExitCode::interrupted, error.what(), error.remedy()), course);
    } catch (const std::exception& error) {
        return fail(Error(ExitCode::bug, fmt::format("bug: {}", error.what()),
                          "Please report this with the command that you ran."),
                    course);
    }
}

} // namespace roacache::commands
