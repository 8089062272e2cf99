#include "src/bench/model/cache_signs.hpp"

#include "src/core/ascii.hpp"
#include "src/core/comma_list.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <string_view>

namespace roacache::bench {
namespace {

bool forbids_storing(const std::string& directive) {
    for (const std::string_view word : {"private", "no-store", "no-cache"})
        if (directive == word || directive.starts_with(std::string(word) + "=")) return true;
    return directive == "max-age=0" || directive == "s-maxage=0";
}

/// Of these each caller has its own, so that hardly two requests share an entry.
bool differs_by_caller(const std::string& name) {
    return name == "*" || name == "cookie" || name == "user-agent" || name == "authorization";
}

template <typename Predicate>
bool has_member(const CacheSigns& signs, const char* name, Predicate predicate) {
    const auto field = signs.fields.find(name);
    bool has = false;
    if (field != signs.fields.end())
        core::each_element(field->second,
                           [&](std::string_view member) { has = has || predicate(core::to_lower(member)); });
    return has;
}

void append(std::string& text, const std::string& part) {
    text += (text.empty() ? "" : ", ") + part;
}

} // namespace

const CacheSigns::Sign* CacheSigns::hit() const {
    const auto found = std::find_if(signs.begin(), signs.end(), [](const Sign& sign) { return sign.hit; });
    return found == signs.end() ? nullptr : &*found;
}

std::string obstacles_text(const CacheSigns& signs) {
    const auto field = [&](const char* shown, const char* name) {
        return fmt::format("{}: {}", shown, signs.fields.at(name));
    };
    std::string text;
    if (has_member(signs, "cache-control", forbids_storing))
        append(text, field("Cache-Control", "cache-control"));
    if (has_member(signs, "pragma", [](const std::string& member) { return member == "no-cache"; }) &&
        !signs.fields.contains("cache-control"))
        append(text, field("Pragma", "pragma"));
    if (has_member(signs, "vary", differs_by_caller)) append(text, field("Vary", "vary"));
    if (signs.fields.contains("set-cookie")) append(text, field("Set-Cookie", "set-cookie"));
    return text;
}

std::string served_by_text(const CacheSigns& signs) {
    constexpr std::pair<const char*, const char*> k_shown[] = {{"server", "Server"}, {"via", "Via"}};
    constexpr std::pair<const char*, const char*> k_products[] = {
        {"x-varnish", "Varnish"},  {"cf-ray", "Cloudflare"},          {"x-amz-cf-id", "CloudFront"},
        {"x-vercel-id", "Vercel"}, {"x-fastly-request-id", "Fastly"}, {"x-azure-ref", "Azure Front Door"}};
    std::string text;
    for (const auto& [name, shown] : k_shown)
        if (const auto field = signs.fields.find(name); field != signs.fields.end())
            append(text, fmt::format("{}: {}", shown, field->second));
    for (const auto& [name, product] : k_products)
        if (signs.fields.contains(name)) append(text, fmt::format("{} by its {}", product, name));
    return text;
}

} // namespace roacache::bench
