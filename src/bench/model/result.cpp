#include "src/bench/model/result.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

constexpr std::size_t k_most_redirects = 8;

} // namespace

std::uint64_t total(const Errors& errors) {
    std::uint64_t sum = 0;
    for (const auto& [kind, count] : errors)
        sum += count;
    return sum;
}

Histogram Tally::ranked() const {
    Histogram all = latency;
    all.merge(censored);
    return all;
}

void Tally::note_redirect(const std::string& location, std::uint64_t count) {
    if (redirects.contains(location) || redirects.size() < k_most_redirects) redirects[location] += count;
}

Histogram& Tally::of_tier(const std::string& tier) {
    const bool room = tiers.contains(tier) || tiers.size() < k_most_tiers;
    return tiers[room ? tier : k_other_tiers];
}

void Tally::merge(const Tally& other) {
    latency.merge(other.latency);
    censored.merge(other.censored);
    first_byte.merge(other.first_byte);
    requests += other.requests;
    for (const auto& [kind, count] : other.errors)
        errors[kind] += count;
    for (const auto& [name, count] : other.system_errors)
        system_errors[name] += count;
    for (const auto& [status, count] : other.statuses)
        statuses[status] += count;
    for (const auto& [location, count] : other.redirects)
        note_redirect(location, count);
    for (const auto& [tier, its] : other.tiers)
        of_tier(tier).merge(its);
    misplaced.merge(other.misplaced);
    moved_out += other.moved_out;
    moved_in += other.moved_in;
    bytes += other.bytes;
    proven_hits += other.proven_hits;
    proven_misses += other.proven_misses;
    connects += other.connects;
    sent_again += other.sent_again;
    fillers += other.fillers;
    leading_misses += other.leading_misses;
}

std::vector<EndpointResult> unmeasured_endpoints(const Plan& plan) {
    std::vector<EndpointResult> endpoints;
    for (const EndpointPlan& endpoint : plan.endpoints) {
        endpoints.emplace_back().name = endpoint.name;
        endpoints.back().label = endpoint.label;
    }
    return endpoints;
}

bool Equality::varies_in(std::string_view what) const {
    return std::any_of(mismatches.begin(), mismatches.end(), [&](const Mismatch& mismatch) {
        return mismatch.arm == ArmKind::uncached && mismatch.what == what;
    });
}

const Tally& EndpointResult::of(ArmKind arm) const {
    static const Tally k_none;
    const auto found = arms.find(arm);
    return found == arms.end() ? k_none : found->second;
}

bool Result::tells_hits(std::size_t endpoint, ArmKind arm) const {
    const Tally& tally = endpoints[endpoint].of(arm);
    const auto at_least_half = [&](std::uint64_t count) {
        return count > 0 && 2 * count >= tally.answered();
    };
    if (!plan.proves_misses_of(endpoint)) return at_least_half(tally.proven_hits);
    return tally.proven_hits > 0 || at_least_half(tally.proven_misses);
}

std::vector<std::size_t> Result::silent_endpoints(ArmKind arm) const {
    std::vector<std::size_t> silent;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const auto& arms = endpoints[i].arms;
        const bool tells = arm == ArmKind::cached
                               ? tells_hits(i, arm)
                               : std::any_of(arms.begin(), arms.end(),
                                             [&](const auto& one) { return tells_hits(i, one.first); });
        if (endpoints[i].of(arm).answered() > 0 && !tells) silent.push_back(i);
    }
    return silent;
}

std::optional<std::pair<std::size_t, CacheSigns::Sign>> Result::sign_of_hit(ArmKind arm) const {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
        if (const auto signs = endpoints[i].signs.find(arm); signs != endpoints[i].signs.end())
            if (const CacheSigns::Sign* hit = signs->second.hit()) return std::pair(i, *hit);
    return {};
}

void Connecting::merge(const Connecting& other) {
    connect.merge(other.connect);
    tls.merge(other.tls);
    if (other.most_streams)
        most_streams = std::min(most_streams.value_or(*other.most_streams), *other.most_streams);
}

std::string hit_proofs_text(const Result& result, std::string (*mark)(std::string_view)) {
    std::vector<std::pair<std::string, std::string>> headers; // each with the names of its endpoints
    for (std::size_t i = 0; i < result.plan.endpoints.size(); ++i) {
        std::string text;
        for (const HitHeader& header : result.plan.hit_headers_of(i))
            text += (text.empty() ? "" : " or ") + mark(header.text());
        if (const auto& place = result.plan.endpoints[i].hit_json)
            text += (text.empty() ? "" : " or ") + mark(place->text());
        if (text.empty()) continue;
        if (result.plan.same_hit_proofs()) return text;
        const std::string name = mark(result.endpoints.at(i).shown_name());
        const auto known =
            std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == text; });
        if (known == headers.end())
            headers.emplace_back(text, name);
        else
            known->second += ", " + name;
    }
    std::string text;
    for (const auto& [header, names] : headers)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", header, names);
    return text;
}

