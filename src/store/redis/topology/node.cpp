#include "src/store/redis/topology/node.hpp"

#include "src/output/text.hpp"

#include <charconv>
#include <fmt/format.h>
#include <map>

namespace roacache::store::redis {
namespace {

/// Cuts the text before the separator off; all of it where there is none.
std::string_view cut(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || text.empty())
        return std::nullopt;
    return number;
}

std::optional<std::size_t> slot_in(std::string_view text) {
    const auto slot = number_of<std::size_t>(text);
    return slot && *slot < k_slots ? slot : std::nullopt;
}

/// `HOST:PORT@BUS,NAME,shard-id=…`; IPv6 addresses come without brackets.
bool take_address(std::string_view text, Node& node) {
    const std::string_view endpoint = cut(text, ',');
    const std::string_view name = cut(text, ',');
    if (name.find('=') == std::string_view::npos) node.host_name = name;
    const std::string_view before_bus = endpoint.substr(0, endpoint.find('@'));
    const std::size_t colon = before_bus.rfind(':');
    if (colon == std::string_view::npos) return false;
    const auto port = number_of<std::uint16_t>(before_bus.substr(colon + 1));
    if (!port) return false;
    node.address = {std::string(before_bus.substr(0, colon)), *port};
    return true;
}

/// The host name in the last field of a node in CLUSTER SLOTS, names and values in turn, where its address is
/// of another kind.
std::string host_name_in(const Reply& metadata) {
    for (std::size_t at = 0; at + 1 < metadata.elements.size(); at += 2)
        if (metadata.elements[at].text == "hostname") return metadata.elements[at + 1].text;
    return {};
}

/// A node that came back with another id leaves behind what it was, without an address.
void take_as_lost(Node& node) {
    node.failed = true;
    node.unreached.emplace(core::ExitCode::unreachable,
                           fmt::format("cannot connect: the node {}: the cluster has no address of it",
                                       output::printable(node.id)));
}

/// False for a node that is none yet.
bool take_flags(std::string_view flags, Node& node) {
    while (!flags.empty()) {
        const std::string_view flag = cut(flags, ',');
        if (flag == "handshake") return false;
        if (flag == "noaddr") take_as_lost(node);
        node.primary |= flag == "master";
        node.failed |= flag == "fail";
        node.suspected |= flag == "fail?";
        node.asked |= flag == "myself";
    }
    return true;
}

/// `5`, `0-5460`, `[7-<-ID]` for a slot that comes, `[7->-ID]` for one that goes.
bool take_slots(std::string_view text, Node& node) {
    if (text.starts_with('[')) {
        text.remove_prefix(1);
        const auto slot = slot_in(cut(text, '-'));
        if (!slot) return false;
        if (text.starts_with('<')) node.importing.set(*slot);
        if (text.starts_with('>')) node.migrating.set(*slot);
        return true;
    }
    const auto first = slot_in(cut(text, '-'));
    const auto last = text.empty() ? first : slot_in(text);
    if (!first || !last) return false;
    for (std::size_t slot = *first; slot <= *last; ++slot)
        node.slots.set(slot);
    return true;
}

} // namespace

std::optional<std::vector<Node>> parse_nodes(std::string_view text) {
    std::vector<Node> nodes;
    bool any = false;
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        Node node;
        node.id = cut(line, ' ');
        const std::string_view address = cut(line, ' ');
        const std::string_view flags = cut(line, ' ');
        const std::string_view primary = cut(line, ' ');
        if (primary != "-") node.primary_id = primary;
        cut(line, ' '); // ping sent
        cut(line, ' '); // pong received
        const auto epoch = number_of<std::uint64_t>(cut(line, ' '));
        cut(line, ' '); // state of the link
        if (!epoch) return std::nullopt;
        node.epoch = *epoch;
        any = true;
        if (!take_flags(flags, node)) continue;
        if (!take_address(address, node)) return std::nullopt;
        while (!line.empty())
            if (!take_slots(cut(line, ' '), node)) return std::nullopt;
        if (node.unreached && node.slots.none()) continue;
        nodes.push_back(std::move(node));
    }
    return any ? std::optional(std::move(nodes)) : std::nullopt;
}

std::optional<std::vector<Node>> parse_slots(const Reply& reply) {
    constexpr std::size_t k_first_node = 2; // behind the first slot and the last
    if (!reply.is_array()) return std::nullopt;
    std::map<std::string, Node> nodes;
    for (const Reply& range : reply.elements) {
        const std::vector<Reply>& parts = range.elements;
        if (parts.size() <= k_first_node || !parts[0].is_integer() || !parts[1].is_integer())
            return std::nullopt;
        const auto slots = static_cast<std::int64_t>(k_slots);
        if (parts[0].integer < 0 || parts[1].integer >= slots || parts[0].integer > parts[1].integer)
            return std::nullopt;
        std::string primary;
        for (std::size_t at = k_first_node; at < parts.size(); ++at) {
            const std::vector<Reply>& fields = parts[at].elements;
            if (fields.size() < 3 || !fields[1].is_integer()) return std::nullopt;
            if (fields[1].integer < 0 || fields[1].integer > 0xffff) return std::nullopt;
            const std::string& id = fields[2].text;
            Node& node = nodes[id];
            node.id = id;
            node.tells_importing = false;
            node.address = {fields[0].text, static_cast<std::uint16_t>(fields[1].integer)};
            if (node.address.host.empty() && node.address.port == 0) take_as_lost(node);
            if (fields.size() > 3) node.host_name = host_name_in(fields[3]);
            node.primary |= at == k_first_node;
            if (at == k_first_node) {
                primary = id;
                for (std::int64_t slot = parts[0].integer; slot <= parts[1].integer; ++slot)
                    node.slots.set(static_cast<std::size_t>(slot));
            } else {
                node.primary_id = primary;
            }
        }
    }
    std::vector<Node> list;
    list.reserve(nodes.size());
    for (auto& [id, node] : nodes)
        list.push_back(std::move(node));
    return list.empty() ? std::nullopt : std::optional(std::move(list));
}

} // namespace roacache::store::redis
