#include "src/store/redis/topology/sentinel.hpp"

#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace roacache::store::redis {
namespace {

/// A Sentinel that is away must leave time for the others.
constexpr std::chrono::milliseconds k_sentinel_timeout{500};

constexpr const char* k_may_give_way = "it is believed to be down, and another may take its place";

template <typename Number>
Number number_of(const Fields& fields, std::string_view name) {
    Number number{};
    const auto found = fields.find(name);
    if (found != fields.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
    return number;
}

std::string text_of(const Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

/// One server in the answer to SENTINEL MASTER and SENTINEL REPLICAS.
Node node_in(const Fields& fields) {
    Node node;
    node.id = text_of(fields, "runid");
    node.address = {text_of(fields, "ip"), number_of<std::uint16_t>(fields, "port")};
    if (node.id.empty()) node.id = node.address.text(); // of one that has not answered the Sentinel yet
    node.epoch = number_of<std::uint64_t>(fields, "config-epoch");
    const std::string flags = text_of(fields, "flags");
    node.suspected =
        flags.find("s_down") != std::string::npos || flags.find("disconnected") != std::string::npos;
    node.failed = flags.find("o_down") != std::string::npos;
    if (node.failed || flags.find("failover_in_progress") != std::string::npos) node.doubt = k_may_give_way;
    return node;
}

} // namespace

std::string Sentinel::name() const {
    const auto primary =
        std::find_if(members_.begin(), members_.end(), [](const Node& node) { return node.primary; });
    return primary == members_.end() ? url_.service : primary->address.text();
}

/// With credentials of its own; where none are given without any, and with the cache's where it asks for
/// some.
Server Sentinel::open_sentinel(const net::HostPort& sentinel) const {
    net::Url url = url_;
    url.hosts = {sentinel};
    url.database.reset();
    ConnectOptions options = options_;
    if (url_.hosts.size() > 1)
        options.timeout = std::min<core::Nanoseconds>(options_.timeout, k_sentinel_timeout);
    const bool own = options_.sentinel_user || options_.sentinel_password;
    url.user = url.password = std::nullopt;
    options.user = options_.sentinel_user;
    options.password = options_.sentinel_password;
    const bool may_have_the_caches = !own && (options_.password || url_.password);
    try {
        Server server = open_named(url, options);
        const Reply reply = server.connection().ask({"PING"});
        if (!may_have_the_caches || !reply.is_error() || !reply.text.starts_with("NOAUTH")) return server;
    } catch (const core::Error& error) {
        // One that wants a password refuses already to be told who asks.
        if (!may_have_the_caches || error.code() != core::ExitCode::refused) throw;
    }
    options.user = options_.user;
    options.password = options_.password;
    url.user = url_.user;
    url.password = url_.password;
    return open_named(url, options);
}

Sentinel::Opinion Sentinel::ask(const net::HostPort& sentinel) const {
    Server server = open_sentinel(sentinel);
    Connection& connection = server.connection();
    const Reply primary = connection.ask({"SENTINEL", "MASTER", url_.service});
    if (primary.is_error() && primary.text.find("No such master") != std::string::npos)
        throw core::Error(core::ExitCode::refused,
                          fmt::format("refused: {}: the Sentinel watches over no service {}", server.name(),
                                      output::printable(url_.service)),
                          "redis-cli SENTINEL MASTERS, asked of this port, lists the services.");
    if (primary.is_error() && primary.text.starts_with("NOPERM"))
        throw core::Error(
            core::ExitCode::refused,
            fmt::format("refused: {}: {}", server.name(),
                        output::printable(output::beginning(primary.text, 100))),
            "Allow the Sentinel's user +sentinel|master and +sentinel|replicas, or name another "
            "(--sentinel-user).");
    if (primary.is_error() && is_not_available(primary.text))
        throw core::Error(core::ExitCode::refused,
                          fmt::format("refused: {}: this is no Sentinel, or lets nobody ask it: {}",
                                      server.name(), output::printable(output::beginning(primary.text, 100))),
                          "Name the cache itself by redis://HOST:PORT.");
    const Fields fields = parse_hello(connection.checked(primary));
    Opinion opinion{sentinel, node_in(fields), {}, false};
    opinion.primary.primary = true;
    opinion.down = opinion.primary.suspected || opinion.primary.failed;
    if (opinion.primary.address.port == 0) throw not_understood(server.name(), "SENTINEL MASTER");
    const Reply replicas = connection.ask({"SENTINEL", "REPLICAS", url_.service});
    for (const Reply& replica : replicas.elements)
        opinion.replicas.push_back(node_in(parse_hello(replica)));
    return opinion;
}

/// One Sentinel that alone does not reach the primary, or that has missed a failover, proves nothing.
std::string Sentinel::doubt_of(const Node& primary, const std::vector<Opinion>& opinions) {
    std::size_t down = 0;
    std::string doubt;
    for (const Opinion& opinion : opinions) {
        const Node& named = opinion.primary;
        if (named.address == primary.address) {
            if (doubt.empty()) doubt = named.doubt;
            down += opinion.down ? 1 : 0;
        } else if (named.epoch >= primary.epoch) {
            doubt =
                fmt::format("the Sentinel {} names another primary, {}, by a configuration that is as new; "
                            "SENTINEL REMOVE and SENTINEL MONITOR there make it agree",
                            opinion.sentinel.text(), output::printable(named.address.text()));
        }
    }
    return doubt.empty() && 2 * down > opinions.size() ? k_may_give_way : doubt;
}

void Sentinel::note_disagreement(const std::vector<Opinion>& opinions, const Opinion& right) {
    for (const Opinion& opinion : opinions) {
        if (opinion.primary.address != right.primary.address)
            warnings_.push_back(fmt::format("the Sentinel {} names another primary: {}",
                                            opinion.sentinel.text(),
                                            output::printable(opinion.primary.address.text())));
        else if (opinion.down)
            warnings_.push_back(fmt::format("the Sentinel {} finds that the primary {} is down",
                                            opinion.sentinel.text(),
                                            output::printable(opinion.primary.address.text())));
    }
}

bool Sentinel::is_primary(const Node& node) {
    try {
        Server& server = at(node).server();
        const Reply told = server.converse([&] { return server.connection().ask({"INFO", "replication"}); });
        return text_of(parse_info(told.text), "role") == "master";
    } catch (const core::Error&) {
        open_.erase(node.id);
        return false;
    }
}

/// That of the latest epoch. Where Sentinels name several that are as late, the first of a server that is a
/// primary by its own word.
const Sentinel::Opinion& Sentinel::right_of(const std::vector<Opinion>& opinions) {
    const auto earlier = [](const Opinion& a, const Opinion& b) { return a.primary.epoch < b.primary.epoch; };
    const Opinion& latest = *std::max_element(opinions.begin(), opinions.end(), earlier);
    const auto rivals = [&](const Opinion& other) {
        return other.primary.epoch == latest.primary.epoch && other.primary.address != latest.primary.address;
    };
    if (std::none_of(opinions.begin(), opinions.end(), rivals) || is_primary(latest.primary)) return latest;
    const auto found = std::find_if(opinions.begin(), opinions.end(), [&](const Opinion& other) {
        return rivals(other) && is_primary(other.primary);
    });
    return found == opinions.end() ? latest : *found;
}

std::vector<Node> Sentinel::primaries() {
    std::vector<Opinion> opinions;
    std::optional<core::Error> failure;
    warnings_.clear();
    for (const net::HostPort& sentinel : url_.hosts) {
        try {
            opinions.push_back(ask(sentinel));
        } catch (const core::Error& error) {
            warnings_.push_back(
                fmt::format("the Sentinel {} does not tell: {}", sentinel.text(), error.what()));
            if (!failure || failure->code() == core::ExitCode::unreachable) failure = error;
        }
        if (core::Interrupt::requested()) break;
    }
    if (opinions.empty()) throw core::Error(*failure);
    const Opinion& right = right_of(opinions);
    note_disagreement(opinions, right);
    Node primary = right.primary;
    primary.slots.set();
    members_ = {primary};
    members_.insert(members_.end(), right.replicas.begin(), right.replicas.end());
    try {
        Server& server = at(primary).server();
        const Fields fields = server.converse([&] {
            server.connection().append({"INFO", "server"});
            server.connection().append({"INFO", "replication"});
            server.connection().send();
            Fields both = parse_info(server.connection().receive().text);
            both.merge(parse_info(server.connection().receive().text));
            return both;
        });
        primary.run_id = text_of(fields, "run_id");
        const std::string role = text_of(fields, "role");
        if (!role.empty() && role != "master")
            throw core::Error(
                core::ExitCode::unreachable,
                fmt::format("cannot connect: {}: the Sentinels name it as the primary, and it is a "
                            "replica (yet)",
                            primary.address.text()));
    } catch (const core::Error&) {
        open_.erase(primary.id);
        throw;
    }
    primary.doubt = doubt_of(primary, opinions);
    primary.asked = true;
    members_.front() = primary;
    for (std::size_t i = 1; i < members_.size(); ++i)
        members_[i].primary_id = primary.id;
    return {primary};
}

std::vector<SentinelReport> Sentinel::sentinel_reports() {
    std::vector<SentinelReport> reports;
    for (const net::HostPort& sentinel : url_.hosts) {
        SentinelReport& report = reports.emplace_back();
        report.sentinel = output::printable(sentinel.text());
        try {
            Server server = open_sentinel(sentinel);
            const Reply reply = server.ask_if_tolerated({"SENTINEL", "CKQUORUM", url_.service});
            if (reply.is_text() || reply.text.starts_with("NOQUORUM"))
                report.quorum.value.emplace(std::string(output::beginning(reply.text, 200)));
            else
                report.quorum.why_not = fmt::format("SENTINEL CKQUORUM: {}",
                                                    output::printable(output::beginning(reply.text, 200)));
        } catch (const core::Error& error) {
            report.quorum.why_not = error.what();
        }
        if (core::Interrupt::requested()) break;
    }
    return reports;
}

std::unique_ptr<RedisStore> Sentinel::connect_to(const Node& node) {
    return connect(node.address);
}

std::unique_ptr<RedisStore> Sentinel::connect(const net::HostPort& address) {
    return std::make_unique<RedisStore>(open_announced(url_, options_, {address, "", kind()}), true);
}

} // namespace roacache::store::redis
