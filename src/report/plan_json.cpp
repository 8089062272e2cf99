#include "src/report/plan_json.hpp"

#include "src/output/text.hpp"
#include "src/report/json_figures.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::ArmKind;
using bench::Plan;

constexpr double k_fastest = 1e6, k_most_callers = 1e4, k_longest_ms = 1e12;

/// A number above 0; nothing for null.
std::optional<double> positive(const Json& value, const char* what, double most) {
    if (!value.is_number()) return {};
    const double number = value;
    if (!(number > 0) || number > most) throw BadRun(fmt::format("its {} is none", what));
    return number;
}

std::optional<core::Nanoseconds> duration_from(const Json& value, const char* what) {
    const auto ms = positive(value, what, k_longest_ms);
    if (!ms) return {};
    return std::chrono::duration_cast<core::Nanoseconds>(std::chrono::duration<double, std::milli>(*ms));
}

Json duration_json(core::Nanoseconds duration) {
    return milliseconds(static_cast<double>(duration.count()));
}

unsigned at_least_one(const Json& value) {
    return std::max(value.get<unsigned>(), 1U);
}

Json requests_json(const Plan& plan) {
    if (!plan.duration) return plan.requests;
    return plan.duration_cap ? Json(*plan.duration_cap) : Json(nullptr);
}

void read_forced(const Json& value, Plan& plan) {
    if (!value.is_string()) return;
    plan.forced = arm_from(value);
    if (plan.forced != ArmKind::uncached && plan.forced != ArmKind::miss)
        throw BadRun("misses are forced of an arm that cannot be");
}

void read_stampede(const Json& value, Plan& plan) {
    if (!value.is_object()) return;
    plan.stampede = {at_least_one(value.at("rounds")), at_least_one(value.at("callers"))};
}

struct Field {
    const char* name;
    bool required; ///< older runs have it too
    Json (*write)(const Plan& plan);
    void (*read)(const Json& value, Plan& plan);
};

