#include "src/report/details.hpp"

#include "src/bench/verdict/sentences.hpp"
#include "src/core/units.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>
#include <set>

namespace roacache::report {
namespace {

using core::format_count;

constexpr std::size_t k_longest_cell = 120;
constexpr std::size_t k_most_differences = 5;

std::string endpoint_name(const bench::Result& result, std::size_t index) {
    return index < result.endpoints.size() ? elided(result.endpoints[index].name, k_longest_cell) : "?";
}

std::string mismatch_table(const bench::Result& result) {
    std::string text =
        "| endpoint | arm | differs in | expected | found | responses |\n|:--|:--|:--|:--|:--|--:|\n";
    for (const auto& endpoint : result.endpoints)
        for (const bench::Mismatch& mismatch : endpoint.equality.mismatches)
            text += fmt::format(
                "| {}{} | {} | {} | {} | {} | {} |\n",
                markdown_code(endpoint_name(result, mismatch.endpoint)),
                mismatch.request.empty() ? "" : " " + markdown_code(elided(mismatch.request, k_longest_cell)),
                bench::name_of(mismatch.arm), markdown_text(mismatch.what),
                markdown_code(elided(mismatch.expected, k_longest_cell)),
                markdown_code(elided(mismatch.found, k_longest_cell)), format_count(mismatch.count));
    return text + "\n";
}

std::string differences(const bench::Result& result) {
    std::string text;
    std::size_t shown = 0;
    for (const auto& endpoint : result.endpoints)
        for (const bench::Mismatch& mismatch : endpoint.equality.mismatches) {
            if (!mismatch.difference || shown++ >= k_most_differences) continue;
            const bench::Difference& difference = *mismatch.difference;
            const std::string place = !difference.path ? "byte " + format_count(difference.offset)
                                      : difference.path->empty()
                                          ? "the root"
                                          : markdown_code(elided(*difference.path, k_longest_cell));
            text += fmt::format("First difference in the {} answer of {}, at {}:\n\n",
                                bench::name_of(mismatch.arm),
                                markdown_code(endpoint_name(result, mismatch.endpoint)), place);
            text += markdown_block(
                "- " + elided(difference.expected, 200) + "\n+ " + elided(difference.found, 200), "diff");
            text += "\n";
        }
    return text;
}

std::string shared_entry_text(const bench::SharedEntry& entry, const bench::Result& result) {
    std::string text =
        "**These share a cache entry**: their uncached answers differ, their cached ones are the "
        "same.\n\n";
    for (const std::size_t endpoint : entry.endpoints)
        text += fmt::format("- {}\n", markdown_code(endpoint_name(result, endpoint)));
    return text + "\n";
}

/// ` (apart from A, B)`, each field once.
std::string ignored_text(const bench::Result& result) {
    std::set<std::string> paths;
    for (const bench::EndpointPlan& endpoint : result.plan.endpoints)
        for (const bench::JsonPath& path : endpoint.ignored)
            paths.insert(path.text);
    std::string text;
    for (const std::string& path : paths)
        text += (text.empty() ? " (apart from " : ", ") + markdown_code(elided(path, k_longest_cell));
    return text.empty() ? text : text + ")";
}

std::string failed_firsts(const bench::Result& result) {
    std::string text;
    for (const auto& endpoint : result.endpoints)
        for (const auto& [arm, error] : endpoint.first_error)
            text += fmt::format("- The first {} request of {} failed: {}.\n", bench::name_of(arm),
                                markdown_code(elided(endpoint.name, k_longest_cell)),
                                markdown_code(elided(error, k_longest_cell)));
    return text.empty() ? text : text + "\n";
}

} // namespace

std::string redirect_warning(const Document& document) {
    std::map<std::string, std::uint64_t> redirects;
    for (const auto& endpoint : document.result.endpoints)
        for (const auto& [arm, tally] : endpoint.arms)
            for (const auto& [location, count] : tally.redirects)
                redirects[location] += count;
    if (redirects.empty()) return {};
    std::string text =
        "> [!WARNING]\n> **Redirects are measured, not followed.** Measure their target instead, if that is "
        "what is meant:\n";
    for (const auto& [location, count] : redirects)
        text += fmt::format("> - {} responses to {}\n", format_count(count),
                            markdown_code(elided(location, k_longest_cell)));
    return text + "\n";
}

std::string warnings_section(const Document& document) {
    std::string text;
    for (const bench::Warning& warning : document.assessment.warnings)
        text += fmt::format("{}\n> **{}**: {}\n", text.empty() ? "> [!WARNING]" : ">", warning.name,
                            markdown_text(warning.text));
    return text.empty() ? text : text + "\n";
}

std::string hits_section(const Document& document) {
    std::string proof = proof_text(document, markdown_code);
    constexpr std::string_view k_unproven = "unproven";
    if (proof.starts_with(k_unproven))
        proof = fmt::format("**{}**{}", k_unproven, proof.substr(k_unproven.size()));
    else
        proof.front() = 'T';
    std::string text = fmt::format("## What proves the hits\n\n{}\n\n", proof);
    const auto tiers = tier_lines(document, markdown_code);
    for (const std::string& line : tiers)
        text += fmt::format("- {}\n", line);
    text += tiers.empty() ? "" : "\n";
    std::string memory = memory_line(document);
    if (memory.empty()) return text;
    memory.front() = 'T';
    return text + memory + ".\n\n";
}

std::string miss_cost_section(const Document& document) {
    const auto lines = miss_cost_lines(document);
    if (lines.empty()) return {};
    std::string text = "## What a miss costs\n\n";
    for (const std::string& line : lines)
        text += fmt::format("- {}\n", line);
    return text + "\n";
}

std::string origin_section(const Document& document) {
    const auto lines = origin_lines(document);
    if (lines.empty()) return {};
    std::string text = "## What reaches the origin\n\n";
    for (const std::string& line : lines)
        text += fmt::format("- {}\n", markdown_text(line));
    return text + "\n";
}

std::string stampede_section(const Document& document) {
    const bench::Result& result = document.result;
    if (!result.plan.stampede) return {};
    std::string text = "## When the entry is gone and everybody asks\n\n";
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        if (const std::string line = stampede_line(result, i); !line.empty())
            text += fmt::format("- {}: {}\n", markdown_code(endpoint_name(result, i)), line);
    return text + "\n";
}

std::string equality_section(const Document& document) {
    const bench::Result& result = document.result;
    if (result.plan.single) return {};
    const bench::EqualitySum sum = equality_sum(result);
    std::string text = "## Are the answers the same?\n\n";
    if (sum.compared == 0) return text + "Nothing was compared.\n\n";
    for (const bench::SharedEntry& entry : result.shared_entries)
        text += shared_entry_text(entry, result);
    if (sum.mismatched == 0)
        return text +
               fmt::format("Yes: {} responses of {}{}, compared with the first good uncached one by status, "
                           "content type and body{}, all equal it{}.\n\n",
                           format_count(sum.compared), arms_text(result),
                           result.closed_loop ? " in both loops" : "", ignored_text(result),
                           sum.equal_as_json == 0 ? ""
                                                  : fmt::format(", {} of them as JSON whose bytes differ",
                                                                format_count(sum.equal_as_json)));
    text += fmt::format("**No: {} of {} compared responses differ** from the first good uncached one{}.\n\n",
                        format_count(sum.mismatched), format_count(sum.compared), ignored_text(result));
    return text + mismatch_table(result) + differences(result);
}

std::string users_section(const Document& document) {
    if (document.result.users.empty()) return {};
    std::string text = "## Does each user get his own answer?\n\n";
    for (const std::string& sentence : bench::sentences_of_users(document.result))
        text += fmt::format("- {}\n", markdown_text(sentence));
    return text + "\n";
}

std::string errors_section(const Document& document) {
    std::vector<ArmView> arms;
    std::vector<std::string> names;
    for (const bench::Result* loop : loops_of(document.result))
        for (ArmView& arm : arm_views(*loop)) {
            names.push_back(fmt::format("{}{}", bench::name_of(arm.kind),
                                        loop == &document.result ? "" : ", closed loop"));
            arms.push_back(std::move(arm));
        }
    std::set<std::string> classes;
    for (const ArmView& arm : arms)
        for (const auto& [name, count] : arm.tally.errors)
            if (count != 0) classes.insert(name);
    std::string text = "## Errors\n\n";
    if (classes.empty()) return text + "None.\n\n" + failed_firsts(document.result);
    text += "| class |";
    for (const std::string& name : names)
        text += fmt::format(" {} |", name);
    text += "\n|:--|";
    for (std::size_t i = 0; i < arms.size(); ++i)
        text += "--:|";
    text += "\n";
    for (const std::string& name : classes) {
        text += fmt::format("| {} |", markdown_code(elided(name, k_longest_cell)));
        for (const ArmView& arm : arms) {
            const auto found = arm.tally.errors.find(name);
            text += fmt::format(" {} |", format_count(found == arm.tally.errors.end() ? 0 : found->second));
        }
        text += "\n";
    }
    text += "\n";
    for (const bench::Result* loop : loops_of(document.result))
        for (const bench::ArmKind arm : loop->plan.arms())
            if (const std::string errors = bench::errors_text(*loop, arm); !errors.empty())
                text += fmt::format("- {}{}: {}\n", bench::name_of(arm),
                                    loop == &document.result ? "" : ", closed loop", markdown_text(errors));
    return text + "\nFailed requests are in no latency above.\n\n" + failed_firsts(document.result);
}

std::string method_section(const Document& document) {
    std::string text = "## How it was measured\n\n";
    for (const std::string& line : method_lines(document))
        text += fmt::format("- {}\n", line);
    if (!document.command.empty())
        text += "\n## How to reproduce it\n\n" + markdown_block(document.command, "sh");
    return text + "\n";
}

std::string environment_section(const Document& document) {
    if (document.environment.empty()) return {};
    std::string text = "## Machine and versions\n\n| part | value |\n|:--|:--|\n";
    for (const auto& [name, value] : document.environment)
        text += fmt::format("| {} | {} |\n", markdown_text(name), markdown_text(value));
    return text + "\n";
}

std::string notes_section(const Document& document) {
    if (document.notes.empty()) return {};
    std::string text = "## Notes\n\n";
    for (const std::string& note : document.notes)
        text += fmt::format("- {}\n", markdown_text(note));
    return text + "\n";
}

} // namespace roacache::report
