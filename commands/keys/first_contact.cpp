#include "commands/keys/first_contact.hpp"

#include "src/core/error.hpp"
#include "src/core/nearest.hpp"
#include "src/core/units.hpp"
#include "src/net/url.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>

namespace roacache::commands {
namespace {

using output::printable;

constexpr std::uint64_t k_sample = 500;
/// Names that are stored to find the nearest among.
constexpr std::size_t k_most_names = 1'000;

/// What a few hundred keys of the store, of any system, are.
struct Sample {
    std::uint64_t looked_at = 0;
    std::uint64_t recognised = 0;
    bool whole = true; ///< there are no more
    std::map<std::string, std::uint64_t> by_profile;
    std::map<std::string, std::uint64_t, std::less<>> by_prefix;
    std::set<std::string, std::less<>> tenants, resources, segments;
    std::uint64_t prefixed = 0; ///< would be recognised without what they begin with
    /// Of keys that hold the tenant that was asked for as a segment: what they begin with, to its end.
    std::map<std::string, std::uint64_t, std::less<>> by_tenant_prefix;
};

/// What the key begins with up to the end of a segment `name`, and the separator behind it; empty when it has
/// no such segment with more behind it.
std::string_view prefix_to_segment(std::string_view key, std::string_view name) {
    constexpr std::string_view k_separators = ":/|#";
    for (std::size_t at = key.find(name); at != std::string_view::npos; at = key.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        if (end < key.size() && k_separators.find(key[end]) != std::string_view::npos &&
            (at == 0 || k_separators.find(key[at - 1]) != std::string_view::npos))
            return key.substr(0, end + 1);
    }
    return {};
}

/// Looks at keys one by one with the profile that was asked for, and where that fails with all the others.
class Sampler {
  public:
    Sampler(const store::MeantKeys& asked, const Context& context) : asked_(asked) {
        for (const auto& [name, profile] : context.profiles()) {
            if (name == asked.profile().name) continue;
            try {
                others_.emplace_back(name, store::layout_of(profile));
            } catch (const core::Error&) { // one that is not asked for may be wrong
            }
        }
    }

    void look_at(const store::FoundKey& found) {
        const std::string& key = found.bytes();
        ++sample_.looked_at;
        layout::DecodedKey decoded;
        if (found.is_recognised()) {
            decoded = found.parts();
            ++sample_.recognised;
            keep(decoded.tenant.value_or(""), sample_.tenants);
            keep(decoded.resource, sample_.resources);
            for (const auto& [name, value] : decoded.where)
                keep(name, sample_.segments);
            return;
        }
        ++sample_.by_prefix[std::string(key_prefix(key))];
        if (is_prefixed(key)) ++sample_.prefixed;
        if (const auto& tenant = asked_.selectors().tenant; tenant && !asked_.selectors().glob)
            if (const auto prefix = prefix_to_segment(key, *tenant); !prefix.empty())
                ++sample_.by_tenant_prefix[std::string(prefix)];
        for (const auto& [name, layout] : others_)
            if (layout.decode(key, decoded)) ++sample_.by_profile[name];
    }

    Sample& sample() { return sample_; }

  private:
    bool is_prefixed(std::string_view key) const {
        layout::DecodedKey decoded;
        for (std::size_t at = key.find_first_of(":/|#"); at != std::string_view::npos;
             at = key.find_first_of(":/|#", at + 1))
            if (asked_.layout().decode(key.substr(at + 1), decoded)) return true;
        return false;
    }

    static void keep(std::string_view name, std::set<std::string, std::less<>>& names) {
        if (!name.empty() && names.size() < k_most_names) names.emplace(name);
    }

