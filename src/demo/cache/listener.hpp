#pragma once

#include "src/demo/cache/tier.hpp"
#include "src/demo/warn.hpp"
#include "src/net/url.hpp"
#include "src/store/connect_options.hpp"

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace roacache::demo {

/// Which of the groups an invalidation's message (`roacache invalidate --notify`) may have made stale: by
/// tenant, resource and keys. Keys that end in a hash show no segments, so that these narrow nothing. All of
/// them where the message is not understood.
std::vector<std::string> stale_groups(std::string_view message, std::span<const std::string> groups);

/// Listens to a channel of a Redis server, in a thread of its own, for what was invalidated there. What was
/// said while there was no connection nobody knows: after each connection all groups count as told.
class Listener {
  public:
    using Told = std::function<void(std::span<const std::string> groups)>;

    /// `url` is of kind redis or unix_socket. Waits a moment for the first connection.
    Listener(net::Url url, store::ConnectOptions options, std::string channel,
             std::vector<std::string> groups, Told told, Warn warn);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

  private:
    void keep_listening();
    void listen();

    const net::Url url_;
    store::ConnectOptions options_;
    const std::string channel_;
    const std::vector<std::string> groups_;
    const Told told_;
    const Warn warn_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> tried_ = false;
    bool away_ = false; ///< the user knows
    std::thread thread_;
};

} // namespace roacache::demo
