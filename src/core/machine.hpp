#pragma once

#include <string>
#include <utility>
#include <vector>

namespace roacache::core {

/// What a measurement was made on, for people: `cpu`, `cores` (those this process may use), `memory`,
/// `kernel`, `os`, in this order. What the system does not report is left out.
std::vector<std::pair<std::string, std::string>> machine_facts();

} // namespace roacache::core
