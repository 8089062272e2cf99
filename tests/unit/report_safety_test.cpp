#include "src/output/text.hpp"
#include "src/report/escape.hpp"
#include "src/report/formats.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"
#include "tests/unit/well_formed.hpp"

#include <sstream>

using namespace roacache;
using bench::ArmKind;
using roacache::test::Contains;
using test::empty_result;
using test::made_result;
using test::MadeRun;
using test::Reported;
using test::single_result;

namespace {

/// Everything a user or server can say, said with ill will.
const std::string k_hostile = "</title><script>alert(1)</script>|`b`\n# x\r\x1b[2J\"'&amp; ](http://evil) "
                              "<img src=x> \xff \xe2\x80\xae";

bench::Result hostile_result() {
    MadeRun made;
    made.endpoints = 2;
    auto result = made_result(made);
    for (auto& endpoint : result.endpoints)
        endpoint.name = "http://h/" + k_hostile;
    result.plan.hit_headers = {{"X-Cache", k_hostile}};
    result.blocks.front().endpoints.front().redirects[k_hostile] = 2;
    result.blocks.front().endpoints.front().errors["timeout"] = 1;
    auto& equality = result.endpoints.front().equality;
    equality.mismatched = 1;
    equality.mismatches.push_back({0, ArmKind::cached, "content-type", k_hostile, k_hostile, {}, 1});
    equality.mismatches.push_back({0, ArmKind::cached, "body", "5 bytes", "6 bytes",
                                   bench::Difference{3, "```\n" + k_hostile, k_hostile}, 1});
    result.sum_up_blocks();
    return result;
}

void make_hostile(report::Document& document) {
    document.command = "roacache bench " + k_hostile + " ```";
    document.title = k_hostile;
    document.uncached_by = k_hostile;
    document.notes.push_back(k_hostile);
    document.environment.emplace_back(k_hostile, k_hostile);
}

/// The columns of a Markdown table's line.
std::size_t bars(const std::string& line) {
    return static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
}

void require_safe(const std::string& text) {
    REQUIRE(output::is_utf8(text));
    for (const char c : text)
        REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
    const std::size_t turned = text.find("\xe2\x80\xae"); // right-to-left override
    INFO(text.substr(turned == std::string::npos ? 0 : turned - std::min<std::size_t>(turned, 200), 300));
    REQUIRE(turned == std::string::npos);
}

} // namespace

TEST_CASE("What users and servers say breaks no document") {
    Reported reported(hostile_result(), {"hit_rate >= 90%", "mean_reduction >= 60%"});
    make_hostile(reported.document);
    const std::string markdown = reported.markdown();
    for (const report::ResultFormat& format : report::result_formats()) {
        INFO(format.name);
        require_safe(format.render(reported.document, {"report"}));
        if (format.failure == nullptr) continue;
        require_safe(format.failure({output::printable(k_hostile), output::printable(k_hostile), "{}"}));
    }
    REQUIRE_NOTHROW(reported.as_json());

    bool block = false;
    std::size_t columns = 0;
    std::string fence, line;
    std::istringstream lines(markdown);
    while (std::getline(lines, line)) {
        if (line.rfind("```", 0) == 0) {
            const std::string own = line.substr(0, line.find_first_not_of('`'));
            if (!block) fence = own;
            if (!block || line == fence) block = !block;
            continue;
        }
        if (block) continue;
        INFO(line);
        // Outside of code only the report's own markup is left.
        std::string outside;
        bool code = false;
        for (const char c : line)
            if (c == '`')
                code = !code;
            else if (!code)
                outside += c;
        REQUIRE_FALSE(code);
        REQUIRE(outside.find("<script") == std::string::npos);
        REQUIRE(outside.find("<img src=x") == std::string::npos);
        REQUIRE(outside.find("</title") == std::string::npos);
        REQUIRE(outside.find("](") == std::string::npos);
        if (line.rfind("| ", 0) == 0) {
            if (columns != 0) REQUIRE(bars(line) == columns);
            columns = bars(line);
        } else if (line.rfind("|:", 0) != 0) {
            columns = 0;
        }
    }
    REQUIRE_FALSE(block);
    for (const auto& picture : report::pictures(reported.document, "report"))
        require_safe(picture.content);
}

TEST_CASE("Every picture is well-formed, self-contained and described") {
    std::vector<bench::Result> results;
    results.push_back(made_result({}));
    results.push_back(single_result());
    results.push_back(empty_result());
    results.push_back(hostile_result());
    results.emplace_back();
    MadeRun one;
    one.pairs = one.requests = 1;
    results.push_back(made_result(one));
    MadeRun flat;
    flat.pair_effect = flat.block_effect = flat.request_effect = 0;
    flat.cached_ms = flat.uncached_ms;
    results.push_back(made_result(flat));
    MadeRun many;
    many.endpoints = 10;
    many.pairs = 200;
    many.requests = 2;
    results.push_back(made_result(many));
    auto half = made_result({});
    for (auto& block : half.blocks)
        if (block.arm == ArmKind::cached) block.endpoints.front().latency.clear();
    half.sum_up_blocks();
    results.push_back(half);
    auto zero = made_result(one);
    for (auto& block : zero.blocks) {
        block.endpoints.front().latency.clear();
        block.endpoints.front().latency.record(0);
        block.seconds = 0;
    }
    zero.sum_up_blocks();
    results.push_back(zero);
    for (auto& result : results) {
        const Reported reported(std::move(result));
        const auto pictures = report::pictures(reported.document, "r");
        REQUIRE(pictures.size() == (report::has_improvement(reported.document) ? 8 : 6));
        for (const auto& picture : pictures) {
            INFO(picture.file);
            REQUIRE(test::xml_fault(picture.content) == "");
            REQUIRE_THAT(picture.content, Contains("role=\"img\"") && Contains("<title") &&
                                              Contains("<desc") && !Contains("<script") &&
                                              !Contains("href") && !Contains("nan") && !Contains("inf\""));
            REQUIRE(picture.content.size() < 400'000);
        }
        REQUIRE(pictures[0].content != pictures[1].content);
    }
}

TEST_CASE("Text is cut in its middle, between characters") {
    REQUIRE(report::elided("abcdefghij", 10) == "abcdefghij");
    REQUIRE(report::elided("abcdefghijk", 10) == "abcdef…ijk");
    REQUIRE(report::elided("ăîșțâăîșțâăîșțâ", 7) == "ăîșț…țâ");
    REQUIRE(report::elided("abc", 0).empty());
    REQUIRE(output::is_utf8(report::elided(std::string(100, '\xc4'), 10)) ==
            false); // made harmless afterwards
}
