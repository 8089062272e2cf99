#pragma once

#include "commands/bench/options.hpp"
#include "commands/command.hpp"
#include "src/bench/load/cache_store.hpp"
#include "src/bench/model/plan.hpp"
#include "src/core/clock.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace roacache::commands {

/// The reference service, run in a process of its own to be measured; as a store it is both tiers of its
/// cache.
class BenchedDemo : public bench::CacheStore {
  public:
    /// How long an answer is waited for unless --timeout says it: longer than of other services, for one
    /// on the same machine is slow only when that is busy with something else.
    static constexpr core::Nanoseconds k_timeout = std::chrono::minutes(1);

    /// Its dashboards. Unless the options say otherwise, Cache-Control goes past the cache, or the service's
    /// own switch, and X-Cache proves a hit. Throws core::Error(usage).
    virtual std::vector<bench::EndpointSpec> endpoints(const BenchOptions& options,
                                                       const bench::LoadSpec& load) const = 0;
    /// Invoices in its ledger.
    virtual std::uint64_t rows() const = 0;
    /// What the service itself counted, for the report.
    virtual std::vector<std::string> notes() const = 0;
};

/// Starts the service. Throws core::Error(usage) for options that do not go with --demo.
std::unique_ptr<BenchedDemo> start_benched_demo(const BenchOptions& options, const Context& context);

} // namespace roacache::commands
