#pragma once

#include <optional>
#include <string_view>

namespace roacache::analysis {

/// For how long one series of versions gets security fixes. Dates as `2026-01-31`.
struct SupportDates {
    std::string_view kind;   ///< `redis`, `valkey`
    std::string_view series; ///< `7.2`
    std::string_view until;  ///< from its makers; empty: no end is known
    /// From the last distribution that carries it; empty: none does longer than its makers.
    std::string_view packaged_until = {};
    std::string_view packaged_by = {};
};

/// Where the makers of `kind` tell these dates.
std::string_view support_source(std::string_view kind);

/// Of a version such as `7.0.15`; nothing for a series that is not known. Series before the first that is
/// known count as that.
std::optional<SupportDates> support_of(std::string_view kind, std::string_view version);

} // namespace roacache::analysis
