#pragma once

#include "src/core/exit_code.hpp"
#include "src/net/url.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

struct InvalidateReport;

/// A file that a removal goes by: a plan, or what an earlier run has left to do. Everything that does not
/// agree with it throws core::Error(refused), before anything is removed.
class RunFile {
  public:
    RunFile() = default;
    RunFile(const RunFile&) = delete;
    RunFile& operator=(const RunFile&) = delete;
    virtual ~RunFile() = default;

    /// The command whose answer it is.
    virtual const char* command() const = 0;
    /// Asked about each store, by its place in the list, before anything is counted.
    virtual void check_store(std::size_t number, const net::Url& url, const store::Identity& identity) = 0;

    /// Whether what is left may be removed from the very store alone that the file was of.
    virtual bool only_same_store() const { return false; }
    /// Where the removal goes on in that store; absent: it goes on nowhere.
    virtual std::optional<std::vector<store::WalkPlace>> places(std::size_t /*number*/) const { return {}; }
    /// Told how the walk over that store has begun, before ends().
    virtual void walked(const std::vector<store::Resumption>& /*servers*/) {}

    /// Whether the keys are counted first, and asked about then.
    virtual bool counts() const { return false; }
    virtual void check_count(std::uint64_t /*matched*/) {}
    /// No more keys than this are ever sent to be removed.
    virtual std::uint64_t most() const { return std::numeric_limits<std::uint64_t>::max(); }

    /// Told before the first key goes. What it throws leaves everything as it is.
    virtual void begins(const std::string& /*run*/) {}
    /// Told when the run has ended, before that is reported.
    virtual void ends(core::ExitCode code, const InvalidateReport& report) = 0;

    /// What the answer and the lines of the audit log say of the file.
    virtual nlohmann::ordered_json members() const = 0;
    /// The runs before this one that it goes on with, as resume files list them.
    virtual nlohmann::ordered_json earlier_runs() const { return nlohmann::ordered_json::array(); }
};

} // namespace roacache::commands
