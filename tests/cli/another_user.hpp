#pragma once

#include "tests/cli/roacache.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace roacache::test {

/// The program, run by a user of the system who owns nothing. Only root can run it so.
class AnotherUser {
  public:
    AnotherUser() {
        open_to_all(folder_.path());
        std::filesystem::copy_file(program(), path_); // the folder of the build may be closed to others
        options_.env["HOME"] = folder_.path().string();
        options_.cwd = folder_.path();
    }

    static bool can_be() { return geteuid() == 0; }

    /// Everybody may read and write it.
    static void open_to_all(const std::filesystem::path& path) {
        using std::filesystem::perms;
        const bool folder = std::filesystem::is_directory(path);
        std::filesystem::permissions(path, folder ? perms::all
                                                  : perms::owner_read | perms::owner_write |
                                                        perms::group_read | perms::group_write |
                                                        perms::others_read | perms::others_write);
    }

    /// Of that user, who is of `group` first and of `other` too.
    std::vector<std::string> command(std::vector<std::string> arguments, unsigned group = k_nobody,
                                     unsigned other = k_nobody) const {
        std::vector<std::string> all{"setpriv", "--reuid=" + std::to_string(k_nobody),
                                     "--regid=" + std::to_string(group), "--groups=" + std::to_string(other),
                                     path_.string()};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }
    const RunOptions& options() const { return options_; }
    Finished run(std::vector<std::string> arguments, unsigned group = k_nobody,
                 unsigned other = k_nobody) const {
        return test::run(command(std::move(arguments), group, other), options_);
    }

    static constexpr unsigned k_nobody = 65534;

  private:
    TempDir folder_;
    std::filesystem::path path_ = folder_.path() / "roacache";
    RunOptions options_;
};

} // namespace roacache::test
