#pragma once

#include "commands/command.hpp"
#include "src/bench/model/result.hpp"
#include "src/bench/model/uncached_method.hpp"
#include "src/store/cache_switch.hpp"

#include <optional>

namespace roacache::commands {

/// What switches the service's cache for the length of a run; puts it back as it was when it goes. Where that
/// fails it warns and sets `failure`, which outlives it. Asks the service's own switch for its state; throws
/// core::Error as store::Toggle does.
store::SwitchGuard open_switch(const std::optional<bench::SwitchedCache>& by, const Context& context,
                               std::optional<bench::NotRestored>& failure);

} // namespace roacache::commands
