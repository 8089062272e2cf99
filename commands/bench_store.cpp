#include "commands/bench_store.hpp"

#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/store/profile_layout.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::size_t k_keys_a_batch = 256;

} // namespace

BenchedStore::BenchedStore(const SelectorOptions& selectors, const Context& context)
    : named_(selectors), profile_(context.profile()), layout_(store::layout_of(profile_)) {
    if (named_.keys_from == "-")
        throw Error(ExitCode::usage, "usage: bench: --keys-from - would be read more than once",
                    "Put the keys into a file, or name them with -k.");
    const store::Selectors parsed = parse_selectors(named_);
    if (!named_.names_keys() && !parsed.empty())
        selection_.emplace(parsed, profile_, layout_, store::Reach::default_tenant);
    store_ = open_store(context);
    store_->ping();
}

void BenchedStore::find_entries() {
    entries_.clear();
    store::WalkRequest request;
    std::optional<NamedKeys> named;
    if (named_.names_keys()) {
        named.emplace(named_);
        request.keys = [&](std::vector<std::string>& keys) { return named->next(keys, k_keys_a_batch); };
    } else {
        request.glob = selection_->glob();
        request.wanted = [this](std::string_view key) {
            layout::DecodedKey decoded;
            return selection_->matches(key, decoded);
        };
    }
    const auto walk = store_->walk(std::move(request));
    for (store::Page page; walk->next(page) && entries_.size() <= k_most_entries;)
        entries_.insert(entries_.end(), page.keys.begin(), page.keys.end());
    if (entries_.size() > k_most_entries)
        throw Error(ExitCode::refused,
                    fmt::format("cannot force misses: {}: the selectors name more than {} entries",
                                store_->name(), k_most_entries),
                    "Name those of the measured URLs only; all are removed before each request.");
    if (entries_.empty())
        throw Error(ExitCode::usage,
                    fmt::format("cannot force misses: {}: no entry is named by the selectors, though the "
                                "URLs have just been asked",
                                store_->name()),
                    "Look for the keys with: roacache keys; name the store with -u.");
}

void BenchedStore::remove(std::size_t) {
    store::WalkRequest request;
    request.act = store::Act::erase;
    std::size_t given = 0;
    request.keys = [&](std::vector<std::string>& keys) {
        for (; given < entries_.size() && keys.size() < k_keys_a_batch; ++given)
            keys.push_back(entries_[given]);
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
