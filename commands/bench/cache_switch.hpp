#pragma once

#include "commands/command.hpp"
#include "src/bench/load/cache_switch.hpp"
#include "src/bench/model/uncached_method.hpp"

#include <memory>

namespace roacache::commands {

/// What switches the service's cache for the length of a run. However the run ends, the cache is put back as
/// it was when this is destroyed; where that fails, a warning says so.
class BenchedSwitch {
  public:
    /// Asks the service's own switch for its state; throws core::Error as bench::ToggleApi does.
    BenchedSwitch(const std::optional<bench::SwitchedCache>& by, const Context& context);
    ~BenchedSwitch();
    BenchedSwitch(const BenchedSwitch&) = delete;
    BenchedSwitch& operator=(const BenchedSwitch&) = delete;

    bench::CacheSwitch* get() { return switch_.get(); } ///< null: nothing is switched

  private:
    const Context& context_;
    std::unique_ptr<bench::CacheSwitch> switch_;
};

} // namespace roacache::commands
