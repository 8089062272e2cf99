#include "src/store/redis/proxied_walk.hpp"

#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::store::redis {
namespace {

/// The keys of a first step.
std::set<std::string> first_keys(Connection& connection) {
    std::set<std::string> keys;
    const Reply reply = connection.receive();
    if (reply.elements.size() == 2)
        for (const Reply& key : reply.elements[1].elements)
            keys.insert(key.text);
    return keys;
}

/// Throws where a proxy has its servers answer SCAN by turns: then the same first step, asked for several
/// times, gives keys of which none is the same.
void check_one_answers(Server& server) {
    constexpr int k_times = 8; // of two servers by chance all by one: once in 128
    server.converse([&] {
        Connection& connection = server.connection();
        for (int i = 0; i < k_times; ++i)
            connection.append({"SCAN", "0", "COUNT", "100"});
        connection.send();
        std::vector<std::set<std::string>> steps(k_times);
        for (std::set<std::string>& keys : steps)
            keys = first_keys(connection);
        std::erase_if(steps, [](const auto& keys) { return keys.empty(); });
        for (const auto& keys : steps) {
            const bool same = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
                return steps.front().contains(key);
            });
            if (!same) throw several_answer_scan(server.name());
        }
    });
}

} // namespace

ProxiedWalk::ProxiedWalk(Server& server, WalkRequest request)
    : server_(server), request_(std::move(request)), walk_(attempt()) {
    const bool is_one = request_.names_keys() || server_.field("run_id").has_value();
    if (is_one) return;
    try {
        check_one_answers(server_);
    } catch (const net::ConnectionLost&) {
        server_.reopen(); // the walk's first step tells why
    }
}

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
