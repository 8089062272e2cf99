#include "src/store/redis/topology/pages.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace roacache::store::redis {

void append_page(Page& to, Page from) {
    std::move(from.keys.begin(), from.keys.end(), std::back_inserter(to.keys));
    std::move(from.descriptions.begin(), from.descriptions.end(), std::back_inserter(to.descriptions));
    to.parts.insert(to.parts.end(), from.parts.begin(), from.parts.end());
    to.changed += from.changed;
}

void add(Walk::Tally& sum, const Walk::Tally& tally) {
    sum.sent += tally.sent;
    sum.changed += tally.changed;
    sum.refused += tally.refused;
    if (!sum.refusal) sum.refusal = tally.refusal;
    sum.held_up = std::max(sum.held_up, tally.held_up);
}

void put_in_order(Page& page, const std::vector<std::string>& order) {
    std::unordered_map<std::string_view, std::vector<std::size_t>> places; // the last first
    for (std::size_t at = order.size(); at-- > 0;)
        places[order[at]].push_back(at);
    std::vector<std::pair<std::size_t, std::size_t>> from; // place in the order, and in the page
    from.reserve(page.keys.size());
    for (std::size_t at = 0; at < page.keys.size(); ++at) {
        std::vector<std::size_t>& left = places[page.keys[at].bytes()];
        from.emplace_back(left.empty() ? order.size() : left.back(), at);
        if (!left.empty()) left.pop_back();
    }
    std::sort(from.begin(), from.end());
    Page sorted;
    sorted.keys.reserve(from.size());
    for (const auto& [in_order, at] : from) {
        sorted.keys.push_back(std::move(page.keys[at]));
        if (!page.descriptions.empty()) sorted.descriptions.push_back(std::move(page.descriptions[at]));
    }
    page.keys = std::move(sorted.keys);
    page.descriptions = std::move(sorted.descriptions);
}

std::vector<FoundKey> take_unanswered(Page& page, std::uint64_t uncertain, const WalkRequest& request) {
    const bool changes = request.act == Act::erase || request.act == Act::shorten;
    const std::size_t size = page.keys.size();
    const std::size_t left = changes ? std::min<std::size_t>(uncertain, size) : size;
    const auto first = page.keys.end() - static_cast<std::ptrdiff_t>(left);
    std::vector<FoundKey> keys(std::make_move_iterator(first), std::make_move_iterator(page.keys.end()));
    page.keys.erase(first, page.keys.end());
    page.descriptions.clear();
    return keys;
}

void take_undone(Operation& operation, std::vector<FoundKey>& keys) {
    for (Redirected& redirected : operation.take_redirected())
        keys.push_back(std::move(redirected.key));
    std::vector<FoundKey> failed = operation.take_failed(), again = operation.take_again();
    std::move(failed.begin(), failed.end(), std::back_inserter(keys));
    std::move(again.begin(), again.end(), std::back_inserter(keys));
}

} // namespace roacache::store::redis
