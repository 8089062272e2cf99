#include "src/store/redis/brake.hpp"

#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

constexpr core::Nanoseconds k_between_looks_at_ease = std::chrono::milliseconds(500);
/// Held up for longer, the server takes some changes all the same before it is asked again.
constexpr core::Nanoseconds k_longest_hold = std::chrono::seconds(10);
/// A replica is behind by what is on its way to it: some percent of the least output buffer that Redis closes
/// a replica's connection for (64 MB for a minute, redis.conf, client-output-buffer-limit).
constexpr std::uint64_t k_most_bytes_behind = std::uint64_t{8} << 20;
constexpr std::uint64_t k_most_objects = 100'000;
/// Changes go on when so small a part of the pile is left.
constexpr std::uint64_t k_part_to_go_on = 4;

} // namespace

core::Nanoseconds Brake::held() const {
    return since_ ? held_ + core::Nanoseconds(core::now_ns() - *since_) : held_;
}

bool Brake::holds(Connection& connection) {
    const std::int64_t now = core::now_ns();
    const core::Nanoseconds between = since_ ? k_between_looks : k_between_looks_at_ease;
    if (!looked_at_) looked_at_ = now; // a short run is over before anything piles up
    if (!tells_ || now < not_before_ || now - *looked_at_ < between.count()) return since_.has_value();
    const bool pile = piles_up(connection);
    looked_at_ = core::now_ns();
    if (pile && !since_) since_ = looked_at_;
    if (!since_) return false;
    const core::Nanoseconds held(*looked_at_ - *since_);
    if (pile && held < k_longest_hold) return true;
    if (pile) not_before_ = *looked_at_ + k_between_looks_at_ease.count();
    held_ += held;
    since_.reset();
    return false;
}

bool Brake::piles_up(Connection& connection) {
    const std::uint64_t part = since_ ? k_part_to_go_on : 1;
    if (bytes_behind(connection) > k_most_bytes_behind / part) return true;
    if (!tells_) return false;
    const Reply memory = connection.ask({"INFO", "memory"});
    if (!memory.is_text()) return false;
    return number_in(parse_info(memory.text), "lazyfree_pending_objects").value_or(0) > k_most_objects / part;
}

/// Of the replica that is farthest behind. What a replica has taken it says once a second, or when it is
/// asked to by WAIT.
std::uint64_t Brake::bytes_behind(Connection& connection) {
    const auto ask = [&](std::size_t& online) {
        const Reply reply = connection.ask({"INFO", "replication"});
        tells_ = reply.is_text();
        const Fields fields = tells_ ? parse_info(reply.text) : Fields();
        const std::uint64_t history = number_in(fields, "master_repl_offset").value_or(0);
        std::uint64_t behind = online = 0;
        for (const Replica& replica : replicas_in(fields)) {
            if (!replica.online) continue;
            ++online;
            behind = std::max(behind, history - std::min(history, replica.offset));
        }
        return behind;
    };
    std::size_t online = 0;
    const std::uint64_t behind = ask(online);
    if (online == 0 || behind <= k_most_bytes_behind / k_part_to_go_on) return behind;
    connection.ask({"WAIT", fmt::format_int(online).c_str(), "5"});
    return ask(online);
}

} // namespace roacache::store::redis
