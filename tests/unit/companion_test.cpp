#include "src/core/companion.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace roacache;
namespace fs = std::filesystem;

TEST_CASE("a companion is looked for beside the real program, never where the caller stands") {
    const test::TempDir folder;
    const fs::path real = folder.path() / "bin" / "roacache", link = folder.path() / "roacache";
    fs::create_directory(real.parent_path());
    core::write_file_atomically(real, "x");
    fs::create_symlink(real, link);
    const fs::path beside = real.parent_path() / "other";
    const std::string relative =
        GENERATE(as<std::string>(), "", "roacache", "./roacache", "bin/roacache", "../bin/roacache");
    INFO(relative);
    CHECK(core::companion_program("other", real, relative) == beside);
    CHECK(core::companion_program("other", "", real) == beside);
    CHECK(core::companion_program("other", "", link) == beside);
    CHECK_THROWS_AS(core::companion_program("other", "", relative), core::Error);
    CHECK_THROWS_AS(core::companion_program("other", "roacache", relative), core::Error);
    CHECK_THROWS_AS(core::companion_program("other", "", folder.path() / "gone" / "roacache"), core::Error);
    CHECK(core::companion_program("other").is_absolute());
}
