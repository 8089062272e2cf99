#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/core/error.hpp"
#include "src/report/formats.hpp"
#include "src/report/saved_run.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::commands {

/// What is to become of a run: asserts, a baseline to hold it against, and files. The same for a run that is
/// made and for runs that are read back.
struct ResultOptions {
    std::map<std::string_view, std::string> files; ///< by the name of the report::ResultFormat; empty: none
    std::vector<std::string> exports;              ///< `NAME=FILE`, by the name of one that is exported
    std::optional<std::string> github_summary; ///< `$GITHUB_STEP_SUMMARY`: the file that this variable names
    std::string baseline_file;
    std::string baseline_if_exists; ///< the same, but it may not be there yet
    std::string tolerance = "10%";
    std::vector<std::string> asserts;
};

/// What a result is printed in: those of report::result_formats().
std::span<const Format> printed_result_formats();

/// An option for each file of report::result_formats(), `--export`, `--github-summary` and `--assert`.
void declare_results(CLI::App& app, ResultOptions& options);
/// `--baseline --baseline-if-exists --tolerance`.
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

    /// Whether no asserts were asked for, so that the profile's targets are judged.
    bool judged_by_profile() const { return asserts_.empty(); }

    /// Throws core::Error(usage) when one of the files that are read would be written.
    void check_kept(const std::vector<std::string>& read) const;

    /// Throws core::Error(usage) when the baseline cannot be compared with such a run, or asked another
    /// question. Notes that there is none yet.
    void check_baseline(const bench::Plan& plan, const std::string& uncached_by,
                        std::vector<std::string>& notes) const;

    /// Judges the run, prints it and writes the files. The exit code is the verdict's.
    core::ExitCode deliver(const bench::Result& result, const std::vector<bench::Assert>& asserts,
                           report::Environment environment, std::string uncached_by,
                           std::vector<std::string> notes, Context& context) const;

  private:
    void check_files() const;
    void print(const report::Document& document, output::Streams& streams) const;
    void write(const report::Document& document, const Context& context) const;

    Format format_;
    /// A file that was asked for.
    struct File {
        const report::ResultFormat& format;
        std::filesystem::path path;
        std::string stem = {}; ///< of the names of the pictures beside it; empty: there are none
    };
    std::vector<File> files_;
    std::filesystem::path summary_;
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

/// For a run that came to no result: its failure in the files whose format can tell it, so that what CI reads
/// there is never an older run's. A file that is also named as another kind, or that cannot be written, is
/// passed over; the failure itself is what matters.
void write_failure(const ResultOptions& options, const core::Error& error, const Context& context);

/// What the report says about where a run was made, now and here.
report::Environment environment_here(const bench::Result& result);

} // namespace roacache::commands
