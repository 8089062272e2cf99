#include "src/store/everything.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace roacache::store {
namespace {

/// Three of four: enough to be no longer a choice.
constexpr std::size_t k_nearly_all_of_4 = 3;
/// Fewer keys of a store may well be meant one by one.
constexpr std::size_t k_least_keys_there = 5;

constexpr std::array<const char*, 10> k_tenants{"client-1", "client-27", "acme", "default",  "globex-eu",
                                                "tenant_9", "firma42",   "0451", "Umbrella", "x"};
constexpr std::array<const char*, 8> k_resources{
    "invoices_list", "dashboard_summary", "stats", "report-2024", "user_profile", "Orders", "v2", "x"};
constexpr std::array<const char*, 6> k_values{"123", "active", "2024-05-01", "a1b2c3", "page7", "Z"};
constexpr std::array<const char*, 4> k_hashes{"0a1b2c3d4e5f", "ffe09d8c7b6a", "9", "d41d8cd98f00b204"};

template <std::size_t Size>
std::string nth(const std::array<const char*, Size>& texts, std::size_t n) {
    return texts[n % Size];
}

std::vector<std::string> samples_of(const layout::KeyTemplate& form, const layout::Layout& layout) {
    constexpr std::size_t k_most = 240; // of which the names above make every pair of tenant and resource
    std::set<std::string> keys;
    const std::vector<std::string> names = form.segments();
    for (std::size_t n = 0; n < k_most; ++n) {
        layout::KeyParts parts;
        parts.tenant = nth(k_tenants, n);
        parts.resource =
            form.fixed_resource().empty() ? nth(k_resources, n / k_tenants.size()) : form.fixed_resource();
        parts.hash = nth(k_hashes, n / 3);
        const std::size_t left_out = n % (names.size() + 1);
        for (std::size_t at = 0; at < names.size(); ++at)
            if (at != left_out) parts.where.emplace_back(names[at], nth(k_values, n / 2 + at));
        if (form.open_names() && n % 3 == 1) parts.where.emplace_back("company", nth(k_values, n / 2));
        auto key = form.build(parts);
        layout::DecodedKey decoded;
        if (key && layout.decode(*key, decoded)) keys.insert(std::move(*key));
    }
    return {keys.begin(), keys.end()};
}

/// Of keys that a store has, where a selector that is meant may well take three of four.
bool is_nearly_all(std::size_t taken, std::size_t keys) {
    return keys >= k_least_keys_there && taken * 10 >= keys * 9;
}

bool takes_nearly_all(const Selection& selection, const std::vector<std::string>& keys) {
    layout::DecodedKey decoded;
    const auto taken = std::count_if(keys.begin(), keys.end(),
                                     [&](const std::string& key) { return selection.matches(key, decoded); });
    return static_cast<std::size_t>(taken) * 4 >= keys.size() * k_nearly_all_of_4;
}

/// What is before the first character that is neither letter nor digit.
std::string_view beginning_of(std::string_view key) {
    const auto is_plain = [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
               (letter >= 'A' && letter <= 'Z');
    };
    const auto end = std::find_if_not(key.begin(), key.end(), is_plain);
    return key.substr(0, static_cast<std::size_t>(end - key.begin()));
}

} // namespace

SampleKeys sample_keys(const layout::Layout& layout) {
    SampleKeys samples;
    for (const layout::KeyTemplate& form : layout.templates())
        if (auto keys = samples_of(form, layout); !keys.empty())
            samples.recognised.push_back(std::move(keys));
    samples.foreign = {"session:abc",
                       "session:4f1d2c",
                       "sess:7:data",
                       ":1:django.contrib.sessions.cacheab12",
                       "celery-task-meta-0b1c",
                       "_kombu.binding.celery",
                       "unacked_index",
                       "bull:mail:wait",
                       "queue:default",
                       "rate-limit/10.0.0.7",
                       "lock:import",
                       "user:1001",
                       "user:1002:cart",
                       "{user1001}.following",
                       "counter",
                       "Leaderboard",
                       "PHPREDIS_SESSION:9ab",
                       "laravel_database_queues:default",
                       "rack::attack:1:req/ip:10.0.0.7",
                       "views/pages/7-20240501",
                       "0451",
                       "x",
                       "html page /index.html?a=1",
                       "a:b:c:d:e",
                       std::string("\x00\x01\xff\xfe", 4),
                       "\xd1\x82\xd0\xb5\xd1\x81\xd1\x82",
                       "~tmp",
                       "-",
                       "tokens.refresh.77",
                       "feature_flags",
                       "inventory#42",
                       "WEATHER:Cluj"};
    return samples;
}

bool means_everything(const Selection& selection, const layout::Layout& layout) {
    if (selection.everything()) return true;
    const SampleKeys samples = sample_keys(layout);
    const auto is_taken = [&](const std::vector<std::string>& keys) {
        return takes_nearly_all(selection, keys);
    };
    return is_taken(samples.foreign) ||
           (!samples.recognised.empty() &&
            std::all_of(samples.recognised.begin(), samples.recognised.end(), is_taken));
}

bool takes_all_there_are(const Selection& selection, const std::vector<FoundKey>& keys) {
    std::set<std::string, std::less<>> beginnings, tenants, resources; // of what is taken
    std::size_t taken = 0, recognised = 0, recognised_taken = 0;
    for (const FoundKey& key : keys) {
        const layout::DecodedKey& decoded = key.parts();
        recognised += key.is_recognised() ? 1 : 0;
        if (!selection.takes(key)) continue;
        ++taken;
        beginnings.emplace(beginning_of(key.bytes()));
        if (!key.is_recognised()) continue;
        ++recognised_taken;
        resources.emplace(decoded.resource);
        if (decoded.tenant) tenants.emplace(*decoded.tenant);
    }
    if (is_nearly_all(taken, keys.size()) && beginnings.size() > 1) return true;
    const bool of_several = tenants.empty() ? resources.size() > 1 : tenants.size() > 1;
    return !selection.narrowed() && is_nearly_all(recognised_taken, recognised) && of_several;
}

} // namespace roacache::store
