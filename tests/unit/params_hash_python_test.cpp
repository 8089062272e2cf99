#include "src/core/error.hpp"
#include "src/layout/params_hash.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <random>
#include <sstream>

using namespace roacache;

namespace {

/// The outcomes of `count` random texts, ours against Python's.
void compare(unsigned seed, unsigned count) {
    const auto python = test::run({"/usr/bin/python3", test::source_dir() + "/tests/unit/python_params.py",
                                   std::to_string(seed), std::to_string(count)});
    REQUIRE(python.exit_code == 0);
    layout::ParamsHasher hasher({"md5", 12, {"username", "current_user", "tenant_id"}});
    layout::Parameters parameters;
    std::istringstream lines(python.out);
    unsigned compared = 0;
    unsigned accepted = 0;
    for (std::string hex, expected; lines >> hex >> expected; ++compared) {
        const std::string text = test::from_hex(hex);
        std::string found = "!";
        try {
            parameters.parse(text);
            found = hasher.hash(parameters);
        } catch (const core::Error&) {
        }
        if (found != expected) {
            INFO("seed " << seed << ", text " << text);
            CHECK(found == expected);
        }
        accepted += expected != "!";
    }
    CHECK(compared == count);
    CHECK(accepted >= count / 2);
}

} // namespace

TEST_CASE("hashes and refusals are Python's on the same thousands of texts every time",
          "[params_hash][python]") {
    compare(20260131, 8000);
}

TEST_CASE("hashes and refusals are Python's on texts never seen before", "[params_hash][python]") {
    compare(std::random_device{}(), 4000);
}
