#pragma once

#include "commands/keys/run_file.hpp"
#include "commands/plan/plan.hpp"
#include "src/core/clock.hpp"
#include "src/core/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace roacache::commands {

/// What a plan has to keep to.
struct PlanTerms {
    core::Nanoseconds max_age = std::chrono::hours(1);
    std::optional<double> tolerance_percent; ///< absent: 5 %, or 100 keys where that is more
    bool second_person = false;              ///< who applies is another than who planned
    bool again = false;                      ///< also a plan that was applied
    bool unproven = false;                   ///< also where the store cannot prove that it is the plan's
};

/// How many keys may go where `planned` were counted.
std::uint64_t most_keys(std::uint64_t planned, const std::optional<double>& tolerance_percent);

/// A plan that is applied: held by one process at a time, and noted in its file when the first key goes.
class PlannedRemoval final : public RunFile {
  public:
    /// Throws core::Error: usage for what is no plan, refused where it is too old or from the future, was
    /// applied, is being applied, or is of this very person where a second one is wanted.
    PlannedRemoval(const std::string& file, const PlanTerms& terms, Context& context);

    const RemovalRecord& record() const { return plan_.record; }
    const std::string& file() const { return file_; }

    const char* command() const override { return "apply"; }
    bool only_same_store() const override { return !unproven_; }
    void check_store(std::size_t number, const net::Url& url, const store::Identity& identity) override;
    bool counts() const override { return true; }
    void check_count(std::uint64_t matched) override;
    std::uint64_t most() const override { return most_; }
    void begins(const std::string& run) override;
    void ends(core::ExitCode code, const InvalidateReport& report) override;
    nlohmann::ordered_json members() const override;

  private:
    void check_age() const;
    void check_person() const;
    void check_not_applied() const;
    void note_applied();

    std::string file_;
    PlanTerms terms_;
    Context& context_;
    core::Descriptor lock_; ///< on the file that was read
    Plan plan_;
    const Person person_ = current_person();
    std::uint64_t most_ = 0;
    std::int64_t age_ms_ = 0;
    std::optional<Applied> applied_; ///< by this run
    bool noted_ = false;             ///< in the file
    bool unproven_ = false;          ///< the store was taken by its address alone
};

} // namespace roacache::commands
