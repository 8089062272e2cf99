#include "src/config/profile.hpp"

#include "src/config/builtin_profiles.hpp"
#include "src/config/service_variables.hpp"
#include "src/config/toml_reader.hpp"
#include "src/config/trust.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/nearest.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::config {
namespace {

LayoutSpec read_layout(TomlReader& reader) {
    LayoutSpec layout;
    const auto templ = reader.text("template");
    if (!templ || templ->empty()) reader.fail("template", "a layout needs a template");
    layout.templ = *templ;
    layout.origin = reader.origin("template");
    layout.resource = reader.text("resource").value_or("");
    layout.separator = reader.text("separator").value_or(":");
    if (layout.separator.empty()) reader.fail("separator", "separator: it cannot be empty");
    layout.pairs = reader.text("pairs").value_or("");
    reader.finish();
    return layout;
}

HashSpec read_hash(TomlReader reader) {
    HashSpec hash;
    hash.algorithm = reader.one_of("algorithm", {"md5", "sha1", "sha256"}).value_or("md5");
    const std::int64_t most = hash.algorithm == "md5" ? 32 : hash.algorithm == "sha1" ? 40 : 64;
    hash.digits = static_cast<unsigned>(reader.integer("digits", 1, most).value_or(12));
    hash.exclude = reader.texts("exclude").value_or(std::vector<std::string>{});
    reader.finish();
    return hash;
}

void read_ttl(TomlReader reader, TtlPolicy& ttl) {
    if (const auto standard = reader.seconds("default")) ttl.standard = standard;
    if (auto resources = reader.table("resources"))
        for (const std::string& name : resources->keys())
            ttl.resources[name] = *resources->seconds(name);
    reader.finish();
}

MemoryTier read_memory_tier(TomlReader reader) {
    MemoryTier tier{reader.seconds("ttl")};
    reader.finish();
    return tier;
}

/// Each is a table with nothing but its address.
void read_tiers(const TomlReader& reader, std::vector<TomlReader> list, Profile& profile) {
    profile.tiers.clear();
    profile.tiers_file = reader.source();
    for (TomlReader& tier : list) {
        const auto url = tier.text("url");
        if (!url || url->empty()) tier.fail("url", "a tier needs a url");
        profile.tiers.push_back(*url);
        tier.finish();
    }
}

void read_environment(TomlReader reader, std::map<std::string, std::string>& variables) {
    std::vector<std::string> settings;
    for (const ServiceSetting& setting : service_settings())
        settings.push_back(setting.name);
    for (const std::string& variable : reader.keys())
        variables[variable] = *reader.one_of(variable, settings);
}

void read_sqlite(TomlReader reader, SqliteNames& names) {
    constexpr std::pair<const char*, std::string SqliteNames::*> k_names[] = {
        {"table", &SqliteNames::table},
        {"key", &SqliteNames::key},
        {"value", &SqliteNames::value},
        {"expires", &SqliteNames::expires},
        {"created", &SqliteNames::created},
        {"ttl", &SqliteNames::ttl},
        {"accessed", &SqliteNames::accessed},
        {"resource", &SqliteNames::resource},
        {"log", &SqliteNames::log}};
    for (const auto& [key, name] : k_names)
        if (const auto text = reader.text(key)) names.*name = *text;
    if (const auto times = reader.one_of("times", {"utc", "local"})) names.times = *times;
    if (auto segments = reader.table("segments"))
        for (const std::string& segment : segments->keys())
            names.segments[segment] = *segments->text(segment);
    reader.finish();
}

Event read_event(const std::string& name, TomlReader reader) {
    Event event;
    event.name = name;
    event.description = reader.text("description").value_or("");
    event.caveat = reader.text("caveat").value_or("");
    const std::string value = reader.one_of("value", {"none", "optional", "required"}).value_or("none");
    event.value = value == "none"       ? EventValue::none
                  : value == "optional" ? EventValue::optional
                                        : EventValue::required;
    event.resources = reader.texts("resources").value_or(std::vector<std::string>{});
    event.keys = reader.texts("keys").value_or(std::vector<std::string>{});
    if (auto where = reader.table("where"))
        for (const std::string& segment : where->keys())
            event.where[segment] = *where->text(segment);
    reader.finish();
    if (event.resources.empty() && event.keys.empty())
        reader.fail("", fmt::format("event '{}' makes nothing stale: give it resources or keys", name));
    const auto takes_value = [](const std::string& text) {
        return text.find("{value}") != std::string::npos;
    };
    const bool key_needs = std::any_of(event.keys.begin(), event.keys.end(), takes_value);
    if (key_needs && event.value != EventValue::required)
        reader.fail("keys", fmt::format("event '{}': keys with {{value}} need value = \"required\"", name));
    if (!event.where.empty() && event.value == EventValue::none)
        reader.fail("where",
                    fmt::format("event '{}': where needs a value: \"optional\" or \"required\"", name));
    return event;
}

void add_event(Event event, Profile& profile) {
    auto& events = profile.events;
    const auto same = std::find_if(events.begin(), events.end(),
                                   [&](const Event& known) { return known.name == event.name; });
    if (same == events.end()) {
        events.push_back(std::move(event));
        return;
    }
    profile.redefined.push_back("event " + event.name);
    *same = std::move(event);
}

/// `exprs` are those of `key`; of one resource, or of all where that is empty.
std::vector<Goal> goals_of(const TomlReader& reader, const std::string& key,
                           const std::vector<std::string>& exprs, const std::string& resource) {
    std::vector<Goal> goals;
    goals.reserve(exprs.size());
    const auto fail = [&](const std::string& why, const std::string& remedy) {
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad profile: {}: {}", reader.origin_of(key, goals.size()), why),
                          remedy);
    };
    for (const std::string& expr : exprs) {
        Goal goal;
        try {
            goal = parse_goal(resource.empty() ? expr : resource + "." + expr, "goal");
        } catch (const core::Error& error) {
            fail(error.what(), error.remedy());
        }
        if (goal.resource != resource)
            fail(fmt::format("bad goal: {}: it is of one resource", expr),
                 "Put it under [goals.resources], without the resource before the quantity.");
        goal.requirement.expr = core::trimmed(expr);
        goals.push_back(std::move(goal));
    }
    return goals;
}

