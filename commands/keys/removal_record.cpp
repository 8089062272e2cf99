#include "commands/keys/removal_record.hpp"

#include "commands/keys/walk_places.hpp"
#include "commands/trusted_settings.hpp"
#include "src/config/profile_digest.hpp"
#include "src/core/error.hpp"
#include "src/core/regular_file.hpp"
#include "src/core/secret.hpp"
#include "src/output/text.hpp"

#include <filesystem>
#include <fmt/core.h>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

constexpr std::size_t k_most_named_bytes = std::size_t{32} << 20;

ordered_json list_json(const std::vector<std::string>& texts) {
    ordered_json list = ordered_json::array();
    for (const std::string& text : texts)
        list.push_back(ordered_json(output::json_bytes(text)));
    return list;
}

std::vector<std::string> read_list(const Place& place) {
    std::vector<std::string> texts;
    for (const Place& each : place.list())
        texts.push_back(each.bytes());
    return texts;
}

ordered_json selectors_json(const SelectorOptions& selectors) {
    ordered_json json;
    json["tenant"] =
        selectors.tenant.empty() ? ordered_json(nullptr) : ordered_json(output::json_bytes(selectors.tenant));
    json["resources"] = list_json(selectors.resources);
    json["where"] = list_json(selectors.where);
    json["events"] = list_json(selectors.events);
    json["match"] = list_json(selectors.matches);
    json["keys"] = list_json(selectors.keys);
    json["glob"] = selectors.glob;
    json["all_tenants"] = selectors.all_tenants;
    return json;
}

SelectorOptions read_selectors(const Place& place) {
    place.has_only({"tenant", "resources", "where", "events", "match", "keys", "glob", "all_tenants"});
    SelectorOptions selectors;
    if (place.has("tenant")) selectors.tenant = place.at("tenant").bytes();
    selectors.resources = read_list(place.at("resources"));
    selectors.where = read_list(place.at("where"));
    selectors.events = read_list(place.at("events"));
    selectors.matches = read_list(place.at("match"));
    selectors.keys = read_list(place.at("keys"));
    selectors.glob = place.at("glob").flag();
    selectors.all_tenants = place.at("all_tenants").flag();
    return selectors;
}

ordered_json map_json(const std::map<std::string, std::string>& map) {
    if (map.empty()) return nullptr;
    ordered_json json = ordered_json::object();
    for (const auto& [name, value] : map)
        json[name] = output::json_bytes(value);
    return json;
}

std::map<std::string, std::string> read_map(const Place& place, const char* name) {
    std::map<std::string, std::string> map;
    if (!place.has(name)) return map;
    const Place members = place.at(name);
    for (const std::string& member : members.member_names())
        map[member] = members.at(member).bytes();
    return map;
}

RecordedStore read_store(const Place& place) {
    RecordedStore store;
    store.url = place.at("url").text();
    try {
        net::parse_url(store.url);
    } catch (const Error&) {
        place.at("url").fail("it is no URL");
    }
    store.identity = {read_map(place, "identity"), read_map(place, "state"), ""};
    if (place.has("unproven")) store.identity.unknown = place.at("unproven").text();
    if (store.identity.parts.empty() == store.identity.unknown.empty())
        place.fail("it has an identity or a reason why there is none");
    if (place.has("servers")) store.places = read_places(place.at("servers"));
    return store;
}

/// Who uses the file need not be in the same folder.
std::string absolute(const std::string& path) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(path, error);
    return error ? path : whole.lexically_normal().string();
}

void replace(std::string& text, std::string_view part, std::string_view by) {
    if (const std::size_t at = text.find(part); at != std::string::npos) text.replace(at, part.size(), by);
}

/// As it can be used again with the secrets of the settings.
std::string usable_url(const std::string& redacted, const std::string& file) {
    std::string url = redacted;
    const std::string hidden(core::k_hidden);
    replace(url, "://:" + hidden + "@", "://");
    replace(url, "://" + hidden + "@", "://");
    replace(url, ":" + hidden + "@", "@");
    if (url.find(hidden) == std::string::npos) return url;
    throw Error(ExitCode::usage,
                fmt::format("no address: {}: the secrets of {} were left out", file, redacted),
                "Give it again: -u URL.");
}

/// The settings for one of the record's addresses in place of their own.
config::Setting<std::string> address_by(const RecordedStore& store, const std::string& file) {
    config::Setting<std::string> address = address_of_flag(file, usable_url(store.url, file));
    // Whoever else could have written the file is not handed the secrets of whoever uses it.
    if (!core::who_else_wrote(file).empty()) address.trust = config::Trust::directory;
    return address;
}

bool names_the_same(const std::vector<config::Setting<std::string>>& own,
                    const std::vector<RecordedStore>& stores) {
    if (own.size() != stores.size()) return false;
    for (std::size_t i = 0; i < own.size(); ++i) {
        try {
            if (address_of(net::parse_url(own[i].required())) != address_of(net::parse_url(stores[i].url)))
                return false;
        } catch (const Error&) {
            return false;
        }
    }
    return true;
}

} // namespace

