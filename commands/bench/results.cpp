#include "commands/bench/results.hpp"

#include "commands/document.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/link_target.hpp"
#include "src/core/machine.hpp"
#include "src/core/reader.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/report/conditions.hpp"
#include "src/report/merge.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

/// `10%` or `0.1`, as a fraction.
double parse_tolerance(const std::string& text) {
    std::string_view number = text;
    const bool percent = number.ends_with('%');
    if (percent) number.remove_suffix(1);
    const double value = core::read_number(number).value_or(-1);
    if (!(value >= 0) || value > 1e6)
        throw Error(ExitCode::usage, fmt::format("--tolerance: '{}': not a share", text), "Write it as 10%.");
    if (!percent && value > 1)
        throw Error(ExitCode::usage, fmt::format("--tolerance: '{}': would be {} percent", text, value * 100),
                    fmt::format("Write {0}% if {0} percent is meant.", text));
    return percent ? value / 100 : value;
}

/// What --github-summary means without a value.
constexpr std::string_view k_summary_of_step = "$GITHUB_STEP_SUMMARY";

std::filesystem::path summary_file(const ResultOptions& options) {
    if (!options.github_summary) return {};
    if (*options.github_summary != k_summary_of_step) return *options.github_summary;
    const char* named = std::getenv("GITHUB_STEP_SUMMARY");
    if (named == nullptr || *named == '\0')
        throw Error(ExitCode::usage, "--github-summary: GITHUB_STEP_SUMMARY is not set",
                    "Give a file: --github-summary=FILE.");
    return named;
}

/// Of `NAME=FILE`.
std::pair<const report::ResultFormat&, std::filesystem::path> parse_export(const std::string& text) {
    const std::string_view name = std::string_view(text).substr(0, text.find('='));
    std::string known;
    for (const report::ResultFormat& format : report::result_formats()) {
        if (!format.exported) continue;
        if (format.name == name && name.size() + 1 < text.size())
            return {format, text.substr(name.size() + 1)};
        known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
    }
    throw Error(ExitCode::usage, "--export: not one of the forms there are, and a file",
                fmt::format("Write it as --export {} FILE.", known));
}

bool is_file(const std::filesystem::path& path) {
    std::error_code unknown;
    return !core::named_descriptor(path) &&
           (!std::filesystem::exists(path, unknown) || std::filesystem::is_regular_file(path, unknown));
}

/// Nobody named the pictures, so they take no other file's place.
void check_picture(const std::filesystem::path& path) {
    core::check_writable(path);
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown)) return;
    std::string beginning(4096, '\0');
    if (std::filesystem::is_regular_file(path, unknown))
        beginning.resize(core::Reader(path).read_some(beginning));
    if (!report::is_own_picture(beginning))
        throw Error(
            ExitCode::usage,
            fmt::format("cannot write: {}: there is a file already, which is no picture of roacache's",
                        path.string()),
            "The report's pictures stand beside it: move the file away, or name the report otherwise.");
}

/// A note that the uncached arm is slower than in the baseline by more than the tolerance; empty where it is
/// not.
std::string slower_service(const bench::Baseline& baseline) {
    const auto& arms = baseline.change.arms;
    const auto uncached = arms.find(bench::ArmKind::uncached);
    if (uncached == arms.end()) return {};
    const auto mean = uncached->second.find(bench::Quantity::mean);
    if (mean == uncached->second.end() || mean->second.ci_low <= 1 + baseline.tolerance) return {};
    return fmt::format(
        "The service itself is slower than in {}: its mean without the cache is {} more (95 % CI {}). "
        "Whatever slows both arms alike is no regression of the cache.",
        baseline.name, bench::format_percent(mean->second.ratio - 1),
        bench::format_percent_range(mean->second.ci_low - 1, mean->second.ci_high - 1));
}

} // namespace

