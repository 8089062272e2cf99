#include "src/bench/verdict/sentences.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::Verdict;

struct Case {
    std::string name;
    Verdict verdict = Verdict::pass;
    std::string message; ///< why it is not pass
};

Case assert_case(const bench::AssertResult& answer, const bench::Result& result) {
    std::string message = fmt::format("measured {}, wanted {}", answer.value ? answer.value_text : k_absent,
                                      answer.threshold_text);
    if (!answer.interval_text.empty()) message += fmt::format(" (95 % CI {})", answer.interval_text);
    const std::string& expr = answer.assertion.expr;
    return {answer.endpoint ? fmt::format("{}: {}", result.endpoints.at(*answer.endpoint).shown_name(), expr)
                            : expr,
            answer.verdict, message};
}

std::vector<Case> cases_of(const Document& document) {
    const bench::Assessment& assessment = document.assessment;
    std::vector<Case> cases;
    for (const bench::AssertResult& answer : assessment.asserts)
        cases.push_back(assert_case(answer, document.result));
    if (const bench::EqualitySum sum = equality_sum(document.result); sum.compared > 0)
        cases.push_back({"cached and uncached answers are equal",
                         sum.mismatched == 0 ? Verdict::pass : Verdict::fail,
                         fmt::format("{} of {} compared responses differ", sum.mismatched, sum.compared)});
    if (equality_sum(document.result).compared > 0 && document.result.endpoints.size() > 1) {
        std::string shared;
        for (const bench::SharedEntry& entry : document.result.shared_entries)
            shared += fmt::format("{}{} share a cache entry", shared.empty() ? "" : "; ",
                                  bench::names_of(entry, document.result));
        cases.push_back(
            {"no two endpoints share a cache entry", shared.empty() ? Verdict::pass : Verdict::fail, shared});
    }
    for (const bench::UserCheck& check : document.result.users) {
        using Outcome = bench::UserCheck::Outcome;
        cases.push_back({fmt::format("each user is served his own answer: {}{}",
                                     document.result.endpoints.at(check.endpoint).shown_name(),
                                     check.request.empty() ? "" : " " + check.request),
                         check.outcome == Outcome::crossed   ? Verdict::fail
                         : check.outcome == Outcome::unknown ? Verdict::inconclusive
                                                             : Verdict::pass,
                         bench::sentence_of(check, document.result)});
    }
    if (document.result.not_restored)
        cases.push_back({"the service's cache is as it was before", Verdict::inconclusive,
                         bench::sentence_of(*document.result.not_restored)});
    for (const ChangeRow& row : change_rows(document, true))
        cases.push_back({fmt::format("{} against {}", row.label, assessment.baseline->name),
                         row.regressed ? Verdict::fail : Verdict::pass,
                         fmt::format("{}, 95 % CI {}", row.change, row.interval)});
    std::string reasons;
    for (const std::string& reason : assessment.reasons)
        reasons += (reasons.empty() ? "" : " ") + reason;
    cases.push_back({"verdict", assessment.verdict, reasons});
    return cases;
}

} // namespace

std::string to_junit(const Document& document) {
    const std::vector<Case> cases = cases_of(document);
    std::size_t failures = 0, errors = 0;
    std::string body;
    for (const Case& one : cases) {
        failures += one.verdict == Verdict::fail ? 1 : 0;
        errors += one.verdict == Verdict::inconclusive ? 1 : 0;
        body += fmt::format("  <testcase classname=\"roacache.bench\" name=\"{}\"", xml_text(one.name));
        if (one.verdict == Verdict::pass)
            body += "/>\n";
        else
            body += fmt::format(">\n    <{0} message=\"{1}\"/>\n  </testcase>\n",
                                one.verdict == Verdict::fail ? "failure" : "error", xml_text(one.message));
    }
    double seconds = 0;
    for (const auto& [arm, part] : document.result.seconds)
        seconds += part;
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" "
                       "failures=\"{}\" errors=\"{}\" time=\"{:.3f}\" timestamp=\"{}\">\n{}</testsuite>\n",
                       xml_text("roacache bench " + subject_text(document.result)), cases.size(), failures,
                       errors, seconds, xml_text(document.result.started_utc), body);
}

std::string failure_junit(const std::string& message, const std::string& remedy) {
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<testsuite name=\"roacache bench\" tests=\"1\" failures=\"0\" errors=\"1\">\n"
                       "  <testcase classname=\"roacache.bench\" name=\"verdict\">\n"
                       "    <error message=\"{}\">{}</error>\n"
                       "  </testcase>\n</testsuite>\n",
                       xml_text(message), xml_text(remedy));
}

} // namespace roacache::report
