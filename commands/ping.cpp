#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/open_store.hpp"
#include "commands/server_state.hpp"
#include "src/bench/model/histogram.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

struct PingOptions {
    unsigned count = 1;
    std::string wait;
    bool shows_capabilities = false;
    bool fail_on_fallback = false;
    std::string instances;
};

struct Pong {
    std::string target;
    store::Info info;
    bench::Histogram rtt;
    std::optional<store::Capabilities> capabilities; ///< where they are shown
    std::optional<bool> refuses_writes;              ///< since its memory is full; absent: not known
};

Pong ping_once(const PingOptions& options, const Context& context,
               core::Nanoseconds longest_wait = core::Nanoseconds::max()) {
    const auto store = open_store(context, longest_wait);
    Pong pong{store->name(), store->info(), {}, {}, {}};
    // A management API tells its statistics to whom it knows, and its health to everybody.
    if (!pong.info.dialect && pong.info.whole) pong.refuses_writes = store->statistics().refuses_writes;
    if (options.shows_capabilities) pong.capabilities = store->capabilities();
    for (unsigned i = 0; i < options.count && !core::Interrupt::requested(); ++i)
        pong.rtt.record(store->ping().count());
    return pong;
}

/// An attempt has so much time even where less is left of --wait.
constexpr core::Nanoseconds k_least_attempt = std::chrono::milliseconds(100);

/// Tries again with growing pauses for as long as the store does not answer or is still loading; any other
/// refusal, and a certificate that does not hold, is final.
Pong ping_until(const PingOptions& options, const Context& context) {
    const core::Deadline deadline = core::Deadline::in(core::parse_duration(options.wait, "--wait"));
    core::Nanoseconds gap = std::chrono::milliseconds(50);
    for (bool noted = false;; noted = true) {
        try {
            const std::chrono::milliseconds left(deadline.poll_ms());
            return ping_once(options, context, std::max<core::Nanoseconds>(left, k_least_attempt));
        } catch (const core::Error& error) {
            const bool waits = error.code() == core::ExitCode::unreachable && !error.lasts();
            if (!waits || deadline.passed() || core::Interrupt::requested()) throw;
            if (!noted) context.note(fmt::format("{}; waiting", error.what()));
        }
        core::wait_ready(-1, 0, deadline.or_in(gap));
        gap = std::min<core::Nanoseconds>(gap * 3 / 2, std::chrono::seconds(2));
    }
}

ordered_json members_to_json(const std::vector<store::Member>& members) {
    ordered_json list = ordered_json::array();
    for (const store::Member& member : members)
        list.push_back(
            {{"node", output::json_bytes(member.node)},
             {"role", member.role},
             {"primary", member.primary.empty() ? ordered_json(nullptr)
                                                : ordered_json(output::json_bytes(member.primary))},
             {"slots", member.slots},
             {"slot_ranges", member.slot_ranges},
             {"link", member.linked ? ordered_json(*member.linked ? "up" : "down") : ordered_json(nullptr)},
             {"lag_bytes", json_of(member.lag_bytes)},
             {"answers", member.answers}});
    return list;
}

ordered_json tiers_to_json(const std::vector<store::TierFigures>& tiers) {
    if (tiers.empty()) return nullptr;
    ordered_json list = ordered_json::array();
    for (const store::TierFigures& tier : tiers)
        list.push_back({{"name", tier.name}, {"entries", json_of(tier.entries)}});
    return list;
}

/// `master, slots 0-5460`, `replica of 127.0.0.1:7000, 0 bytes behind`, and whether it is away.
std::string description_of(const store::Member& member, bool has_slots) {
    std::string text = member.role;
    if (!member.primary.empty()) text += " of " + output::printable(member.primary);
    if (has_slots && member.role == "master")
        text += member.slots == 0 ? ", no slots" : ", slots " + member.slot_ranges;
    if (member.lag_bytes) text += fmt::format(", {} bytes behind", core::format_count(*member.lag_bytes));
    if (!member.answers)
        text += ", does not answer";
    else if (!member.linked.value_or(true))
        text += ", link down";
    return text;
}

