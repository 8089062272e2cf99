#include "src/bench/model/plan.hpp"

#include "src/bench/model/question.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::bench {

const char* name_of(ArmKind arm) {
    switch (arm) {
    case ArmKind::cached:
        return "cached";
    case ArmKind::uncached:
        return "uncached";
    case ArmKind::miss:
        return "miss";
    case ArmKind::up:
        return "up";
    case ArmKind::down:
        return "down";
    case ArmKind::back:
        return "back";
    case ArmKind::single:
        break;
    }
    return "single";
}

namespace {

EndpointPlan plan_endpoint(EndpointSpec spec) {
    EndpointPlan endpoint;
    endpoint.asked = asked_by(spec.request, spec.parameters);
    endpoint.headers = headers_of(spec.request);
    endpoint.keep_alive = keeps_alive(spec.request);
    endpoint.uncached_by = describe_with_url(spec.uncached);
    endpoint.varied = describe(used_by(spec.request, spec.parameters));
    endpoint.name = output::readable_url(spec.request.url.redacted());
    endpoint.label = std::move(spec.label);
    endpoint.weight = spec.weight;
    endpoint.hit_json = spec.hit_json;
    endpoint.asserts = std::move(spec.asserts);
    endpoint.expected_text = std::move(spec.expected_text);
    endpoint.parameters = std::move(spec.parameters);
    if (spec.uncached.empty()) {
        endpoint.single = std::move(spec.request);
        return endpoint;
    }
    endpoint.ignored = std::move(spec.ignored);
    if (spec.hit_json) endpoint.ignored.push_back(spec.hit_json->place); // it rightly differs
    endpoint.uncached = prepare_request(spec.uncached, spec.request);
    endpoint.cached = std::move(spec.request);
    return endpoint;
}

[[noreturn]] void refuse(const std::string& why, const std::string& remedy) {
    throw core::Error(core::ExitCode::usage, why, remedy);
}

/// A forgotten parameter would be asked for by its name.
void check_places(const http::RequestSpec& request, const ParameterList& parameters) {
    const auto unfilled = unfilled_places(request.url.target, parameters);
    if (unfilled.empty()) return;
    const std::string shown = output::printable(output::readable_url(request.url.redacted()));
    const auto not_hidden = unfilled_places(shown, parameters);
    refuse(fmt::format("no value for {}: {}",
                       not_hidden.empty() ? "what is in braces" : "{" + not_hidden.front() + "}", shown),
           "Give it values (--param NAME=1,2,3, in a suite vary); a brace that is meant is written %7B.");
}

void check_request(const EndpointSpec& endpoint) {
    const http::RequestSpec uncached = prepare_request(endpoint.uncached, endpoint.request);
    for (const Parameter& parameter : endpoint.parameters) {
        if (parameter.has_values() && parameter.values.empty())
            refuse("no value for the parameter " + parameter.name, "Give it one at least.");
        if (used_by(endpoint.request, {parameter}).empty() && used_by(uncached, {parameter}).empty())
            refuse(fmt::format("no request has a place for the parameter {}", parameter.name),
                   "Write {" + parameter.name +
                       "} where its values belong: in the URL, a header or the body.");
    }
    check_places(endpoint.request, endpoint.parameters);
    check_places(uncached, endpoint.parameters);
    if (endpoint.request.method == "HEAD" && (!endpoint.expected_text.empty() || endpoint.hit_json))
        refuse("an answer to HEAD has no body to look into",
               "Leave --expect-body-contains and --hit-json away, or ask by GET.");
    const Choices choices(used_by(endpoint.request, endpoint.parameters), 0);
    if (forced_arm(endpoint.uncached) && choices.variants() != 1)
        refuse("misses cannot be forced of requests that differ in their parameters",
               "Go past the cache in another way, or give each parameter one value.");
}

} // namespace

Plan make_plan(std::vector<EndpointSpec> endpoints, const LoadSpec& load) {
    Plan plan;
    static_cast<LoadSpec&>(plan) = load;
    const EndpointSpec& first = endpoints.at(0);
    plan.single = first.uncached.empty();
    plan.compare = load.compare && !plan.single;
    plan.forced = forced_arm(first.uncached);
    plan.counts_in_store = load.counts_in_store || plan.forced;
    for (const EndpointSpec& endpoint : endpoints) {
        check_request(endpoint);
        if (endpoint.uncached.empty() != plan.single)
            refuse("only some endpoints say how they are answered without the cache",
                   "Say it of all, or none.");
        if (forced_arm(endpoint.uncached) != plan.forced)
            refuse("of some endpoints misses are a third arm, of others the second",
                   "Say of each how the cache is gone past, or of none.");
        const auto proves = [](const EndpointSpec& one) { return !one.hit_headers.empty() || one.hit_json; };
        if (proves(endpoint) != proves(first))
            refuse("some endpoints have a hit_header or hit_json and others have none",
                   "Give one to each, or to the suite.");
    }
    plan.hit_headers = first.hit_headers;
    const bool same_headers =
        std::all_of(endpoints.begin(), endpoints.end(),
                    [&](const EndpointSpec& endpoint) { return endpoint.hit_headers == plan.hit_headers; });
    for (EndpointSpec& endpoint : endpoints) {
        HitHeaders own = same_headers ? HitHeaders() : endpoint.hit_headers;
        plan.endpoints.push_back(plan_endpoint(std::move(endpoint)));
        plan.endpoints.back().hit_headers = std::move(own);
    }
    return plan;
}

