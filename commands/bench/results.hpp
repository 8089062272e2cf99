#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/core/error.hpp"
#include "src/report/saved_run.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// What is to become of a run: asserts, a baseline to hold it against, and files. The same for a run that is
/// made and for runs that are read back.
struct ResultOptions {
    std::string report_file;
    std::string json_file;
    std::string junit_file;
    std::optional<std::string> github_summary; ///< `$GITHUB_STEP_SUMMARY`: the file that this variable names
    std::string baseline_file;
    std::string tolerance = "10%";
    std::vector<std::string> asserts;
};

/// `--report --json --junit --github-summary --assert`.
void declare_results(CLI::App& app, ResultOptions& options);
/// `--baseline --tolerance`.
void declare_baseline(CLI::App& app, ResultOptions& options);
void declare_tolerance(CLI::App& app, ResultOptions& options);

/// Where the results go. Everything that would fail at the end fails when this is made: an unwritable file, a
/// baseline that is none, a bad assert. Throws core::Error(usage).
class Results {
  public:
    Results(const ResultOptions& options, const Context& context);

    /// The asserts asked for; or those that `saved` runs were judged by; or the targets of the profile. Of
    /// these two what the plan cannot answer is left out, and noted.
    std::vector<bench::Assert> asserts(const bench::Plan& plan, std::vector<std::string>& notes,
                                       const std::vector<std::string>& saved = {}) const;

    /// Notes when the baseline measured other endpoints. Throws core::Error(usage) when nothing of it can be
    /// compared with such a run.
    void check_baseline(const bench::Plan& plan, std::vector<std::string>& notes) const;

    /// Judges the run, prints it and writes the files. The exit code is the verdict's.
    core::ExitCode deliver(const bench::Result& result, const std::vector<bench::Assert>& asserts,
                           report::Environment environment, std::string uncached_by,
                           std::vector<std::string> notes, Context& context) const;

  private:
    void print(const report::Document& document, output::Streams& streams) const;
    void write(const report::Document& document, const Context& context) const;

    Format format_;
    std::filesystem::path report_, json_, junit_, summary_;
    std::string stem_; ///< of the pictures' names
    std::optional<report::SavedRun> baseline_;
    std::string baseline_name_;
    double tolerance_ = 0;
    std::vector<std::string> asserts_;
    std::vector<std::string> targets_; ///< of the profile
};

/// A failure whose result was delivered nevertheless.
class DeliveredError : public core::Error {
  public:
    using core::Error::Error;
    explicit DeliveredError(const core::Error& error) : core::Error(error) {}
};

/// For a run that came to no result: its failure in the files of --junit and, unless it is the command line
/// that is wrong, --json, so that what CI reads there is never an older run's. A file that is also named as
/// another kind, or that cannot be written, is passed over; the failure itself is what matters.
void write_failure(const ResultOptions& options, const core::Error& error, const Context& context);

/// What the report says about where a run was made, now and here.
report::Environment environment_here(const bench::Result& result);

} // namespace roacache::commands
