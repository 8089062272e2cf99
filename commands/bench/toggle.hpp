#pragma once

#include "commands/bench/options.hpp"
#include "commands/command.hpp"
#include "src/bench/load/toggle_api.hpp"

namespace roacache::commands {

/// The service's own switch of its cache for the length of a run. However that ends, the switch is put back
/// as it was when this is destroyed; where that fails, a warning says so.
class BenchedToggle {
  public:
    /// Asks how the switch stands; throws core::Error as bench::ToggleApi does.
    BenchedToggle(const BenchOptions& options, const Context& context);
    ~BenchedToggle();
    BenchedToggle(const BenchedToggle&) = delete;
    BenchedToggle& operator=(const BenchedToggle&) = delete;

    bench::CacheSwitch& cache_switch() { return api_; }

  private:
    const Context& context_;
    bench::ToggleApi api_;
};

} // namespace roacache::commands
