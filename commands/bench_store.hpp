#pragma once

#include "commands/command.hpp"
#include "commands/walking.hpp"
#include "src/bench/cache_store.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace roacache::commands {

/// The store that the settings name, for a run that forces misses or reads its counters.
class BenchedStore final : public bench::CacheStore {
  public:
    /// Each endpoint's entries are more than this: refused, for they would all be removed before each
    /// request.
    static constexpr std::size_t k_most_entries = 1'000;

    /// Connects. `selectors` name the entries of each endpoint, or with one alone those of all together;
    /// without any, remove() is not to be called. Throws core::Error: usage for selectors that cannot be, and
    /// what the store says.
    BenchedStore(std::vector<SelectorOptions> selectors, const Context& context);

    void find_entries() override;
    void remove(std::size_t endpoint) override;
    bench::StoreCounters counters() override;

  private:
    std::vector<std::string> entries_of(Walking& walking);

    std::vector<SelectorOptions> selectors_;
    std::vector<std::unique_ptr<Walking>> walkings_; // by selectors_
    std::unique_ptr<store::Store> store_;
    std::vector<std::vector<std::string>> entries_; // by selectors_
};

} // namespace roacache::commands
