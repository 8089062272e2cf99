#include "commands/bench/results.hpp"

#include "commands/document.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/link_target.hpp"
#include "src/core/machine.hpp"
#include "src/core/reader.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/core.h>
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

} // namespace

void declare_results(CLI::App& app, ResultOptions& options) {
    const std::string group = "The results";
    app.add_option("--report", options.report_file,
                   "Write the report (Markdown, with SVG pictures beside it)")
        ->type_name("FILE.md")
        ->group(group);
    app.add_option("--json", options.json_file, "Write all figures as JSON")->type_name("FILE")->group(group);
    app.add_option("--junit", options.junit_file, "Write the verdicts as JUnit XML")
        ->type_name("FILE.xml")
        ->group(group);
    app.add_flag("--github-summary{$GITHUB_STEP_SUMMARY}", options.github_summary,
                 "Append the report to the summary of a GitHub step, or to a file: --github-summary=FILE")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--assert", options.asserts, "What has to hold, as 'mean_reduction >= 60%' (repeatable)")
        ->type_name("EXPR")
        ->type_size(1)
        ->allow_extra_args(false)
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
    declare_tolerance(app, options);
}

Results::Results(const ResultOptions& options, const Context& context)
    : format_(context.format(k_bench_formats)), report_(options.report_file), json_(options.json_file),
      junit_(options.junit_file), summary_(summary_file(options)),
      stem_(is_file(report_) ? report_.stem().string() : ""), baseline_name_(options.baseline_file),
      tolerance_(parse_tolerance(options.tolerance)), asserts_(options.asserts) {
    std::set<std::filesystem::path> named;
    const auto name = [&](const std::filesystem::path& file) {
        std::error_code unknown;
        if (!named.insert(std::filesystem::weakly_canonical(file, unknown)).second)
            throw Error(
                ExitCode::usage,
                fmt::format("usage: bench: {}: is asked for twice, as two kinds of file", file.string()));
    };
    for (const auto& file : {report_, json_, junit_, summary_}) {
        if (file.empty()) continue;
        core::check_writable(file);
        if (is_file(file)) name(file);
    }
    if (!stem_.empty())
        for (const std::string& picture : report::picture_names(stem_)) {
            name(report_.parent_path() / picture);
            check_picture(report_.parent_path() / picture);
        }
    for (const std::string& expr : asserts_)
        bench::parse_assert(expr);
    if (asserts_.empty()) targets_ = context.profile().targets;
    if (!baseline_name_.empty())
        baseline_ = report::read_run(core::read_file(baseline_name_), baseline_name_);
}

void Results::check_baseline(const bench::Plan& plan, std::vector<std::string>& notes) const {
    if (!baseline_) return;
    const bench::Plan& before = baseline_->result.plan;
    if (before.single != plan.single || before.endpoints.size() != plan.endpoints.size())
        throw Error(ExitCode::usage,
                    fmt::format("cannot compare: {}: it measured {}", baseline_name_,
                                before.single != plan.single ? "other arms" : "another number of endpoints"),
                    "Compare runs of one command line.");
    const unsigned now = plan.pairs();
    if (std::min<std::size_t>(bench::whole_pairs(baseline_->result), now) < bench::k_least_blocks)
        throw Error(ExitCode::usage,
                    fmt::format("cannot compare: {}: {} fewer than {} blocks", baseline_name_,
                                now < bench::k_least_blocks ? "the run has" : "it has",
                                bench::k_least_blocks),
                    "Measure both in 30: --blocks 30.");
    if (!report::same_endpoints(before, plan))
        notes.push_back(fmt::format("{} measured other endpoints than this run.", baseline_name_));
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
    if (baseline_) bench::hold_against(assessment, baseline_->result, result, baseline_name_, tolerance_);
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
    switch (format_) {
    case Format::json:
        streams.out << report::to_json(document);
        break;
    case Format::ndjson:
        streams.out << output::json_text(nlohmann::ordered_json::parse(report::to_json(document))) << "\n";
        break;
    case Format::csv:
        streams.out << report::to_csv(document);
        break;
    case Format::markdown:
        streams.out << report::to_markdown(document, "");
        break;
    default:
        streams.out << report::to_text(document, streams.width, streams.out_colour);
    }
}

void Results::write(const report::Document& document, const Context& context) const {
    if (!report_.empty()) {
        if (!stem_.empty())
            for (const report::Picture& picture : report::pictures(document, stem_))
                core::write_file_atomically(report_.parent_path() / picture.file, picture.content);
        core::write_file_atomically(report_, report::to_markdown(document, stem_));
        context.note("report: " + report_.string());
    }
    if (!json_.empty()) {
        core::write_file_atomically(json_, report::to_json(document));
        context.note("figures: " + json_.string());
    }
    if (!junit_.empty()) core::write_file_atomically(junit_, report::to_junit(document));
    if (!summary_.empty()) core::append_to_file(summary_, report::to_markdown(document, ""));
}

void write_failure(const ResultOptions& options, const Error& error, const Context& context) {
    nlohmann::ordered_json json = document_head("bench", context);
    json["outcome"] = outcome_of(error.code());
    json["error"] = error_json(error);
    const auto write = [&](const std::string& file, const std::string& content) {
        const std::array others{options.baseline_file, options.json_file, options.junit_file,
                                options.report_file};
        if (file.empty() || std::count(others.begin(), others.end(), file) > 1) return;
        try {
            core::write_file_atomically(file, content);
        } catch (const Error&) { // the failure that is reported is the first one
        }
    };
    write(options.junit_file, report::failure_junit(error.what(), error.remedy()));
    if (error.code() != ExitCode::usage) write(options.json_file, output::json_text(json, 2) + "\n");
}

report::Environment environment_here(const bench::Result& result) {
    report::Environment environment{{"roacache", ROACACHE_VERSION}};
    for (auto& fact : core::machine_facts())
        environment.push_back(std::move(fact));
    environment.emplace_back("date", result.started_utc);
    return environment;
}

} // namespace roacache::commands
