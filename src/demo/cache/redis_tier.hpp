#pragma once

#include "src/core/error.hpp"
#include "src/demo/cache/tier.hpp"
#include "src/demo/warn.hpp"
#include "src/net/url.hpp"
#include "src/store/redis/connection.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace roacache::demo {

/// How patient the Redis tier is.
struct RedisTiming {
    Milliseconds timeout{500}; ///< for an answer: the longest that a request waits for a Redis that hangs
    Milliseconds first_pause{100};
    Milliseconds longest_pause{5000};
};

/// Values under their keys as JSON text, written with SETEX, in a Redis server that may be away at any time.
///
/// A thread of its own connects and reconnects with growing pauses; while there is no connection every call
/// returns at once. The user is warned once that Redis is away, and once that it is back.
///
/// A group is used only while it is known to be clean: those whose erasing Redis missed are erased as soon as
/// Redis can be reached, before anything of them is read or written. All count as missed at first (an earlier
/// run's values are of another ledger) and when another server answers than before (it may have been
/// restarted from an older dump, or have been a replica behind). A command of the lost connection that Redis
/// has taken but not yet run could write a stale value afterwards; so that connection is ended first.
class RedisTier : public Tier {
  public:
    /// `groups`: all that the service uses. Waits a moment for the first connection. Throws
    /// core::Error(usage) for certificates that cannot be used.
    RedisTier(net::Url url, store::ConnectOptions options, const std::vector<std::string>& groups, Warn warn,
              RedisTiming timing = {});
    ~RedisTier() override;

    std::string_view name() const override { return "redis"; }
    std::optional<Found> get(const CacheKey& key) override;
    void put(const CacheKey& key, const std::string& value, Milliseconds ttl) override;
    void erase(std::span<const std::string> groups) override;
    std::vector<std::string> erase_matching(const std::string& glob,
                                            std::span<const std::string> groups) override;
    TierSize size() override;
    bool available() const override;

  private:
    using Connection = store::redis::Connection;
    /// A connection as the server knows it: a server that was restarted counts its clients anew.
    struct Identity {
        std::string run_id;
        std::string client;
    };
    enum class Progress { more, done, lost };

    static Identity identify(Connection& connection);
    void keep_connected();
    /// Connects and erases every dirty group, then lets everyone use the connection. Throws core::Error.
    void connect_clean();
    std::vector<std::string> dirty_groups() const;
    void now_clean(std::span<const std::string> groups);
    /// False when a group has become dirty meanwhile.
    bool publish(Connection& connection);
    Progress erase_page(std::uint64_t generation, std::string& cursor, std::span<const std::string> groups);
    void lose(const core::Error& error); ///< under mutex_
    void go_away(const core::Error& error);

    const net::Url url_;
    const std::vector<std::string> groups_;
    store::ConnectOptions options_;
    const Warn warn_;
    const RedisTiming timing_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Connection> connection_;
    std::uint64_t generation_ = 0; ///< counts connections
    std::set<std::string, std::less<>> dirty_;
    bool tried_ = false;
    bool away_ = false;    ///< the user knows
    bool refuses_ = false; ///< to store; the user knows
    bool stopping_ = false;
    Identity identity_; ///< of the last connection; of the thread's own use

    std::thread keeper_;
};

} // namespace roacache::demo
