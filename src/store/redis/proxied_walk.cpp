#include "src/store/redis/proxied_walk.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

namespace roacache::store::redis {

ProxiedWalk::ProxiedWalk(Server& server, WalkRequest request)
    : server_(server), request_(std::move(request)), walk_(attempt()) {}

/// Takes named keys from the beginning again.
std::unique_ptr<RedisWalk> ProxiedWalk::attempt() {
    WalkRequest request = request_;
    if (request_.names_keys() && request_.act == Act::describe)
        request.keys = [this, at = std::size_t{0}](std::vector<std::string>& keys) mutable {
            if (at < taken_.size()) {
                keys = taken_[at++];
                return true;
            }
            if (!request_.next_named(keys)) return false;
            if (!began_) taken_.push_back(keys);
            ++at;
            return true;
        };
    return std::make_unique<RedisWalk>(server_, std::move(request));
}

bool ProxiedWalk::next(Page& page) {
    for (;;) {
        try {
            const bool more = walk_->next(page);
            began_ = true;
            taken_.clear();
            return more;
        } catch (const net::ConnectionLost&) {
            if (began_ || !does_without()) throw;
        }
        walk_ = attempt();
    }
}

/// Asks for each command of the walk by itself whether it ends the connection. False where none does, or
/// every one.
bool ProxiedWalk::does_without() {
    constexpr std::string_view k_any_key = "roacache";
    server_.reopen();
    if (!server_.tolerates({"PING"})) return false;
    if (!request_.names_keys()) server_.check_tolerates({"SCAN", "0", "COUNT", "1"});
    const bool describes = request_.act == Act::describe;
    bool fewer = false;
    auto& fields = request_.fields;
    const auto drop = [&](bool& field, std::initializer_list<std::string_view> question) {
        if (!field || server_.tolerates(question)) return;
        field = false;
        fewer = true;
    };
    if (describes) {
        drop(fields.bytes, {"MEMORY", "USAGE", k_any_key});
        drop(fields.ttl, {"PTTL", k_any_key});
        drop(fields.type, {"TYPE", k_any_key});
    }
    if (fewer && !fields.bytes && !fields.ttl && !fields.type) {
        server_.check_tolerates({"TYPE", k_any_key}); // something has to show that a key is gone
        fields.type = true;
    }
    const bool may_ask_whether_it_is_there =
        request_.names_keys() && (describes || request_.act == Act::list);
    if (!fewer && may_ask_whether_it_is_there) server_.check_tolerates({"EXISTS", k_any_key});
    return fewer;
}

} // namespace roacache::store::redis