std::span<const Format> printed_result_formats() {
    static const std::vector<Format> k_printed = [] {
        std::vector<Format> printed;
        for (const report::ResultFormat& format : report::result_formats())
            if (format.printed) printed.push_back(format_called(format.name).value());
        return printed;
    }();
    return k_printed;
}

void declare_results(CLI::App& app, ResultOptions& options) {
    const std::string group = "The results";
    for (const report::ResultFormat& format : report::result_formats())
        if (format.option != nullptr)
            app.add_option(format.option, options.files[format.name], format.help)
                ->type_name(format.value)
                ->group(group);
    app.add_option(
           "--export", options.exports,
           "Write the figures as another tool reads them: benchmark-action, for github-action-benchmark "
           "(customSmallerIsBetter)")
        ->type_name("FORM FILE")
        ->group(group);
    app.add_flag("--github-summary{$GITHUB_STEP_SUMMARY}", options.github_summary,
                 "Append the report to the summary of a GitHub step, or to a file: --github-summary=FILE")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--assert", options.asserts, "What has to hold, as 'mean_reduction >= 60%' (repeatable)")
        ->type_name("EXPR")
        ->group(group);
}

void declare_tolerance(CLI::App& app, ResultOptions& options) {
    app.add_option("--tolerance", options.tolerance, "How much worse than the baseline is borne")
        ->type_name("SHARE")
        ->capture_default_str()
        ->group("The results");
}

void declare_baseline(CLI::App& app, ResultOptions& options) {
    app.add_option("--baseline", options.baseline_file,
                   "JSON of an earlier run: what got worse since makes the run fail")
        ->type_name("FILE.json")
        ->group("The results");
    app.add_option("--baseline-if-exists", options.baseline_if_exists,
                   "The same, where the first run of all has no file yet")
        ->type_name("FILE.json")
        ->excludes("--baseline")
        ->group("The results");
    declare_tolerance(app, options);
}

Results::Results(const ResultOptions& options, const Context& context)
    : format_(context.format(printed_result_formats())), summary_(summary_file(options)),
      baseline_name_(options.baseline_file), tolerance_(parse_tolerance(options.tolerance)),
      asserts_(options.asserts) {
    for (const report::ResultFormat& format : report::result_formats())
        if (const auto asked = options.files.find(format.name);
            asked != options.files.end() && !asked->second.empty()) {
            File& file = files_.emplace_back(File{format, asked->second});
            if (format.pictures && is_file(file.path)) file.stem = file.path.stem().string();
        }
    for (const std::string& text : options.exports) {
        auto [format, path] = parse_export(text);
        files_.push_back(File{format, std::move(path)});
    }
    if (baseline_name_.empty()) baseline_name_ = options.baseline_if_exists;
    check_files();
    for (const std::string& expr : asserts_)
        bench::parse_assert(expr);
    if (asserts_.empty()) targets_ = context.profile().targets;
    std::error_code error; // of anything but an absent file: reading it tells
    const bool absent = baseline_name_.empty() || (!options.baseline_if_exists.empty() &&
                                                   std::filesystem::status(baseline_name_, error).type() ==
                                                       std::filesystem::file_type::not_found);
    if (!absent) baseline_ = report::read_run(core::read_file(baseline_name_), baseline_name_);
}

void Results::check_files() const {
    std::set<std::filesystem::path> named;
    const auto name = [&](const std::filesystem::path& file) {
        std::error_code unknown;
        if (!named.insert(std::filesystem::weakly_canonical(file, unknown)).second)
            throw Error(
                ExitCode::usage,
                fmt::format("usage: bench: {}: is asked for twice, as two kinds of file", file.string()));
    };
    const auto check = [&](const std::filesystem::path& file) {
        core::check_writable(file);
        if (is_file(file)) name(file);
    };
    for (const File& file : files_) {
        check(file.path);
        std::error_code unknown;
        if (!baseline_name_.empty() && std::filesystem::equivalent(file.path, baseline_name_, unknown))
            throw Error(
                ExitCode::usage,
                fmt::format("usage: bench: {} is the baseline, which a run that got worse would replace",
                            file.path.string()),
                "Write another file, and move it there when the run has passed.");
    }
    if (!summary_.empty()) check(summary_);
    for (const File& file : files_) {
        if (file.stem.empty()) continue;
        for (const std::string& picture : report::picture_names(file.stem)) {
            name(file.path.parent_path() / picture);
            check_picture(file.path.parent_path() / picture);
        }
    }
}