ordered_json to_json(const Pong& pong, const Context& context) {
    const auto text = [](const std::optional<core::Untrusted>& value) {
        return value ? ordered_json(output::json_bytes(*value)) : ordered_json(nullptr);
    };
    const auto ms = [&](double ns) {
        return pong.rtt.empty() ? ordered_json(nullptr) : ordered_json(core::to_ms(ns));
    };
    ordered_json nodes = ordered_json::array();
    for (const std::string& node : pong.info.nodes)
        nodes.push_back(ordered_json(output::json_bytes(node)));
    ordered_json json = document_head("ping", context);
    json["outcome"] = core::Interrupt::requested() ? "interrupted" : "done";
    json["kind"] = text(pong.info.kind);
    json["version"] = text(pong.info.version);
    json["role"] = text(pong.info.role);
    json["link"] = text(pong.info.link);
    json["primary"] = text(pong.info.primary);
    json["topology"] = text(pong.info.topology);
    json["nodes"] = nodes;
    if (!pong.info.members.empty()) json["members"] = members_to_json(pong.info.members);
    if (pong.info.dialect) {
        json["dialect"] = text(pong.info.dialect);
        json["backend"] = text(pong.info.backend);
        json["fallback"] = json_of(pong.info.fallback);
        json["auto_invalidate_running"] = json_of(pong.info.auto_invalidate_running);
        json["tiers"] = tiers_to_json(pong.info.tiers);
    }
    json["refuses_writes"] = pong.refuses_writes ? ordered_json(*pong.refuses_writes) : ordered_json(nullptr);
    if (pong.capabilities) {
        ordered_json can = ordered_json::array(), limited = ordered_json::object(),
                     cannot = ordered_json::object();
        const auto& [missing, in_part] = *pong.capabilities;
        for (const auto& [capability, name] : store::k_capabilities) {
            if (const auto why = missing.find(capability); why != missing.end()) {
                cannot[std::string(name)] = output::printable(why->second);
                continue;
            }
            can.push_back(name);
            if (const auto why = in_part.find(capability); why != in_part.end())
                limited[std::string(name)] = output::printable(why->second);
        }
        json["can"] = can;
        json["limited"] = limited;
        json["cannot"] = cannot;
    }
    json["rtt_ms"] = {{"min", ms(static_cast<double>(pong.rtt.min_ns()))},
                      {"mean", ms(pong.rtt.mean_ns())},
                      {"p50", ms(pong.rtt.quantile_ns(0.5))},
                      {"p99", ms(pong.rtt.quantile_ns(0.99))},
                      {"max", ms(static_cast<double>(pong.rtt.max_ns()))}};
    return json;
}

/// Name and value of everything known, in the order of the JSON.
std::vector<std::pair<std::string, std::string>> facts(const Pong& pong, bool people) {
    const auto text = [](const std::optional<core::Untrusted>& value) {
        return value ? output::printable(*value) : "n/a";
    };
    const auto time = [&](double ns) {
        if (pong.rtt.empty()) return std::string("n/a");
        return people ? core::format_duration(core::Nanoseconds(std::llround(ns)))
                      : fmt::format("{}", core::to_ms(ns));
    };
    std::string nodes;
    for (const std::string& node : pong.info.nodes)
        nodes += (nodes.empty() ? "" : " ") + output::printable(node);
    std::vector<std::pair<std::string, std::string>> list{{"kind", text(pong.info.kind)},
                                                          {"version", text(pong.info.version)},
                                                          {"role", text(pong.info.role)},
                                                          {"topology", text(pong.info.topology)},
                                                          {"nodes", nodes.empty() ? "n/a" : nodes}};
    if (pong.info.dialect) {
        list.emplace_back("dialect", text(pong.info.dialect));
        list.emplace_back("backend", text(pong.info.backend));
        if (const auto running = pong.info.auto_invalidate_running)
            list.emplace_back("auto invalidate running", *running ? "true" : "false");
        for (const store::TierFigures& tier : pong.info.tiers)
            list.emplace_back(fmt::format("tier {} entries", tier.name),
                              people ? core::format_count(*tier.entries) : std::to_string(*tier.entries));
    }
    for (const store::Member& member : pong.info.members)
        list.emplace_back(people ? output::printable(member.node) : "node " + output::printable(member.node),
                          description_of(member, pong.info.topology == "cluster"));
    if (pong.info.role == "replica" || pong.info.link) {
        list.emplace_back("link", text(pong.info.link));
        list.emplace_back("primary", text(pong.info.primary));
    }
    list.emplace_back("refuses writes",
                      pong.refuses_writes ? *pong.refuses_writes ? "true" : "false" : "n/a");
    if (pong.capabilities)
        for (const auto& [capability, name] : store::k_capabilities) {
            const auto& [missing, limited] = *pong.capabilities;
            std::string answer = "true";
            if (const auto why = missing.find(capability); why != missing.end())
                answer = "false: " + output::printable(why->second);
            else if (const auto part = limited.find(capability); part != limited.end())
                answer = "in part: " + output::printable(part->second);
            list.emplace_back(fmt::format("can {}", name), answer);
        }
    if (people && pong.rtt.count() <= 1) {
        list.emplace_back("rtt", time(pong.rtt.mean_ns()));
        return list;
    }
    list.emplace_back(people ? "rtt min" : "rtt_ms_min", time(static_cast<double>(pong.rtt.min_ns())));
    list.emplace_back(people ? "rtt mean" : "rtt_ms_mean", time(pong.rtt.mean_ns()));
    list.emplace_back(people ? "rtt p50" : "rtt_ms_p50", time(pong.rtt.quantile_ns(0.5)));
    list.emplace_back(people ? "rtt p99" : "rtt_ms_p99", time(pong.rtt.quantile_ns(0.99)));
    list.emplace_back(people ? "rtt max" : "rtt_ms_max", time(static_cast<double>(pong.rtt.max_ns())));
    return list;
}

