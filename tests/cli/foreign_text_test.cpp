#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

using namespace roacache::test;

namespace {

/// See foreign_text.py.
void check_part(const std::string& part) {
    const RedisServer redis;
    RunOptions options;
    options.timeout = std::chrono::seconds(280);
    options.env["PARTS"] = part;
    const Finished finished = run({"/usr/bin/python3", source_dir() + "/tests/cli/foreign_text.py", program(),
                                   redis.socket().string(), source_dir() + "/tests/fuzz/baseline/pair"},
                                  options);
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("no breach") != std::string::npos);
}

} // namespace

TEST_CASE("no character of a key or a value acts on whoever reads it", "[foreign]") {
    check_part("keys_and_values");
}

TEST_CASE("no character that a server says acts on whoever reads it", "[foreign]") {
    check_part("servers");
}

TEST_CASE("no character of an argument or the environment acts on whoever reads it", "[foreign]") {
    check_part("arguments");
}

TEST_CASE("no character of a settings file, profile or suite acts on whoever reads it", "[foreign]") {
    check_part("settings");
}

TEST_CASE("no character of a saved run acts on whoever reads its reports", "[foreign]") {
    check_part("saved_runs");
}

TEST_CASE("no character that a measured service sends acts on whoever reads the report", "[foreign]") {
    check_part("measured");
}
