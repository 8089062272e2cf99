#include "commands/instances.hpp"

#include "commands/document.hpp"
#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sstream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// What came of one store.
struct TargetEnd {
    std::string store; ///< no secrets
    ExitCode code = ExitCode::done;
    std::string answer; ///< in the format that was asked for; of JSON a document
    std::optional<Error> error;
};

TargetEnd run_at(const config::Settings& settings, Context& context, const Action& run) {
    std::ostringstream out;
    output::Streams streams{.out = out,
                            .err = context.streams.err,
                            .out_is_terminal = context.streams.out_is_terminal,
                            .err_is_terminal = context.streams.err_is_terminal,
                            .out_colour = context.streams.out_colour,
                            .err_colour = context.streams.err_colour,
                            .terminal = context.streams.terminal};
    TargetEnd end;
    end.store = net::parse_url(settings.url.value).redacted();
    Context there{settings, streams, context.arguments, context.command, context.selector, end.store};
    try {
        end.code = run(there);
    } catch (const Error& error) {
        end.code = error.code();
        end.error = error;
    }
    context.selector = there.selector;
    end.answer = out.str();
    return end;
}

/// The document without what the head of all says.
ordered_json target_of(const TargetEnd& end) {
    ordered_json target{{"store", end.store}, {"outcome", outcome_of(end.code)}, {"error", nullptr}};
    const ordered_json document = ordered_json::parse(end.answer, nullptr, false);
    if (document.is_object())
        for (const auto& [name, value] : document.items())
            if (name != "schema" && name != "selector" && name != "store" && name != "profile")
                target[name] = value;
    if (end.error) target["error"] = error_json(*end.error);
    return target;
}

using AddToDocument = std::function<void(ordered_json& document)>;

void print_ends(const std::vector<TargetEnd>& ends, std::string_view command, const char* outcome,
                Format format, const AddToDocument& add, Context& context) {
    std::ostream& out = context.streams.out;
    if (!is_json(format)) {
        for (const TargetEnd& end : ends)
            out << output::printable(end.store) << ": " << outcome_of(end.code) << "\n" << end.answer;
        return;
    }
    ordered_json targets = ordered_json::array();
    for (const TargetEnd& end : ends)
        targets.push_back(target_of(end));
    ordered_json json = document_head(command, context);
    json["store"] = nullptr;
    json["outcome"] = outcome;
    if (add) add(json);
    json["targets"] = targets;
    out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
}

/// What is no URL is not echoed, since its secrets cannot be found.
net::Url instance_url(const std::string& text, std::size_t number) {
    try {
        net::Url url = net::parse_url(text);
        if (url.kind == net::UrlKind::http) return url;
    } catch (const Error&) {
    }
    throw Error(ExitCode::usage,
                fmt::format("bad URL: --instances: number {} is no URL of a management API", number),
                "Give them as http://HOST:PORT/api/cache,http://HOST:PORT/api/cache.");
}

} // namespace

void add_instances_option(CLI::App& app, std::string& instances) {
    app.add_option("--instances", instances,
                   "Management APIs of all the service's workers, each of which is asked in turn")
        ->type_name("URL,URL");
}

std::vector<net::Url> parse_instances(const std::string& instances) {
    std::vector<net::Url> urls;
    std::istringstream list(instances);
    for (std::string text; std::getline(list, text, ',');) {
        net::Url url = instance_url(text, urls.size() + 1);
        if (std::find(urls.begin(), urls.end(), url) != urls.end())
            throw Error(ExitCode::usage, fmt::format("usage: --instances names {} twice", url.redacted()));
        urls.push_back(std::move(url));
    }
    return urls;
}

config::Settings settings_for(const net::Url& instance, const config::Settings& settings) {
    config::Settings there = settings;
    std::string text = fmt::format("{}://", instance.scheme);
    if (instance.user || instance.password)
        text += net::percent_encode(instance.user.value_or("")) +
                (instance.password ? ":" + net::percent_encode(*instance.password) : "") + "@";
    text += instance.hosts.front().text() + instance.target;
    there.url = address_of_flag("--instances", text);
    there.address = {};
    there.address.url = there.url;
    there.tiers.clear();
    return there;
}

void take_deepest_tier(config::Settings& settings) {
    if (settings.tiers.empty() || settings.url.origin == "--url") return;
    settings.address.notes.push_back(fmt::format("store: {} ({}), the deepest of {}; -u names another",
                                                 net::redact_url_text(settings.url.value),
                                                 settings.url.origin, settings.tiers.size()));
    settings.tiers.clear();
}

std::vector<config::Settings> target_settings(const std::string& instances,
                                              const config::Settings& settings) {
    if (settings.tiers.empty() && instances.empty()) return {settings};
    std::vector<config::Setting<std::string>> tiers = settings.tiers;
    if (tiers.empty() && settings.url.origin == "--url") tiers.push_back(settings.url);
    std::vector<config::Settings> targets;
    std::vector<net::Url> known;
    const auto add = [&](const net::Url& url, config::Settings there) {
        if (std::find(known.begin(), known.end(), url) != known.end())
            throw Error(ExitCode::usage, fmt::format("usage: {} is named twice", url.redacted()));
        known.push_back(url);
        targets.push_back(std::move(there));
    };
    std::size_t replaced = 0;
    for (const auto& tier : tiers) {
        const net::Url url = net::parse_url(tier.required());
        if (url.kind == net::UrlKind::http && !instances.empty()) {
            if (++replaced > 1)
                throw Error(ExitCode::usage,
                            "usage: --instances names the workers of one management API, and -u names "
                            "several",
                            "Give all the workers' URLs with -u, or with --instances.");
            continue;
        }
        config::Settings there = settings;
        there.url = tier;
        there.address = {};
        there.address.url = tier;
        there.address.passed_env_file = settings.address.passed_env_file;
        there.tiers.clear();
        add(url, std::move(there));
    }
    for (const net::Url& url : parse_instances(instances))
        add(url, settings_for(url, settings));
    return targets;
}

ExitCode run_on_targets(const std::string& instances, std::string_view command, Context& context,
                        const Action& run, const AddToDocument& add) {
    if (instances.empty() && context.settings.tiers.empty()) return run(context);
    const Format format = context.format(k_document_formats);
    const std::vector<config::Settings> targets = target_settings(instances, context.settings);
    std::vector<TargetEnd> ends;
    ends.reserve(targets.size());
    for (const config::Settings& target : targets) {
        if (core::Interrupt::requested()) break;
        ends.push_back(run_at(target, context, run));
    }
    const auto failed = [](const TargetEnd& end) { return end.code != ExitCode::done; };
    const auto failures = std::count_if(ends.begin(), ends.end(), failed);
    ExitCode code = ExitCode::done;
    if (failures > 0) code = std::find_if(ends.begin(), ends.end(), failed)->code;
    const bool some = failures > 0 && (failures < std::ssize(ends) || code == ExitCode::partial);
    if (some && code != ExitCode::negative) code = ExitCode::partial;
    if (core::Interrupt::requested()) code = ExitCode::interrupted;
    print_ends(ends, command, outcome_of(code), format, add, context);
    context.streams.out.flush();
    for (const TargetEnd& end : ends)
        if (end.error) context.warn(fmt::format("{}: {}", end.store, end.error->what()));
    if (code != ExitCode::partial) return code;
    throw Error(code,
                fmt::format("partly done: {} of {} stores: the others have failed",
                            std::ssize(ends) - failures, targets.size()),
                "Run it again for those that failed: what is done stays done.");
}

} // namespace roacache::commands
