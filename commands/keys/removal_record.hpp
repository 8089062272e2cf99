#pragma once

#include "commands/keys/person.hpp"
#include "commands/keys/sealed_document.hpp"
#include "commands/keys/selectors.hpp"
#include "commands/keys/walking.hpp"
#include "src/config/settings.hpp"
#include "src/net/url.hpp"
#include "src/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::commands {

/// One of the stores that a record is about.
struct RecordedStore {
    std::string url; ///< without secrets
    store::Identity identity;
    std::vector<store::WalkPlace> places; ///< of a removal that ended before its end
};

/// What a plan and a resume file have in common: which keys are meant, and where.
struct RemovalRecord {
    SelectorOptions selectors; ///< all named keys among `keys`
    std::string selector;      ///< described
    std::string profile;       ///< its name
    std::string profile_digest;
    std::vector<RecordedStore> stores; ///< at least one; the deepest tier first
    std::int64_t created_ms = 0;       ///< since 1970
    Person by;
    std::string version; ///< of the roacache that wrote it

    /// Of now and of whoever runs this, without stores. The named keys have been read. Throws
    /// core::Error(usage) where these are more than a file takes.
    static RemovalRecord of(const SelectorOptions& selectors, const Walking& walking, const Context& context);
    void add(const net::Url& url, store::Identity identity, std::vector<store::WalkPlace> places = {});
    /// Throws core::Error(usage) as Place does.
    static RemovalRecord read(const SealedDocument& document);

    nlohmann::ordered_json json(const std::string& schema) const;
};

/// Who made such a file, or applied it, as person_json() wrote it.
Person read_person(const Place& place);

/// The settings of a run by the record: its profile and addresses, where the command line does not name
/// others. Addresses of the settings that are the record's come before the record's own, whose secrets were
/// left out. Throws core::Error(usage) for an address that cannot be used.
config::Settings settings_by(const RemovalRecord& record, const std::string& file,
                             const config::Settings& settings);

/// Throws core::Error(refused) when the profile now means other keys by the selectors than when the record
/// was written.
void check_profile(const RemovalRecord& record, const std::string& file, const config::Profile& profile);

/// The URL without user and password.
std::string address_of(const net::Url& url);

std::int64_t now_ms();

} // namespace roacache::commands
