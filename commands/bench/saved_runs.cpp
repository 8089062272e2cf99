#include "commands/bench/saved_runs.hpp"

#include "commands/bench/results.hpp"
#include "src/bench/stats/statistics.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/output/text.hpp"
#include "src/report/conditions.hpp"
#include "src/report/merge.hpp"
#include "src/report/plan_json.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::commands {
namespace {

struct SavedRunOptions {
    std::vector<std::string> files;
    ResultOptions results;
};

/// What any of the runs was judged by, each once.
std::vector<std::string> asserts_of(const std::vector<report::SavedRun>& runs) {
    std::vector<std::string> asserts;
    for (const report::SavedRun& run : runs)
        for (const std::string& expr : run.asserts)
            if (std::find(asserts.begin(), asserts.end(), expr) == asserts.end()) asserts.push_back(expr);
    return asserts;
}

/// Of the plans' fields those in which the runs differ, but for those that merging sums up or keeps apart.
std::vector<std::string> differing_fields(const std::vector<report::SavedRun>& runs) {
    std::vector<std::string> names;
    const nlohmann::ordered_json first = report::plan_json(runs.front().result.plan);
    for (const auto& [name, value] : first.items()) {
        if (name == "requests" || name == "duration_ms" || name == "blocks" || name == "seed" ||
            name == "stampede")
            continue;
        const auto differs = [&, &name = name, &value = value](const report::SavedRun& run) {
            return report::plan_json(run.result.plan).at(name) != value;
        };
        if (std::any_of(runs.begin(), runs.end(), differs)) names.push_back(name);
    }
    return names;
}

/// Where the runs do not agree on how much quicker the cached arm is: the two that are furthest apart. Empty
/// where they may.
std::string contradiction(const std::vector<report::SavedRun>& runs) {
    struct Finding {
        const report::SavedRun* run = nullptr;
        bench::Ratio mean;
    };
    std::optional<Finding> quickest, slowest;
    for (const report::SavedRun& run : runs) {
        if (run.result.plan.single) return {};
        const bench::Comparison comparison = bench::compare(run.result, {});
        const auto mean = comparison.find(bench::Quantity::mean);
        if (mean == comparison.end()) continue;
        if (!quickest || mean->second.ci_high < quickest->mean.ci_high) quickest = {&run, mean->second};
        if (!slowest || mean->second.ci_low > slowest->mean.ci_low) slowest = {&run, mean->second};
    }
    // Machines differ by little without contradicting each other.
    constexpr double k_apart = 1.25;
    if (!quickest || slowest->mean.ci_low <= k_apart * quickest->mean.ci_high) return {};
    const auto text = [](const Finding& finding) {
        return fmt::format("{:.1f} % in {} (95 % CI {:.1f} … {:.1f} %)", finding.mean.reduction_percent(),
                           output::printable(finding.run->name), 100 * (1 - finding.mean.ci_high),
                           100 * (1 - finding.mean.ci_low));
    };
    return fmt::format(
        "The merged runs contradict each other: the cache takes {} off the mean, and {}. Their "
        "merged figures say little.",
        text(*quickest), text(*slowest));
}

/// The runs as one, judged and reported as if they had been one run.
core::ExitCode judge_merged(const SavedRunOptions& options, Context& context) {
    const Results results(options.results, context);
    results.check_kept(options.files);
    std::vector<report::SavedRun> runs;
    for (const std::string& file : options.files)
        runs.push_back(report::read_run(core::read_file(file), file));
    report::check_measured_once(runs);
    const bench::Result merged = report::merged(runs);
    std::vector<std::string> notes;
    results.check_baseline(merged.plan, runs.front().uncached_by, notes);
    const auto asserts = results.asserts(merged.plan, notes, asserts_of(runs));
    if (runs.size() > 1)
        notes.push_back(fmt::format("{} runs were merged; the environment is the first one's.", runs.size()));
    if (const auto differing = differing_fields(runs); !differing.empty())
        notes.push_back(fmt::format("The merged runs differ in {}: the first one's is told.",
                                    fmt::join(differing, ", ")));
    if (std::string apart = contradiction(runs); !apart.empty()) notes.push_back(std::move(apart));
    for (const report::SavedRun& run : runs)
        if (const std::string size = report::other_size(runs.front().result, run.result); !size.empty())
            notes.push_back(fmt::format("The answers in {} are of another size than in {}: {}.",
                                        output::printable(run.name), output::printable(runs.front().name),
                                        size));
    const core::ExitCode code = results.deliver(merged, asserts, runs.front().environment,
                                                runs.front().uncached_by, std::move(notes), context);
    // It was the run that somebody interrupted, not this.
    return code == core::ExitCode::interrupted ? core::ExitCode::inconclusive : code;
}

core::ExitCode run_merge(const SavedRunOptions& options, Context& context) {
    try {
        return judge_merged(options, context);
    } catch (const DeliveredError&) {
        throw;
    } catch (const core::Error& error) {
        write_failure(options.results, error, context);
        throw;
    }
}

/// The parser would take them, and they would do nothing.
void refuse_options_of(const CLI::App& bench) {
    for (const CLI::Option* option : bench.get_options())
        if (option->count() > 0)
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("usage: bench: {} does not belong to merge and compare, which measure nothing",
                            option->get_name()));
}

constexpr const char* k_merge_examples = R"(
Examples:
  roacache bench merge machine-1.json machine-2.json --json both.json --report BENCHMARK.md)";

constexpr const char* k_compare_examples = R"(
Examples:
  roacache bench compare main.json branch.json --tolerance 5%

Exit 1 when the second run is worse: in its cached arm, beyond the tolerance with the whole 95 % interval, and beyond
what its uncached arm changed by.)";

} // namespace

void declare_saved_runs(CLI::App& bench, const std::shared_ptr<Action>& action) {
    const auto merge_options = std::make_shared<SavedRunOptions>();
    CLI::App* merge =
        bench.add_subcommand("merge", "Runs of one command line, from their JSON, as one")->fallthrough();
    merge->add_option("FILE", merge_options->files, "What bench --json wrote")->type_name("")->required();
    declare_results(*merge, merge_options->results);
    declare_baseline(*merge, merge_options->results);
    merge->footer(k_merge_examples);
    merge->callback([action, merge_options, &bench] {
        *action = [merge_options, &bench](Context& context) {
            refuse_options_of(bench);
            return run_merge(*merge_options, context);
        };
    });

    const auto compare_options = std::make_shared<SavedRunOptions>();
    CLI::App* compare =
        bench.add_subcommand("compare", "How a run differs from an earlier one, from their JSON")
            ->fallthrough();
    compare->add_option("OLD", compare_options->results.baseline_file, "JSON of the earlier run")
        ->type_name("")
        ->required();
    compare->add_option("NEW", compare_options->files, "JSON of the run that is judged")
        ->type_name("")
        ->expected(1)
        ->required();
    declare_results(*compare, compare_options->results);
    declare_tolerance(*compare, compare_options->results);
    compare->footer(k_compare_examples);
    compare->callback([action, compare_options, &bench] {
        *action = [compare_options, &bench](Context& context) {
            refuse_options_of(bench);
            return run_merge(*compare_options, context);
        };
    });
}

} // namespace roacache::commands
