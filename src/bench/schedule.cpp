#include "src/bench/schedule.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_without_end = std::numeric_limits<std::uint64_t>::max();

std::uint64_t splitmix64(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

} // namespace

Random::Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_)
        word = splitmix64(seed);
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
    const std::uint64_t most = requests.value_or(std::numeric_limits<std::uint64_t>::max());
    const auto pairs = static_cast<unsigned>(std::min<std::uint64_t>(std::max(plan.blocks, 1U), most));
    Random random(plan.seed);
    std::vector<ArmKind> arms = plan.arms();
    std::vector<ScheduledBlock> blocks;
    for (unsigned pair = 0; pair < pairs; ++pair) {
        std::optional<std::uint64_t> share;
        if (requests) {
            const std::uint64_t rest = *requests % pairs;
            share = *requests / pairs + (rest * (pair + 1) / pairs - rest * pair / pairs);
        }
        random.shuffle(arms);
        for (const ArmKind arm : arms)
            blocks.push_back({pair, arm, share});
    }
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
