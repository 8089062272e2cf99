#include "commands/bench/methods.hpp"

#include "commands/bench/request.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

[[noreturn]] void refuse(const std::string& why, std::string remedy = {}) {
    throw Error(ExitCode::usage, "usage: bench: " + why, std::move(remedy));
}

bool by_toggle(const BenchOptions& options) {
    return options.uncached_by == "toggle";
}

/// Without what joins it to a URL, and encoded as a URL's own.
std::string checked_query(const std::string& given) {
    const std::string query = given.substr(std::min(given.find_first_not_of("?&"), given.size()));
    if (query.empty() || query.find_first_of(" #") != std::string::npos)
        throw Error(ExitCode::usage, "--uncached-query: write it as name=value, without spaces and #",
                    "Write %20 for a space and %23 for #.");
    return net::encode_target(query);
}

std::optional<bench::ShellHooks> shell_hooks(const BenchOptions& options) {
    const std::string &on = options.hook_cached, &off = options.hook_uncached;
    if (!on.empty() && (options.single || off.empty()))
        refuse("--hook-cached wants a --hook-uncached",
               "Give both: one switches the cache on, the other off.");
    if (!off.empty() && on.empty())
        refuse("--hook-uncached wants a --hook-cached",
               "Give both: one switches the cache on, the other off.");
    if (off.empty()) return {};
    return bench::ShellHooks{on, off};
}

std::optional<store::ManagementSwitch> management_switch(const BenchOptions& options,
                                                         const store::ManagementSwitch* own) {
    if (!by_toggle(options)) {
        if (!options.toggle_url.empty() || !options.toggle.empty())
            refuse("--toggle-url and --toggle belong to --uncached-by toggle");
        return {};
    }
    store::ManagementSwitch by;
    if (!options.toggle_url.empty())
        by.base = parse_http_url(options.toggle_url);
    else if (own)
        by = *own;
    else
        refuse("--uncached-by toggle wants --toggle-url",
               "Say where the management API is: --toggle-url http://HOST/api/cache.");
    if (by.base.target.find('?') != std::string::npos)
        throw Error(ExitCode::usage,
                    fmt::format("bad URL: {}: --toggle-url has no query", by.base.redacted()),
                    "Give the base of the management API, as http://HOST/api/cache.");
    using Scope = store::ManagementSwitch::Scope;
    by.scope = options.toggle == "global" ? Scope::global : Scope::user;
    return by;
}

void check_removal(const BenchOptions& options, bool removes, bool selected, const bench::LoadSpec& load) {
    if (!removes) {
        if (options.stampede)
            refuse("--stampede wants --uncached-by invalidate",
                   "Entries are removed from the store, so that all callers ask for what is not there.");
        if (selected)
            refuse("selectors belong to --uncached-by invalidate",
                   "They name the entries that are removed before each forced miss.");
        return;
    }
    if (selected && options.demo)
        refuse("selectors do not go with --demo", "The reference service drops its own entries.");
    if (!selected && !options.demo)
        refuse("nothing says which entries --uncached-by invalidate removes",
               "Name them: -k KEY, or -t TENANT -r RESOURCE -w NAME=VALUE.");
    if (load.rate)
        refuse("--rate and --uncached-by invalidate do not go together",
               "At a rate nothing waits, and an entry has to be removed before each request.");
}

} // namespace

bool leads_past(const bench::UncachedMethods& methods) {
    return std::any_of(methods.begin(), methods.end(), [](const bench::UncachedMethod& method) {
        return !std::holds_alternative<bench::RemovedEntries>(method);
    });
}

void add_change(bench::UncachedMethods& methods, const std::vector<std::string>& headers,
                const std::vector<std::string>& queries, std::optional<net::Url> url) {
    bench::ChangedRequest change;
    for (const std::string& header : headers)
        change.headers.push_back(parse_header(header, "--uncached-header"));
    for (const std::string& query : queries)
        change.queries.push_back(checked_query(query));
    change.url = std::move(url);
    if (!change.headers.empty() || !change.queries.empty() || change.url)
        methods.insert(methods.begin(), std::move(change));
}

bench::UncachedMethods uncached_methods(const BenchOptions& options, std::optional<net::Url> url,
                                        const store::ManagementSwitch* own_switch) {
    bench::UncachedMethods methods;
    add_change(methods, options.uncached_headers, options.uncached_queries, std::move(url));
    auto hooks = shell_hooks(options);
    auto management = management_switch(options, own_switch);
    if (management && (hooks || !methods.empty()))
        refuse("--uncached-by toggle is the only way past the cache",
               "Leave the hooks and the other --uncached options away.");
    if (hooks) methods.emplace_back(bench::SwitchedCache{std::move(*hooks)});
    if (management) methods.emplace_back(bench::SwitchedCache{std::move(*management)});
    if (options.uncached_by == "invalidate")
        methods.emplace_back(bench::RemovedEntries{});
    else if (!options.uncached_by.empty() && !management)
        throw Error(ExitCode::usage,
                    fmt::format("--uncached-by: '{}': not a way that is known",
                                output::printable(options.uncached_by)),
                    "Known are: invalidate, toggle.");
    if (options.single && !methods.empty())
        refuse("--single has no uncached arm", "Leave --single or the --uncached options away.");
    return methods;
}

void check_methods(const BenchOptions& options, const bench::UncachedMethods& methods,
                   const SelectorOptions& selectors, const bench::LoadSpec& load) {
    if (!options.single && methods.empty())
        refuse("nothing says how an uncached answer is made",
               "Give --uncached-header 'Cache-Control: no-cache', --uncached-query nocache=1, "
               "--uncached-url URL, --uncached-by invalidate or --uncached-by toggle; or --single for a "
               "plain load test.");
    if (!options.ignore_json.empty() && (options.single || options.no_compare))
        refuse(fmt::format("--ignore-json and {} do not go together",
                           options.single ? "--single" : "--no-compare"),
               "Answers are not compared then.");
    const bool selected = selectors.names_keys() || !parse_selectors(selectors).empty();
    check_removal(options, bench::forced_arm(methods).has_value(), selected, load);
    if (load.rate && !bench::allows_rate(methods))
        refuse(fmt::format("--rate and {} do not go together",
                           by_toggle(options) ? "--uncached-by toggle" : "hooks"),
               "At a rate the blocks follow one another without a break, so that stalls do not hide.");
}

} // namespace roacache::commands
