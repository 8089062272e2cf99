#include "src/layout/layout.hpp"

#include "src/core/error.hpp"
#include "src/core/nearest.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::layout {
namespace {

bool any_matches(const std::vector<Pattern>& patterns, std::string_view text) {
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                           [&](const Pattern& pattern) { return pattern.matches(text); });
}

bool holds(const Condition& condition, const DecodedKey& decoded) {
    bool present = false;
    for (const auto& [name, value] : decoded.where) {
        if (name != condition.segment) continue;
        if (condition.value.matches(value)) return true;
        present = true;
    }
    return !present && !condition.must_be_present;
}

[[noreturn]] void refuse(std::string_view what, std::string_view value, std::string_view why,
                         std::string remedy = {}) {
    throw core::Error(core::ExitCode::usage, fmt::format("bad {}: {}: {}", what, value, why),
                      std::move(remedy));
}

bool same_parts(const DecodedKey& decoded, const KeyParts& parts, const KeyTemplate& form) {
    std::vector<std::pair<std::string, std::string>> found(decoded.where.begin(), decoded.where.end());
    std::vector<std::pair<std::string, std::string>> given = parts.where;
    std::sort(found.begin(), found.end());
    std::sort(given.begin(), given.end());
    return (!form.has_tenant() || decoded.tenant == parts.tenant) && decoded.resource == parts.resource &&
           (!decoded.hash || decoded.hash == parts.hash) && found == given;
}

} // namespace

Layout::Layout(std::vector<TemplateText> templates, std::vector<std::string> stored)
    : stored_(std::move(stored)) {
    for (TemplateText& text : templates)
        templates_.emplace_back(std::move(text));
}

bool Layout::decode(std::string_view key, DecodedKey& into) const {
    return std::any_of(templates_.begin(), templates_.end(),
                       [&](const KeyTemplate& form) { return form.decode(key, into); });
}

bool Layout::fits(const Choice& choice, std::string_view key, const DecodedKey& decoded) {
    if (choice.tenant && !(decoded.tenant && choice.tenant->matches(*decoded.tenant))) return false;
    // The segments first, for where one of many values is meant they tell soonest that it is not this one.
    return std::all_of(choice.where.begin(), choice.where.end(),
                       [&](const Condition& condition) { return holds(condition, decoded); }) &&
           any_matches(choice.resources, decoded.resource) && any_matches(choice.keys, key);
}

bool Layout::has_tenant() const {
    return std::any_of(templates_.begin(), templates_.end(),
                       [](const KeyTemplate& form) { return form.has_tenant(); });
}

void Layout::check(const Choice& choice) const {
    if (choice.tenant) {
        if (!has_tenant()) refuse("tenant", choice.tenant->text, "the keys of this profile tell no tenant");
        check_value(*choice.tenant, "tenant");
    }
    for (const Pattern& resource : choice.resources)
        check_resource(resource);
    for (const Condition& condition : choice.where)
        if (condition.must_be_present) check_segment(condition);
}

/// A part never holds the separator, so that such a value could only be meant for something else.
void Layout::check_value(const Pattern& value, std::string_view what) const {
    if (value.text.empty()) refuse(what, "(empty)", "no key has an empty one");
    const bool tellable = std::any_of(templates_.begin(), templates_.end(), [&](const KeyTemplate& form) {
        return value.text.find(form.separator()) == std::string::npos;
    });
    if (!tellable)
        refuse(what, value.text,
               fmt::format("'{}' separates the parts of a key, so that it cannot be told apart within one",
                           templates_.front().separator()),
               "Choose by the whole key: --key, or --match with a glob.");
}

void Layout::check_resource(const Pattern& resource) const {
    check_value(resource, "resource");
    std::vector<std::string> names;
    for (const KeyTemplate& form : templates_) {
        if (form.fixed_resource().empty() || resource.matches(form.fixed_resource())) return;
        names.push_back(form.fixed_resource());
    }
    refuse("resource", resource.text,
           fmt::format("this profile has none of that name{}", core::did_you_mean(resource.text, names)),
           fmt::format("its resources: {}", fmt::join(names, ", ")));
}