void check_connect_to(const Plan& plan) {
    std::vector<net::HostPort> hosts;
    std::string names;
    for (const EndpointPlan& endpoint : plan.endpoints)
        for (const auto* request : {&endpoint.cached, &endpoint.uncached, &endpoint.single}) {
            if (!*request) continue;
            const net::HostPort& host = (*request)->url.hosts.front();
            if (std::find(hosts.begin(), hosts.end(), host) != hosts.end()) continue;
            hosts.push_back(host);
            names += (names.empty() ? "" : ", ") + output::printable(host.text());
        }
    for (const ConnectTo& rule : plan.connect_to)
        if (std::none_of(hosts.begin(), hosts.end(), [&](const auto& host) { return rule.fits(host); }))
            refuse(fmt::format("--connect-to: {}: no URL is called so", output::printable(rule.text())),
                   fmt::format("The URLs are of {}.", names));
}

const std::optional<http::RequestSpec>& EndpointPlan::spec(ArmKind arm) const {
    if (arm == ArmKind::cached || arm == ArmKind::miss) return cached;
    return arm == ArmKind::uncached ? uncached : single;
}

std::vector<const Parameter*> EndpointPlan::asked_with() const {
    const std::optional<http::RequestSpec>& request = single ? single : cached;
    return request ? used_by(*request, parameters) : std::vector<const Parameter*>();
}

unsigned Plan::connections() const {
    const unsigned threads_with_more = concurrency % threads;
    const auto of = [&](unsigned its) { return (its + streams - 1) / streams; };
    return threads_with_more * of(concurrency / threads + 1) +
           (threads - threads_with_more) * of(concurrency / threads);
}

std::uint64_t Plan::round_size() const {
    std::uint64_t size = 0;
    for (const EndpointPlan& endpoint : endpoints)
        size += endpoint.weight;
    return size;
}

bool Plan::proves_hits() const {
    return !hit_headers.empty() || names_tiers() ||
           std::any_of(endpoints.begin(), endpoints.end(),
                       [](const auto& one) { return !one.hit_headers.empty(); });
}

bool Plan::names_tiers() const {
    return std::any_of(endpoints.begin(), endpoints.end(),
                       [](const auto& one) { return one.hit_json.has_value(); });
}

const HitHeaders& Plan::hit_headers_of(std::size_t endpoint) const {
    const HitHeaders& own = endpoints[endpoint].hit_headers;
    return own.empty() ? hit_headers : own;
}

bool Plan::proves_misses_of(std::size_t endpoint) const {
    const HitHeaders& headers = hit_headers_of(endpoint);
    return endpoints[endpoint].hit_json ||
           std::any_of(headers.begin(), headers.end(), [](const HitHeader& header) {
               return !header.value.empty() || !core::equal_ignoring_case(header.name, "Age");
           });
}

bool Plan::proves_misses() const {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
        if (proves_misses_of(i)) return true;
    return false;
}

bool Plan::same_hit_proofs() const {
    for (std::size_t i = 1; i < endpoints.size(); ++i)
        if (hit_headers_of(0) != hit_headers_of(i) || endpoints[0].hit_json != endpoints[i].hit_json)
            return false;
    return true;
}

Plan Plan::as_closed_loop() const {
    Plan plan = *this;
    plan.blocks = pairs();
    plan.rate.reset();
    plan.concurrency = std::exchange(plan.closed_loop, std::nullopt).value();
    plan.threads = std::min(threads, plan.concurrency);
    plan.streams = std::min(streams, plan.concurrency);
    return plan;
}

Plan Plan::only(const std::vector<std::size_t>& some) const {
    Plan plan = *this;
    plan.endpoints.clear();
    for (const std::size_t endpoint : some)
        plan.endpoints.push_back(endpoints.at(endpoint));
    if (some.size() != 1) return plan;
    const unsigned weight = std::exchange(plan.endpoints.front().weight, 1);
    plan.requests *= weight;
    if (plan.duration_cap) *plan.duration_cap *= weight;
    return plan;
}

std::vector<ArmKind> Plan::arms() const {
    if (drill) return {ArmKind::up, ArmKind::down, ArmKind::back};
    if (single) return {ArmKind::single};
    if (forced == ArmKind::miss) return {ArmKind::cached, ArmKind::uncached, ArmKind::miss};
    return {ArmKind::cached, ArmKind::uncached};
}

std::optional<ArmKind> Plan::arm_by_proof(ArmKind arm) const {
    if (single) return {};
    return arm == ArmKind::cached ? forced : ArmKind::cached;
}

std::optional<std::uint64_t> Plan::most_requests() const {
    if (!duration) return requests;
    if (!rate) return duration_cap;
    const double seconds = static_cast<double>(duration->count()) / (closed_loop ? 2e9 : 1e9);
    const double all =
        *rate * seconds / static_cast<double>(std::max<std::uint64_t>(round_size(), 1) * arms().size());
    constexpr double k_most = 1e18;
    const auto each = static_cast<std::uint64_t>(std::clamp(all, 0.0, k_most));
    return std::min(each, duration_cap.value_or(each));
}

unsigned Plan::pairs() const {
    constexpr std::uint64_t k_least_for_connection = 3;
    std::uint64_t most = std::max(blocks, 1U);
    const auto each = most_requests();
    if (!each) return static_cast<unsigned>(most);
    const std::uint64_t busy = rate ? closed_loop.value_or(0) : concurrency;
    // In floating point, for the number of requests may be as great as there is any.
    const double filled = static_cast<double>(*each) * static_cast<double>(round_size()) /
                          static_cast<double>(k_least_for_connection * std::max<std::uint64_t>(busy, 1));
    if (busy > 1 && filled < static_cast<double>(most))
        most = std::max(static_cast<std::uint64_t>(filled), std::min<std::uint64_t>(most, k_least_blocks));
    return static_cast<unsigned>(std::min(most, *each));
}

} // namespace roacache::bench
