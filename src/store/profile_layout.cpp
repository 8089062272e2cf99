#include "src/store/profile_layout.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store {
namespace {

/// What replaces `{value}` and `{tenant}` in an event's texts; what is absent stays as it is written.
struct Fillings {
    std::optional<std::string> value, tenant;
};

std::string filled(std::string_view text, const Fillings& fillings) {
    std::string made;
    while (!text.empty()) {
        const auto replace = [&](std::string_view name, const std::optional<std::string>& by) {
            if (!by || !text.starts_with(name)) return false;
            made += *by;
            text.remove_prefix(name.size());
            return true;
        };
        if (replace("{value}", fillings.value) || replace("{tenant}", fillings.tenant)) continue;
        made += text.front();
        text.remove_prefix(1);
    }
    return made;
}

[[noreturn]] void refuse(const config::Event& event, std::string_view why, std::string remedy = {}) {
    throw core::Error(core::ExitCode::usage, fmt::format("bad event: {}: {}", event.name, why),
                      std::move(remedy));
}

void check_event_value(const layout::Layout& layout, const config::Event& event,
                       const std::optional<std::string>& value) {
    if (!value) {
        if (event.value == config::EventValue::required)
            refuse(event, "it needs a value", fmt::format("Give it as --event {}=VALUE.", event.name));
        return;
    }
    if (event.value == config::EventValue::none) refuse(event, "it takes no value");
    if (value->empty()) refuse(event, "its value is empty");
    for (const layout::KeyTemplate& form : layout.templates())
        if (value->find(form.separator()) != std::string::npos)
            refuse(event,
                   fmt::format("its value holds '{}', which separates the parts of a key", form.separator()));
}

/// A name of a layout's own would be taken as it is written, and match nothing.
void check_names(const layout::Layout& layout, const config::Event& event, const std::string& key) {
    std::vector<std::string> names{"resource", "hash"};
    for (const layout::KeyTemplate& form : layout.templates())
        for (const std::string& name : form.segments())
            names.push_back(name);
    for (const std::string& name : names)
        if (name != "value" && key.find("{" + name + "}") != std::string::npos)
            refuse(event,
                   fmt::format("its key '{}': {{{}}} means nothing here; {{value}} and {{tenant}} do", key,
                               name),
                   "Where anything may stand, write *.");
    if (key.find("{tenant}") != std::string::npos && !layout.has_tenant())
        refuse(event, fmt::format("its key '{}': the keys of this profile tell no tenant", key));
}

bool is_glob(const std::string& text) {
    return text.find_first_of("*?[\\") != std::string::npos;
}

} // namespace

layout::Layout layout_of(const config::Profile& profile) {
    std::vector<layout::TemplateText> templates;
    for (const config::LayoutSpec& spec : profile.layouts)
        templates.push_back({spec.templ, spec.resource, spec.separator, spec.pairs, spec.origin});
    std::vector<std::string> stored;
    for (const auto& [segment, column] : profile.sqlite.segments)
        stored.push_back(segment);
    return layout::Layout(std::move(templates), std::move(stored));
}

std::optional<layout::HashRule> hash_rule_of(const config::Profile& profile) {
    if (!profile.hash) return std::nullopt;
    return layout::HashRule{profile.hash->algorithm, profile.hash->digits, profile.hash->exclude};
}

std::vector<layout::Choice> choices_of(const config::Profile& profile, const layout::Layout& layout,
                                       const config::Event& event, const std::optional<std::string>& value,
                                       const std::optional<layout::Pattern>& tenant) {
    check_event_value(layout, event, value);
    std::vector<layout::Choice> choices;
    if (!event.resources.empty()) {
        layout::Choice choice;
        choice.tenant = tenant;
        for (const std::string& name : event.resources)
            choice.resources.push_back({name, is_glob(name)});
        if (value)
            for (const auto& [segment, text] : event.where)
                choice.where.push_back({segment, {filled(text, {value, {}}), false}, false});
        choices.push_back(std::move(choice));
    }
    if (!event.keys.empty()) {
        layout::Choice choice;
        choice.tenant = tenant;
        Fillings fillings{{}, tenant ? tenant->as_glob() : "*"};
        if (value) fillings.value = layout::escape_glob(*value);
        for (const std::string& key : event.keys) {
            check_names(layout, event, key);
            choice.keys.push_back({filled(key, fillings), true});
        }
        choices.push_back(std::move(choice));
    }
    for (const layout::Choice& choice : choices) {
        try {
            layout.check(choice);
        } catch (const core::Error& error) {
            refuse(event, fmt::format("profile {}: {}", profile.name, error.what()), error.remedy());
        }
    }
    return choices;
}

void check_profile(const config::Profile& profile) {
    const layout::Layout layout = layout_of(profile);
    if (const auto never = layout.never_chosen()) {
        const config::LayoutSpec& later = profile.layouts.at(never->first);
        throw core::Error(
            core::ExitCode::usage,
            fmt::format("bad layout: {}: '{}': it is never chosen, for '{}' before it takes all its keys",
                        later.origin, later.templ, profile.layouts.at(never->second).templ),
            "The first layout that fits a key takes it: put the narrower one first.");
    }
    if (const auto rule = hash_rule_of(profile)) layout::ParamsHasher hasher(*rule);
    for (const config::Event& event : profile.events) {
        const bool takes = event.value != config::EventValue::none;
        choices_of(profile, layout, event, takes ? std::optional<std::string>("x") : std::nullopt,
                   std::nullopt);
    }
    if (!profile.default_tenant.empty()) {
        layout::Choice choice;
        choice.tenant = layout::Pattern{profile.default_tenant, false};
        layout.check(choice);
    }
}

} // namespace roacache::store
