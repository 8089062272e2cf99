#include "src/bench/answers/user_answers.hpp"

#include "src/bench/answers/cookies.hpp"
#include "src/bench/answers/json_body.hpp"
#include "src/http/first_character.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace roacache::bench {
namespace {

using nlohmann::json;
using Places = std::set<std::string>;

constexpr std::size_t k_most_places = 200;
constexpr std::size_t k_most_told = 3;

/// Status, body and where a redirect leads as one document.
json document_of(const UserAnswer& answer) {
    json document = json::object();
    document["status"] = answer.status;
    const auto body = read_json_body(answer.body);
    document["body"] = body ? *body : json(answer.body);
    if (!answer.location.empty()) document["location"] = answer.location;
    return document;
}

/// Of the body, in that document.
std::vector<JsonPath> within_body(const std::vector<JsonPath>& paths) {
    std::vector<JsonPath> within;
    within.reserve(paths.size());
    for (JsonPath path : paths) {
        path.parts.insert(path.parts.begin(), "body");
        within.push_back(std::move(path));
    }
    return within;
}

Places differing(const json& one, const json& other, const std::vector<JsonPath>& ignored) {
    Places places;
    for (const JsonDifference& difference : differences(one, other, ignored, k_most_places))
        places.insert(difference.place.empty() ? difference.path : difference.place);
    return places;
}

Places without(const Places& places, const Places& left_out) {
    Places rest;
    std::set_difference(places.begin(), places.end(), left_out.begin(), left_out.end(),
                        std::inserter(rest, rest.end()));
    return rest;
}

/// Whether the answers differ at one of the places. Of a body that is something else as a whole no part is
/// the same.
bool meet(const Places& differing, const Places& places) {
    return std::any_of(places.begin(), places.end(), [&](const std::string& place) {
        return differing.contains(place) || (place.starts_with("/body/") && differing.contains("/body"));
    });
}

/// As the user knows it: of the body.
std::string shown_place(const std::string& place) {
    constexpr std::string_view k_body = "/body";
    if (!place.starts_with(k_body)) return place.substr(std::min<std::size_t>(1, place.size())); // status
    return place.size() == k_body.size() ? "the body" : place.substr(k_body.size());
}

/// The first few, as the user knows them.
std::vector<std::string> shown(const Places& places) {
    std::vector<std::string> texts;
    for (const std::string& place : places)
        if (texts.size() < k_most_told) texts.push_back(shown_place(place));
    return texts;
}

/// Of the places that tell the users apart those at which a user was served a text that is the other's. Short
/// ones, as of states, may be the same by chance, where an entry is merely old.
Places taken_over(const json& own, const json& other, const json& served, const Places& apart,
                  const std::vector<JsonPath>& ignored) {
    constexpr std::size_t k_least_telling = 14; // characters, a text's quotes among them
    const Places not_others = differing(other, served, ignored);
    Places taken;
    if (not_others.size() >= k_most_places) return taken; // there may be more
    for (const JsonDifference& difference : differences(own, served, ignored, k_most_places)) {
        const std::string& place = difference.place.empty() ? difference.path : difference.place;
        if (apart.contains(place) && !not_others.contains(place) && difference.found.starts_with('"') &&
            difference.found.size() >= k_least_telling)
            taken.insert(place);
    }
    return taken;
}

bool is_server_error(int status) {
    return status >= 500;
}

/// Why an answer is none of a user's own, behind `user 1's answer`; empty: it is one, be it a refusal.
std::string why_not_own(const UserAnswer& answer, const GoodAnswer& good) {
    const int status = answer.status;
    if (!(good.statuses == http::StatusSet())) {
        if (!good.statuses.has(status))
            return fmt::format("has the status {}, which --expect has not", status);
    } else if (status == 401) {
        return "has the status 401, as with a token that is no longer good";
    } else if (status >= 300 && status < 400) {
        return fmt::format("is a redirect ({}), as to a login", status);
    } else if (is_server_error(status)) {
        return fmt::format("has the status {}", status);
    }
    if (good.statuses.has(status) && answer.body.find(good.text) == std::string::npos)
        return "has not got the text that --expect-body-contains names";
    return {};
}

/// Of the first answer without the cache that is none of its user's own, a sentence without its end; empty:
/// all are.
std::string why_uncached_tell_nothing(const std::array<UserAnswers, 2>& users, const GoodAnswer& good) {
    for (std::size_t i = 0; i < users.size(); ++i)
        for (const UserAnswer& answer : users.at(i).uncached) {
            std::string why = why_not_own(answer, good);
            if (why.empty() && good.statuses.has(answer.status) && http::is_web_page(answer.body) &&
                read_json_body(users.at(1 - i).uncached[0].body).has_value())
                why = "is a web page, as of a login, where the other user's is JSON";
            if (!why.empty()) return fmt::format("without the cache user {}'s answer {}", i + 1, why);
        }
    return {};
}

/// The answers as they are, whatever they tell.
UserCheck held_against_each_other(const std::array<UserAnswers, 2>& users,
                                  const std::vector<JsonPath>& ignored, const GoodAnswer& good) {
    const std::vector<JsonPath> left_out = within_body(ignored);
    std::array<json, 2> own, served;
    Places varying;
    for (std::size_t i = 0; i < users.size(); ++i) {
        own.at(i) = document_of(users.at(i).uncached[0]);
        served.at(i) = document_of(users.at(i).cached);
        varying.merge(differing(own.at(i), document_of(users.at(i).uncached[1]), left_out));
    }
    const Places apart = without(differing(own[0], own[1], left_out), varying);
    UserCheck check;
    check.places = shown(apart);
    if (apart.empty()) {
        if (varying.contains("/body") || varying.contains("")) {
            check.why = "without the cache the answers differ from one to the next as a whole";
            return check;
        }
        check.outcome = UserCheck::Outcome::equal;
        return check;
    }
    check.outcome = UserCheck::Outcome::own;
    for (std::size_t i = 0; i < users.size(); ++i) {
        const UserAnswer& cached = users.at(i).cached;
        std::string why = why_not_own(cached, good);
        if (why.empty()) {
            if (!meet(differing(own.at(i), served.at(i), left_out), apart)) continue;
            if (!meet(differing(own.at(1 - i), served.at(i), left_out), apart)) {
                check.outcome = UserCheck::Outcome::crossed;
                check.served = static_cast<unsigned>(i) + 1;
                return check;
            }
            if (const Places taken = taken_over(own.at(i), own.at(1 - i), served.at(i), apart, left_out);
                !taken.empty()) {
                check.outcome = UserCheck::Outcome::crossed;
                check.served = static_cast<unsigned>(i) + 1;
                check.in_part = true;
                check.places = shown(taken);
                return check;
            }
            why = fmt::format("(status {}) is neither user's own", cached.status);
        }
        check.outcome = UserCheck::Outcome::unknown;
        check.why = fmt::format("through the cache user {}'s answer {}", i + 1, why);
    }
    return check;
}

/// The second user first, to whom the first one's answer is served where both have the same.
void add_cookies(UserCheck& check, const std::array<UserAnswers, 2>& users) {
    for (const std::size_t user : {1U, 0U}) {
        if (check.outcome == UserCheck::Outcome::crossed) return;
        const std::vector<std::string> cookies = cookies_taken_over(users, user);
        if (cookies.empty()) continue;
        check.outcome = UserCheck::Outcome::crossed;
        check.served = static_cast<unsigned>(user) + 1;
        check.in_part = true;
        check.why.clear();
        check.places.clear();
        for (const std::string& cookie : cookies)
            check.places.push_back("the cookie " + cookie);
    }
}

} // namespace

