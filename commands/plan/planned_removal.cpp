#include "commands/plan/planned_removal.hpp"

#include "commands/keys/invalidate_report.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/regular_file.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <fmt/core.h>
#include <limits>
#include <sys/file.h>
#include <sys/stat.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// Clocks of two hosts that are kept by NTP differ by far less.
constexpr std::int64_t k_clocks_differ_ms = 60'000;

[[noreturn]] void refuse(const std::string& file, const std::string& why, const std::string& remedy) {
    throw Error(ExitCode::refused, fmt::format("refused: {}: {}; nothing was removed", file, why), remedy);
}

/// Locks the file that is there under this name; another process that has it is refused. The lock ends with
/// this process.
core::Descriptor locked(const std::string& file) {
    constexpr int k_flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    // Over NFS only what is open for writing can be locked.
    core::Descriptor descriptor(open(file.c_str(), O_RDWR | k_flags));
    if (!descriptor.open()) descriptor = core::Descriptor(open(file.c_str(), O_RDONLY | k_flags));
    if (!descriptor.open()) return descriptor; // reading it says why
    if (flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        refuse(file, "another roacache applies this plan now", "Wait for its end.");
    struct stat held {
    }, named{};
    const bool same = fstat(descriptor.get(), &held) == 0 && stat(file.c_str(), &named) == 0 &&
                      held.st_ino == named.st_ino && held.st_dev == named.st_dev;
    if (!same) refuse(file, "the file was replaced just now", "Run it again.");
    return descriptor;
}

std::string count_text(std::uint64_t count) {
    return core::format_count(count);
}

/// `run_id 1f… (planned: 2e…)`: what is not as it was.
std::string difference(const store::Identity& planned, const store::Identity& found) {
    std::string text;
    for (const auto& [name, value] : planned.parts) {
        const auto now = found.parts.find(name);
        const std::string is = now == found.parts.end() ? "not told" : output::printable(now->second);
        if (now != found.parts.end() && now->second == value) continue;
        text += fmt::format("{}{} is {} and was {}", text.empty() ? "" : ", ", name, is,
                            output::printable(value));
    }
    return text.empty() ? "it tells other things of itself" : text;
}

} // namespace

std::uint64_t most_keys(std::uint64_t planned, const std::optional<double>& tolerance_percent) {
    constexpr double k_usual_percent = 5;
    constexpr std::uint64_t k_usual_keys = 100;
    // A whole number of keys in floating point may be the least bit too small.
    const double share =
        std::floor(static_cast<double>(planned) / 100 * tolerance_percent.value_or(k_usual_percent) + 1e-6);
    constexpr double k_too_many = 1e18;
    auto more = static_cast<std::uint64_t>(std::min(share, k_too_many));
    if (!tolerance_percent) more = std::max(more, k_usual_keys);
    return more > std::numeric_limits<std::uint64_t>::max() - planned
               ? std::numeric_limits<std::uint64_t>::max()
               : planned + more;
}

PlannedRemoval::PlannedRemoval(const std::string& file, const PlanTerms& terms, Context& context)
    : file_(file), terms_(terms), context_(context), lock_(locked(file)),
      plan_(Plan::read(SealedDocument(file, "plan", k_plan_schema))) {
    most_ = most_keys(plan_.keys, terms.tolerance_percent);
    age_ms_ = now_ms() - plan_.record.created_ms;
    check_person();
    check_not_applied();
    check_age();
}

void PlannedRemoval::check_person() const {
    if (!terms_.second_person || !may_be_same(plan_.record.by, person_)) return;
    refuse(file_,
           fmt::format("{} made this plan and cannot be the second person who applies it (now {} on {}, then "
                       "{} on {})",
                       plan_.record.by.name(), person_.name(), person_.host, plan_.record.by.name(),
                       plan_.record.by.host),
           "Somebody else applies it, logged in by a name of their own.");
}

void PlannedRemoval::check_not_applied() const {
    if (!plan_.applied || terms_.again) return;
    const Applied& applied = *plan_.applied;
    const bool was_cut_short = applied.outcome == "partial" || applied.outcome == "interrupted";
    const char* remedy = "Plan again, or say --again.";
    if (was_cut_short)
        remedy = "That run named a file to go on with (invalidate --resume); or plan again, or say --again.";
    if (applied.outcome == "begun") remedy = "That run did not end in order: plan again, or say --again.";
    refuse(file_,
           fmt::format("it was applied already, {} by {} on {} ({}, {} removed)", applied.at,
                       applied.by.name(), applied.by.host, applied.outcome, count_text(applied.removed)),
           remedy);
}

