#include "commands/bench/targets.hpp"
#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/units.hpp"
#include "src/net/redact.hpp"
#include "src/net/url.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::ExitCode;
using nlohmann::ordered_json;

struct ProfileOptions {
    std::string name;
    std::string file;
};

void print(const ordered_json& json, Format format, const Context& context) {
    context.streams.out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
}

ExitCode run_list(Context& context) {
    const Format format = context.format(k_document_formats);
    const config::Profiles profiles = context.profiles();
    ordered_json json = document_head("profile", context);
    json["outcome"] = "done";
    json["profiles"] = ordered_json::array();
    output::Table table({{""}, {""}});
    for (const auto& [name, profile] : profiles) {
        json["profiles"].push_back({{"name", name}, {"description", profile.description}});
        table.add({output::printable(name), output::printable(profile.description)});
    }
    if (is_json(format))
        print(json, format, context);
    else
        context.streams.out << table.text();
    return ExitCode::done;
}

const char* value_name(config::EventValue value) {
    return value == config::EventValue::required   ? "required"
           : value == config::EventValue::optional ? "optional"
                                                   : "none";
}

ordered_json goals_json(const config::Goals& goals) {
    const auto list = [](const std::vector<config::Goal>& wanted) {
        ordered_json exprs = ordered_json::array();
        for (const config::Goal& goal : wanted)
            exprs.push_back(goal.requirement.expr);
        return exprs;
    };
    ordered_json json{{"overall", list(goals.overall)}, {"resources", ordered_json::object()}};
    for (const auto& [resource, wanted] : goals.resources)
        json["resources"][resource] = list(wanted);
    return json;
}

ordered_json to_json(const config::Profile& profile) {
    ordered_json json{
        {"name", profile.name},
        {"description", profile.description},
        {"default_tenant",
         profile.default_tenant.empty() ? ordered_json(nullptr) : ordered_json(profile.default_tenant)},
        {"layouts", ordered_json::array()},
        {"ttl_ms", ordered_json::object()},
        {"default_ttl_ms",
         profile.ttl.standard ? ordered_json(profile.ttl.standard->count() * 1000) : ordered_json(nullptr)},
        {"events", ordered_json::array()},
        {"targets", profile.targets},
        {"endpoint_targets", profile.endpoint_targets},
        {"goals", goals_json(profile.goals)},
        {"environment", profile.environment}};
    const auto text = [](const std::string& content) {
        return content.empty() ? ordered_json(nullptr) : ordered_json(content);
    };
    for (const config::LayoutSpec& layout : profile.layouts)
        json["layouts"].push_back({{"template", layout.templ},
                                   {"resource", text(layout.resource)},
                                   {"separator", layout.separator},
                                   {"pairs", text(layout.pairs)}});
    json["hash"] = nullptr;
    if (profile.hash)
        json["hash"] = {{"algorithm", profile.hash->algorithm},
                        {"digits", profile.hash->digits},
                        {"exclude", profile.hash->exclude}};
    json["memory_tier"] = nullptr;
    if (profile.memory_tier)
        json["memory_tier"] = {{"ttl_ms", profile.memory_tier->ttl
                                              ? ordered_json(profile.memory_tier->ttl->count() * 1000)
                                              : ordered_json(nullptr)}};
    json["tiers"] = ordered_json::array();
    for (const std::string& url : profile.tiers)
        json["tiers"].push_back({{"url", output::json_bytes(net::redact_url_text(url))}});
    for (const auto& [resource, ttl] : profile.ttl.resources)
        json["ttl_ms"][resource] = ttl.count() * 1000;
    for (const config::Event& event : profile.events)
        json["events"].push_back({{"name", event.name},
                                  {"description", event.description},
                                  {"caveat", text(event.caveat)},
                                  {"value", value_name(event.value)},
                                  {"resources", event.resources},
                                  {"keys", event.keys},
                                  {"where", event.where}});
    return json;
}

/// A heading and, set in below it, what belongs to it; nothing when there is nothing.
void print_section(std::ostream& out, const char* title,
                   const std::vector<std::pair<std::string, std::string>>& rows, bool colour) {
    if (rows.empty()) return;
    out << "\n" << output::style(title, output::Style::bold, colour) << "\n";
    output::Table table({{""}, {""}});
    for (const auto& [name, value] : rows)
        table.add({"  " + output::printable(name), output::printable(value)});
    out << table.text();
}

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& one : texts)
        text += (text.empty() ? "" : ", ") + one;
    return text;
}

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string layout_text(const config::LayoutSpec& layout) {
    std::string text = fmt::format("separated by '{}'", layout.separator);
    if (!layout.pairs.empty()) text += fmt::format(", pairs NAME{}VALUE", layout.pairs);
    if (!layout.resource.empty()) text += fmt::format(", resource {}", layout.resource);
    return text;
}