namespace {

std::string listed(const std::vector<std::size_t>& endpoints, const Result& result,
                   std::string (*name)(const EndpointResult&)) {
    constexpr std::size_t k_most_named = 3;
    const std::size_t count = endpoints.size();
    const std::size_t named = count > k_most_named ? k_most_named - 1 : count;
    std::string names;
    for (std::size_t i = 0; i < named; ++i) {
        names += i == 0 ? "" : i + 1 == count ? " and " : ", ";
        names += name(result.endpoints.at(endpoints[i]));
    }
    return named == count ? names : fmt::format("{} and {} more", names, count - named);
}

} // namespace

std::string names_of(const SharedEntry& entry, const Result& result) {
    return listed(entry.endpoints, result, [](const EndpointResult& endpoint) {
        return endpoint.label.empty() ? endpoint.name : fmt::format("{} ({})", endpoint.label, endpoint.name);
    });
}

std::string names_of(const std::vector<std::size_t>& endpoints, const Result& result) {
    return listed(endpoints, result, [](const EndpointResult& endpoint) { return endpoint.shown_name(); });
}

Result Result::of_tier(ArmKind arm, const std::string& tier) const {
    Result of_tier;
    of_tier.plan = plan;
    of_tier.endpoints = unmeasured_endpoints(plan);
    for (const Block& block : blocks) {
        if (block.arm != arm) continue;
        Block& part = of_tier.blocks.emplace_back(Block{block.pair, block.arm, block.started_s, block.seconds,
                                                        std::vector<Tally>(endpoints.size())});
        for (std::size_t i = 0; i < endpoints.size(); ++i) {
            Tally& tally = part.endpoints[i];
            const auto its = block.endpoints[i].tiers.find(tier);
            if (its != block.endpoints[i].tiers.end()) tally.latency = its->second;
            tally.proven_hits = tally.latency.count();
            // answered() is what it was
            tally.moved_out = block.endpoints[i].answered() - tally.latency.count();
        }
    }
    of_tier.sum_up_blocks();
    return of_tier;
}

void Result::sum_up_blocks() {
    seconds.clear();
    for (EndpointResult& endpoint : endpoints)
        endpoint.arms.clear();
    for (const ArmKind arm : plan.arms())
        seconds[arm] = 0;
    for (const Block& block : blocks) {
        seconds[block.arm] += block.seconds;
        for (std::size_t i = 0; i < block.endpoints.size(); ++i)
            endpoints[i].arms[block.arm].merge(block.endpoints[i]);
    }
}

unsigned Result::blocks_begun_with_misses() const {
    unsigned blocks_seen = 0, begun = 0;
    for (const Block& block : blocks) {
        if (block.arm != ArmKind::cached || blocks_seen++ == 0) continue;
        if (std::any_of(block.endpoints.begin(), block.endpoints.end(),
                        [](const Tally& tally) { return tally.leading_misses > 0; }))
            ++begun;
    }
    return begun;
}

bool Result::hit_rate_is_alone() const {
    constexpr double k_points = 0.01, k_deviations = 3;
    if (!alone || !plan.proves_misses()) return false; // an Age of 0 comes and goes with the entries' ages
    const Tally here = pooled(ArmKind::cached), there = alone->pooled(ArmKind::cached);
    if (!here.hit_rate() || !there.hit_rate()) return false;
    if (entries_expire_meanwhile()) return true;
    const double n = static_cast<double>(here.answered()), m = static_cast<double>(there.answered());
    const double rate = static_cast<double>(here.proven_hits + there.proven_hits) / (n + m);
    const double deviation = std::sqrt(rate * (1 - rate) * (1 / n + 1 / m));
    return std::abs(*here.hit_rate() - *there.hit_rate()) > std::max(k_points, k_deviations * deviation);
}

void Result::move_misplaced() {
    std::map<std::pair<unsigned, ArmKind>, Block*> by_pair;
    for (Block& block : blocks)
        by_pair[{block.pair, block.arm}] = &block;
    for (Block& block : blocks) {
        const auto home = plan.arm_by_proof(block.arm);
        const auto found = home ? by_pair.find({block.pair, *home}) : by_pair.end();
        for (std::size_t i = 0; i < block.endpoints.size(); ++i) {
            Tally& from = block.endpoints[i];
            from.moved_out += from.misplaced.count();
            if (found != by_pair.end()) {
                Tally& to = found->second->endpoints[i];
                to.latency.merge(from.misplaced);
                to.moved_in += from.misplaced.count();
            }
            from.misplaced.clear();
        }
    }
}

