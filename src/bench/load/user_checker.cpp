#include "src/bench/load/user_checker.hpp"

#include "src/bench/answers/user_answers.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/http/content_coding.hpp"
#include "src/http/exchange.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace roacache::bench {
namespace {

/// Of one endpoint: so many requests at least, and at most, where there are so many different ones.
constexpr std::uint64_t k_least_asked = 3, k_most_asked = 100;
/// After which no more than the least are asked.
constexpr std::chrono::seconds k_time_to_ask{10};
/// Rare ones may never be chosen.
constexpr std::uint64_t k_most_choices = 1'000'000;
constexpr std::size_t k_longest_answer = std::size_t{4} << 20;

void authorize(std::optional<http::RequestSpec>& request, const std::string& token) {
    if (!request) return;
    std::erase_if(request->headers, [](const auto& header) {
        return core::equal_ignoring_case(header.first, "Authorization") ||
               core::equal_ignoring_case(header.first, "Accept-Encoding");
    });
    request->headers.emplace_back("Authorization", "Bearer " + token);
}

Plan plan_of_user(Plan plan, const std::string& token) {
    for (EndpointPlan& endpoint : plan.endpoints)
        for (auto* request : {&endpoint.cached, &endpoint.uncached})
            authorize(*request, token);
    return plan;
}

} // namespace

UserChecker::UserChecker(const Plan& plan, const Behind& behind) : plan_(plan), behind_(behind) {
    for (std::size_t i = 0; i < users_.size(); ++i) {
        users_.at(i).plan = plan_of_user(plan, plan.user_tokens.at(i));
        users_.at(i).workload = prepare(users_.at(i).plan);
    }
}

/// Throws core::Error where there is no whole answer.
UserAnswer UserChecker::ask(const User& user, ArmKind arm, std::size_t endpoint, std::uint64_t number) {
    const Target& target = *user.workload.target(arm, endpoint);
    const Origin& origin = user.workload.origins[target.origin];
    http::Request made;
    const http::Request& request = target.requests.at({number, serial_++}, made);
    const core::Deadline deadline = core::Deadline::in(plan_.timeout);
    net::Stream stream =
        net::Stream::connect(origin.addresses, origin.host, user.workload.tls_of(origin), deadline);
    http::Answer answer = http::exchange(request, stream, deadline);
    auto content = answer.content_encoding.empty()
                       ? std::nullopt
                       : http::decoded(answer.body, answer.content_encoding, k_longest_answer);
    return {answer.status, content ? std::move(*content) : std::move(answer.body), std::move(answer.location),
            std::move(answer.set_cookies)};
}

void UserChecker::switch_to(bool cached) {
    if (behind_.cache_switch != nullptr) behind_.cache_switch->set(cached);
}

/// Before each uncached request.
void UserChecker::go_past_cache(std::size_t endpoint) {
    if (plan_.forced == ArmKind::uncached) behind_.store->remove(endpoint);
}

UserCheck UserChecker::check(std::size_t endpoint, std::uint64_t number) {
    UserCheck check;
    std::array<UserAnswers, 2> answers;
    try {
        switch_to(false);
        for (std::size_t round = 0; round < 2; ++round)
            for (std::size_t i = 0; i < users_.size(); ++i) {
                go_past_cache(endpoint);
                answers.at(i).uncached.at(round) = ask(users_.at(i), ArmKind::uncached, endpoint, number);
            }
        switch_to(true);
        go_past_cache(endpoint); // so that the first user's answer is the one that is stored
        for (const std::size_t i : {0U, 1U, 0U, 1U})
            answers.at(i).cached = ask(users_.at(i), ArmKind::cached, endpoint, number);
    } catch (const core::Error& error) {
        if (error.code() == core::ExitCode::usage) throw; // a hook
        check.why = error.what();
        return check;
    }
    const EndpointPlan& plan = plan_.endpoints[endpoint];
    check = judge_users(answers, plan.ignored, {plan_.expected, plan.expected_text});
    if (check.outcome == UserCheck::Outcome::crossed && behind_.store != nullptr)
        check.keys = behind_.store->keys_holding(answers.at(check.served - 1).cached.body);
    return check;
}

std::vector<UserCheck> UserChecker::check() {
    std::vector<UserCheck> checks;
    const core::Deadline enough = core::Deadline::in(k_time_to_ask);
    for (std::size_t endpoint = 0; endpoint < plan_.endpoints.size(); ++endpoint) {
        const Choices choices(plan_.endpoints[endpoint].asked_with(), plan_.seed);
        std::vector<std::uint64_t> asked;
        const std::uint64_t most = std::min(choices.variants().value_or(1), k_most_asked);
        for (std::uint64_t number = 0; asked.size() < most && number < k_most_choices; ++number) {
            if (core::Interrupt::requested()) return checks;
            if (asked.size() >= k_least_asked && enough.passed()) break;
            const std::uint64_t variant = choices.variant(number);
            if (std::find(asked.begin(), asked.end(), variant) != asked.end()) continue;
            asked.push_back(variant);
            checks.push_back(check(endpoint, number));
            checks.back().endpoint = endpoint;
            checks.back().of_requests = choices.variants();
            if (choices.variants() != 1) checks.back().request = choices.describe(variant);
        }
    }
    return checks;
}

} // namespace roacache::bench
