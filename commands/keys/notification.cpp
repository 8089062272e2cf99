#include "commands/keys/notification.hpp"

#include "commands/keys/invalidation_message.hpp"
#include "commands/open_store.hpp"
#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"

#include <algorithm>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

bool has_channels(const net::Url& url) {
    return url.kind != net::UrlKind::http && url.kind != net::UrlKind::sqlite;
}

} // namespace

config::Setting<std::string> notified_server(const InvalidateOptions& options,
                                             const std::vector<RemovalTarget>& targets) {
    if (!options.notify_url.empty()) {
        if (!has_channels(net::parse_url(options.notify_url)))
            throw Error(ExitCode::usage, "usage: --notify-url: only a Redis server has channels");
        return address_of_flag("--notify-url", options.notify_url);
    }
    const config::Setting<std::string>* found = nullptr;
    for (const RemovalTarget& target : targets) {
        if (!has_channels(target.url)) continue;
        if (found != nullptr)
            throw Error(ExitCode::usage, "usage: --notify: several of the stores are Redis servers",
                        "Say which one has the channel: --notify-url URL.");
        found = &target.settings.url;
    }
    if (found == nullptr)
        throw Error(ExitCode::usage,
                    "usage: --notify: none of the stores is a Redis server, which has channels",
                    "Name the one that the service listens to: --notify-url URL.");
    return *found;
}

Notification::Notification(const InvalidateOptions& options, const Context& context,
                           const std::vector<RemovalTarget>& targets)
    : channel_(options.notify) {
    const config::Setting<std::string> address = notified_server(options, targets);
    url_ = net::parse_url(address.value);
    server_ = store::open_store(url_, connect_options(context, url_, address));
}

void Notification::publish(const store::MeantKeys& meant, const std::string& run) {
    std::optional<std::uint64_t> here;
    each_invalidation_message(meant, run, [&](const std::string& message) {
        const std::uint64_t received = server_->publish(channel_, message);
        here = std::min(here.value_or(received), received);
    });
    if (!here) return;
    store::Listeners elsewhere{0, false};
    try {
        elsewhere = server_->listeners_elsewhere(channel_);
    } catch (const Error&) { // it is published nevertheless
    }
    const std::uint64_t received = *here + elsewhere.count;
    receivers_ = std::min(receivers_.value_or(received), received);
    all_known_ = all_known_ && elsewhere.all;
}

} // namespace roacache::commands
