#pragma once

#include "src/core/file_lock.hpp"
#include "src/net/url.hpp"
#include "src/store/api/toggle.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace roacache::store::api {

/// A switch that a run has changed, and what it is to be put back to.
struct SwitchRecord {
    ManagementSwitch::Scope scope = ManagementSwitch::Scope::user;
    pid_t pid = 0;
    std::optional<bool> before; ///< absent: there is nothing to be put back
    /// Where it is the switch of the user of another token: the file that tells of it, else empty.
    std::filesystem::path of_another = {};
};

/// Keeps a switch of a management API for one roacache of this user and machine at a time. What is to be put
/// back stands in the lock's file, under $XDG_RUNTIME_DIR or else the temporary folder, so that it is known
/// even after a run was killed. A user's switch is that of the token: each has a file of its own.
class SwitchLock {
  public:
    /// Throws core::Error: refused where another one has it, naming the process; usage where there can be no
    /// such file.
    explicit SwitchLock(const ManagementSwitch& by);
    /// Leaves the file behind where something is still to be put back.
    ~SwitchLock();
    SwitchLock(const SwitchLock&) = delete;
    SwitchLock& operator=(const SwitchLock&) = delete;

    /// What a run that was killed could not put back; absent: there was none.
    const std::optional<SwitchRecord>& left_behind() const { return left_behind_; }
    /// From now on this is to be put back.
    void keep(bool before);
    /// Nothing is to be put back any more.
    void forget() { record_.before.reset(); }

  private:
    void write() const;

    core::FileLock lock_;
    SwitchRecord record_;
    std::optional<SwitchRecord> left_behind_;
};

/// What runs that were killed could not put back of this API's switches, as who has this token sees it.
std::vector<SwitchRecord> switches_left(const net::Url& base, const std::string& token);

/// Such a switch in a sentence, with the command that mends it.
std::string describe(const SwitchRecord& left, const net::Url& base);

/// A Toggle that holds the lock. What a killed run left is put back instead of what was found.
class LockedToggle final : public CacheSwitch {
  public:
    /// Throws as SwitchLock and Toggle do.
    explicit LockedToggle(const Toggle::Options& options);

    void set(bool on) override;
    void restore() override;
    bool was_on() const override { return toggle_.was_on(); }
    /// What it is now is to stay: restore() does nothing any more.
    void settle() {
        toggle_.set_was_on(toggle_.now().value_or(was_on()));
        lock_.forget();
    }

    const Toggle& toggle() const { return toggle_; }
    const std::optional<SwitchRecord>& left_behind() const { return lock_.left_behind(); }

  private:
    SwitchLock lock_;
    Toggle toggle_;
};

} // namespace roacache::store::api