namespace {

/// Absent when it is not known of each block.
std::optional<double> sum_of(const std::vector<Block>& blocks, std::optional<ArmKind> arm,
                             std::optional<double> Block::*seconds) {
    std::optional<double> sum;
    for (const Block& block : blocks) {
        if (arm && block.arm != *arm) continue;
        if (!(block.*seconds)) return {};
        sum = sum.value_or(0) + *(block.*seconds);
    }
    return sum;
}

/// Of the time that the threads had in the arm's blocks.
std::optional<double> share_of(std::optional<double> spent, const Result& result, ArmKind arm) {
    double wall = 0;
    for (const Block& block : result.blocks)
        if (block.arm == arm) wall += block.wall_seconds.value_or(block.seconds);
    if (!spent || wall <= 0) return {};
    const unsigned threads = std::min(result.plan.threads, result.plan.concurrency);
    return std::min(*spent / (wall * std::max(threads, 1U)), 1.0);
}

} // namespace

std::optional<double> Result::cpu_seconds(std::optional<ArmKind> arm) const {
    return sum_of(blocks, arm, &Block::cpu_seconds);
}

std::optional<double> Result::generator_busy(ArmKind arm) const {
    return plan.spin ? std::nullopt : share_of(cpu_seconds(arm), *this, arm);
}

std::optional<double> Result::generator_waiting(ArmKind arm) const {
    return share_of(sum_of(blocks, arm, &Block::waiting_seconds), *this, arm);
}

std::optional<double> Result::concurrency(ArmKind arm) const {
    double wall = 0, under_way = 0;
    for (const Block& block : blocks) {
        if (block.arm != arm) continue;
        if (!block.wall_seconds || !block.under_way) return {};
        wall += *block.wall_seconds;
        under_way += *block.under_way * *block.wall_seconds;
    }
    return wall > 0 ? std::optional(under_way / wall) : std::nullopt;
}

double Result::begin_of_blocks() const {
    const double own = blocks.empty() ? 0 : blocks.front().started_s;
    if (!closed_loop || closed_loop->blocks.empty()) return own;
    const double closed = closed_loop->blocks.front().started_s;
    return blocks.empty() ? closed : std::min(own, closed);
}

bool Result::overloaded(ArmKind arm) const {
    const Tally tally = pooled(arm);
    const Histogram ranked = tally.ranked();
    if (!plan.rate || ranked.empty()) return false;
    const double share =
        static_cast<double>(ranked.count()) / static_cast<double>(std::max(tally.requests, ranked.count()));
    return *plan.rate * share * ranked.mean_ns() / 1e9 >= plan.concurrency;
}

std::optional<double> Result::store_hit_rate(ArmKind arm) const {
    if (!store) return {};
    const auto found = store->arms.find(arm);
    return found == store->arms.end() ? std::nullopt : found->second.hit_rate();
}

Result Result::only(const std::vector<std::size_t>& some) const {
    Result only;
    only.plan = plan.only(some);
    for (const std::size_t endpoint : some)
        only.endpoints.push_back(endpoints.at(endpoint));
    for (const Block& block : blocks) {
        Block& part =
            only.blocks.emplace_back(Block{block.pair, block.arm, block.started_s, block.seconds, {}});
        for (const std::size_t endpoint : some)
            part.endpoints.push_back(block.endpoints.at(endpoint));
    }
    if (some.size() == endpoints.size()) { // otherwise what the origin was asked is all endpoints' together
        only.origin = origin;
        for (std::size_t i = 0; i < blocks.size(); ++i)
            only.blocks[i].origin_queries = blocks[i].origin_queries;
    }
    only.sum_up_blocks();
    only.partial = partial;
    if (alone) only.alone = std::make_shared<Result>(alone->only(some));
    return only;
}

Tally Result::pooled(ArmKind arm) const {
    Tally sum;
    for (const EndpointResult& endpoint : endpoints)
        if (const auto found = endpoint.arms.find(arm); found != endpoint.arms.end())
            sum.merge(found->second);
    return sum;
}

void Equality::add_counts(const Equality& other) {
    constexpr std::size_t k_most_paths = 8;
    compared += other.compared;
    mismatched += other.mismatched;
    differ_in_content += other.differ_in_content;
    too_long += other.too_long;
    equal_as_json += other.equal_as_json;
    varies = varies || other.varies;
    for (const std::string& path : other.varying_paths)
        if (varying_paths.size() < k_most_paths) varying_paths.insert(path);
}

std::string sentence_of(const NotRestored& failure) {
    std::string sentence =
        fmt::format("The service's cache could not be switched {} again, as it was before: {}.",
                    failure.state, failure.why);
    return failure.remedy.empty() ? sentence : sentence + " " + failure.remedy;
}

EqualitySum equality_sum(const Result& result) {
    EqualitySum sum;
    for (const auto& endpoint : result.endpoints) {
        sum.compared += endpoint.equality.compared;
        sum.mismatched += endpoint.equality.mismatched;
        sum.blamed_on_cache += endpoint.equality.blamed_on_cache();
        sum.equal_as_json += endpoint.equality.equal_as_json;
    }
    return sum;
}

} // namespace roacache::bench