UserCheck judge_users(const std::array<UserAnswers, 2>& users, const std::vector<JsonPath>& ignored,
                      const GoodAnswer& good) {
    UserCheck unknown;
    unknown.why = why_uncached_tell_nothing(users, good);
    // What a server would have answered had it not failed may be what the other user has.
    for (const UserAnswers& user : users)
        for (const UserAnswer& answer : user.uncached)
            if (!unknown.why.empty() && is_server_error(answer.status)) return unknown;
    UserCheck check = held_against_each_other(users, ignored, good);
    if (unknown.why.empty()) add_cookies(check, users);
    // Who is refused without the cache and served another's answer by it has told enough.
    return unknown.why.empty() || check.outcome == UserCheck::Outcome::crossed ? check : unknown;
}

bool holds_answer(std::string_view entry, std::string_view answer) {
    if (entry.empty() || entry == answer) return !entry.empty();
    const auto stored = read_json_body(entry), answered = read_json_body(answer);
    if (!stored || !answered || stored->empty()) return false;
    const auto same = [&](const json& part) { return differences(part, *stored, {}, 1).empty(); };
    if (same(*answered)) return true;
    return answered->is_object() && std::any_of(answered->begin(), answered->end(), [&](const json& member) {
               return member.is_structured() && same(member);
           });
}

} // namespace roacache::bench
