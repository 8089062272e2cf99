#pragma once

#include "commands/command.hpp"
#include "commands/keys/walking.hpp"
#include "src/bench/load/cache_store.hpp"
#include "src/store/remover.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace roacache::commands {

/// The store that the settings name, for a run that forces misses or reads its counters.
class BenchedStore final : public bench::CacheStore {
  public:
    /// When an endpoint's entries are more than this it is refused, for they would all be removed before each
    /// request; so is a selection that means everything.
    static constexpr std::size_t k_most_entries = 1'000;

    /// Connects. The context outlives it. `selectors` name the entries of each endpoint, or with one alone
    /// those of all together; without any, remove() is not to be called. Throws core::Error: usage for
    /// selectors that cannot be, and what the store says.
    BenchedStore(const std::vector<SelectorOptions>& selectors, const Context& context);

    void find_entries() override;
    void remove(std::size_t endpoint) override;
    bench::StoreCounters counters() override;
    std::vector<std::string> keys_holding(const std::string& answer) override;

  private:
    /// What one endpoint's requests are answered from.
    struct Entries {
        std::unique_ptr<Walking> walking; ///< how they are found
        std::unique_ptr<store::MeantKeys> keys;
        std::unique_ptr<store::Remover> remover; ///< of these keys; null before they were found
    };

    void find(Entries& entries);
    /// At least k_most_entries, where there are as many.
    std::vector<std::string> first_keys(Walking& walking);

    const Context& context_;
    std::unique_ptr<store::Store> store_;
    std::vector<Entries> entries_; ///< by selectors
};

} // namespace roacache::commands
