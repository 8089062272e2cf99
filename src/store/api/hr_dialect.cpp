#include "src/net/url.hpp"
#include "src/output/text.hpp"
#include "src/store/api/dialect.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <utility>

namespace roacache::store::api {
namespace {

using core::ExitCode;
using Json = nlohmann::json;

/// What the service's Redis and its fallback do not take alike.
constexpr std::string_view k_pattern_characters = "*?[]\\";

constexpr const char* k_hr_remedy =
    "It takes an event with its value (-e employee-changed=7), a pattern of keys (--match 'user:*'), keys "
    "(-k user:7), or everything (--all-tenants --yes); -p hr-portal says how such a service names its keys.";

bool has_pattern(const std::string& text) {
    return text.find_first_of(k_pattern_characters) != std::string::npos;
}

void check_value(const std::string& value) {
    if (has_pattern(value))
        refuse_selection(
            fmt::format("the value '{}' holds pattern characters, which the service's fallback takes "
                        "otherwise than Redis",
                        output::printable(value)),
            k_hr_remedy);
}

void check_values(const Selectors& selectors) {
    if (selectors.glob)
        refuse_selection(
            "values are no globs (-g) here, which the service's fallback takes otherwise than Redis",
            "Write the pattern of the keys: --match 'user:*'.");
    if (selectors.tenant) check_value(*selectors.tenant);
    for (const std::string& resource : selectors.resources)
        check_value(resource);
    for (const auto& [name, value] : selectors.where)
        check_value(value);
    for (const auto& [name, value] : selectors.events)
        if (value) check_value(*value);
}

/// A pattern of the user's own: `*`, `?` and `[ab]` mean the same to Redis and to its stand-in.
void check_pattern(const std::string& pattern) {
    if (pattern.find('\\') == std::string::npos && pattern.find("[^") == std::string::npos &&
        pattern.find("[!") == std::string::npos)
        return;
    refuse_selection(
        fmt::format("the pattern '{}' means something else to the service's fallback than to Redis",
                    output::printable(pattern)),
        "Only *, ? and [ab] mean the same to both; -k names a key.");
}

Removal pattern_removal(const std::string& pattern, std::optional<std::string> resource = {}) {
    if (pattern.empty())
        refuse_selection("an empty pattern is none to a service that asks whether it was given one",
                         k_hr_remedy);
    return {{.doing = "cannot invalidate",
             .method = "POST",
             .path = "/invalidate?pattern=" + net::percent_encode(pattern),
             .acts = true},
            std::move(resource)};
}

/// Of one template the glob that takes what is chosen; absent where no key of it is.
std::optional<std::string> glob_of(const layout::KeyTemplate& form, const layout::Choice& choice,
                                   const layout::Pattern* resource) {
    if (!form.fixed_resource().empty() && resource != nullptr && !resource->matches(form.fixed_resource()))
        return std::nullopt;
    layout::Narrowing narrowing;
    if (choice.tenant && form.has_tenant()) narrowing.tenant = &*choice.tenant;
    if (choice.tenant && !form.has_tenant()) return std::nullopt;
    narrowing.resource = resource;
    for (const layout::Condition& condition : choice.where) {
        if (form.has_segment(condition.segment))
            narrowing.where.emplace_back(condition.segment, &condition.value);
        else if (condition.must_be_present)
            return std::nullopt;
    }
    return form.glob(narrowing);
}

/// Throws where the glob takes a key that is not chosen.
void check_exact(const std::string& glob, const layout::Choice& choice, const layout::Layout& layout) {
    for (const layout::KeyTemplate& form : layout.templates())
        for (const std::string& key : form.sample_keys()) {
            layout::DecodedKey decoded;
            if (!layout::glob_matches(glob, key) || !layout.decode(key, decoded) ||
                layout::Layout::fits(choice, key, decoded))
                continue;
            refuse_selection(fmt::format("the pattern '{}' would take keys such as '{}' too",
                                         output::printable(glob), output::printable(key)),
                             k_hr_remedy);
        }
}

void add_pattern(std::vector<Removal>& calls, Removal call) {
    const bool known = std::any_of(calls.begin(), calls.end(), [&](const Removal& other) {
        return other.question.path == call.question.path;
    });
    if (!known) calls.push_back(std::move(call));
}

void add_resources(const layout::Choice& choice, const layout::Layout& layout, std::vector<Removal>& calls) {
    std::vector<const layout::Pattern*> resources;
    for (const layout::Pattern& resource : choice.resources)
        resources.push_back(&resource);
    if (resources.empty()) resources.push_back(nullptr);
    for (const layout::Pattern* resource : resources)
        for (const layout::KeyTemplate& form : layout.templates()) {
            const auto glob = glob_of(form, choice, resource);
            if (!glob) continue;
            check_pattern(*glob);
            check_exact(*glob, choice, layout);
            std::optional<std::string> name;
            if (!form.fixed_resource().empty()) name = form.fixed_resource();
            if (!name && resource != nullptr && !has_pattern(resource->text)) name = resource->text;
            add_pattern(calls, pattern_removal(*glob, name));
        }
}

/// `15.5M` as Redis writes it for people; powers of 1024.
std::optional<std::uint64_t> bytes_in(const Json* value) {
    if (value == nullptr || !value->is_string()) return count_in(value);
    const std::string& text = value->get_ref<const std::string&>();
    std::size_t used = 0;
    double number = -1;
    try {
        number = std::stod(text, &used);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    constexpr std::string_view k_units = "BKMGTP";
    const std::size_t power = used < text.size() ? k_units.find(text[used]) : 0;
    if (!std::isfinite(number) || number < 0 || power == std::string_view::npos || text.size() > used + 1)
        return std::nullopt;
    const double bytes = std::round(std::ldexp(number, static_cast<int>(10 * power)));
    return bytes < 9e18 ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

/// The portal that keeps its entries in Redis, and in its own memory while that is away.
class Hr final : public Dialect {
  public:
    const char* name() const override { return "hr"; }
    bool counts_removals() const override { return true; }
    Capabilities capabilities() const override;
    bool speaks(const Call& answer) const override;
    Info info(const Call& health) const override;
    Statistics statistics(const Call& stats) const override;
    std::vector<Removal> removals(const Selection& selection, const Selectors& selectors) const override;
    Removal removal_of(const std::string& key) const override;
    std::vector<Question> clear() const override {
        return {{.doing = "cannot clear", .method = "DELETE", .path = "/clear", .acts = true}};
    }
    std::vector<Question> benchmark() const override { return {}; }
};

Capabilities Hr::capabilities() const {
    Capabilities can;
    can.missing = {{Capability::list, "the service's API lists no keys"},
                   {Capability::describe, "the service's API describes no entries"},
                   {Capability::values, "the service's API hands no values out"},
                   {Capability::count, "the service's API counts only what it has removed"},
                   {Capability::expire, "the service's API only removes"},
                   {Capability::idle, "the service's API describes no entries"},
                   {Capability::switches, "the service's API has no switches"},
                   {Capability::notify, "the service's API does not notify"}};
    can.limited[Capability::erase_by_key] = "not keys with pattern characters";
    can.limited[Capability::erase_by_selection] = "by patterns of keys";
    return can;
}

bool Hr::speaks(const Call& answer) const {
    return answer.is_wrapped() || answer.field("backend") != nullptr ||
           answer.field("hit_rate_percent") != nullptr;
}

constexpr const char* k_fallback = "in-memory";

Info Hr::info(const Call& health) const {
    Info info;
    info.backend = health.text("backend");
    const auto status = health.text("status"), message = health.text("message");
    const std::string said = message ? ": " + health.shown(message->bytes()) : "";
    if (status && (*status == "error" || *status == "unhealthy" || *status == "not_initialized"))
        throw health.failure(ExitCode::unreachable, ": the service's cache is in error" + said);
    if (info.backend) info.fallback = *info.backend == k_fallback;
    if (info.fallback == true)
        info.warnings.push_back("the service is in its in-memory fallback: Redis does not answer it" + said);
    else if (status && *status == "degraded")
        info.warnings.push_back("the service says that its cache is degraded" + said);
    return info;
}

Statistics Hr::statistics(const Call& stats) const {
    Statistics statistics;
    statistics.hits = stats.count("cache_hits");
    statistics.misses = stats.count("cache_misses");
    statistics.backend = stats.text("backend");
    const bool fallback = statistics.backend && *statistics.backend == k_fallback;
    // In the fallback the service says 0 keys of the Redis that it cannot ask.
    const auto in_redis = stats.count("redis_keys_total");
    statistics.keys = !fallback && in_redis ? in_redis : stats.count("total_entries");
    statistics.memory_used = bytes_in(stats.field("redis_memory"));
    if (statistics.memory_used)
        statistics.remarks.emplace_back("the service tells its memory rounded, and as Redis has it in all");
    if (fallback)
        statistics.remarks.emplace_back(
            "the service is in its in-memory fallback: its keys are those of the process that answered");
    return statistics;
}

std::vector<Removal> Hr::removals(const Selection& selection, const Selectors& selectors) const {
    if (selection.everything()) return {pattern_removal("*")};
    check_values(selectors);
    std::vector<Removal> calls;
    if (!selection.raw_globs().empty()) {
        if (!selection.raw())
            refuse_selection("--match and another selector together cannot be said by one pattern",
                             k_hr_remedy);
        for (const std::string& glob : selection.raw_globs()) {
            check_pattern(glob);
            add_pattern(calls, pattern_removal(glob));
        }
        return calls;
    }
    for (const layout::Choice& choice : selection.choices()) {
        if (!choice.keys.empty() && !choice.where.empty())
            refuse_selection("an event and -w together cannot be said by one pattern", k_hr_remedy);
        for (const layout::Pattern& key : choice.keys) {
            check_pattern(key.text);
            add_pattern(calls, pattern_removal(key.text));
        }
        if (choice.keys.empty()) add_resources(choice, selection.layout(), calls);
    }
    if (calls.empty()) refuse_selection("no form of the profile's keys can hold it", k_hr_remedy);
    return calls;
}

Removal Hr::removal_of(const std::string& key) const {
    if (has_pattern(key))
        refuse_selection(
            fmt::format("the key '{}' holds pattern characters, and the service takes it for a pattern",
                        output::printable(key)),
            k_hr_remedy);
    return pattern_removal(key);
}

} // namespace

std::unique_ptr<Dialect> make_hr() {
    return std::make_unique<Hr>();
}

} // namespace roacache::store::api
