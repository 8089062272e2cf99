#pragma once

#include "commands/command.hpp"
#include "src/store/meant_keys.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// Watches the keys that a walk is given, for whoever has to say afterwards why so little was found.
class KeysSeen {
  public:
    explicit KeysSeen(const store::Selectors& selectors)
        : absent_(selectors.glob ? std::vector<std::string>{} : selectors.resources) {}

    void see(const store::FoundKey& key, bool meant);

    std::uint64_t seen() const { return seen_; }
    std::uint64_t recognised() const { return recognised_; }
    std::uint64_t meant() const { return meant_; }
    /// The resources named of which no key was meant.
    const std::vector<std::string>& absent_resources() const { return absent_; }

  private:
    std::uint64_t seen_ = 0, recognised_ = 0, meant_ = 0;
    std::vector<std::string> absent_;
};

/// How far profile and keys fit together.
struct FirstContact {
    std::uint64_t seen = 0; ///< keys that were looked at, by the walk or, where it found none, by a sample
    std::uint64_t recognised = 0;              ///< of these
    std::optional<std::string> better_profile; ///< one that recognises more, where this one recognises none

    /// `seen`, `recognised`, `better_profile`.
    nlohmann::ordered_json json() const;
};

/// Notes the resources that were asked for and that the profile does not know, with the nearest that it does;
/// for stores that cannot be looked at.
void note_unknown_resources(const store::MeantKeys& asked, const Context& context);

/// To be asked after a walk that `seen` watched. Where nothing was found a few hundred keys are looked at,
/// and notes say what is the matter: an empty database and which other has keys, a profile that recognises
/// none of them and which one would, a tenant, resource or segment that is nowhere and the nearest that is.
/// Costs nothing otherwise.
FirstContact first_contact(const store::MeantKeys& asked, const KeysSeen& seen, store::Store& store,
                           const Context& context);

/// The beginning of a key up to its first separators, which keys of one kind share: `session:`,
/// `celery-task-meta-`. A second name follows where it looks like one: `session:user:`. The key itself where
/// nothing separates.
std::string_view key_prefix(std::string_view key);

} // namespace roacache::commands
