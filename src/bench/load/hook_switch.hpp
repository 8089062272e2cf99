#pragma once

#include "src/bench/model/uncached_method.hpp"
#include "src/core/clock.hpp"
#include "src/store/cache_switch.hpp"

#include <optional>

namespace roacache::bench {

/// Two shell commands of the user's that switch the service's cache on and off. Its state before is not
/// known; a cache that is measured is taken to be on.
class HookSwitch final : public store::CacheSwitch {
  public:
    /// `limit` is for the command that restore() runs.
    HookSwitch(ShellHooks hooks, core::Nanoseconds limit);

    /// Throws core::Error(usage) with what the command printed where it does not end with status 0. Returns
    /// when an interrupt has ended it.
    void set(bool on) override;
    void restore() override;
    bool was_on() const override { return true; }

  private:
    void run(bool on, std::optional<core::Nanoseconds> limit) const;

    ShellHooks hooks_;
    core::Nanoseconds limit_;
    bool is_on_ = true; ///< false too where a command failed, so that it may be either
};

} // namespace roacache::bench
