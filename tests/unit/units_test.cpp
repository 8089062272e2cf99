#include "src/core/units.hpp"

#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit and nothing else", "[units]") {
    CHECK(core::parse_duration("250ms", "--timeout") == 250ms);
    CHECK(core::parse_duration("5s", "--timeout") == 5s);
    CHECK(core::parse_duration("1.5s", "--timeout") == 1500ms);
    CHECK(core::parse_duration("10m", "--timeout") == 10min);
    CHECK(core::parse_duration("1h", "--timeout") == 1h);
    CHECK(core::parse_duration("100US", "--timeout") == 100us);
    CHECK(core::parse_duration("0", "--timeout") == 0s);
    for (const char* wrong :
         {"", "5", "s", "-5s", "5 s", "5sec", "1e3s", "5s5", "nan", "inf", "1001d", "0x5s", ".s"})
        CHECK_THROWS_AS(core::parse_duration(wrong, "--timeout"), core::Error);
}

TEST_CASE("sizes are read in powers of ten and of two", "[units]") {
    CHECK(core::parse_size("512", "--max-bytes") == 512);
    CHECK(core::parse_size("10KB", "--max-bytes") == 10'000);
    CHECK(core::parse_size("1MiB", "--max-bytes") == 1'048'576);
    CHECK(core::parse_size("1.5gib", "--max-bytes") == 1'610'612'736);
    for (const char* wrong : {"", "KB", "-1", "1 KB", "1XB", "99999999TB", "1e3"})
        CHECK_THROWS_AS(core::parse_size(wrong, "--max-bytes"), core::Error);
}

TEST_CASE("figures are printed with three digits and their unit", "[units]") {
    CHECK(core::format_duration(87ns) == "87 ns");
    CHECK(core::format_duration(1'250us) == "1.25 ms");
    CHECK(core::format_duration(12'345ms) == "12.3 s");
    CHECK(core::format_duration(245s) == "4 min 5 s");
    CHECK(core::format_size(512) == "512 B");
    CHECK(core::format_size(1536) == "1.50 KiB");
    CHECK(core::format_count(1234567) == "1,234,567");
    CHECK(core::format_count(12) == "12");
}

TEST_CASE("an error about a quantity names the option and the value", "[units]") {
    try {
        core::parse_integer("12x", "--blocks", 1, 100);
        FAIL("accepted");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        CHECK(std::string(error.what()) == "--blocks: '12x': not a whole number from 1 to 100");
    }
}