/// In the order of the document. What is read may build on the fields before it.
constexpr Field k_fields[] = {
    {"load", false, [](const Plan& plan) { return Json(plan.rate ? "open" : "closed"); },
     [](const Json&, Plan&) {}}, // given by the rate
    {"rate", false, [](const Plan& plan) { return number(plan.rate); },
     [](const Json& value, Plan& plan) { plan.rate = positive(value, "rate", k_fastest); }},
    {"duration_ms", false,
     [](const Plan& plan) { return plan.duration ? duration_json(*plan.duration) : Json(nullptr); },
     [](const Json& value, Plan& plan) { plan.duration = duration_from(value, "duration"); }},
    {"requests", true, requests_json,
     [](const Json& value, Plan& plan) {
         if (!value.is_number()) return;
         plan.requests = value;
         if (plan.duration) plan.duration_cap = plan.requests;
     }},
    {"closed_beside", false,
     [](const Plan& plan) { return plan.closed_loop ? Json(*plan.closed_loop) : Json(nullptr); },
     [](const Json& value, Plan& plan) {
         const auto callers = positive(value, "closed_beside", k_most_callers);
         if (callers && plan.rate) plan.closed_loop = std::max(static_cast<unsigned>(*callers), 1U);
     }},
    {"concurrency", true, [](const Plan& plan) { return Json(plan.concurrency); },
     [](const Json& value, Plan& plan) { plan.concurrency = value; }},
    {"threads", false, [](const Plan& plan) { return Json(plan.threads); },
     [](const Json& value, Plan& plan) { plan.threads = at_least_one(value); }},
    {"protocol", false, [](const Plan& plan) { return Json(plan.http2 ? "HTTP/2" : "HTTP/1.1"); },
     [](const Json& value, Plan& plan) { plan.http2 = value == "HTTP/2"; }},
    {"streams", false, [](const Plan& plan) { return plan.http2 ? Json(plan.streams) : Json(nullptr); },
     [](const Json& value, Plan& plan) {
         if (plan.http2 && value.is_number()) plan.streams = at_least_one(value);
     }},
    {"warmup", false, [](const Plan& plan) { return Json(plan.warmup); },
     [](const Json& value, Plan& plan) { plan.warmup = value; }},
    {"spin", false, [](const Plan& plan) { return Json(plan.spin); },
     [](const Json& value, Plan& plan) { plan.spin = value; }},
    {"blocks", true, [](const Plan& plan) { return Json(plan.blocks); },
     [](const Json& value, Plan& plan) { plan.blocks = value; }},
    {"seed", true, [](const Plan& plan) { return Json(plan.seed); },
     [](const Json& value, Plan& plan) { plan.seed = value; }},
    {"forced", false,
     [](const Plan& plan) { return plan.forced ? Json(bench::name_of(*plan.forced)) : Json(nullptr); },
     read_forced},
    {"stampede", false,
     [](const Plan& plan) {
         return plan.stampede ? Json{{"rounds", plan.stampede->rounds}, {"callers", plan.stampede->callers}}
                              : Json(nullptr);
     },
     read_stampede},
    {"timeout_ms", false, [](const Plan& plan) { return duration_json(plan.timeout); },
     [](const Json& value, Plan& plan) {
         plan.timeout = duration_from(value, "timeout").value_or(plan.timeout);
     }},
    {"connect_to", false,
     [](const Plan& plan) {
         Json rules = Json::array();
         for (const bench::ConnectTo& rule : plan.connect_to)
             rules.push_back(output::printable(rule.text()));
         return rules;
     },
     [](const Json& value, Plan& plan) {
         for (const Json& rule : value) {
             const auto known = bench::parse_connect_to(rule.get<std::string>());
             if (!known) throw BadRun("where it connected to is no address");
             plan.connect_to.push_back(*known);
         }
     }},
    {"expect", false, [](const Plan& plan) { return Json(plan.expected.text()); },
     [](const Json& value, Plan& plan) {
         const auto expected = http::StatusSet::parse(value.get<std::string>());
         if (!expected) throw BadRun("the statuses that it expects are none");
         plan.expected = *expected;
     }},
    {"origin_counter", false,
     [](const Plan& plan) {
         return plan.origin_counter.empty() ? Json(nullptr) : bytes(plan.origin_counter);
     },
     [](const Json& value, Plan& plan) {
         if (value.is_string()) plan.origin_counter = output::printable(value.get<std::string>());
     }},
    {"demo_rows", false,
     [](const Plan& plan) { return plan.demo_rows ? Json(*plan.demo_rows) : Json(nullptr); },
     [](const Json& value, Plan& plan) {
         if (value.is_number_unsigned()) plan.demo_rows = value;
     }},
    {"hit_header", true, [](const Plan& plan) { return hit_headers_json(plan.hit_headers); },
     [](const Json& value, Plan& plan) { plan.hit_headers = hit_headers_from(value); }},
};

} // namespace

Json plan_json(const Plan& plan) {
    Json json = Json::object();
    for (const Field& field : k_fields)
        json[field.name] = field.write(plan);
    return json;
}

void read_plan(const Json& json, Plan& plan) {
    for (const Field& field : k_fields)
        if (field.required || json.contains(field.name)) field.read(json.at(field.name), plan);
}

ArmKind arm_from(const std::string& name) {
    for (const ArmKind arm : bench::k_all_arms)
        if (name == bench::name_of(arm)) return arm;
    throw BadRun(fmt::format("there is no arm '{}'", output::printable(name)));
}

Json hit_headers_json(const bench::HitHeaders& headers) {
    if (headers.size() == 1) return bytes(headers.front().text());
    Json json = headers.empty() ? Json(nullptr) : Json::array();
    for (const bench::HitHeader& header : headers)
        json.push_back(bytes(header.text()));
    return json;
}

bench::HitHeaders hit_headers_from(const Json& json) {
    bench::HitHeaders headers;
    const auto add = [&](const Json& one) {
        if (!one.is_string()) return;
        const std::string text = one;
        const std::size_t colon = std::min(text.find(": "), text.size());
        headers.push_back({text.substr(0, colon), text.substr(std::min(colon + 2, text.size()))});
    };
    if (!json.is_array())
        add(json);
    else
        for (const Json& one : json)
            add(one);
    return headers;
}

} // namespace roacache::report
