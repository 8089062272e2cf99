#include "src/config/toml_file.hpp"

#include "src/config/toml_reader.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <toml++/toml.h>

namespace roacache::config {
namespace {

constexpr std::array<std::string_view, 21> k_settings{"node-map",
                                                      "sentinel-user",
                                                      "sentinel-password",
                                                      "sentinel-password-file",
                                                      "url",
                                                      "profile",
                                                      "output",
                                                      "color",
                                                      "timeout",
                                                      "user",
                                                      "password",
                                                      "password-file",
                                                      "token",
                                                      "token-file",
                                                      "cacert",
                                                      "cert",
                                                      "key-file",
                                                      "insecure",
                                                      "cache-enabled",
                                                      "default-ttl",
                                                      "memory-ttl"};

[[noreturn]] void fail(std::string_view source, const toml::source_region& where, const std::string& why,
                       std::string remedy = {}) {
    throw core::Error(
        core::ExitCode::usage,
        fmt::format("bad config: {}:{}:{}: {}", source, where.begin.line, where.begin.column, why),
        std::move(remedy));
}

std::string known_names() {
    std::string names;
    for (const std::string_view name : k_settings)
        names += (names.empty() ? "" : ", ") + std::string(name);
    return names + " and [[tiers]]";
}

std::string value_text(const toml::node& node, std::string_view name, std::string_view source) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    fail(source, node.source(), fmt::format("'{}' must be text, a number, true or false", name));
}

/// Each is a table with nothing but its address.
std::vector<std::string> read_tiers(const toml::node& node, std::string_view source) {
    const toml::array* const list = node.as_array();
    if (list == nullptr || !list->is_array_of_tables())
        fail(source, node.source(), "tiers are tables: [[tiers]], each with its url");
    std::vector<std::string> urls;
    urls.reserve(list->size());
    for (const toml::node& element : *list) {
        const toml::table& tier = *element.as_table();
        for (const auto& [key, value] : tier)
            if (key.str() != "url" || !value.is_string())
                fail(source, key.source(), "a tier has a url, and nothing else");
        const auto url = tier["url"].value<std::string>();
        if (!url || url->empty()) fail(source, tier.source(), "a tier needs a url");
        urls.push_back(*url);
    }
    return urls;
}

} // namespace

SettingsTable read_settings_table(std::string_view text, std::string_view source) {
    const toml::table table = parse_toml(text, "config", std::string(source));
    SettingsTable read;
    for (const auto& [key, node] : table) {
        const std::string_view name = key.str();
        if (name == "profiles") continue;
        if (name == "tiers") {
            read.tiers = read_tiers(node, source);
            if (table.contains("url"))
                fail(source, key.source(), "tiers and a url beside them: which of them is meant?");
            continue;
        }
        if (std::find(k_settings.begin(), k_settings.end(), name) == k_settings.end())
            fail(source, key.source(), fmt::format("unknown setting '{}'", core::redacted_value(name)),
                 "Settings are: " + known_names() + ".");
        read.values[std::string(name)] = value_text(node, name, source);
    }
    return read;
}

} // namespace roacache::config
