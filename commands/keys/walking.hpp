#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "commands/keys/first_contact.hpp"
#include "commands/keys/selectors.hpp"
#include "src/store/meant_keys.hpp"
#include "src/store/walk.hpp"

#include <string>

namespace roacache::commands {

/// Which keys a command walks over, from its selectors and the profile of the settings.
class Walking {
  public:
    /// Throws core::Error(usage) for selectors that cannot be served.
    Walking(const Context& context, const SelectorOptions& options,
            store::Reach reach = store::Reach::every_tenant);

    /// Reads the keys that are named one by one, where they are; without this it is the selection that
    /// counts. Throws core::Error(usage) for keys that cannot be read.
    void read_named(store::NamedKeys::Repeated repeated = store::NamedKeys::Repeated::added);

    const store::MeantKeys& keys() const { return keys_; }

    /// A walk over these keys; this must outlive it. What to do with them is left to the caller.
    store::WalkRequest request();

    /// To be told of every key that a walk gives, where request() is not used.
    void see(const store::FoundKey& key, bool meant) { seen_.see(key, meant); }

    /// How far profile and keys fit together, with notes where nothing was found; see first_contact(). To be
    /// asked when the walk is gone. Absent when keys are named one by one.
    std::optional<FirstContact> first_contact(store::Store& store, const Context& context) const;
    /// What the profile and the settings grant.
    const config::TtlPolicy& policy() const { return keys_.profile().ttl; }

    /// The keys that are meant, described.
    const std::string& description() const { return description_; }

  private:
    SelectorOptions options_;
    store::MeantKeys keys_;
    KeysSeen seen_;
    std::string description_;
};

/// As typed.
struct LoadOptions {
    std::string max_load, max_rate; ///< empty: no limit
};

/// `--max-load` and `--max-rate`, the same for every command that walks.
void add_load_options(CLI::App& app, LoadOptions& options);

/// Throws core::Error(usage) for what is no share up to 100 % and no rate above 0.
store::LoadLimit parse_load(const LoadOptions& options);

/// As parse_load(). Where nothing is said, a walk that describes every key of more than a million takes a
/// quarter of the server's time, and a note says so.
store::LoadLimit load_for(const LoadOptions& options, const Walking& walking, store::Store& store,
                          const store::WalkRequest& request, const Context& context);

/// `--max-pause`, the same for every command that walks.
void add_max_pause_option(CLI::App& app, std::string& max_pause);

/// Throws core::Error(usage) for what is no duration above 0.
core::Nanoseconds parse_max_pause(const std::string& text);

} // namespace roacache::commands
