#include "src/demo/cache/redis_tier.hpp"

#include "src/layout/glob.hpp"
#include "src/net/tls.hpp"
#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::demo {
namespace {

using store::redis::Connection;
using store::redis::Reply;

std::string common_prefix(std::span<const std::string> groups) {
    std::string prefix = groups.empty() ? std::string() : groups.front();
    for (const std::string& group : groups) {
        const auto differs = std::mismatch(prefix.begin(), prefix.end(), group.begin(), group.end()).first;
        prefix.erase(differs, prefix.end());
    }
    return prefix;
}

/// One step of SCAN and the removal of what it found of the groups; the keys. The last when the cursor is
/// "0".
std::vector<std::string> erase_page_of(Connection& connection, std::string& cursor,
                                       const std::string& pattern, std::span<const std::string> groups) {
    const Reply page = connection.call({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
    if (page.elements.size() != 2 || !page.elements[0].is_string() || !page.elements[1].is_array())
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot understand: {}: odd answer to SCAN", connection.peer()));
    std::vector<std::string> keys;
    for (const Reply& key : page.elements[1].elements)
        if (std::any_of(groups.begin(), groups.end(),
                        [&](const std::string& group) { return key.text.starts_with(group); }))
            keys.push_back(key.text);
    if (!keys.empty()) {
        std::vector<std::string_view> unlink{"UNLINK"};
        unlink.insert(unlink.end(), keys.begin(), keys.end());
        connection.append(unlink);
        connection.send();
        connection.checked(connection.receive());
    }
    cursor = page.elements[0].text;
    return keys;
}

/// True when that was the last step.
bool erase_some(Connection& connection, std::string& cursor, std::span<const std::string> groups) {
    erase_page_of(connection, cursor, layout::escape_glob(common_prefix(groups)) + "*", groups);
    return cursor == "0";
}

std::string field_of(const std::string& info, std::string_view name) {
    const auto at = info.find(std::string(name).append(":"));
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 1;
    return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

} // namespace

RedisTier::RedisTier(net::Url url, store::ConnectOptions options, const std::vector<std::string>& groups,
                     Warn warn, RedisTiming timing)
    : url_(std::move(url)), groups_(groups), options_(std::move(options)), warn_(std::move(warn)),
      timing_(timing) {
    options_.timeout = timing_.timeout;
    if (url_.tls) net::TlsContext{options_.tls};
    keeper_ = std::thread([this] { keep_connected(); });
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 2 * timing_.timeout, [this] { return tried_; });
}

RedisTier::~RedisTier() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    keeper_.join();
}

bool RedisTier::available() const {
    const std::lock_guard lock(mutex_);
    return connection_.has_value();
}

std::optional<Found> RedisTier::get(const CacheKey& key) {
    const std::lock_guard lock(mutex_);
    if (!connection_ || dirty_.contains(key.group)) return std::nullopt;
    try {
        connection_->append({"GET", key.text});
        connection_->append({"PTTL", key.text});
        connection_->send();
        Reply value = connection_->receive();
        const Reply left = connection_->receive();
        if (!value.is_string() || !left.is_integer()) return std::nullopt;
        if (left.integer == 0 || left.integer == -2) return std::nullopt; // expired in between
        Found found{std::make_shared<const std::string>(std::move(value.text)), std::nullopt};
        if (left.integer > 0) found.ttl_left = Milliseconds(left.integer);
        return found;
    } catch (const core::Error& error) {
        lose(error);
        return std::nullopt;
    }
}

void RedisTier::put(const CacheKey& key, const std::string& value, Milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    if (!connection_ || dirty_.contains(key.group)) return;
    const auto seconds =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(ttl).count());
    try {
        // A server that refuses (out of memory, a replica) is as good as one that forgets.
        const Reply reply = connection_->ask({"SETEX", key.text, std::to_string(seconds), value});
        if (reply.is_error() && !refuses_)
            warn_(fmt::format("{}; nothing is stored there until it accepts",
                              store::redis::server_error(connection_->peer(), reply.text).what()));
        refuses_ = reply.is_error();
    } catch (const core::Error& error) {
        lose(error);
    }
}

void RedisTier::erase(std::span<const std::string> groups) {
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(mutex_);
        dirty_.insert(groups.begin(), groups.end());
        generation = generation_;
    }
    // Page by page, so that reads of other groups get their turn.
    std::string cursor = "0";
    Progress progress = Progress::more;
    while (progress == Progress::more)
        progress = erase_page(generation, cursor, groups);
}

