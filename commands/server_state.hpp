#pragma once

#include "commands/command.hpp"
#include "src/store/store.hpp"

#include <string>

namespace roacache::commands {

/// Warns where who answers is not the whole cache, or not up to date: a node of a cluster, a Sentinel, a
/// replica whose link to its primary is down. `target` names the store.
void warn_of_state(const Context& context, const std::string& target, const store::Info& info);

/// Warns where the server refuses what is to be written, since its memory is full.
void warn_of_full_memory(const Context& context, const std::optional<bool>& refuses_writes);

} // namespace roacache::commands