/// How a call's parameters become a hash; nothing where the keys have none.
Rows hash_rows(const config::Profile& profile) {
    if (!profile.hash) return {};
    Rows rows{{"{hash}",
               fmt::format("the first {} hexadecimal digits of {} over the call's parameters, as Python's "
                           "json.dumps(…, sort_keys=True) writes them",
                           profile.hash->digits, profile.hash->algorithm)}};
    if (!profile.hash->exclude.empty()) rows.emplace_back("left out", joined(profile.hash->exclude));
    return rows;
}

Rows event_rows(const config::Profile& profile) {
    Rows rows;
    for (const config::Event& event : profile.events) {
        const char* value = event.value == config::EventValue::required   ? "=VALUE"
                            : event.value == config::EventValue::optional ? "[=VALUE]"
                                                                          : "";
        std::string stale = joined(event.resources);
        if (!event.keys.empty()) stale += (stale.empty() ? "" : ", ") + joined(event.keys);
        for (const auto& [segment, text] : event.where)
            stale += fmt::format("; with a value only where {} is {} or is not told", segment, text);
        rows.emplace_back(event.name + value, stale);
        if (!event.description.empty()) rows.emplace_back("", event.description);
        if (!event.caveat.empty()) rows.emplace_back("", "caveat: " + event.caveat);
    }
    return rows;
}

/// Those of all, then those of single resources.
Rows target_rows(const config::Profile& profile) {
    Rows rows;
    for (const std::string& target : profile.targets)
        rows.emplace_back(target, "");
    for (const auto& [resource, targets] : profile.endpoint_targets)
        rows.emplace_back(joined(targets), "of an endpoint of " + resource);
    return rows;
}

Rows goal_rows(const config::Profile& profile) {
    Rows rows;
    for (const config::Goal& goal : profile.goals.all())
        rows.emplace_back(goal.requirement.expr, goal.resource.empty() ? "" : "of " + goal.resource);
    return rows;
}

Rows tier_rows(const config::Profile& profile) {
    Rows rows;
    for (const std::string& url : profile.tiers)
        rows.emplace_back(net::redact_url_text(url), rows.empty() ? "the deepest" : "");
    return rows;
}

Rows memory_tier_rows(const config::Profile& profile) {
    if (!profile.memory_tier) return {};
    return {{profile.memory_tier->ttl ? "at most " + core::format_duration(*profile.memory_tier->ttl)
                                      : "as long as in the store",
             "what was removed from the store may be answered from there until then"}};
}

void print_profile(const config::Profile& profile, const Context& context) {
    std::ostream& out = context.streams.out;
    const bool colour = context.streams.out_colour;
    out << output::style(output::printable(profile.name), output::Style::bold, colour) << ": "
        << output::printable(profile.description) << "\n";
    if (!profile.default_tenant.empty())
        out << "default tenant: " << output::printable(profile.default_tenant) << "\n";
    Rows keys, ttls, environment;
    for (const config::LayoutSpec& layout : profile.layouts)
        keys.emplace_back(layout.templ, layout_text(layout));
    for (const auto& [resource, ttl] : profile.ttl.resources)
        ttls.emplace_back(resource, core::format_duration(ttl));
    if (profile.ttl.standard) ttls.emplace_back("(any other)", core::format_duration(*profile.ttl.standard));
    for (const auto& [variable, setting] : profile.environment)
        environment.emplace_back(variable, setting);
    print_section(out, "Keys", keys, colour);
    print_section(out, "Hash", hash_rows(profile), colour);
    print_section(out, "Time to live", ttls, colour);
    print_section(out, "Tiers, where no other address is given", tier_rows(profile), colour);
    print_section(out, "Memory tier within the service, which no command reaches", memory_tier_rows(profile),
                  colour);
    print_section(out, "Events, and what they make stale", event_rows(profile), colour);
    print_section(out, "Targets of a benchmark", target_rows(profile), colour);
    print_section(out, "Goals, which stats is held against", goal_rows(profile), colour);
    print_section(out, "Environment", environment, colour);
}

ordered_json document(const config::Profile& profile, const Context& context) {
    ordered_json json = document_head("profile", context);
    json["profile"] = profile.name;
    json["outcome"] = "done";
    json.update(to_json(profile));
    return json;
}

ExitCode run_show(const ProfileOptions& options, Context& context) {
    const Format format = context.format(k_document_formats);
    const config::Profile profile = options.name.empty() ? context.profile() : context.profile(options.name);
    if (is_json(format))
        print(document(profile, context), format, context);
    else
        print_profile(profile, context);
    return ExitCode::done;
}

void check_profile(const config::Profile& profile) {
    store::check_profile(profile);
    for (const std::string& url : profile.tiers)
        net::parse_url(url);
    check_targets(profile);
}

