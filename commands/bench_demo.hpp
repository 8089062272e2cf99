#pragma once

#include "commands/bench_options.hpp"
#include "commands/command.hpp"
#include "src/demo/service.hpp"

namespace roacache::commands {

/// The reference service, run in this process to be measured.
class BenchedDemo {
  public:
    /// Starts the service and fills in what the user left open: URLs, how to go past the cache, what proves a
    /// hit, the number of requests. Throws core::Error(usage) for options that do not go with --demo.
    BenchedDemo(BenchOptions& options, const Context& context);

    /// What the service itself counted, for the report.
    std::vector<std::string> notes() const;

  private:
    demo::Service service_;
};

} // namespace roacache::commands
