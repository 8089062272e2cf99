#include "src/core/file.hpp"
#include "src/demo/private_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <cstdlib>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace roacache;
namespace fs = std::filesystem;

namespace {

/// The system's temporary folder for the length of a test.
class OwnTemporaryFolder {
  public:
    OwnTemporaryFolder() {
        if (const char* before = std::getenv("TMPDIR")) before_ = before;
        ::setenv("TMPDIR", folder_.path().c_str(), 1);
    }
    ~OwnTemporaryFolder() { before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1); }
    OwnTemporaryFolder(const OwnTemporaryFolder&) = delete;
    OwnTemporaryFolder& operator=(const OwnTemporaryFolder&) = delete;

    fs::path operator/(const std::string& name) const { return folder_.path() / name; }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename());
        return names;
    }

  private:
    test::TempDir folder_;
    std::string before_;
};

/// What a service leaves behind that is killed.
fs::path left_behind(const OwnTemporaryFolder& temporary) {
    const pid_t child = ::fork();
    if (child == 0) {
        const demo::PrivateFolder folder;
        core::write_file_atomically(folder.path() / "ledger.sqlite", "x");
        core::write_file_atomically(folder.path() / "cache.sqlite-wal", "x");
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    const std::vector<std::string> names = temporary.names();
    REQUIRE(names.size() == 1);
    return temporary / names.front();
}

} // namespace

TEST_CASE("a private folder is closed to others and gone at the end, and the living are left alone") {
    const OwnTemporaryFolder temporary;
    {
        const demo::PrivateFolder folder;
        CHECK((fs::status(folder.path()).permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
              fs::perms::none);
        const demo::PrivateFolder other;
        CHECK(fs::is_regular_file(folder.path() / "lock"));
        CHECK(temporary.names().size() == 2);
    }
    CHECK(temporary.names().empty());
}

TEST_CASE("what a killed service left behind is cleared away") {
    const OwnTemporaryFolder temporary;
    const fs::path abandoned = left_behind(temporary);
    const demo::PrivateFolder next;
    CHECK_FALSE(fs::exists(abandoned));
}

TEST_CASE("a folder with the right name that no service made is left as it is") {
    const OwnTemporaryFolder temporary;
    const fs::path abandoned = left_behind(temporary);
    const fs::path foreign = temporary / "roacache-demo-notes";
    const auto kind = GENERATE(as<std::string>(), "no lock", "an empty lock", "another lock",
                               "a FIFO as lock", "a link as lock", "open to others", "a link to it",
                               "the lock open to others", "somebody's file beside");
    INFO(kind);
    if (kind == "a link to it") {
        fs::rename(abandoned, temporary / "elsewhere");
        fs::create_directory_symlink(temporary / "elsewhere", foreign);
    } else {
        fs::rename(abandoned, foreign);
    }
    if (kind == "somebody's file beside") core::write_file_atomically(foreign / "thesis.txt", "mine");
    if (kind == "open to others") fs::permissions(foreign, fs::perms(0755));
    if (kind == "the lock open to others") fs::permissions(foreign / "lock", fs::perms(0644));
    if (kind.ends_with("lock")) fs::remove(foreign / "lock");
    if (kind == "an empty lock") core::write_file_atomically(foreign / "lock", "");
    if (kind == "another lock") core::write_file_atomically(foreign / "lock", "12345\n");
    if (kind == "an empty lock" || kind == "another lock") fs::permissions(foreign / "lock", fs::perms(0600));
    if (kind == "a FIFO as lock") REQUIRE(::mkfifo((foreign / "lock").c_str(), 0600) == 0);
    if (kind == "a link as lock") {
        core::write_file_atomically(temporary / "lock", "the temporary folder of a roacache demo\n");
        fs::create_symlink(temporary / "lock", foreign / "lock");
    }
    { const demo::PrivateFolder next; }
    CHECK(fs::exists(foreign));
    if (kind == "somebody's file beside")
        CHECK(core::read_file(foreign / "thesis.txt") == "mine");
    else
        CHECK(core::read_file(foreign / "ledger.sqlite") == "x");
}

TEST_CASE("at the end only the service's own files are removed, and nothing that took its folder's place") {
    const OwnTemporaryFolder temporary;
    fs::path path;
    {
        const demo::PrivateFolder folder;
        path = folder.path();
        core::write_file_atomically(path / "ledger.sqlite", "x");
        core::write_file_atomically(path / "thesis.txt", "mine");
    }
    CHECK(core::read_file(path / "thesis.txt") == "mine");
    CHECK_FALSE(fs::exists(path / "ledger.sqlite"));
    {
        const demo::PrivateFolder folder;
        path = folder.path();
        fs::rename(path, temporary / "moved");
        fs::create_directory(path);
        core::write_file_atomically(path / "ledger.sqlite", "mine");
    }
    CHECK(core::read_file(path / "ledger.sqlite") == "mine");
}
