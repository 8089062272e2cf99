#include "tests/cli/roacache.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace roacache::test;
namespace fs = std::filesystem;

namespace {

const char* const k_without_proc = "mount -t tmpfs none /proc && exec \"$@\"";

bool can_hide_proc() {
    return run({"unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /proc"})
               .exit_code == 0;
}

} // namespace

TEST_CASE("no program of the current directory is taken for the reference service", "[demo]") {
    const TempDir folder;
    const fs::path trap = folder.path() / "roacache-demo", sprung = folder.path() / "sprung";
    std::ofstream(trap) << "#!/bin/sh\ntouch " << sprung.string() << "\n";
    fs::permissions(trap, fs::perms(0755));
    fs::create_directory(folder.path() / "bin");
    fs::create_symlink(program(), folder.path() / "bin" / "roacache");
    RunOptions options;
    options.cwd = folder.path();
    options.env["PATH"] =
        ".:" + (folder.path() / "bin").string() + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    options.env["XDG_CACHE_HOME"] = folder.path().string();
    // Ended by what it cannot understand, once the real service's program has it.
    const std::vector<std::string> starts{"bench", "--demo", "--rows", "2000", "http://127.0.0.1:1/"};
    const bool hidden = GENERATE(false, true);
    if (hidden && !can_hide_proc()) {
        WARN("not allowed to hide /proc here");
        return;
    }
    for (const std::string& name :
         {program(), std::string("roacache"), std::string("bin/roacache"), std::string("./bin/roacache")}) {
        INFO(name << (hidden ? " without /proc" : ""));
        std::vector<std::string> command;
        if (hidden) command = {"unshare", "--map-root-user", "--mount", "sh", "-c", k_without_proc, "sh"};
        command.push_back(name);
        command.insert(command.end(), starts.begin(), starts.end());
        const Finished finished = run(command, options);
        CHECK_FALSE(fs::exists(sprung));
        CHECK(finished.exit_code == 2);
        const bool found = finished.err.find("--demo measures its own URLs") != std::string::npos;
        const bool refused = finished.err.find("cannot find roacache-demo: ") != std::string::npos;
        INFO(finished.err);
        CHECK(found != refused);
        if (!hidden || name == program() || name == "roacache") CHECK(found);
    }
}
