#pragma once

#include "src/report/report.hpp"
#include "tests/unit/made_result.hpp"

#include <nlohmann/json.hpp>

namespace roacache::test {

/// A result with what is reported of it; keeps alive what a Document refers to.
struct Reported {
    bench::Result result;
    bench::Assessment assessment;
    report::Document document;

    explicit Reported(bench::Result made, const std::vector<std::string>& asserts = {})
        : result(std::move(made)),
          assessment(assess(asserts)), document{result,
                                                assessment,
                                                {{"cpu", "a processor"}, {"cores", "2"}},
                                                "roacache bench --demo",
                                                {},
                                                "the request header Cache-Control: no-cache",
                                                {"A note."}} {}
    Reported(const Reported&) = delete;

    bench::Assessment assess(const std::vector<std::string>& asserts) const {
        std::vector<bench::Assert> parsed;
        for (const std::string& expr : asserts)
            parsed.push_back(bench::parse_assert(expr));
        return bench::assess(result, parsed);
    }
    nlohmann::json as_json() const { return nlohmann::json::parse(report::to_json(document)); }
    std::string markdown() const { return report::to_markdown(document, "report"); }
};

inline bench::Result single_result() {
    auto result = made_result({});
    result.plan.single = true;
    std::erase_if(result.blocks,
                  [](const bench::Block& block) { return block.arm == bench::ArmKind::uncached; });
    for (auto& block : result.blocks)
        block.arm = bench::ArmKind::single;
    result.sum_up_blocks();
    return result;
}

inline bench::Result empty_result() {
    bench::Result result;
    result.plan.endpoints.resize(1);
    result.endpoints.resize(1);
    result.endpoints.front().name = "http://127.0.0.1:1/";
    return result;
}

} // namespace roacache::test
