#include "src/store/redis/topology/sum.hpp"

#include <algorithm>

namespace roacache::store::redis {
namespace {

using Count = std::optional<std::uint64_t>;

void add_to(Count& sum, const Count& other) {
    sum = sum && other ? Count(*sum + *other) : std::nullopt;
}

} // namespace

Statistics add(Statistics sum, const Statistics& other) {
    sum.refused = sum.refused || other.refused;
    const bool unlimited = sum.memory_limit == 0U || other.memory_limit == 0U;
    // Weighted by what each has in memory, as if it were one process.
    const auto resident = [](const Statistics& of) {
        return of.memory_fragmentation && of.memory_used
                   ? std::optional(*of.memory_fragmentation * static_cast<double>(*of.memory_used))
                   : std::nullopt;
    };
    const auto here = resident(sum), there = resident(other);
    for (const auto count :
         {&Statistics::hits, &Statistics::misses, &Statistics::evictions, &Statistics::expirations,
          &Statistics::memory_used, &Statistics::memory_peak, &Statistics::memory_limit, &Statistics::clients,
          &Statistics::keys, &Statistics::metadata_lookups})
        add_to(sum.*count, other.*count);
    if (unlimited) sum.memory_limit = 0;
    sum.memory_fragmentation.reset();
    if (here && there && sum.memory_used && *sum.memory_used > 0)
        sum.memory_fragmentation = (*here + *there) / static_cast<double>(*sum.memory_used);
    if (sum.memory_policy != other.memory_policy) sum.memory_policy.reset();
    for (const auto& [database, keys] : other.databases)
        sum.databases[database] += keys;
    const bool one_refuses = sum.refuses_writes.value_or(false) || other.refuses_writes.value_or(false);
    if (one_refuses)
        sum.refuses_writes = true;
    else if (!sum.refuses_writes || !other.refuses_writes)
        sum.refuses_writes.reset();
    sum.uptime_s =
        sum.uptime_s && other.uptime_s ? Count(std::min(*sum.uptime_s, *other.uptime_s)) : std::nullopt;
    if (sum.run_id && other.run_id)
        sum.run_id = core::Untrusted(sum.run_id->bytes() + "," + other.run_id->bytes());
    else
        sum.run_id.reset();
    return sum;
}

} // namespace roacache::store::redis
