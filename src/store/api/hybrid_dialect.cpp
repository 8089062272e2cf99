#include "src/output/text.hpp"
#include "src/store/api/dialect.hpp"

#include <charconv>
#include <fmt/core.h>
#include <set>
#include <utility>

namespace roacache::store::api {
namespace {

using core::ExitCode;
using core::Untrusted;
using Json = nlohmann::json;

constexpr const char* k_hybrid_remedy =
    "It takes a company (-w company=123), resources by their names (-r invoices_list), an event of these "
    "(-e company-changed=123), or everything (--all-tenants --yes); -p roa2web-hybrid says how such a "
    "service names them.";

constexpr const char* k_without_company =
    "entries of no company, which the event makes stale as well, stay in the service: it removes a company's "
    "alone; name their resources (-r companies_list) to remove those of every company and of none";

bool is_literal(const layout::Pattern& pattern) {
    return !pattern.glob || pattern.text.find_first_of("*?[\\") == std::string::npos;
}

std::int64_t company_of(const std::vector<layout::Condition>& where) {
    const layout::Condition& condition = where.front();
    if (where.size() > 1 || condition.segment != "company")
        refuse_selection(fmt::format("the service knows no segment '{}', only company",
                                     output::printable(where.size() > 1 && condition.segment == "company"
                                                           ? where[1].segment
                                                           : condition.segment)),
                         k_hybrid_remedy);
    const std::string& text = condition.value.text;
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!is_literal(condition.value) || parsed.ec != std::errc{} || std::to_string(number) != text)
        refuse_selection(fmt::format("company '{}' is no whole number", output::printable(text)),
                         k_hybrid_remedy);
    // `if company_id:` is how such services are written.
    if (number == 0)
        refuse_selection("company 0 is none to a service that asks whether it was given a company, and "
                         "without one it removes those of all",
                         k_hybrid_remedy);
    return number;
}

Removal company_removal(const std::optional<std::int64_t>& company, const std::optional<std::string>& type) {
    Json body = Json::object();
    if (company) body["company_id"] = *company;
    if (type) body["cache_type"] = *type;
    return {{"cannot invalidate", "POST", "/invalidate", std::move(body), true}, type};
}

void add_removals(const layout::Choice& choice, std::vector<Removal>& calls) {
    if (choice.tenant) refuse_selection("the service knows no tenants", k_hybrid_remedy);
    if (!choice.keys.empty()) refuse_selection("the service takes no keys", k_hybrid_remedy);
    std::optional<std::int64_t> company;
    if (!choice.where.empty()) company = company_of(choice.where);
    std::vector<std::optional<std::string>> types;
    for (const layout::Pattern& resource : choice.resources) {
        const bool any = resource.glob && resource.text == "*";
        if (resource.text.empty())
            refuse_selection("a resource without a name is none to the service, and without one it removes "
                             "all of them",
                             k_hybrid_remedy);
        if (!any && !is_literal(resource))
            refuse_selection(fmt::format("the service takes no pattern for a resource, as '{}'",
                                         output::printable(resource.text)),
                             k_hybrid_remedy);
        types.push_back(any ? std::nullopt : std::optional(resource.text));
    }
    if (types.empty()) types.emplace_back();
    for (const auto& type : types) {
        Removal call = company_removal(company, type);
        if (company && !type && !choice.where.front().must_be_present) call.leaves = k_without_company;
        bool known = false;
        for (const Removal& other : calls)
            known = known || other.question.body == call.question.body;
        if (!known) calls.push_back(std::move(call));
    }
}

/// The portal that keeps a dictionary in each process over an SQLite file.
class Hybrid final : public Dialect {
  public:
    const char* name() const override { return "hybrid"; }
    bool counts_removals() const override { return false; }
    Capabilities capabilities() const override;
    bool speaks(const Call& answer) const override;
    Info info(const Call& health) const override;
    Statistics statistics(const Call& stats) const override;
    std::vector<Removal> removals(const Selection& selection, const Selectors& selectors) const override;
    Removal removal_of(const std::string& key) const override;
    std::vector<Question> clear() const override;
    std::vector<Question> benchmark() const override;
};

Capabilities Hybrid::capabilities() const {
    Capabilities can;
    can.missing = {{Capability::list, "the service's API lists no keys"},
                   {Capability::describe, "the service's API describes no entries"},
                   {Capability::values, "the service's API hands no values out"},
                   {Capability::erase_by_key, "the service's API takes no keys"},
                   {Capability::count, "the service's API counts nothing, not even what it removes"},
                   {Capability::expire, "the service's API only removes"},
                   {Capability::idle, "the service's API describes no entries"},
                   {Capability::notify, "the service's API does not notify"}};
    can.limited[Capability::erase_by_selection] = "by company and by resource only";
    return can;
}

bool Hybrid::speaks(const Call& answer) const {
    if (answer.is_wrapped() || answer.field("backend") != nullptr) return false;
    if (const auto status = answer.text("status"))
        return *status == "not_initialized" || *status == "error" || answer.field("enabled") != nullptr ||
               answer.field("cache_type") != nullptr;
    return answer.field("user_enabled") != nullptr || answer.field("global_enabled") != nullptr;
}

Info Hybrid::info(const Call& health) const {
    const auto status = health.text("status");
    if (status && *status == "not_initialized")
        throw health.failure(ExitCode::unreachable, ": the service's cache is not initialised",
                             "The service's own log says why; ping --wait DUR waits for it.");
    if (status && *status == "error") {
        const auto why = health.text("error");
        throw health.failure(ExitCode::unreachable,
                             why ? ": the service's cache is in error: " + health.shown(why->bytes())
                                 : ": the service's cache is in error");
    }
    Info info;
    info.backend = health.text("cache_type");
    info.auto_invalidate_running = health.flag("auto_invalidate_running");
    if (const auto entries = health.count("memory_size")) info.tiers.push_back({"memory", entries, {}, {}});
    if (const auto entries = health.count("sqlite_size")) info.tiers.push_back({"sqlite", entries, {}, {}});
    if (health.flag("enabled") == false)
        info.warnings.emplace_back("the service's cache is switched off for everybody");
    return info;
}

Statistics Hybrid::statistics(const Call& stats) const {
    Statistics statistics;
    const auto within = [&](const char* outer, const char* inner) -> const Json* {
        const Json* object = stats.field(outer);
        if (object == nullptr || !object->is_object()) return nullptr;
        const auto found = object->find(inner);
        return found == object->end() ? nullptr : &*found;
    };
    const TierFigures memory{"memory", count_in(within("cache_size", "memory")), stats.count("total_hits"),
                             stats.count("total_misses")};
    statistics.tiers = {memory, {"sqlite", count_in(within("cache_size", "sqlite")), {}, {}}};
    if (memory.hits || memory.misses)
        statistics.remarks.emplace_back(
            "the service counts hits and misses of its memory (L1) alone, where a hit in SQLite (L2) is a "
            "miss: they are that tier's, and the hit rate of all is n/a");
    if (const Json* saved = stats.field("queries_saved"); saved != nullptr && saved->is_object()) {
        statistics.queries_saved = QueriesSaved{count_in(within("queries_saved", "today")),
                                                count_in(within("queries_saved", "week")),
                                                count_in(within("queries_saved", "total"))};
        if (statistics.queries_saved->total == 0U && memory.hits.value_or(0) > 0)
            statistics.remarks.emplace_back(
                "hits were counted and no query is said to be saved: the service answers 0 where its own "
                "query of the log fails");
    }
    if (const Json* times = stats.field("response_times"); times != nullptr && times->is_object())
        for (const auto& [type, of] : times->items()) {
            const auto number = [&, &means = of](const char* name) -> std::optional<double> {
                if (!means.is_object() || !means.contains(name)) return std::nullopt;
                return number_in(&means.at(name));
            };
            statistics.response_times.push_back(
                {Untrusted(type), number("cached"), number("oracle"), number("improvement")});
        }
    // `enabled` and `global_enabled` are one field.
    const auto global = stats.flag("global_enabled");
    statistics.switches = Switches{global ? global : stats.flag("enabled"), stats.flag("user_enabled"),
                                   stats.flag("auto_invalidate")};
    statistics.backend = stats.text("cache_type");
    return statistics;
}

std::vector<Removal> Hybrid::removals(const Selection& selection, const Selectors& selectors) const {
    if (selection.everything()) return {company_removal({}, {})};
    if (selectors.glob) refuse_selection("the service takes no globs (-g)", k_hybrid_remedy);
    if (!selection.raw_globs().empty())
        refuse_selection("the service takes no pattern of keys (--match)", k_hybrid_remedy);
    std::vector<Removal> calls;
    for (const layout::Choice& choice : selection.choices())
        add_removals(choice, calls);
    return calls;
}

Removal Hybrid::removal_of(const std::string& /*key*/) const {
    refuse_selection("the service takes no keys", k_hybrid_remedy);
}

std::vector<Question> Hybrid::clear() const {
    return {{.doing = "cannot clear", .method = "POST", .path = "/clear", .acts = true},
            {.doing = "cannot clear", .method = "DELETE", .path = "/clear", .acts = true}};
}

std::vector<Question> Hybrid::benchmark() const {
    return {{"cannot run the service's benchmark", "GET", "/benchmark"},
            {"cannot run the service's benchmark", "POST", "/benchmark"}};
}

} // namespace

std::unique_ptr<Dialect> make_hybrid() {
    return std::make_unique<Hybrid>();
}

} // namespace roacache::store::api
