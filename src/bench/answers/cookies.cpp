#include "src/bench/answers/cookies.hpp"

#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace roacache::bench {
namespace {

using Cookies = std::map<std::string, std::string>; // values by name

/// Of AWS, Azure, Citrix, Cloudflare, F5, Google, HAProxy, Kubernetes' ingress and Oracle, by how they begin:
/// they name a server, or the client's connection, and no user.
constexpr std::string_view k_balancers[] = {
    "awsalb", "awselb",        "arraffinity", "applicationgatewayaffinity",
    "nsc_",   "__cf",          "_cfuvid",     "cf_",
    "bigip",  "ts01",          "gclb",        "serverid",
    "srv_id", "ingresscookie", "route",       "x-oracle-bmc-lbs-route"};

bool is_of_balancer(std::string_view name) {
    const std::string lower = core::to_lower(name);
    return std::any_of(std::begin(k_balancers), std::end(k_balancers),
                       [&](std::string_view one) { return lower.starts_with(one); });
}

/// Long enough, and of letters and digits: no moment, language or variant, which may be the same by chance.
bool is_id(std::string_view value) {
    constexpr std::size_t k_least = 16; // characters
    const auto any = [&](auto is) { return std::any_of(value.begin(), value.end(), is); };
    return value.size() >= k_least && any([](char c) { return core::is_digit(c); }) &&
           any([](char c) { return core::is_letter(c) && c != 'T' && c != 'Z'; });
}

/// Without the attributes (RFC 6265, 5.2).
Cookies cookies_of(const UserAnswer& answer) {
    Cookies cookies;
    for (const std::string& line : answer.set_cookies) {
        const std::string_view pair = std::string_view(line).substr(0, line.find(';'));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = core::trimmed(pair.substr(0, equals));
        const std::string_view value = core::trimmed(pair.substr(equals + 1));
        if (is_id(value) && !is_of_balancer(name))
            cookies.insert_or_assign(std::string(name), std::string(value));
    }
    return cookies;
}

bool has(const Cookies& cookies, const Cookies::value_type& cookie) {
    const auto found = cookies.find(cookie.first);
    return found != cookies.end() && found->second == cookie.second;
}

} // namespace

std::vector<std::string> cookies_taken_over(const std::array<UserAnswers, 2>& users, std::size_t user) {
    const auto uncached_have = [&](std::size_t whose, const Cookies::value_type& cookie) {
        const auto& answers = users.at(whose).uncached;
        return std::any_of(answers.begin(), answers.end(),
                           [&](const UserAnswer& answer) { return has(cookies_of(answer), cookie); });
    };
    // Without the cache each answer has one of its own.
    const auto is_always_new = [&](const std::string& name) {
        std::set<std::string> values;
        for (const UserAnswers& one : users)
            for (const UserAnswer& answer : one.uncached) {
                const Cookies cookies = cookies_of(answer);
                const auto found = cookies.find(name);
                if (found == cookies.end() || !values.insert(found->second).second) return false;
            }
        return true;
    };
    const Cookies others = cookies_of(users.at(1 - user).cached);
    std::vector<std::string> taken;
    for (const auto& cookie : cookies_of(users.at(user).cached)) {
        if (uncached_have(user, cookie)) continue;
        if (uncached_have(1 - user, cookie) || (has(others, cookie) && is_always_new(cookie.first)))
            taken.push_back(output::printable(cookie.first));
    }
    return taken;
}

} // namespace roacache::bench
