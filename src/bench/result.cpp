#include "src/bench/result.hpp"

namespace roacache::bench {
namespace {

constexpr std::size_t k_most_redirects = 8;

} // namespace

std::uint64_t total(const Errors& errors) {
    std::uint64_t sum = 0;
    for (const auto& [kind, count] : errors)
        sum += count;
    return sum;
}

Histogram Tally::ranked() const {
    Histogram all = latency;
    all.merge(censored);
    return all;
}

void Tally::note_redirect(const std::string& location, std::uint64_t count) {
    if (redirects.contains(location) || redirects.size() < k_most_redirects) redirects[location] += count;
}

void Tally::merge(const Tally& other) {
    latency.merge(other.latency);
    censored.merge(other.censored);
    requests += other.requests;
    for (const auto& [kind, count] : other.errors)
        errors[kind] += count;
    for (const auto& [status, count] : other.statuses)
        statuses[status] += count;
    for (const auto& [location, count] : other.redirects)
        note_redirect(location, count);
    bytes += other.bytes;
    proven_hits += other.proven_hits;
    proven_misses += other.proven_misses;
    connects += other.connects;
}

void Result::sum_up_blocks() {
    seconds.clear();
    for (EndpointResult& endpoint : endpoints)
        endpoint.arms.clear();
    for (const ArmKind arm : plan.arms())
        seconds[arm] = 0;
    for (const Block& block : blocks) {
        seconds[block.arm] += block.seconds;
        for (std::size_t i = 0; i < block.endpoints.size(); ++i)
            endpoints[i].arms[block.arm].merge(block.endpoints[i]);
    }
}

Tally Result::pooled(ArmKind arm) const {
    Tally sum;
    for (const EndpointResult& endpoint : endpoints)
        if (const auto found = endpoint.arms.find(arm); found != endpoint.arms.end())
            sum.merge(found->second);
    return sum;
}

} // namespace roacache::bench
