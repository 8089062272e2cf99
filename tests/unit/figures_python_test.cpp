#include "src/bench/model/histogram.hpp"
#include "src/report/report.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/made_result.hpp"

#include <sstream>

using namespace roacache;

namespace {

std::string python(const std::string& task, const std::string& input) {
    test::RunOptions options;
    options.input = input;
    const auto finished =
        test::run({"/usr/bin/python3", test::source_dir() + "/tests/unit/python_figures.py", task}, options);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return finished.out;
}

} // namespace

TEST_CASE("Quantiles, mean and deviation are Python's within the width of a bucket", "[python]") {
    std::mt19937_64 random(20260131);
    std::lognormal_distribution<double> latency(14, 1.5);
    for (const unsigned count : {2U, 7U, 100U, 4999U}) {
        bench::Histogram histogram;
        std::string input;
        for (unsigned i = 0; i < count; ++i) {
            const std::int64_t ns = std::llround(latency(random));
            histogram.record(ns);
            input += std::to_string(ns) + "\n";
        }
        std::istringstream answer(python("quantiles", input));
        double mean = 0, deviation = 0;
        answer >> mean >> deviation;
        REQUIRE(histogram.mean_ns() == Approx(mean).epsilon(1e-12));
        REQUIRE(histogram.stddev_ns() == Approx(deviation).epsilon(1e-9));
        unsigned compared = 0;
        for (double per_mille = 0, value = 0; answer >> per_mille >> value; ++compared) {
            INFO(count << " values, quantile " << per_mille / 1000);
            REQUIRE(histogram.quantile_ns(per_mille / 1000) == Approx(value).epsilon(0.004));
        }
        REQUIRE(compared == 1000);
    }
}

TEST_CASE("Python reads the pictures as XML", "[python]") {
    auto result = test::made_result({});
    result.endpoints.front().name = "http://h/?a=<&>\"'\x01\xff]]>&amp;";
    const auto assessment = bench::assess(result, {});
    const report::Document document{result, assessment, {}, {}, {}, {}, {}};
    for (const auto& picture : report::pictures(document, "r")) {
        INFO(picture.file);
        REQUIRE(python("xml", picture.content).rfind("svg ", 0) == 0);
    }
}
