#include "src/bench/model/stampede.hpp"

#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {

const char* name_of(ReachedBy by) {
    switch (by) {
    case ReachedBy::computations:
        return "computations";
    case ReachedBy::header:
        return "header";
    case ReachedBy::store:
        return "store";
    case ReachedBy::latency:
        return "latency";
    case ReachedBy::unknown:
        break;
    }
    return "unknown";
}

Histogram Stampede::waited() const {
    Histogram all;
    for (const StampedeRound& round : rounds)
        all.merge(round.latency);
    return all;
}

std::uint64_t Stampede::errors() const {
    std::uint64_t all = 0;
    for (const StampedeRound& round : rounds)
        for (const auto& [kind, count] : round.errors)
            all += count;
    return all;
}

std::optional<std::uint64_t> Stampede::most_reached() const {
    std::optional<std::uint64_t> most;
    for (const StampedeRound& round : rounds)
        if (round.reached) most = std::max(most.value_or(0), *round.reached);
    return most;
}

std::optional<double> Stampede::mean_reached() const {
    double sum = 0, known = 0;
    for (const StampedeRound& round : rounds)
        if (round.reached) sum += static_cast<double>(*round.reached), ++known;
    return known > 0 ? std::optional(sum / known) : std::nullopt;
}

std::vector<std::string> Stampede::inconclusive_reasons(unsigned planned, const std::string& endpoint) const {
    std::vector<std::string> inconclusive_reasons;
    if (const std::uint64_t failed = errors(); failed != 0)
        inconclusive_reasons.push_back(
            fmt::format("{} requests of the stampedes of {} failed.", core::format_count(failed), endpoint));
    if (rounds.size() < planned)
        inconclusive_reasons.push_back(fmt::format("Only {} of {} stampedes of {} were over in time.",
                                                   rounds.size(), planned, endpoint));
    return inconclusive_reasons;
}

} // namespace roacache::bench
