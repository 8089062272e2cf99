#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <grp.h>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <thread>
#include <unistd.h>

using namespace roacache::core;
using roacache::test::Pipe;
using roacache::test::TempDir;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void fill(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

struct stat status_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status;
}

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

std::string refusal(const fs::path& path, const std::string& content = "new") {
    try {
        write_file_atomically(path, content);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

/// What `act` answers in a process of its own, which `prepare` may change as it likes; as nobody where this
/// is root.
std::string apart(const std::function<void()>& prepare, const std::function<std::string()>& act,
                  bool as_nobody = false) {
    Pipe answer = roacache::test::open_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        prepare();
        if (as_nobody && ::geteuid() == 0 &&
            (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
            ::_exit(1);
        const std::string text = act();
        [[maybe_unused]] const auto written = ::write(answer.write.get(), text.data(), text.size());
        ::_exit(0);
    }
    answer.write.close();
    std::string text;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(answer.read.get(), block, sizeof block)) > 0;)
        text.append(block, static_cast<std::size_t>(got));
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    return text;
}

constexpr auto k_nothing = [] {};

} // namespace

TEST_CASE("a replaced file keeps its mode and owner, a new one has the system's", "[file]") {
    const TempDir folder;
    const fs::path file = folder.path() / "file";
    for (const mode_t mode : {0600U, 0644U, 0640U, 0666U, 0755U, 0444U}) {
        fs::remove(file);
        fill(file, "old");
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        if (::geteuid() == 0) REQUIRE(::chown(file.c_str(), 1234, 4321) == 0);
        const struct stat before = status_of(file);
        if (mode == 0444 && ::geteuid() != 0) {
            CHECK(refusal(file) == "cannot write: " + file.string() + ": permission denied");
            continue;
        }
        write_file_atomically(file, "new");
        CHECK(content_of(file) == "new");
        const struct stat after = status_of(file);
        CHECK(after.st_mode == before.st_mode);
        CHECK(after.st_uid == before.st_uid);
        CHECK(after.st_gid == before.st_gid);
    }
    for (const mode_t mask : {022U, 077U, 002U, 000U}) {
        const fs::path made = folder.path() / ("made" + std::to_string(mask));
        CHECK(apart([&] { ::umask(mask); }, [&] { return refusal(made); }).empty());
        CHECK((status_of(made).st_mode & 0777) == (0666U & ~mask));
    }
    CHECK(names_in(folder.path()) == std::set<std::string>{"file", "made18", "made63", "made2", "made0"});
}

TEST_CASE("a reader sees the old file until the new one is complete, and nothing beside it", "[file]") {
    const TempDir folder;
    const fs::path file = folder.path() / "file";
    fill(file, "old");
    const std::string much(3'000'000, 'x');
    {
        FileReplacement given_up(file);
        given_up.append(much);
        CHECK(content_of(file) == "old");
    }
    CHECK(names_in(folder.path()) == std::set<std::string>{"file"});
    FileReplacement replacement(file);
    replacement.append(much);
    replacement.append("end");
    CHECK(content_of(file) == "old");
    replacement.commit();
    CHECK(content_of(file) == much + "end");
    CHECK(names_in(folder.path()) == std::set<std::string>{"file"});
}

TEST_CASE("links are followed as the system does", "[file]") {
    const TempDir folder;
    const fs::path at = folder.path();
    fs::create_directory(at / "inner");
    fill(at / "inner" / "file", "old");
    fs::create_symlink("inner/file", at / "relative");
    fs::create_symlink(at / "inner" / "file", at / "absolute");
    fs::create_symlink("relative", at / "twice");
    fs::create_symlink("inner", at / "folder");
    for (const char* name : {"relative", "absolute", "twice", "folder/file", "inner/../relative"}) {
        INFO(name);
        write_file_atomically(at / name, name);
        CHECK(content_of(at / "inner" / "file") == name);
    }
    CHECK(fs::is_symlink(at / "relative"));
    CHECK(fs::is_symlink(at / "twice"));

    fs::create_symlink("inner/made", at / "dangling");
    write_file_atomically(at / "dangling", "made");
    CHECK(content_of(at / "inner" / "made") == "made");
    CHECK(fs::is_symlink(at / "dangling"));

    fs::create_symlink("loop", at / "loop");
    CHECK(refusal(at / "loop").ends_with("/loop: too many levels of symbolic links"));
    fs::create_symlink("nowhere/file", at / "astray");
    CHECK(refusal(at / "astray").ends_with("/astray: no such file or directory"));
    CHECK(names_in(at / "inner") == std::set<std::string>{"file", "made"});
}

TEST_CASE("another user's link in a folder like /tmp is not followed", "[file]") {
    if (::geteuid() != 0) return;
    const TempDir folder;
    const fs::path shared = folder.path() / "shared";
    fs::create_directory(shared);
    REQUIRE(::chmod(shared.c_str(), 01777) == 0);
    const fs::path victim = folder.path() / "victim";
    for (const bool exists : {false, true}) {
        if (exists) fill(victim, "old");
        fs::remove(shared / "report");
        fs::create_symlink(victim, shared / "report");
        REQUIRE(::lchown((shared / "report").c_str(), 1234, 1234) == 0);
        CHECK(refusal(shared / "report") ==
              "cannot write: " + (shared / "report").string() + ": permission denied");
        CHECK(content_of(victim) == (exists ? "old" : ""));
    }
    REQUIRE(::lchown((shared / "report").c_str(), 0, 0) == 0);
    write_file_atomically(shared / "report", "own");
    CHECK(content_of(victim) == "own");
}