void Results::check_kept(const std::vector<std::string>& read) const {
    for (const File& file : files_)
        for (const std::string& kept : read) {
            std::error_code unknown;
            if (std::filesystem::equivalent(file.path, kept, unknown))
                throw Error(ExitCode::usage,
                            fmt::format("usage: bench: {} is a run that is read, and would be replaced",
                                        file.path.string()),
                            "Write another file.");
        }
}

void Results::check_baseline(const bench::Plan& plan, const std::string& uncached_by,
                             std::vector<std::string>& notes) const {
    if (!baseline_ && !baseline_name_.empty())
        notes.push_back(
            fmt::format("There is no {} yet, so that nothing was compared with it.", baseline_name_));
    if (!baseline_) return;
    if (const std::string why = report::other_question(*baseline_, plan, uncached_by); !why.empty())
        throw Error(
            ExitCode::usage, fmt::format("cannot compare: {}: {}", baseline_name_, why),
            "Compare runs of one command line. Where the question was changed on purpose, remove that "
            "file, and let a first run make a new one.");
    if (baseline_->failed || baseline_->result.partial)
        notes.push_back(fmt::format("{} {}: what is held against it may say little.", baseline_name_,
                                    baseline_->failed ? "had failed itself" : "was not measured to its end"));
    const unsigned now = plan.pairs();
    if (std::min<std::size_t>(bench::whole_pairs(baseline_->result), now) < bench::k_least_blocks)
        throw Error(ExitCode::usage,
                    fmt::format("cannot compare: {}: {} fewer than {} blocks", baseline_name_,
                                now < bench::k_least_blocks ? "the run has"
                                : baseline_->result.partial ? "it was not measured to its end, and has"
                                                            : "it has",
                                bench::k_least_blocks),
                    "Measure both in 30: --blocks 30.");
}

std::vector<bench::Assert> Results::asserts(const bench::Plan& plan, std::vector<std::string>& notes,
                                            const std::vector<std::string>& saved) const {
    std::vector<bench::Assert> asserts;
    for (const std::string& expr : asserts_) {
        asserts.push_back(bench::parse_assert(expr));
        bench::check_answerable(asserts.back(), plan);
    }
    if (!asserts_.empty()) return asserts;
    const auto add_answerable = [&](const std::vector<std::string>& exprs, const char* what) {
        for (const std::string& expr : exprs) {
            const bench::Assert assertion = bench::parse_assert(expr);
            try {
                bench::check_answerable(assertion, plan);
                asserts.push_back(assertion);
            } catch (const Error& error) {
                notes.push_back(
                    fmt::format("The {} {} was left out: {}. {}", what, expr, error.what(), error.remedy()));
            }
        }
    };
    if (!saved.empty())
        add_answerable(saved, "assert");
    else if (!plan.single)
        add_answerable(targets_, "target");
    return asserts;
}

