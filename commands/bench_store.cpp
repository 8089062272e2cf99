#include "commands/bench_store.hpp"

#include "commands/open_store.hpp"
#include "src/core/error.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::size_t k_keys_a_batch = 256;

} // namespace

BenchedStore::BenchedStore(std::vector<SelectorOptions> selectors, const Context& context)
    : selectors_(std::move(selectors)) {
    for (const SelectorOptions& each : selectors_) {
        if (each.keys_from == "-")
            throw Error(ExitCode::usage, "usage: bench: --keys-from - would be read more than once",
                        "Put the keys into a file, or name them with -k.");
        walkings_.push_back(std::make_unique<Walking>(context, each, store::Reach::default_tenant));
    }
    store_ = open_store(context);
    store_->ping();
}

std::vector<std::string> BenchedStore::entries_of(Walking& walking) {
    std::vector<std::string> entries;
    const auto walk = store_->walk(walking.request());
    for (store::Page page; entries.size() <= k_most_entries && walk->next(page);)
        entries.insert(entries.end(), page.keys.begin(), page.keys.end());
    return entries;
}

void BenchedStore::find_entries() {
    entries_.clear();
    for (const auto& walking : walkings_) {
        entries_.push_back(entries_of(*walking));
        if (entries_.back().size() > k_most_entries)
            throw Error(ExitCode::refused,
                        fmt::format("cannot force misses: {}: the selectors name more than {} entries",
                                    store_->name(), k_most_entries),
                        "Name those of the measured URLs only; all are removed before each request.");
        if (entries_.back().empty())
            throw Error(ExitCode::usage,
                        fmt::format("cannot force misses: {}: no entry is named by the selectors, though the "
                                    "URLs have just been asked",
                                    store_->name()),
                        "Look for the keys with: roacache keys; name the store with -u.");
    }
}

void BenchedStore::remove(std::size_t endpoint) {
    const std::vector<std::string>& entries = entries_.at(entries_.size() == 1 ? 0 : endpoint);
    store::WalkRequest request;
    request.act = store::Act::erase;
    std::size_t given = 0;
    request.keys = [&](std::vector<std::string>& keys) {
        for (; given < entries.size() && keys.size() < k_keys_a_batch; ++given)
            keys.push_back(entries[given]);
        return !keys.empty();
    };
    const auto walk = store_->walk(std::move(request));
    for (store::Page page; walk->next(page);) {
    }
}

bench::StoreCounters BenchedStore::counters() {
    const store::Statistics statistics = store_->statistics();
    return {statistics.hits, statistics.misses, statistics.memory_used, {}};
}

} // namespace roacache::commands
