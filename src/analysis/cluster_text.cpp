#include "src/analysis/cluster_text.hpp"

#include <algorithm>
#include <charconv>

namespace roacache::analysis {
namespace {

std::string_view next_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

bool has_flag(std::string_view flags, std::string_view flag) {
    while (!flags.empty()) {
        const std::string_view one = flags.substr(0, flags.find(','));
        if (one == flag) return true;
        flags.remove_prefix(std::min(one.size() + 1, flags.size()));
    }
    return false;
}

/// Of `5461` or `0-5460`; 0 of a slot that moves (`[93-<-…]`).
unsigned slots_in(std::string_view range) {
    unsigned first = 0, last = 0;
    const char* const end = range.data() + range.size();
    const auto low = std::from_chars(range.data(), end, first);
    if (low.ec != std::errc()) return 0;
    if (low.ptr == end) return 1;
    const auto high = std::from_chars(low.ptr + 1, end, last);
    return *low.ptr == '-' && high.ec == std::errc() && last >= first ? last - first + 1 : 0;
}

} // namespace

std::string host_of_node(std::string_view address) {
    const std::size_t comma = address.find(',');
    if (comma != std::string_view::npos) {
        const std::string_view behind = address.substr(comma + 1);
        const std::string_view name = behind.substr(0, behind.find(','));
        // Auxiliary fields such as shard-id=… have an equals sign.
        if (!name.empty() && name.find('=') == std::string_view::npos) return std::string(name);
        address = address.substr(0, comma);
    }
    address = address.substr(0, address.find('@'));
    return std::string(address.substr(0, std::min(address.rfind(':'), address.size())));
}

std::vector<ClusterNode> parse_cluster_nodes(std::string_view text) {
    std::vector<ClusterNode> nodes;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        ClusterNode node;
        node.id = next_word(line);
        node.host = host_of_node(next_word(line));
        const std::string_view flags = next_word(line), primary = next_word(line);
        if (node.id.empty() || node.host.empty() || flags.empty() || has_flag(flags, "noaddr")) continue;
        if (primary != "-") node.primary = primary;
        node.failed = has_flag(flags, "fail") || has_flag(flags, "fail?");
        for (int passed_over = 0; passed_over < 4; ++passed_over)
            next_word(line);
        while (!line.empty())
            node.slots += slots_in(next_word(line));
        nodes.push_back(std::move(node));
    }
    return nodes;
}

} // namespace roacache::analysis