void Layout::check_segment(const Condition& condition) const {
    if (std::find(stored_.begin(), stored_.end(), condition.segment) != stored_.end()) return;
    std::vector<std::string> names = stored_;
    for (const KeyTemplate& form : templates_) {
        const auto own = form.segments();
        names.insert(names.end(), own.begin(), own.end());
    }
    const bool named = std::find(names.begin(), names.end(), condition.segment) != names.end();
    const auto open = std::find_if(templates_.begin(), templates_.end(), [&](const KeyTemplate& form) {
        return form.open_names() && condition.segment.find(form.pairs()) == std::string::npos &&
               condition.segment.find(form.separator()) == std::string::npos;
    });
    if (!named && (open == templates_.end() || condition.segment.empty()))
        refuse("segment", condition.segment,
               fmt::format("no key of this profile tells a segment of that name{}",
                           core::did_you_mean(condition.segment, names)));
    const bool joined = std::any_of(templates_.begin(), templates_.end(), [&](const KeyTemplate& form) {
        return form.joins_parts_of(condition.segment);
    });
    if (!condition.value.text.empty() && !joined) check_value(condition.value, "segment value");
}

void Layout::add_globs(const Choice& choice, std::vector<std::string>& globs) const {
    if (!choice.keys.empty()) {
        for (const Pattern& key : choice.keys)
            globs.push_back(key.as_glob());
        return;
    }
    Narrowing narrowing;
    narrowing.tenant = choice.tenant ? &*choice.tenant : nullptr;
    for (const Condition& condition : choice.where)
        if (condition.must_be_present) narrowing.where.emplace_back(condition.segment, &condition.value);
    const auto can_have = [](const KeyTemplate& form, std::string_view name) {
        return form.open_names() || form.has_segment(name);
    };
    for (const KeyTemplate& form : templates_) {
        if (choice.tenant && !form.has_tenant()) continue;
        if (!std::all_of(narrowing.where.begin(), narrowing.where.end(),
                         [&](const auto& condition) { return can_have(form, condition.first); }))
            continue;
        if (!form.fixed_resource().empty()) {
            if (any_matches(choice.resources, form.fixed_resource())) globs.push_back(form.glob(narrowing));
            continue;
        }
        narrowing.resource = nullptr;
        if (choice.resources.empty()) globs.push_back(form.glob(narrowing));
        for (const Pattern& resource : choice.resources) {
            narrowing.resource = &resource;
            globs.push_back(form.glob(narrowing));
        }
        narrowing.resource = nullptr;
    }
}

std::string Layout::glob(const std::vector<Choice>& choices) const {
    std::vector<std::string> globs;
    for (const Choice& choice : choices)
        add_globs(choice, globs);
    return common_glob(globs);
}

std::optional<std::pair<std::size_t, std::size_t>> Layout::never_chosen() const {
    DecodedKey decoded;
    for (std::size_t later = 1; later < templates_.size(); ++later) {
        const auto keys = templates_[later].sample_keys();
        const auto takes_all = [&](const KeyTemplate& earlier) {
            return std::all_of(keys.begin(), keys.end(),
                               [&](const std::string& key) { return earlier.decode(key, decoded); });
        };
        for (std::size_t earlier = 0; earlier < later; ++earlier)
            if (!keys.empty() && takes_all(templates_[earlier])) return std::pair(later, earlier);
    }
    return std::nullopt;
}

std::string Layout::texts() const {
    std::string all;
    for (const KeyTemplate& form : templates_)
        all += (all.empty() ? "" : ", ") + form.text();
    return all;
}

std::string Layout::build(const KeyParts& parts) const {
    DecodedKey decoded;
    if (parts.tenant_must_show && !has_tenant())
        refuse("tenant", parts.tenant, "the keys of this profile tell no tenant", "Leave --tenant away.");
    bool tenant_is_missing = false;
    bool hash_is_missing = false;
    for (const KeyTemplate& form : templates_) {
        if (!form.fixed_resource().empty() && form.fixed_resource() != parts.resource) continue;
        if (parts.tenant_must_show && !form.has_tenant()) {
            tenant_is_missing = true;
            continue;
        }
        if (parts.hash_must_show && !form.has_hash()) {
            hash_is_missing = true;
            continue;
        }
        const auto key = form.build(parts);
        if (!key) continue;
        if (decode(*key, decoded) && same_parts(decoded, parts, form)) return *key;
        refuse("key", *key,
               fmt::format("a part of it holds '{}' or is empty, so that it cannot be told apart",
                           form.separator()));
    }
    if (tenant_is_missing)
        refuse("key", parts.resource, "the profile's layout for it tells no tenant, and one is named",
               "Its keys are the same for every tenant: leave --tenant away.");
    if (hash_is_missing)
        refuse("key", parts.resource, "the profile's layout for it has no {hash}, and parameters are given",
               "Its keys are the same for all parameters: leave them away.");
    refuse("key", parts.resource, "no layout of the profile can be filled with what is given",
           "Give every part of one of them: " + texts() + ".");
}

} // namespace roacache::layout
