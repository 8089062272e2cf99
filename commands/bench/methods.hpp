#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/plan.hpp"

#include <optional>

namespace roacache::commands {

/// How the options say that the cache is gone past: nothing for a single run, or where they say nothing.
/// `url` is asked in place of the endpoint's; a service with a switch of its own brings that along. Throws
/// core::Error(usage) for what is none or does not go together.
bench::UncachedMethods uncached_methods(const BenchOptions& options, std::optional<net::Url> url = {},
                                        const store::ManagementSwitch* own_switch = nullptr);

/// Puts a changed request first among the methods, if it changes anything. Headers are `Name: value`, queries
/// `name=value`, behind a `?` or `&` or not, percent-encoded where they are not yet. Throws
/// core::Error(usage).
void add_change(bench::UncachedMethods& methods, const std::vector<std::string>& headers,
                const std::vector<std::string>& queries, std::optional<net::Url> url);

/// Whether anything but removing entries leads past the cache, so that forced misses are a third arm.
bool leads_past(const bench::UncachedMethods& methods);

/// Throws core::Error(usage) unless the methods go with the options, the selectors of the entries to remove
/// and the load.
void check_methods(const BenchOptions& options, const bench::UncachedMethods& methods,
                   const SelectorOptions& selectors, const bench::LoadSpec& load);

} // namespace roacache::commands
