#include "src/store/selection.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::store {
namespace {

using core::Error;
using core::ExitCode;
using layout::Choice;
using layout::Pattern;

void check_combination(const Selectors& selectors) {
    if (selectors.tenant && selectors.all_tenants)
        throw Error(ExitCode::usage, "usage: --tenant and --all-tenants contradict each other");
    if (!selectors.events.empty() && (!selectors.resources.empty() || !selectors.matches.empty()))
        throw Error(ExitCode::usage, "usage: an event names its resources itself",
                    "Leave --resource and --match away, or run them apart from --event.");
}

std::string description_of(const Selectors& selectors, const std::optional<std::string>& tenant) {
    std::string text;
    const auto add = [&](const std::string& what, const std::string& value) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, output::printable(value));
    };
    if (tenant) add("tenant", *tenant);
    for (const std::string& resource : selectors.resources)
        add("resource", resource);
    for (const auto& [name, value] : selectors.where)
        add("where", name + "=" + value);
    for (const auto& [name, value] : selectors.events)
        add("event", value ? name + "=" + *value : name);
    for (const std::string& match : selectors.matches)
        add("keys matching", match);
    if (selectors.glob) text += " (as globs)";
    if (!tenant && selectors.matches.empty())
        text += text.empty() ? "every key of every tenant" : ", of every tenant";
    return text;
}

/// Whether the selectors name a resource, a segment's value or an event as it is.
bool names_a_choice(const Selectors& selectors) {
    const auto is_literal = [&](const std::string& value) {
        return !selectors.glob || value.find_first_of("*?[\\") == std::string::npos;
    };
    return !selectors.events.empty() ||
           (!selectors.resources.empty() &&
            std::all_of(selectors.resources.begin(), selectors.resources.end(), is_literal)) ||
           std::any_of(selectors.where.begin(), selectors.where.end(),
                       [&](const auto& segment) { return is_literal(segment.second); });
}

} // namespace

bool Selectors::empty() const {
    return !tenant && resources.empty() && where.empty() && events.empty() && matches.empty() && !all_tenants;
}

Selection::Selection(const Selectors& selectors, const config::Profile& profile, const layout::Layout& layout,
                     Reach reach)
    : layout_(&layout), matches_(selectors.matches) {
    check_combination(selectors);
    const bool named = !selectors.resources.empty() || !selectors.where.empty() || !selectors.events.empty();
    std::optional<std::string> tenant = selectors.tenant;
    bool tenant_is_glob = selectors.glob;
    if (!tenant && !selectors.all_tenants && named && reach == Reach::default_tenant && layout.has_tenant() &&
        !profile.default_tenant.empty()) {
        tenant = profile.default_tenant;
        tenant_is_glob = false;
        by_default_ = true;
    }
    raw_ = !named && !tenant && !selectors.all_tenants && !matches_.empty();
    globs_ = selectors.glob || !matches_.empty();
    narrowed_ = names_a_choice(selectors);
    everything_ = !named && !tenant && matches_.empty();
    description_ = description_of(selectors, tenant);

    Choice base;
    if (tenant) base.tenant = Pattern{*tenant, tenant_is_glob};
    for (const auto& [name, value] : selectors.where)
        base.where.push_back({name, {value, selectors.glob}, true});
    std::size_t event = 0;
    for (const auto& [name, value] : selectors.events) {
        for (Choice& choice : choices_of(profile, layout, profile.event(name), value, base.tenant)) {
            choice.where.insert(choice.where.end(), base.where.begin(), base.where.end());
            choices_.push_back(std::move(choice));
            events_.push_back(event);
        }
        ++event;
    }
    if (selectors.events.empty()) {
        for (const std::string& resource : selectors.resources)
            base.resources.push_back({resource, selectors.glob});
        choices_.push_back(std::move(base));
    }
    for (const Choice& choice : choices_)
        layout.check(choice);
}

bool Selection::matches(std::string_view key, layout::DecodedKey& decoded) const {
    decoded = {};
    if (!layout_->decode(key, decoded)) decoded = {};
    return takes(key, decoded);
}

std::size_t Selection::event_of(const FoundKey& key) const {
    for (std::size_t i = 0; i < events_.size(); ++i)
        if (layout::Layout::fits(choices_[i], key.bytes(), key.parts())) return events_[i];
    return 0;
}

bool Selection::takes(std::string_view key, const layout::DecodedKey& parts) const {
    if (!matches_.empty() && std::none_of(matches_.begin(), matches_.end(), [&](const std::string& glob) {
            return layout::glob_matches(glob, key);
        }))
        return false;
    if (raw_) return true;
    return !parts.resource.empty() &&
           std::any_of(choices_.begin(), choices_.end(),
                       [&](const Choice& choice) { return layout::Layout::fits(choice, key, parts); });
}

} // namespace roacache::store
