#include "src/bench/answers/shared_entry.hpp"

#include "src/bench/answers/json_body.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_distinctive_length = 64;

using Paths = std::vector<JsonPath>;

bool same_answer(const Body& one, const Body& other, const Paths& ignored) {
    if (one.length == other.length && one.hash == other.hash) return true;
    if (ignored.empty() || one.text.empty() || other.text.empty()) return false;
    const auto a = read_json_body(one.text), b = read_json_body(other.text);
    return a && b && !first_difference(*a, *b, ignored);
}

bool share_entry(const Answers& one, const Answers& other) {
    if (!one.steady || !other.steady) return false;
    Paths ignored = one.ignored;
    ignored.insert(ignored.end(), other.ignored.begin(), other.ignored.end());
    const auto distinctive = [&](const Body& body) {
        return body.length >= k_distinctive_length || same_answer(body, one.uncached, ignored) ||
               same_answer(body, other.uncached, ignored);
    };
    const auto common = [&](const Body& body) {
        return body.length > 0 && distinctive(body) &&
               std::any_of(other.cached.begin(), other.cached.end(),
                           [&](const Body& its) { return same_answer(body, its, ignored); });
    };
    return std::any_of(one.cached.begin(), one.cached.end(), common) &&
           !same_answer(one.uncached, other.uncached, ignored);
}

} // namespace

std::vector<SharedEntry> find_shared_entries(const std::vector<Answers>& answers) {
    std::vector<SharedEntry> entries;
    std::vector<bool> placed(answers.size(), false);
    for (std::size_t first = 0; first < answers.size(); ++first) {
        if (placed[first]) continue;
        SharedEntry entry{{first}};
        for (std::size_t i = 0; i < entry.endpoints.size(); ++i)
            for (std::size_t other = first + 1; other < answers.size(); ++other)
                if (!placed[other] && share_entry(answers[entry.endpoints[i]], answers[other])) {
                    placed[other] = true;
                    entry.endpoints.push_back(other);
                }
        if (entry.endpoints.size() > 1) {
            std::sort(entry.endpoints.begin(), entry.endpoints.end());
            entries.push_back(std::move(entry));
        }
    }
    return entries;
}

} // namespace roacache::bench