TEST_CASE("what a new file would lose is kept by writing in place", "[file]") {
    const TempDir folder;
    const fs::path at = folder.path();
    fill(at / "one", "a longer old content");
    fs::create_hard_link(at / "one", at / "other");
    write_file_atomically(at / "one", "new");
    CHECK(content_of(at / "other") == "new");
    CHECK(fs::hard_link_count(at / "one") == 2);

    fill(at / "listed", "old");
    if (::setxattr((at / "listed").c_str(), "user.kept", "value", 5, 0) == 0) {
        write_file_atomically(at / "listed", "new");
        CHECK(::getxattr((at / "listed").c_str(), "user.kept", nullptr, 0) == 5);
        CHECK(content_of(at / "listed") == "new");
    }
}

TEST_CASE("a file may be written where its folder may not", "[file]") {
    const TempDir folder;
    const fs::path locked = folder.path() / "locked";
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    fs::create_directory(locked);
    fill(locked / "file", "a longer old content");
    REQUIRE(::chmod((locked / "file").c_str(), 0666) == 0);
    REQUIRE(::chmod(locked.c_str(), 0555) == 0);
    CHECK(apart(
              k_nothing, [&] { return refusal(locked / "file"); }, true)
              .empty());
    CHECK(content_of(locked / "file") == "new");
    CHECK(apart(
              k_nothing, [&] { return refusal(locked / "none"); }, true) ==
          "cannot write: " + (locked / "none").string() + ": permission denied");
    REQUIRE(::chmod(locked.c_str(), 0755) == 0);
    CHECK(names_in(locked) == std::set<std::string>{"file"});
}

TEST_CASE("a file of another user that may be written keeps its owner", "[file]") {
    if (::geteuid() != 0) return;
    const TempDir folder;
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const fs::path file = folder.path() / "file";
    fill(file, "old");
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    REQUIRE(::chown(file.c_str(), 1234, 4321) == 0);
    CHECK(apart(
              k_nothing, [&] { return refusal(file); }, true)
              .empty());
    CHECK(content_of(file) == "new");
    CHECK(status_of(file).st_uid == 1234);
    CHECK(names_in(folder.path()) == std::set<std::string>{"file"});
}

TEST_CASE("names may be as long as they can be, and hold anything", "[file]") {
    const TempDir folder;
    for (const std::string& name :
         {std::string(255, 'n'), std::string("a\nb"), std::string(" "), std::string("\xff")}) {
        write_file_atomically(folder.path() / name, "first");
        write_file_atomically(folder.path() / name, name);
        CHECK(content_of(folder.path() / name) == name);
    }
    CHECK(names_in(folder.path()).size() == 4);
    CHECK(refusal(folder.path() / std::string(256, 'n')).ends_with(": file name too long"));
    CHECK(refusal("") == "cannot write: '': no file name given");
    CHECK(refusal(folder.path()).ends_with(": is a directory"));
    CHECK(refusal(folder.path() / "new" / "").ends_with("/new/: is a directory"));
    CHECK(refusal(folder.path() / "none" / "file").ends_with(": no such file or directory"));
}

TEST_CASE("without room the old file stays, and nothing beside it", "[file]") {
    const TempDir folder;
    const fs::path at = folder.path();
    fill(at / "file", "old");
    fill(at / "linked", "old too");
    fs::create_hard_link(at / "linked", at / "link");
    const auto no_room = [] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    for (const char* name : {"file", "linked", "made"}) {
        INFO(name);
        CHECK(apart(no_room, [&] {
                  return refusal(at / name, std::string(300'000, 'x'));
              }).ends_with(std::string("/") + name + ": file too large"));
    }
    CHECK(content_of(at / "file") == "old");
    CHECK(content_of(at / "linked") == "old too");
    CHECK(names_in(at) == std::set<std::string>{"file", "link", "linked"});
    CHECK(refusal("/dev/full") == "cannot write: /dev/full: no space left on device");

    const auto no_descriptors = [] {
        const rlimit limit{3, 3};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    };
    CHECK(apart(no_descriptors, [&] { return refusal(at / "file"); }) ==
          "cannot write: " + (at / "file").string() + ": too many open files");
    CHECK(content_of(at / "file") == "old");
}

TEST_CASE("pipes and the names of descriptors are written to as they are", "[file]") {
    const TempDir folder;
    const fs::path pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const std::string much(300'000, 'x');
    std::string got;
    std::thread reader([&] { got = content_of(pipe); });
    write_file_atomically(pipe, much);
    reader.join();
    CHECK(got == much);
    CHECK(names_in(folder.path()) == std::set<std::string>{"pipe"});

    const fs::path file = folder.path() / "file";
    for (const char* name : {"/dev/fd/", "/proc/self/fd/"}) {
        const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        REQUIRE(::write(opened.get(), "one ", 4) == 4);
        write_file_atomically(name + std::to_string(opened.get()), "two ");
        REQUIRE(::write(opened.get(), "three", 5) == 5);
        CHECK(content_of(file) == "one two three");
    }
    CHECK(refusal("/dev/fd/999") == "cannot write: /dev/fd/999: bad file descriptor");
}

TEST_CASE("what is appended is behind what was there", "[file]") {
    const TempDir folder;
    const fs::path file = folder.path() / "file";
    fs::create_symlink("file", folder.path() / "link");
    append_to_file(file, "one ");
    append_to_file(folder.path() / "link", "two");
    CHECK(content_of(file) == "one two");
    CHECK_THROWS_WITH(append_to_file("/dev/full", "x"), "cannot write: /dev/full: no space left on device");
    CHECK_THROWS_WITH(append_to_file(folder.path(), "x"), roacache::test::EndsWith(": is a directory"));
}