/// A file is one profile, or a roacache.toml with [profiles.NAME] tables.
ExitCode run_check(const ProfileOptions& options, Context& context) {
    const std::string text = core::read_file(options.file);
    config::Profiles profiles = config::builtin_profiles();
    std::vector<std::string> names;
    if (config::holds_profiles(text, options.file)) {
        names = config::add_profiles(text, options.file, profiles);
        for (const std::string& name : names)
            check_profile(profiles.at(name));
    } else {
        const config::Profile profile = config::parse_profile(text, options.file, profiles);
        check_profile(profile);
        names.push_back(profile.name);
    }
    context.streams.out << fmt::format("{}: good: {}\n", output::printable(options.file),
                                       output::printable(joined(names)));
    return ExitCode::done;
}

constexpr const char* k_profile_examples = R"(
Examples:
  roacache profile list
  roacache profile show hr-portal
  roacache profile check roacache.toml
  roacache keys -p ./shop.toml
      What holds a slash or ends in .toml is a file: one profile, or a roacache.toml with one.

A profile of your own, in roacache.toml:
  [profiles.shop]
  extends = "roa2web"
  layouts = [{ template = "shop:{tenant}:{resource}:{hash}" }]
  ttl.resources.basket = 60
A file of its own holds the same without [profiles.shop], and name = "shop". extends may be left away.

Templates. A key is cut into parts at the separator (":" unless separator says otherwise). A part of the template is text
that stands for itself, {NAME} for one or more bytes without the separator, or both. {tenant}, {resource} and {hash} are
known by name; every other name is a segment, which -w NAME=VALUE selects. The layouts are tried in order; the first that
fits a key takes it, so the narrower one comes first.
  template = "cache:{tenant}:{resource}:{hash}"
      cache:acme:invoices:0a1b  is  tenant=acme resource=invoices hash=0a1b
  template = "{entity}:list:p{page}:pp{size}"  resource = "list"
      user:list:p2:pp50  is  resource=list entity=user page=2 size=50
      A template without {resource} says what such keys are called.
  template = "{resource}/{id}"  separator = "/"
      user/42  is  resource=user id=42
  template = "report:{resource}:{dates*}"
      report:sales  is  resource=sales
      report:sales:2025-01:2025-02  is  resource=sales dates=2025-01:2025-02
      {NAME*} takes any number of parts, {NAME+} one at least; a template has at most one of them.
  template = "cache:{tenant}:{resource}:{segments*}:{hash}"  pairs = "-"
      cache:acme:invoices:company-7:paid-true:0a1b  is  tenant=acme resource=invoices company=7 paid=true hash=0a1b
      With pairs the parts of {NAME*} are segments by names of their own.
  template = "{{app}}:{resource}"
      {app}:user  is  resource=user
      {{ and }} are braces that stand in the key.

Beside layouts: default_tenant, hash = { algorithm, digits, exclude }, ttl = { default, resources }, memory_tier = { ttl }
for a cache within the service that no command reaches, tiers = [{ url = "sqlite:/srv/shop/cache.db" }, { url =
"http://127.0.0.1:8000/api/cache" }], deepest first, for where neither -u nor another place names an address, targets = ["mean_reduction >= 60%"] of bench, endpoint_targets = { RESOURCE = [...] } of an
endpoint of a suite with that resource, goals = { overall = ["hit_rate >= 85%"], resources = { RESOURCE =
["bytes_per_entry <= 2KB"] } } of stats, environment, and events = { NAME = { description, value,
resources, keys, where } }. keys are globs; in them {value} stands for the value of -e NAME=VALUE, {tenant} for the tenant.)";

} // namespace

Action declare_profile(CLI::App& app) {
    const auto options = std::make_shared<ProfileOptions>();
    const auto action = std::make_shared<Action>();
    app.require_subcommand(1);
    app.footer(k_profile_examples);
    CLI::App* list =
        app.add_subcommand("list", "The profiles there are, the user's own included")->fallthrough();
    list->callback([action] { *action = run_list; });
    CLI::App* show = app.add_subcommand("show", "Keys, times to live, events, targets and goals of a profile")
                         ->fallthrough();
    show->add_option("NAME", options->name, "Which, or its file (default: the one that the settings name)")
        ->type_name("");
    show->footer(k_profile_examples);
    show->callback(
        [action, options] { *action = [options](Context& context) { return run_show(*options, context); }; });
    CLI::App* check =
        app.add_subcommand("check", "Read a file of profiles and say where it is wrong")->fallthrough();
    check->add_option("FILE", options->file, "A profile, or a roacache.toml that holds some")
        ->type_name("")
        ->required();
    check->footer(k_profile_examples);
    check->callback([action, options] {
        *action = [options](Context& context) { return run_check(*options, context); };
    });
    return [action](Context& context) { return (*action)(context); };
}

} // namespace roacache::commands
