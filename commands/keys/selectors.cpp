#include "commands/keys/selectors.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

std::pair<std::string, std::optional<std::string>> split_at_equals(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return {text, std::nullopt};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

void declare_selectors(CLI::App& app, SelectorOptions& options) {
    const std::string group = "Which keys";
    const auto repeatable = [&](const char* names, std::vector<std::string>& values, const char* type,
                                const char* help) {
        app.add_option(names, values, help)->type_name(type)->group(group);
    };
    app.add_option("-t,--tenant", options.tenant, "Of this tenant")->type_name("T")->group(group);
    repeatable("-r,--resource", options.resources, "R", "Of this resource (repeatable: of any of them)");
    repeatable("-w,--where", options.where, "NAME=VALUE",
               "With this readable segment, such as company=123 (repeatable: with all of them)");
    repeatable("-e,--event", options.events, "NAME[=VALUE]",
               "Made stale by this event of the profile (repeatable)");
    repeatable("-k,--key", options.keys, "KEY", "This very key (repeatable)");
    app.add_option("--keys-from", options.keys_from,
                   "The keys in this file, as roacache keys prints them in any format; - is standard input")
        ->type_name("FILE|-")
        ->group(group);
    repeatable("--match", options.matches, "GLOB",
               "Raw keys that match, recognised by the profile or not (repeatable)");
    app.add_flag("-g,--glob", options.glob, "The values of -t, -r and -w are globs")->group(group);
    app.add_flag("--all-tenants", options.all_tenants, "Of every tenant")->group(group);
    app.add_flag("-0,--null", options.nul_separated,
                 "Keys end in NUL instead of a line break, read and printed")
        ->group(group);
}

std::string describe_keys(const SelectorOptions& named) {
    constexpr std::size_t k_first = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(named.keys.size(), k_first); ++i)
        text += (i == 0 ? "key " : ", ") + output::printable(named.keys[i]);
    if (named.keys.size() > k_first) text += fmt::format(" and {} more", named.keys.size() - k_first);
    if (named.keys_from.empty()) return text;
    const std::string from = named.keys_from == "-" ? "standard input" : output::printable(named.keys_from);
    return text + (text.empty() ? "" : ", ") + "the keys in " + from;
}

store::Selectors parse_selectors(const SelectorOptions& options) {
    store::Selectors selectors;
    if (!options.tenant.empty()) selectors.tenant = options.tenant;
    selectors.resources = options.resources;
    for (const std::string& text : options.where) {
        auto [name, value] = split_at_equals(text);
        if (!value || name.empty())
            throw Error(ExitCode::usage, fmt::format("--where: '{}': expected NAME=VALUE", text));
        selectors.where.emplace_back(std::move(name), std::move(*value));
    }
    for (const std::string& text : options.events)
        selectors.events.push_back(split_at_equals(text));
    selectors.matches = options.matches;
    selectors.glob = options.glob;
    selectors.all_tenants = options.all_tenants;
    if (options.names_keys() && !selectors.empty())
        throw Error(ExitCode::usage,
                    "usage: --key and --keys-from name keys as they are and go with no other selector",
                    "Run them apart.");
    return selectors;
}

store::NamedKeys::Source named_source(const SelectorOptions& options) {
    return {options.keys, options.keys_from, options.nul_separated};
}

} // namespace roacache::commands
