#include "src/bench/verdict/some_endpoints.hpp"

#include <fmt/core.h>
#include <utility>

namespace roacache::bench {

SomeEndpoints::SomeEndpoints(const Result& run, std::vector<std::size_t> endpoints)
    : run_(run), endpoints_(std::move(endpoints)) {
    if (endpoints_.size() != run.endpoints.size()) own_ = run.only(endpoints_);
}

std::string SomeEndpoints::of() const {
    return own_ ? fmt::format(" of {}", names_of(endpoints_, run_)) : "";
}

std::optional<SomeEndpoints> endpoints_where(const Result& run,
                                             const std::function<bool(std::size_t)>& holds) {
    std::vector<std::size_t> endpoints;
    for (std::size_t i = 0; i < run.endpoints.size(); ++i)
        if (holds(i)) endpoints.push_back(i);
    if (endpoints.empty()) return {};
    return SomeEndpoints(run, std::move(endpoints));
}

bool too_many(std::uint64_t count, std::uint64_t of, bool among_several) {
    constexpr std::uint64_t k_tolerable = 100; // one in so many
    constexpr std::uint64_t k_few = 3;
    if (count == 0 || count * k_tolerable <= of) return false;
    return !among_several || count >= k_few || count == of;
}

std::pair<std::uint64_t, std::uint64_t> failed_of(const Tally& tally) {
    return {total(tally.errors), tally.requests};
}

std::optional<SomeEndpoints> endpoints_with_too_many(const Result& run, ArmKind arm, const Share& share,
                                                     const std::function<bool(std::size_t)>& excepted) {
    const auto has = [&](const Tally& tally, bool among_several) {
        const auto [count, of] = share(tally);
        return too_many(count, of, among_several);
    };
    std::vector<std::size_t> judged;
    Tally together;
    for (std::size_t i = 0; i < run.endpoints.size(); ++i) {
        if (excepted(i)) continue;
        judged.push_back(i);
        together.merge(run.endpoints[i].of(arm));
    }
    const bool several = judged.size() > 1;
    auto part = endpoints_where(
        run, [&](std::size_t i) { return !excepted(i) && has(run.endpoints[i].of(arm), several); });
    if (!part && has(together, false)) part.emplace(run, std::move(judged));
    return part;
}

} // namespace roacache::bench
