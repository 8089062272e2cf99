#include "src/bench/load/schedule.hpp"

#include "src/core/mixed.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_without_end = std::numeric_limits<std::uint64_t>::max();

/// Evenly, with the remainder spread evenly too.
std::uint64_t share_of(std::uint64_t requests, unsigned pairs, unsigned pair) {
    const std::uint64_t rest = requests % pairs;
    return requests / pairs + (rest * (pair + 1) / pairs - rest * pair / pairs);
}

/// For each arm; absent: as many as their time allows.
std::optional<std::uint64_t> requests_of(const std::vector<ScheduledBlock>& blocks, std::size_t arms) {
    std::uint64_t sum = 0;
    for (const ScheduledBlock& block : blocks) {
        if (!block.requests) return {};
        sum += *block.requests;
    }
    return sum / arms;
}

/// Where each of `count` parts of the pairs ends: at even distances, moved by up to a quarter of one, for
/// what comes to the service at regular times must not meet the same part again and again.
std::vector<unsigned> uneven_ends(unsigned pairs, unsigned count, Random& random) {
    const unsigned each = pairs / count, most_moved = each < 3 ? 0 : std::max(each / 4, 1U);
    std::vector<unsigned> ends;
    for (unsigned part = 1; part < count; ++part) {
        const auto even = static_cast<unsigned>(std::uint64_t{pairs} * part / count);
        ends.push_back(even - most_moved + static_cast<unsigned>(random.below(2 * most_moved + 1)));
    }
    ends.push_back(pairs);
    return ends;
}

} // namespace

Random::Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_)
        word = core::mixed(seed += core::k_mixed_step);
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t limit) {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t uneven = (0 - limit) % limit;
    for (;;) {
        const Wide product = static_cast<Wide>(next()) * limit;
        if (static_cast<std::uint64_t>(product) >= uneven) return static_cast<std::uint64_t>(product >> 64);
    }
}

std::vector<ScheduledBlock> schedule(const Plan& plan) {
    const std::optional<std::uint64_t> requests = plan.duration ? plan.duration_cap : plan.requests;
    const unsigned pairs = plan.pairs();
    Random random(plan.seed);
    std::vector<ArmKind> arms = plan.arms();
    std::vector<ScheduledBlock> blocks;
    for (unsigned pair = 0; pair < pairs; ++pair) {
        std::optional<std::uint64_t> share;
        if (requests) share = share_of(*requests, pairs, pair);
        random.shuffle(arms);
        for (const ArmKind arm : arms)
            blocks.push_back({pair, arm, share});
    }
    if (plan.drill)
        std::stable_sort(blocks.begin(), blocks.end(),
                         [](const ScheduledBlock& a, const ScheduledBlock& b) { return a.arm < b.arm; });
    return blocks;
}

std::vector<LoopTurn> loop_turns(const Plan& plan) {
    const unsigned pairs = plan.pairs();
    if (!plan.closed_loop || pairs == 0) return {{false, 0, pairs}};
    const double due = static_cast<double>(plan.most_requests().value_or(0)) *
                       static_cast<double>(plan.round_size() * plan.arms().size());
    const double least_seconds = std::chrono::duration<double>(2 * plan.timeout).count();
    const auto rounds = static_cast<unsigned>(std::clamp(due / *plan.rate / least_seconds, 1.0, 1.0 * pairs));
    Random random(plan.seed ^ 0x9fb21c651e98df25); // other numbers than the order of the arms is made of
    std::vector<LoopTurn> loop_turns;
    unsigned first = 0;
    for (const unsigned end : uneven_ends(pairs, rounds, random)) {
        const bool closed_first = random.below(2) == 1;
        loop_turns.push_back({closed_first, first, end - first});
        loop_turns.push_back({!closed_first, first, end - first});
        first = end;
    }
    return loop_turns;
}

std::vector<ScheduledBlock> schedule(const Plan& plan, const LoopTurn& turn, core::Nanoseconds duration) {
    std::vector<ScheduledBlock> blocks = schedule(plan);
    const auto is_elsewhere = [&](const ScheduledBlock& block) {
        return block.pair < turn.first_pair || block.pair - turn.first_pair >= turn.pairs;
    };
    blocks.erase(std::remove_if(blocks.begin(), blocks.end(), is_elsewhere), blocks.end());
    if (!plan.rate || !plan.duration) return blocks;
    Plan own = plan;
    own.closed_loop.reset();
    own.duration = duration;
    own.duration_cap = requests_of(blocks, plan.arms().size());
    const std::uint64_t due = own.most_requests().value_or(0);
    const auto pairs = static_cast<unsigned>(std::min<std::uint64_t>(turn.pairs, due));
    blocks.resize(std::min(blocks.size(), pairs * plan.arms().size()));
    for (ScheduledBlock& block : blocks)
        block.requests = share_of(due, pairs, block.pair - turn.first_pair);
    return blocks;
}

EndpointOrder::EndpointOrder(std::vector<std::size_t> endpoints, std::optional<std::uint64_t> rounds,
                             std::uint64_t seed, unsigned pair)
    : endpoints_(std::move(endpoints)), at_(endpoints_.size()),
      rounds_left_(endpoints_.empty() ? 0 : rounds.value_or(k_without_end)),
      size_(rounds_left_ > k_without_end / std::max<std::uint64_t>(endpoints_.size(), 1)
                ? k_without_end
                : rounds_left_ * endpoints_.size()),
      random_(seed ^ (0xd1342543de82ef95 * (std::uint64_t{pair} + 1))) {}

std::optional<std::size_t> EndpointOrder::next() {
    if (at_ == endpoints_.size()) {
        if (rounds_left_ == 0) return std::nullopt;
        --rounds_left_;
        at_ = 0;
        random_.shuffle(endpoints_);
    }
    return endpoints_[at_++];
}

} // namespace roacache::bench