RemovalRecord RemovalRecord::of(const SelectorOptions& selectors, const Walking& walking,
                                const Context& context) {
    RemovalRecord record;
    record.selectors = selectors;
    record.selectors.keys_from.clear();
    record.selectors.nul_separated = false;
    record.selector = walking.description();
    record.profile = context.settings.profile.value;
    if (config::names_profile_file(record.profile)) record.profile = absolute(record.profile);
    record.profile_digest = config::selection_digest(walking.keys().profile());
    record.created_ms = now_ms();
    record.by = current_person();
    record.version = ROACACHE_VERSION;
    store::NamedKeys* const named = walking.keys().named();
    if (named == nullptr) return record;
    record.selectors.keys.clear();
    named->rewind();
    std::size_t bytes = 0;
    for (std::vector<std::string> keys; named->next(keys); keys.clear()) {
        for (std::string& key : keys) {
            bytes += key.size();
            record.selectors.keys.push_back(std::move(key));
        }
        if (bytes > k_most_named_bytes)
            throw Error(ExitCode::usage, "too many keys: the named keys are more than 32 MiB",
                        "Keep the list itself, and remove by it: invalidate --keys-from FILE --max-keys N.");
    }
    return record;
}

void RemovalRecord::add(const net::Url& url, store::Identity identity, std::vector<store::WalkPlace> places) {
    net::Url named = url;
    if (named.kind == net::UrlKind::sqlite) named.path = absolute(named.path);
    stores.push_back({named.redacted(), std::move(identity), std::move(places)});
}

Person read_person(const Place& place) {
    Person person;
    person.user = place.at("user").text();
    if (place.has("login")) person.login = place.at("login").text();
    person.host = place.at("host").text();
    return person;
}

RemovalRecord RemovalRecord::read(const SealedDocument& document) {
    const Place place(document);
    RemovalRecord record;
    record.selectors = read_selectors(place.at("selectors"));
    record.selector = place.at("selector").bytes();
    record.profile = place.at("profile").at("name").bytes();
    record.profile_digest = place.at("profile").at("digest").text();
    for (const Place& store : place.at("stores").list())
        record.stores.push_back(read_store(store));
    if (record.stores.empty()) place.at("stores").fail("it names no store");
    const std::uint64_t created = place.at("created_ms").count();
    constexpr std::uint64_t k_year_9999 = 253'402'300'800'000;
    if (created >= k_year_9999) place.at("created_ms").fail("it is no time");
    record.created_ms = static_cast<std::int64_t>(created);
    record.by = read_person(place.at("by"));
    record.version = place.at("version").text();
    return record;
}

ordered_json RemovalRecord::json(const std::string& schema) const {
    const auto created = std::chrono::system_clock::time_point(std::chrono::milliseconds(created_ms));
    ordered_json json{{"schema", schema},
                      {"version", version},
                      {"created", core::utc_timestamp(created)},
                      {"created_ms", created_ms},
                      {"by", person_json(by)},
                      {"selector", output::json_bytes(selector)},
                      {"selectors", selectors_json(selectors)},
                      {"profile", {{"name", output::json_bytes(profile)}, {"digest", profile_digest}}}};
    json["stores"] = ordered_json::array();
    for (const RecordedStore& store : stores) {
        json["stores"].push_back(
            {{"url", store.url},
             {"identity", map_json(store.identity.parts)},
             {"state", map_json(store.identity.state)},
             {"unproven", store.identity.unknown.empty() ? ordered_json(nullptr)
                                                         : ordered_json(store.identity.unknown)}});
        if (!store.places.empty()) json["stores"].back()["servers"] = places_json(store.places);
    }
    return json;
}

config::Settings settings_by(const RemovalRecord& record, const std::string& file,
                             const config::Settings& settings) {
    config::Settings by = settings;
    if (settings.profile.origin != "--profile") {
        by.profile.value = record.profile;
        by.profile.origin = file;
        by.profile.problem.reset();
    }
    const std::vector<config::Setting<std::string>> own =
        settings.tiers.empty() ? std::vector{settings.url} : settings.tiers;
    if (own.front().origin == "--url" || names_the_same(own, record.stores)) return by;
    std::vector<config::Setting<std::string>> addresses;
    for (const RecordedStore& store : record.stores)
        addresses.push_back(address_by(store, file));
    by.url = addresses.front();
    by.address = {};
    by.address.url = by.url;
    by.unused.clear();
    by.tiers.clear();
    if (addresses.size() > 1) by.tiers = std::move(addresses);
    return by;
}

void check_profile(const RemovalRecord& record, const std::string& file, const config::Profile& profile) {
    if (config::selection_digest(profile) == record.profile_digest) return;
    throw Error(
        ExitCode::refused,
        fmt::format("refused: {}: profile {} is not what it was ({} then): the same selectors may mean "
                    "other keys",
                    file, output::printable(profile.name), output::printable(record.profile)),
        "See which keys are meant now, by roacache plan.");
}

std::string address_of(const net::Url& url) {
    net::Url address = url;
    address.user.reset();
    address.password.reset();
    if (address.database == 0U) address.database.reset(); // the same as none
    return address.redacted();
}

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

} // namespace roacache::commands
