#pragma once

#include "commands/bench/options.hpp"
#include "commands/command.hpp"
#include "src/bench/model/result.hpp"
#include "src/config/suite_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// A suite file with the command line laid over it.
class BenchedSuite {
  public:
    /// Reads the file that the options name, and puts into options and settings what it says and the command
    /// line does not. Checks all of it; sends nothing. Throws core::Error(usage), with file, line and column
    /// where the file is at fault.
    BenchedSuite(BenchOptions& options, config::Settings& settings, const Context& given);

    const config::Suite& suite() const { return suite_; }
    /// Of the endpoints in the order of the file.
    const bench::Plan& plan() const { return plan_; }
    /// The entries of each endpoint.
    std::vector<SelectorOptions> selectors() const;
    /// Takes the secrets out of what services sent back: redirects, and what differed.
    void hide_secrets(bench::Result& result) const;
    /// How uncached answers are made, as text.
    std::string describe_uncached() const;
    /// What of the suite may not be meant, for the report.
    std::vector<std::string> notes() const;
    /// What switches the service's cache, if anything does.
    std::optional<bench::SwitchedCache> switched_cache() const {
        return bench::switched_cache(endpoints_.front().uncached);
    }

    /// As take_users() and take_drill(), of the file and the command line.
    const std::vector<std::string>& users() const { return users_; }
    const std::optional<bench::SwitchedCache>& drill() const { return drill_; }

  private:
    void take_course(BenchOptions& options);
    void check_selectors(const Context& context) const;
    bench::EndpointSpec make_endpoint(const config::SuiteEndpoint& endpoint,
                                      const BenchOptions& options) const;
    void make_endpoints(const BenchOptions& options);
    void make_plan();

    config::SuiteFile file_;
    config::Suite suite_;
    bool carries_secrets_ = false; ///< of the user's: variables, or headers of the command line
    bool own_asserts_ = true;      ///< on all endpoints together; else the command line's
    std::vector<std::string> users_;
    std::optional<bench::SwitchedCache> drill_;
    bench::LoadSpec load_;
    std::vector<bench::EndpointSpec> endpoints_;
    bench::Plan plan_;
    std::vector<std::string> notes_;
};

} // namespace roacache::commands
