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

/// Where the server with the channel is: by --notify-url or, without it, the one Redis store among the
/// targets. Throws core::Error(usage) where that is not one Redis server.
config::Setting<std::string> notified_server(const InvalidateOptions& options,
                                             const std::vector<RemovalTarget>& targets);

/// Tells a service's instances what was invalidated, over a channel of a Redis server.
class Notification {
  public:
    /// Opens a connection of its own to the notified_server(). Throws core::Error as that and as opening a
    /// store does.
    Notification(const InvalidateOptions& options, const Context& context,
                 const std::vector<RemovalTarget>& targets);

    /// Says what is meant, once more. Throws core::Error.
    void publish(const store::MeantKeys& meant, const std::string& run);

    const std::string& channel() const { return channel_; }
    std::string store() const { return url_.redacted(); }
    bool published() const { return receivers_.has_value(); }
    /// How many have received all of what was published; absent before that, and where none is known and
    /// there may be some.
    std::optional<std::uint64_t> receivers() const {
        return receivers_ == 0U && !all_known_ ? std::nullopt : receivers_;
    }
    /// Some of the servers do not tell who listens there.
    bool may_be_more() const { return !all_known_; }

  private:
    std::string channel_;
    net::Url url_;
    std::unique_ptr<store::Store> server_;
    std::optional<std::uint64_t> receivers_;
    bool all_known_ = true;
};

} // namespace roacache::commands
