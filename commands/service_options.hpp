#pragma once

#include "commands/command.hpp"
#include "src/demo/service.hpp"

#include <string>

namespace roacache::commands {

/// The reference service's options as `demo` and `bench --demo` share them. `cache_url` is empty (a SQLite
/// file), `none`, `sqlite:PATH` or a Redis URL; `rows` is 0 for the default. Throws core::Error(usage) for a
/// URL of another kind.
demo::ServiceOptions service_options(const Context& context, const std::string& cache_url,
                                     std::uint64_t rows);

} // namespace roacache::commands
