#pragma once

#include "commands/bench/options.hpp"
#include "commands/command.hpp"
#include "src/bench/load/cache_store.hpp"
#include "src/core/clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace roacache::commands {

/// The reference service, run in this process to be measured; as a store it is both tiers of its cache.
class BenchedDemo : public bench::CacheStore {
  public:
    /// How long an answer is waited for unless --timeout says it: longer than of other services, for one in
    /// the same process is slow only when the machine is busy with something else.
    static constexpr core::Nanoseconds k_timeout = std::chrono::minutes(1);

    /// What the service itself counted, for the report.
    virtual std::vector<std::string> notes() const = 0;
};

/// Starts the service and fills in what the user left open: URLs, how to go past the cache, what proves a
/// hit, the number of requests. Throws core::Error(usage) for options that do not go with --demo.
std::unique_ptr<BenchedDemo> start_benched_demo(BenchOptions& options, const Context& context);

} // namespace roacache::commands
