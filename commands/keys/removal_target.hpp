#pragma once

#include "commands/keys/invalidate_report.hpp"
#include "src/config/settings.hpp"
#include "src/core/error.hpp"
#include "src/net/url.hpp"
#include "src/store/remover.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace roacache::commands {

/// One of the stores that a run removes from.
struct RemovalTarget {
    config::Settings settings; ///< that name it alone
    net::Url url;
    std::size_t depth = 1;               ///< of its tier; 1 is the deepest
    std::unique_ptr<store::Store> store; ///< null: it was not reached
    std::unique_ptr<store::Remover> remover;
    store::Identity identity;             ///< as of when it was opened
    bool counts = true;                   ///< the store can tell beforehand how many keys are meant
    std::optional<std::uint64_t> agreed;  ///< no more keys than this may go
    std::optional<std::uint64_t> settled; ///< as in the report
    std::optional<core::Error> error;     ///< what came in the way; nothing more is done there

    bool is_api() const { return url.kind == net::UrlKind::http; }
};

/// Numbers the tiers. Management APIs in a row are workers of one service, and one tier.
void number_tiers(std::vector<RemovalTarget>& targets);

/// `A, B and C`, without secrets.
std::string names_of(const std::vector<const RemovalTarget*>& targets);

/// What came of the stores, taken together: sums of the figures, and the failure where there is one. Where
/// all have failed and nothing was changed it is the first one's; else core::Error(partial).
store::RemovalFigures sum_of(const std::vector<RemovalTarget>& targets);
std::optional<core::Error> failure_of(const std::vector<RemovalTarget>& targets, bool changed_nothing);

/// What each of several events, which the report names, came to there.
void take_events(const RemovalTarget& target, InvalidateReport& report);

/// `report` with what came of this store in place of its figures. `begun`: its keys were looked at.
InvalidateReport report_of(const RemovalTarget& target, InvalidateReport report, bool begun);

} // namespace roacache::commands
