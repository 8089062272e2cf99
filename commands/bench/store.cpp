#include "commands/bench/store.hpp"

#include "commands/open_store.hpp"
#include "src/bench/answers/user_answers.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

store::RemovalTerms terms() {
    store::RemovalTerms terms;
    terms.everything_remedy = "Name the entries of the measured URLs only.";
    return terms;
}

} // namespace

BenchedStore::BenchedStore(const std::vector<SelectorOptions>& selectors, const Context& context)
    : context_(context) {
    for (const SelectorOptions& each : selectors) {
        auto& walking = entries_.emplace_back().walking;
        walking = std::make_unique<Walking>(context, each, store::Reach::default_tenant);
        walking->read_named();
    }
    if (!entries_.empty()) context.require_named_store();
    store_ = open_store(context);
    store_->ping();
    for (const Entries& entries : entries_)
        store::Remover(*store_, entries.walking->keys(), terms()).check();
}

void BenchedStore::find(Entries& entries) {
    store::NamedKeys::Source found;
    const auto walk = store_->walk(entries.walking->request());
    for (store::Page page; walk->next(page);) {
        found.keys.insert(found.keys.end(), page.keys.begin(), page.keys.end());
        if (found.keys.size() > k_most_entries)
            throw Error(ExitCode::refused,
                        fmt::format("cannot force misses: {}: the selectors name more than {} entries",
                                    store_->name(), k_most_entries),
                        "Name those of the measured URLs only; all are removed before each request.");
    }
    if (found.keys.empty())
        throw Error(ExitCode::usage,
                    fmt::format("cannot force misses: {}: no entry is named by the selectors, though the "
                                "URLs have just been asked",
                                store_->name()),
                    "Look for the keys with: roacache keys; name the store with -u.");
    entries.remover.reset();
    entries.keys = std::make_unique<store::MeantKeys>(entries.walking->keys().profile(), store::Selectors{},
                                                      store::Reach::every_tenant);
    entries.keys->name(found, store::NamedKeys::Repeated::dropped);
    entries.remover = std::make_unique<store::Remover>(*store_, *entries.keys, terms());
}

void BenchedStore::find_entries() {
    for (Entries& entries : entries_)
        find(entries);
}

void BenchedStore::remove(std::size_t endpoint) {
    entries_.at(entries_.size() == 1 ? 0 : endpoint).remover->remove();
}

bench::StoreCounters BenchedStore::counters() {
    const store::Statistics statistics = store_->statistics();
    return {statistics.hits, statistics.misses, statistics.memory_used, {}};
}

std::vector<std::string> BenchedStore::keys_holding(const std::string& answer) {
    constexpr std::size_t k_longest_value = std::size_t{1} << 20, k_most_told = 3;
    std::vector<std::string> keys;
    const auto look_among = [&](Walking& walking) {
        for (const std::string& key : first_keys(walking)) {
            if (keys.size() == k_most_told) return;
            const auto value = store_->inspect(store::FoundKey(key), k_longest_value);
            if (value && bench::holds_answer(value->head, answer)) keys.push_back(output::printable(key));
        }
    };
    if (entries_.empty()) {
        Walking all(context_, SelectorOptions{}, store::Reach::every_tenant);
        look_among(all);
    }
    for (const Entries& entries : entries_)
        look_among(*entries.walking);
    return keys;
}

std::vector<std::string> BenchedStore::first_keys(Walking& walking) {
    std::vector<std::string> keys;
    const auto walk = store_->walk(walking.request());
    for (store::Page page; keys.size() < k_most_entries && walk->next(page);)
        keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    return keys;
}

} // namespace roacache::commands