void PlannedRemoval::check_age() const {
    const auto duration = [](std::int64_t ms) {
        return core::format_duration(std::chrono::milliseconds(ms));
    };
    if (age_ms_ < -k_clocks_differ_ms)
        refuse(
            file_,
            fmt::format("it is from the future, by {}: the clocks of two hosts differ", duration(-age_ms_)),
            "Set the clocks, and plan again.");
    if (std::chrono::milliseconds(std::max<std::int64_t>(age_ms_, 0)) <= terms_.max_age) return;
    refuse(file_,
           fmt::format("it is {} old, and --max-age allows {}", duration(age_ms_),
                       core::format_duration(terms_.max_age)),
           "Plan again; what is in the cache has changed since.");
}

void PlannedRemoval::check_store(std::size_t /*number*/, const net::Url& url,
                                 const store::Identity& identity) {
    const RecordedStore& planned = plan_.record.stores.front();
    const bool both = !identity.parts.empty() && !planned.identity.parts.empty();
    if (both && identity.parts == planned.identity.parts) return;
    if (both)
        refuse(file_,
               fmt::format("{} is another store than the plan's: {}", url.redacted(),
                           difference(planned.identity, identity)),
               "A server that was started anew, or that took another's place, is another one: plan again.");
    unproven_ = true;
    const bool same_address = address_of(url) == address_of(net::parse_url(planned.url));
    if (terms_.unproven && same_address) return;
    const std::string why = identity.parts.empty() ? identity.unknown : planned.identity.unknown;
    refuse(file_, fmt::format("{} cannot prove that it is the plan's store: {}", url.redacted(), why),
           same_address ? "--unproven takes it by its address alone."
                        : "Even --unproven takes only the plan's own address: leave -u out.");
}

void PlannedRemoval::check_count(std::uint64_t matched) {
    if (matched > most_)
        throw Error(
            ExitCode::refused,
            fmt::format("too many keys: {}: {} match, {} were planned and --tolerance allows {}; nothing "
                        "was removed",
                        file_, count_text(matched), count_text(plan_.keys), count_text(most_)),
            "Plan again, or raise --tolerance.");
    if (matched < plan_.keys)
        context_.note(fmt::format("{} fewer keys match than were planned ({})",
                                  count_text(plan_.keys - matched), count_text(plan_.keys)));
    else if (matched > plan_.keys)
        context_.note(fmt::format("{} more keys match than were planned ({}), which --tolerance allows",
                                  count_text(matched - plan_.keys), count_text(plan_.keys)));
}

void PlannedRemoval::begins(const std::string& run) {
    applied_ = Applied{core::utc_timestamp(), person_, run, "begun", 0};
    note_applied();
    if (noted_) lock_ = locked(file_); // another file has the name now
    if (!noted_)
        context_.warn(
            fmt::format("{} cannot be written: that it was applied is not noted there, and it could be "
                        "applied again",
                        file_));
}

void PlannedRemoval::ends(ExitCode code, const InvalidateReport& report) {
    if (!applied_) return;
    if (code != ExitCode::done && code != ExitCode::negative && report.figures.changed_nothing()) {
        applied_.reset(); // a plan of which nothing was done can be applied
        if (noted_) note_applied();
        return;
    }
    applied_->outcome = report.outcome;
    applied_->removed = report.figures.removed;
    if (noted_) note_applied();
}

void PlannedRemoval::note_applied() {
    Plan noted = plan_;
    if (applied_) noted.applied = applied_;
    try {
        core::write_file_atomically(file_, sealed_text(noted.json()));
        noted_ = true;
    } catch (const Error&) {
        noted_ = false;
    }
}

ordered_json PlannedRemoval::members() const {
    ordered_json json{
        {"file", output::json_bytes(file_)},
        {"planned_by", person_json(plan_.record.by)},
        {"applied_by", person_json(person_)},
        {"second_person_required", terms_.second_person},
        {"age_ms", age_ms_},
        {"keys", plan_.keys},
        {"most_keys", most_},
        {"store_proven", !unproven_},
        {"noted_in_file", noted_},
        {"applied_before", plan_.applied ? applied_json(*plan_.applied) : ordered_json(nullptr)}};
    return {{"plan", std::move(json)}};
}

} // namespace roacache::commands
