// By how much a store grows during a run: the quantity store.memory_delta.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("a run tells by how much the store grew, and is judged by it", "[bench][memory]") {
    const RedisServer redis;
    const PythonServer service("tests/cli/cached_by_redis.py", {std::to_string(redis.port())});
    const auto bench = [&](const std::string& expr, const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"bench",
                                           service.url("/report?company={n}"),
                                           "--param",
                                           "n=seq",
                                           "--uncached-header",
                                           "Cache-Control: no-cache",
                                           "-n",
                                           "60",
                                           "--blocks",
                                           "10",
                                           "-c",
                                           "2",
                                           "--no-compare",
                                           "-o",
                                           "json",
                                           "--assert",
                                           expr};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_roacache(arguments);
    };
    // Each question is a new one, so that the cached arm only fills the store.
    const Finished grown = bench("store.memory_delta <= 200MB", {"-u", redis.url()});
    INFO(grown.err << grown.out.substr(0, 1500));
    const json run = json::parse(grown.out), &store = run.at("store");
    CHECK(run.at("asserts").at(0).at("verdict") == "pass");
    CHECK(run.at("asserts").at(0).at("unit") == "bytes");
    CHECK(store.at("memory_delta_bytes").get<int>() > 0);
    CHECK(store.at("memory_after_bytes").get<int>() - store.at("memory_before_bytes").get<int>() ==
          store.at("memory_delta_bytes").get<int>());
    const Finished missed = bench("store.memory_delta >= 100MB", {"-u", redis.url()});
    CHECK(json::parse(missed.out).at("asserts").at(0).at("verdict") == "fail");
    CHECK(missed.exit_code == 1);
    const Finished without = bench("store.memory_delta >= 100MB", {});
    CHECK(without.exit_code == 2);
    CHECK(without.err.find("no store is given") != std::string::npos);
    const Finished bad = bench("store.memory_delta >= lots", {"-u", redis.url()});
    CHECK(bad.exit_code == 2);
    CHECK(bad.err.find("is no size") != std::string::npos);
}