std::vector<std::string> RedisTier::erase_matching(const std::string& glob,
                                                   std::span<const std::string> groups) {
    std::vector<std::string> erased;
    std::string cursor = "0";
    do {
        const std::lock_guard lock(mutex_);
        // What cannot be erased now must not be given out again: all of it goes with the next connection.
        if (!connection_) dirty_.insert(groups.begin(), groups.end());
        if (!connection_) return erased;
        try {
            const auto keys = erase_page_of(*connection_, cursor, glob, groups);
            erased.insert(erased.end(), keys.begin(), keys.end());
        } catch (const core::Error& error) {
            dirty_.insert(groups.begin(), groups.end());
            lose(error);
            return erased;
        }
    } while (cursor != "0");
    return erased;
}

TierSize RedisTier::size() {
    const std::lock_guard lock(mutex_);
    if (!connection_) return {};
    try {
        const Reply keys = connection_->ask({"DBSIZE"}), memory = connection_->ask({"INFO", "memory"});
        TierSize size{{}, memory.is_string() ? field_of(memory.text, "used_memory_human") : ""};
        if (keys.is_integer()) size.entries = static_cast<std::uint64_t>(keys.integer);
        return size;
    } catch (const core::Error& error) {
        lose(error);
        return {};
    }
}

RedisTier::Progress RedisTier::erase_page(std::uint64_t generation, std::string& cursor,
                                          std::span<const std::string> groups) {
    const std::lock_guard lock(mutex_);
    if (!connection_ || generation != generation_)
        return Progress::lost; // the next connection begins with it
    try {
        if (!erase_some(*connection_, cursor, groups)) return Progress::more;
        for (const std::string& group : groups)
            dirty_.erase(group);
        return Progress::done;
    } catch (const core::Error& error) {
        lose(error);
        return Progress::lost;
    }
}

void RedisTier::lose(const core::Error& error) {
    connection_.reset();
    go_away(error);
    changed_.notify_all();
}

void RedisTier::go_away(const core::Error& error) {
    if (!away_)
        warn_(fmt::format("{}; going on from memory and the database until it is back", error.what()));
    away_ = true;
}

void RedisTier::keep_connected() {
    Milliseconds pause = timing_.first_pause;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        std::optional<core::Error> failure;
        try {
            connect_clean();
        } catch (const core::Error& error) {
            failure = error;
        }
        lock.lock();
        if (failure) go_away(*failure);
        tried_ = true;
        changed_.notify_all();
        const auto since = std::chrono::steady_clock::now();
        changed_.wait(lock, [this] { return stopping_ || !connection_; });
        // One that holds for a moment only is no success.
        if (std::chrono::steady_clock::now() - since > timing_.longest_pause) pause = timing_.first_pause;
        changed_.wait_for(lock, pause, [this] { return stopping_; });
        pause = std::min(2 * pause, timing_.longest_pause);
    }
}

RedisTier::Identity RedisTier::identify(Connection& connection) {
    const Reply info = connection.ask({"INFO", "server"});
    const Reply client = connection.ask({"CLIENT", "ID"});
    if (!info.is_string() || !client.is_integer()) return {};
    return {field_of(info.text, "run_id"), std::to_string(client.integer)};
}

void RedisTier::connect_clean() {
    Connection connection = Connection::connect(url_, options_);
    Identity identity = identify(connection);
    if (identity.run_id.empty() || identity.run_id != identity_.run_id) {
        const std::lock_guard lock(mutex_);
        dirty_.insert(groups_.begin(), groups_.end());
    } else {
        connection.ask({"CLIENT", "KILL", "ID", identity_.client});
    }
    identity_ = std::move(identity);
    do {
        const std::vector<std::string> groups = dirty_groups();
        std::string cursor = "0";
        while (!groups.empty() && !erase_some(connection, cursor, groups)) {
        }
        now_clean(groups);
    } while (!publish(connection));
}

std::vector<std::string> RedisTier::dirty_groups() const {
    const std::lock_guard lock(mutex_);
    return {dirty_.begin(), dirty_.end()};
}

void RedisTier::now_clean(std::span<const std::string> groups) {
    // Nothing can have been written meanwhile, even to a group that was invalidated once more.
    const std::lock_guard lock(mutex_);
    for (const std::string& group : groups)
        dirty_.erase(group);
}

bool RedisTier::publish(Connection& connection) {
    const std::lock_guard lock(mutex_);
    if (!dirty_.empty()) return false;
    if (away_) warn_(fmt::format("Redis is back: {}", connection.peer()));
    away_ = false;
    connection_.emplace(std::move(connection));
    ++generation_;
    return true;
}

} // namespace roacache::demo
