#pragma once

#include "commands/follow/row_selectors.hpp"
#include "src/core/clock.hpp"
#include "src/core/file_lock.hpp"

#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace roacache::commands::follow {

/// What is known of one value.
struct Followed {
    Watermark seen; ///< up to which the cache is known to hold nothing older
    /// When the value is to be invalidated once more, the earliest first.
    std::deque<core::Clock::time_point> settles;
};

/// What has been followed so far.
struct State {
    bool begun = false;      ///< false: there has been no poll yet
    std::size_t columns = 0; ///< of a row
    std::map<RowValue, Followed> values;
};

/// What a state is of; another one would mean other changes.
struct StateOf {
    std::string source; ///< Source::fingerprint()
    std::string selector, store;
};

/// A State in a file, of one roacache at a time. The file is replaced as a whole, so that whatever happens
/// the old or the new one is there.
class StateFile {
  public:
    /// Throws core::Error: refused where another roacache follows with this file, naming the process; usage
    /// where it cannot be written or locked.
    StateFile(std::filesystem::path path, StateOf of);
    ~StateFile();
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    /// Throws core::Error(usage) for a file that is no state, or one of something else.
    static State read(const std::filesystem::path& path, const StateOf& of, core::Nanoseconds longest_settle);

    /// On the disk when it returns. Throws core::Error(usage) where it cannot be written.
    void write(const State& state) const;

  private:
    std::filesystem::path path_;
    StateOf of_;
    core::FileLock lock_;
};

} // namespace roacache::commands::follow