/// For people: aligned, names set back.
std::string to_table(const Pong& pong, bool colour) {
    output::Table table({{""}, {""}});
    for (const auto& [name, value] : facts(pong, true))
        table.add({output::style(name, output::Style::dim, colour), value});
    return fmt::format("{} {}\n", output::style(output::printable(pong.target), output::Style::bold, colour),
                       output::style("answers", output::Style::green, colour)) +
           table.text();
}

std::string to_lines(const Pong& pong, char separator) {
    std::string text = separator == ',' ? "name,value\n" : "";
    for (auto [name, value] : facts(pong, false)) {
        std::replace(name.begin(), name.end(), ' ', '_');
        text += name + separator + (separator == ',' ? output::csv_field(value) : value) + "\n";
    }
    return text;
}

core::ExitCode run_ping(const PingOptions& given, Context& context) {
    const Format format = context.format(k_entry_formats);
    PingOptions options = given;
    options.shows_capabilities = is_json(format) || context.settings.verbose;
    const Pong pong = options.wait.empty() ? ping_once(options, context) : ping_until(options, context);
    std::ostream& out = context.streams.out;
    switch (format) {
    case Format::json:
        out << output::json_text(to_json(pong, context), 2) << "\n";
        break;
    case Format::ndjson:
        out << output::json_text(to_json(pong, context)) << "\n";
        break;
    case Format::csv:
        out << to_lines(pong, ',');
        break;
    case Format::plain:
        out << to_lines(pong, '\t');
        break;
    default:
        out << to_table(pong, context.streams.out_colour);
    }
    out.flush();
    warn_of_state(context, pong.target, pong.info);
    warn_of_full_memory(context, pong.refuses_writes);
    if (core::Interrupt::requested()) return core::ExitCode::interrupted;
    const bool failed = options.fail_on_fallback && pong.info.fallback == true;
    return failed ? core::ExitCode::negative : core::ExitCode::done;
}

constexpr const char* k_ping_examples = R"(
Examples:
  roacache ping
      The cache that the settings name.
  roacache ping -v
      With what may be asked of it as this user, and why not the rest.
  roacache ping -u rediss://cache.internal:6380 --password-file /run/secrets/redis -c 100
      Round trips over TLS.
  roacache ping --wait 30s && ./start-service
      Wait until it answers; exit 3 when it does not.
  roacache ping -u https://portal.internal/api/cache --fail-on-fallback
      A service's management API; exit 1 when the service has fallen back to its own memory.)";

} // namespace

Action declare_ping(CLI::App& app) {
    const auto options = std::make_shared<PingOptions>();
    app.add_option("-c,--count", options->count, "Round trips to measure")
        ->type_name("N")
        ->check(CLI::Range(1U, 1'000'000U))
        ->capture_default_str();
    app.add_option("--wait", options->wait, "Retry for this long until it answers")->type_name("DUR");
    app.add_flag("--fail-on-fallback", options->fail_on_fallback,
                 "Exit 1 when a service says that it has fallen back to its own memory");
    add_instances_option(app, options->instances);
    app.footer(k_ping_examples);
    return [options](Context& context) {
        const auto run = [options](Context& there) { return run_ping(*options, there); };
        return run_on_targets(options->instances, "ping", context, run);
    };
}

} // namespace roacache::commands
