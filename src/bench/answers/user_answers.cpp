#include "src/bench/answers/user_answers.hpp"

#include "src/bench/answers/json_body.hpp"

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

/// Status and body as one document.
json document_of(const UserAnswer& answer) {
    json document = json::object();
    document["status"] = answer.status;
    const auto body = read_json_body(answer.body);
    document["body"] = body ? *body : json(answer.body);
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

bool meet(const Places& one, const Places& other) {
    return std::any_of(one.begin(), one.end(),
                       [&](const std::string& place) { return other.contains(place); });
}

/// As the user knows it: of the body.
std::string shown_place(const std::string& place) {
    constexpr std::string_view k_body = "/body";
    if (!place.starts_with(k_body)) return place.substr(std::min<std::size_t>(1, place.size())); // status
    return place.size() == k_body.size() ? "the body" : place.substr(k_body.size());
}

} // namespace

UserCheck judge_users(const std::array<UserAnswers, 2>& users, const std::vector<JsonPath>& ignored) {
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
    for (const std::string& place : apart)
        if (check.places.size() < k_most_told) check.places.push_back(shown_place(place));
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
        if (!meet(differing(own.at(i), served.at(i), left_out), apart)) continue;
        if (!meet(differing(own.at(1 - i), served.at(i), left_out), apart)) {
            check.outcome = UserCheck::Outcome::crossed;
            check.served = static_cast<unsigned>(i) + 1;
            return check;
        }
        check.outcome = UserCheck::Outcome::unknown;
        check.why = fmt::format("user {}'s answer from the cache (status {}) is neither user's own", i + 1,
                                users.at(i).cached.status);
    }
    return check;
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