void read_goals(TomlReader reader, Profile& profile) {
    if (const auto exprs = reader.texts("overall"))
        profile.goals.overall = goals_of(reader, "overall", *exprs, "");
    if (auto resources = reader.table("resources"))
        for (const std::string& name : resources->keys()) {
            try {
                profile.check_resource(name);
            } catch (const core::Error& error) {
                resources->fail(name, error.what());
            }
            profile.goals.resources[name] = goals_of(*resources, name, *resources->texts(name), name);
        }
    reader.finish();
}

Profile read_profile(TomlReader& reader, std::string name, const Profiles& known) {
    Profile profile;
    if (const auto base = reader.text("extends")) {
        const auto found = known.find(*base);
        if (found == known.end()) {
            std::vector<std::string> names;
            for (const auto& [one, ignored] : known)
                names.push_back(one);
            reader.fail("extends", fmt::format("extends: there is no profile '{}'{}", *base,
                                               core::did_you_mean(*base, names)));
        }
        profile = found->second;
    }
    if (name.empty()) {
        name = reader.text("name").value_or("");
        if (name.empty())
            reader.fail("name",
                        "no profile is here: it is a file with name = \"NAME\" or a table [profiles.NAME]");
    }
    profile.name = std::move(name);
    if (const auto text = reader.text("description")) profile.description = *text;
    if (auto layouts = reader.tables("layouts")) {
        profile.layouts.clear();
        for (TomlReader& layout : *layouts)
            profile.layouts.push_back(read_layout(layout));
    }
    if (profile.layouts.empty()) reader.fail("layouts", "a profile needs a layout: [[layouts]]");
    if (auto hash = reader.table("hash")) profile.hash = read_hash(*hash);
    if (const auto tenant = reader.text("default_tenant")) profile.default_tenant = *tenant;
    if (auto ttl = reader.table("ttl")) read_ttl(*ttl, profile.ttl);
    if (auto tier = reader.table("memory_tier")) profile.memory_tier = read_memory_tier(*tier);
    if (auto sqlite = reader.table("sqlite")) read_sqlite(*sqlite, profile.sqlite);
    if (auto tiers = reader.tables("tiers")) read_tiers(reader, std::move(*tiers), profile);
    if (auto events = reader.table("events"))
        for (const std::string& event : events->keys())
            add_event(read_event(event, *events->table(event)), profile);
    if (auto targets = reader.texts("targets")) profile.targets = *targets;
    if (auto endpoints = reader.table("endpoint_targets"))
        for (const std::string& resource : endpoints->keys())
            profile.endpoint_targets[resource] = *endpoints->texts(resource);
    if (auto goals = reader.table("goals")) read_goals(*goals, profile);
    if (auto environment = reader.table("environment")) read_environment(*environment, profile.environment);
    if (const auto off = reader.boolean("off_unless_enabled")) profile.off_unless_enabled = *off;
    reader.finish();
    return profile;
}

} // namespace

std::optional<std::chrono::seconds> TtlPolicy::of(const std::string& resource) const {
    const auto found = resources.find(resource);
    return found == resources.end() ? standard : found->second;
}

const Event& Profile::event(std::string_view wanted) const {
    std::vector<std::string> names;
    for (const Event& known : events) {
        if (known.name == wanted) return known;
        names.push_back(known.name);
    }
    throw core::Error(core::ExitCode::usage,
                      fmt::format("unknown event: {}: profile {} has none of that name{}", wanted, name,
                                  core::did_you_mean(wanted, names)),
                      names.empty() ? "" : fmt::format("its events: {}", fmt::join(names, ", ")));
}