core::ExitCode Results::deliver(const bench::Result& result, const std::vector<bench::Assert>& asserts,
                                report::Environment environment, std::string uncached_by,
                                std::vector<std::string> notes, Context& context) const {
    bench::Assessment assessment = bench::assess(result, asserts);
    if (baseline_) {
        auto conditions = report::other_conditions(*baseline_, result, environment);
        if (!conditions.empty())
            notes.push_back(
                fmt::format("{} was measured under other conditions: {}. Only what the cached arm is "
                            "beside the uncached one is judged by it.",
                            baseline_name_, fmt::join(conditions, "; ")));
        if (report::measured_together(baseline_->result, result))
            notes.push_back(fmt::format(
                "{} and this run have measurements in common, which are compared with themselves.",
                baseline_name_));
        const bool alike = conditions.empty();
        bench::hold_against(assessment, baseline_->result, result, baseline_name_, tolerance_,
                            std::move(conditions));
        if (std::string note = alike ? slower_service(*assessment.baseline) : ""; !note.empty())
            notes.push_back(std::move(note));
    }
    const report::Document document{
        .result = result,
        .assessment = assessment,
        .environment = std::move(environment),
        .command = context.command,
        .title = {},
        .uncached_by = std::move(uncached_by),
        .notes = std::move(notes),
    };
    print(document, context.streams);
    context.streams.out.flush();
    write(document, context);
    if (result.stopped) throw DeliveredError(*result.stopped);
    return bench::exit_code(assessment, result);
}

void Results::print(const report::Document& document, output::Streams& streams) const {
    const std::string name = format_name(format_ == Format::plain ? Format::table : format_);
    for (const report::ResultFormat& format : report::result_formats())
        if (format.name == name)
            streams.out << format.render(document, {{}, streams.columns(), streams.out_colour});
}

void Results::write(const report::Document& document, const Context& context) const {
    for (const File& file : files_) {
        if (!file.stem.empty())
            for (const report::Picture& picture : report::pictures(document, file.stem))
                core::write_file_atomically(file.path.parent_path() / picture.file, picture.content);
        core::write_file_atomically(file.path, file.format.render(document, {file.stem}));
        if (file.format.note != nullptr)
            context.note(fmt::format("{}: {}", file.format.note, file.path.string()));
    }
    if (!summary_.empty()) core::append_to_file(summary_, report::to_markdown(document, ""));
}

void write_failure(const ResultOptions& options, const Error& error, const Context& context) {
    nlohmann::ordered_json json = document_head("bench", context);
    json["outcome"] = outcome_of(error.code());
    json["error"] = error_json(error);
    const report::Failure failure{error.what(), error.remedy(), output::json_text(json, 2) + "\n"};
    const auto named = [&](const std::string& file) {
        return std::count_if(options.files.begin(), options.files.end(),
                             [&](const auto& other) { return other.second == file; }) +
               (options.baseline_file == file || options.baseline_if_exists == file ? 1 : 0);
    };
    for (const report::ResultFormat& format : report::result_formats()) {
        const auto file = options.files.find(format.name);
        if (format.failure == nullptr || file == options.files.end() || file->second.empty() ||
            named(file->second) > 1 || (error.code() == ExitCode::usage && !format.tells_usage))
            continue;
        try {
            core::write_file_atomically(file->second, format.failure(failure));
        } catch (const Error&) { // the failure that is reported is the first one
        }
    }
}

namespace {

/// What answered in this arm, each once.
std::string served_by(const bench::Result& result, bench::ArmKind arm) {
    std::vector<std::string> services;
    std::string all;
    for (const bench::EndpointResult& endpoint : result.endpoints) {
        const auto signs = endpoint.signs.find(arm);
        if (signs == endpoint.signs.end()) continue;
        const std::string service = bench::served_by_text(signs->second);
        if (service.empty() || std::find(services.begin(), services.end(), service) != services.end())
            continue;
        services.push_back(service);
        all += (all.empty() ? "" : "; ") + service;
    }
    return all;
}

} // namespace

report::Environment environment_here(const bench::Result& result) {
    report::Environment environment{{"roacache", ROACACHE_VERSION}};
    for (auto& fact : core::machine_facts())
        environment.push_back(std::move(fact));
    environment.emplace_back("date", result.started_utc);
    for (const bench::ArmKind arm : result.plan.arms())
        if (const std::string service = served_by(result, arm); !service.empty())
            environment.emplace_back(
                result.plan.single ? "service" : fmt::format("{} service", bench::name_of(arm)), service);
    return environment;
}

} // namespace roacache::commands
