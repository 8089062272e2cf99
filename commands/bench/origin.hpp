#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/load/origin_counter.hpp"
#include "src/config/settings.hpp"
#include "src/config/suite.hpp"

#include <memory>

namespace roacache::commands {

/// What counts the origin's queries: as the option says, else as the suite does, if there is one; null where
/// neither does. A suite names a URL only, and relative to its base URL or to the one of the options. Throws
/// core::Error(usage).
std::unique_ptr<bench::OriginCounter> origin_counter(const BenchOptions& options, const config::Suite* suite,
                                                     const config::Settings& settings);

/// The URL that the suite names, unless the option goes first; nothing for none.
std::optional<net::Url> origin_url_of_suite(const BenchOptions& options, const config::Suite& suite);

} // namespace roacache::commands