std::optional<std::chrono::seconds> Profile::stale_at_most(const std::string& resource) const {
    if (!memory_tier) return std::nullopt;
    const auto granted = ttl.of(resource);
    if (!memory_tier->ttl || !granted) return memory_tier->ttl ? memory_tier->ttl : granted;
    return std::min(*memory_tier->ttl, *granted);
}

std::vector<std::string> Profile::known_resources() const {
    std::vector<std::string> names;
    const auto add = [&](const std::string& one) {
        const bool glob = one.find_first_of("*?[\\") != std::string::npos;
        if (!one.empty() && !glob && std::find(names.begin(), names.end(), one) == names.end())
            names.push_back(one);
    };
    for (const LayoutSpec& layout : layouts)
        add(layout.resource);
    for (const auto& [resource, granted] : ttl.resources)
        add(resource);
    for (const Event& event : events)
        for (const std::string& resource : event.resources)
            add(resource);
    return names;
}

void Profile::check_resource(const std::string& resource) const {
    std::vector<std::string> names;
    for (const LayoutSpec& layout : layouts) {
        if (layout.resource == resource || layout.resource.empty()) return;
        names.push_back(layout.resource);
    }
    throw core::Error(core::ExitCode::usage,
                      fmt::format("unknown resource: {}: profile {} has none of that name{}", resource, name,
                                  core::did_you_mean(resource, names)),
                      fmt::format("its resources: {}", fmt::join(names, ", ")));
}

const Profiles& builtin_profiles() {
    static const Profiles profiles = [] {
        Profiles read;
        for (const BuiltinProfile& source : builtin_profile_sources()) {
            const std::string origin = fmt::format("built-in {}.toml", source.name);
            Profile profile = parse_profile(source.text, origin, read);
            read.emplace(profile.name, std::move(profile));
        }
        return read;
    }();
    return profiles;
}

std::vector<std::string> builtin_profile_names() {
    std::vector<std::string> names;
    for (const auto& [name, ignored] : builtin_profiles())
        names.push_back(name);
    return names;
}

const Profile& builtin_profile(std::string_view name) {
    return find_profile(builtin_profiles(), name);
}

const Profile& find_profile(const Profiles& profiles, std::string_view name) {
    const auto found = profiles.find(name);
    if (found != profiles.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [known, ignored] : profiles)
        names.push_back(known);
    throw core::Error(core::ExitCode::usage,
                      fmt::format("unknown profile: {}: there is none of that name{}",
                                  core::redacted_value(name), core::did_you_mean(name, names)),
                      fmt::format("profiles: {}", fmt::join(names, ", ")));
}

Profile parse_profile(std::string_view text, const std::string& source, const Profiles& known) {
    const toml::table document = parse_toml(text, "profile", source);
    TomlReader reader(document, "profile", source);
    return read_profile(reader, "", known);
}

bool holds_profiles(std::string_view text, const std::string& source) {
    return parse_toml(text, "profile", source).contains("profiles");
}

std::vector<std::string> add_profiles(std::string_view text, const std::string& source, Profiles& profiles) {
    const toml::table document = parse_toml(text, "profile", source);
    TomlReader reader(document, "profile", source);
    auto tables = reader.table("profiles");
    if (!tables) return {};
    for (const std::string& name : tables->keys()) {
        TomlReader table = *tables->table(name);
        Profile profile = read_profile(table, name, profiles);
        profile.file = source;
        if (profiles.contains(name)) profile.redefined.push_back("profile " + name);
        profiles.insert_or_assign(name, std::move(profile));
    }
    return tables->keys();
}

bool names_profile_file(std::string_view name) {
    return name.find('/') != std::string_view::npos || name.ends_with(".toml");
}

Profile profile_of_file(std::string_view text, const std::string& source, const Profiles& known) {
    if (!holds_profiles(text, source)) return parse_profile(text, source, known);
    Profiles profiles = known;
    const std::vector<std::string> names = add_profiles(text, source, profiles);
    if (names.size() != 1)
        throw core::Error(
            core::ExitCode::usage,
            fmt::format("bad profile: {}: it holds {} profiles, where one is wanted", source, names.size()),
            names.empty() ? "" : fmt::format("Give it as --config {} -p {}.", source, names.front()));
    return profiles.at(names.front());
}

Profiles all_profiles(const std::vector<ConfigFile>& config_files) {
    Profiles profiles = builtin_profiles();
    const auto add = [&](const ConfigFile& file) {
        const Profiles known = profiles;
        add_profiles(file.text, file.path.string(), profiles);
        if (file.trust != Trust::directory) return;
        for (const auto& [name, before] : known)
            if (profiles.at(name).file == file.path.string() && before.file != file.path.string())
                throw not_trusted(file.path, fmt::format("it may not redefine the profile {}", name));
    };
    std::for_each(config_files.rbegin(), config_files.rend(), add);
    return profiles;
}

} // namespace roacache::config
