#pragma once

#include "commands/command.hpp"
#include "commands/keys/invalidation.hpp"
#include "commands/keys/removal_target.hpp"
#include "src/store/meant_keys.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// Tells a service's instances what was invalidated, over a channel of a Redis server.
class Notification {
  public:
    /// The server is that of --notify-url or, without one, the one Redis store among the targets. Opens a
    /// connection of its own. Throws core::Error: usage where that is not one server, and as opening a store
    /// does.
    Notification(const InvalidateOptions& options, const Context& context,
                 const std::vector<RemovalTarget>& targets);

    /// Says what is meant, once more. Throws core::Error.
    void publish(const store::MeantKeys& meant, const std::string& run);

    const std::string& channel() const { return channel_; }
    std::string store() const { return url_.redacted(); }
    /// How many have received all of what was published; absent before that.
    std::optional<std::uint64_t> receivers() const { return receivers_; }

  private:
    std::string channel_;
    net::Url url_;
    std::unique_ptr<store::Store> server_;
    std::optional<std::uint64_t> receivers_;
};

} // namespace roacache::commands
