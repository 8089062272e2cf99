#include "src/analysis/support_dates.hpp"

#include "src/analysis/version.hpp"

#include <array>

namespace roacache::analysis {
namespace {

/// As of November 2026, by kind, the oldest series first. Makers: github.com/redis/redis/security/policy,
/// endoflife.date/redis, valkey.io/topics/releases. Distributions: wiki.debian.org/LTS,
/// ubuntu.com/about/release-cycle.
constexpr std::array k_dates{
    SupportDates{"redis", "5.0", "2022-04-27"},
    SupportDates{"redis", "6.0", "2022-05-31", "2027-04-30", "Ubuntu 22.04"},
    SupportDates{"redis", "6.2", ""},
    SupportDates{"redis", "7.0", "2024-07-29", "2029-04-30", "Debian 12 and Ubuntu 24.04"},
    SupportDates{"redis", "7.2", ""},
    SupportDates{"redis", "7.4", ""},
    SupportDates{"redis", "8.0", "2026-02-11", "2030-06-30", "Debian 13"},
    SupportDates{"redis", "8.2", ""},
    SupportDates{"redis", "8.4", ""},
    SupportDates{"redis", "8.6", ""},
    SupportDates{"valkey", "7.2", "2029-04-16"},
    SupportDates{"valkey", "8.0", "2027-09-15"},
    SupportDates{"valkey", "8.1", "2030-03-31"},
    SupportDates{"valkey", "9.0", "2028-10-21"},
};

} // namespace

std::string_view support_source(std::string_view kind) {
    return kind == "valkey" ? "https://valkey.io/topics/releases/"
                            : "https://github.com/redis/redis/security/policy";
}

std::optional<SupportDates> support_of(std::string_view kind, std::string_view version) {
    const auto wanted = version_numbers(version);
    if (!wanted) return std::nullopt;
    bool first = true;
    for (const SupportDates& dates : k_dates) {
        if (dates.kind != kind) continue;
        const auto series = version_numbers(dates.series);
        if (*wanted == *series || (first && *wanted < *series)) return dates;
        first = false;
    }
    return std::nullopt;
}

} // namespace roacache::analysis