    const store::MeantKeys& asked_;
    std::vector<std::pair<std::string, layout::Layout>> others_;
    Sample sample_;
};

Sample take_sample(const store::MeantKeys& asked, store::Store& store, const Context& context) {
    Sampler sampler(asked, context);
    store::WalkRequest every_key;
    every_key.meant = &asked;
    every_key.others_too = true;
    const auto walk = store.walk(std::move(every_key));
    for (store::Page page; walk->next(page);)
        for (const store::FoundKey& key : page.keys) {
            if (sampler.sample().looked_at < k_sample) {
                sampler.look_at(key);
            } else if (std::exchange(sampler.sample().whole, false)) {
                walk->stop();
            }
        }
    return std::move(sampler.sample());
}

/// The entry with the greatest count; none when the map is empty.
template <typename Map>
std::optional<typename Map::value_type> greatest(const Map& map) {
    const auto found = std::max_element(map.begin(), map.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    return found == map.end() ? std::nullopt : std::optional<typename Map::value_type>(*found);
}

void note_empty(store::Store& store, const Context& context) {
    if (!store.has_server()) return context.note(fmt::format("{} has no entries", store.name()));
    const store::Statistics statistics = store.statistics();
    const unsigned database = net::parse_url(context.settings.url.value).database.value_or(0);
    std::string others;
    for (const auto& [number, keys] : statistics.databases)
        if (number != database && keys > 0)
            others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", number, core::format_count(keys));
    if (!others.empty()) others = "; keys are in database " + others + ", which a URL names at its end: …/N";
    context.note(fmt::format("database {} is empty{}", database, others));
}

/// The glob that takes the text as it is, and what comes behind it.
std::string glob_of(std::string_view prefix) {
    std::string glob;
    for (const char letter : prefix) {
        if (std::string_view("*?[]\\").find(letter) != std::string_view::npos) glob += '\\';
        glob += letter;
    }
    return glob + "*";
}

/// How to reach keys that no profile recognises. Where the profile's own are behind a prefix a glob is
/// suggested only when it takes no more of them than was asked for.
std::string other_ways(const store::MeantKeys& asked, const Sample& sample) {
    const auto& selectors = asked.selectors();
    const auto tenants = greatest(sample.by_tenant_prefix);
    const auto prefix = tenants ? tenants : greatest(sample.by_prefix);
    if (!prefix) return "";
    const bool narrowed =
        !selectors.resources.empty() || !selectors.where.empty() || !selectors.events.empty();
    const std::string glob = glob_of(prefix->first);
    const bool plain = printable(glob) == glob && glob.find('\'') == std::string::npos;
    std::string match = fmt::format(", and --match '{}' selects raw keys", glob);
    const bool too_wide = narrowed || (selectors.tenant && !tenants);
    if (!plain || (too_wide && (sample.prefixed > 0 || tenants))) match.clear();
    return fmt::format(
        "; {} of them begin with '{}': profile list tells the other profiles, profile --help how "
        "to describe your own{}",
        core::format_count(prefix->second), printable(prefix->first), match);
}

void note_unrecognised(const store::MeantKeys& asked, const Sample& sample, std::uint64_t total,
                       const Context& context) {
    const std::uint64_t keys = sample.looked_at;
    std::string text =
        fmt::format("0 of {}{} {} recognised by {}", sample.whole ? "" : "the ", core::format_count(keys),
                    !sample.whole ? "keys looked at are"
                    : keys == 1   ? "key is"
                                  : "keys are",
                    printable(asked.profile().name));
    if (!sample.whole && total > keys) text += fmt::format(" ({} are there)", core::format_count(total));
    if (const auto better = greatest(sample.by_profile))
        text += fmt::format("; {0} recognises {1} of them: -p {0}", printable(better->first),
                            core::format_count(better->second));
    else
        text += other_ways(asked, sample);
    context.note(text);
}

/// As core::did_you_mean(), of names that may be anybody's.
std::string nearest_text(const std::string& name, const std::vector<std::string>& known) {
    const std::string nearest = core::nearest(name, known);
    return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", printable(nearest));
}

/// A name that neither the profile nor any key looked at knows.
void note_unknown_name(const char* what, const std::string& name, std::vector<std::string> known,
                       const std::set<std::string, std::less<>>& seen, const Context& context) {
    if (seen.contains(name) || std::find(known.begin(), known.end(), name) != known.end()) return;
    known.insert(known.end(), seen.begin(), seen.end());
    context.note(fmt::format("{} '{}': the profile has none of that name, and no key is of it{}", what,
                             printable(name), nearest_text(name, known)));
}

std::vector<std::string> known_segments(const store::MeantKeys& asked) {
    std::vector<std::string> names;
    for (const layout::KeyTemplate& form : asked.layout().templates())
        for (std::string& name : form.segments())
            names.push_back(std::move(name));
    for (const config::Event& event : asked.profile().events)
        for (const auto& [name, value] : event.where)
            names.push_back(name);
    return names;
}

void note_unheard_resources(const store::MeantKeys& asked, const KeysSeen& seen, const Sample& sample,
                            const Context& context) {
    for (const std::string& resource : seen.absent_resources())
        note_unknown_name("resource", resource, asked.profile().known_resources(), sample.resources, context);
}

void note_unheard_names(const store::MeantKeys& asked, const Sample& sample, const Context& context) {
    if (asked.selectors().glob) return;
    // A tenant that no key of a part of the store is of may well be of another.
    if (asked.selectors().tenant && sample.whole)
        note_unknown_name("tenant", *asked.selectors().tenant, {asked.profile().default_tenant},
                          sample.tenants, context);
    for (const auto& [name, value] : asked.selectors().where)
        note_unknown_name("segment", name, known_segments(asked), sample.segments, context);
}

} // namespace

void KeysSeen::see(const store::FoundKey& key, bool meant) {
    ++seen_;
    recognised_ += key.is_recognised() ? 1 : 0;
    if (!meant) return;
    ++meant_;
    if (!absent_.empty()) std::erase(absent_, key.parts().resource);
}

nlohmann::ordered_json FirstContact::json() const {
    return {{"seen", seen},
            {"recognised", recognised},
            {"better_profile", better_profile ? nlohmann::ordered_json(output::json_bytes(*better_profile))
                                              : nlohmann::ordered_json(nullptr)}};
}

void note_unknown_resources(const store::MeantKeys& asked, const Context& context) {
    if (asked.selectors().glob) return;
    const std::vector<std::string> known = asked.profile().known_resources();
    for (const std::string& resource : asked.selectors().resources)
        if (std::find(known.begin(), known.end(), resource) == known.end())
            context.note(fmt::format("resource '{}': the profile has none of that name{}",
                                     printable(resource), nearest_text(resource, known)));
}

FirstContact first_contact(const store::MeantKeys& asked, const KeysSeen& seen, store::Store& store,
                           const Context& context) {
    FirstContact contact{seen.seen(), seen.recognised(), {}};
    if (seen.meant() > 0) {
        note_unheard_resources(asked, seen, {}, context);
        return contact;
    }
    try {
        const Sample sample = take_sample(asked, store, context);
        contact.seen = sample.looked_at;
        contact.recognised = sample.recognised;
        if (sample.looked_at == 0) {
            note_empty(store, context);
        } else if (sample.recognised == 0 && !asked.selection().raw()) {
            if (const auto better = greatest(sample.by_profile)) contact.better_profile = better->first;
            note_unrecognised(asked, sample, sample.whole ? 0 : store.statistics().keys.value_or(0), context);
        } else {
            note_unheard_names(asked, sample, context);
        }
        note_unheard_resources(asked, seen, sample, context);
    } catch (const core::Error&) { // what was asked for has been answered
    }
    return contact;
}

std::string_view key_prefix(std::string_view key) {
    constexpr std::string_view k_strong = ":/|#";
    constexpr std::string_view k_weak = "-_.";
    constexpr std::string_view k_digits = "0123456789";
    const std::size_t first = key.find_first_of(k_strong);
    if (first == std::string_view::npos) {
        // Words up to the first that has a digit, and so is more likely to be a name of one key's own.
        const std::size_t digit = key.find_first_of(k_digits);
        const std::string_view beginning = key.substr(0, digit);
        const std::size_t end = beginning.find_last_of(k_weak);
        if (digit == std::string_view::npos)
            return end == std::string_view::npos ? key : key.substr(0, end + 1);
        return end != std::string_view::npos ? key.substr(0, end + 1) : digit > 0 ? beginning : key;
    }
    const std::size_t second = key.find_first_of(k_strong, first + 1);
    if (second == std::string_view::npos) return key.substr(0, first + 1);
    const std::string_view name = key.substr(first + 1, second - first - 1);
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
    return key.substr(0, (is_name ? second : first) + 1);
}

} // namespace roacache::commands
