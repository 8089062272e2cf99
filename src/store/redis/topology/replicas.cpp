#include "src/store/redis/topology/replicas.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"

#include <charconv>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// The value of `name=` in a list `a=1,b=2`.
std::string_view value_in(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        const std::string_view part = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return part.substr(name.size() + 1);
    }
    return {};
}

} // namespace

std::vector<Replica> replicas_in(const Fields& fields) {
    std::vector<Replica> replicas;
    for (std::size_t number = 0;; ++number) {
        const auto line = fields.find(fmt::format("slave{}", number));
        if (line == fields.end()) return replicas;
        Replica& replica = replicas.emplace_back();
        replica.address.host = value_in(line->second, "ip");
        const std::string_view port = value_in(line->second, "port"),
                               offset = value_in(line->second, "offset");
        std::from_chars(port.data(), port.data() + port.size(), replica.address.port);
        std::from_chars(offset.data(), offset.data() + offset.size(), replica.offset);
        replica.online = value_in(line->second, "state") == "online";
    }
}

std::string replicas_behind(Server& server, core::Nanoseconds limit) {
    constexpr std::chrono::milliseconds k_ask_again{20};
    const core::Deadline deadline = core::Deadline::in(limit);
    const auto ask = [&] {
        return server.converse([&] {
            return parse_info(server.connection().ask({"INFO", "replication"}).text);
        });
    };
    std::optional<std::uint64_t> history;
    for (;;) {
        const Fields fields = ask();
        if (!history) history = number_in(fields, "master_repl_offset");
        if (!history) return {};
        std::string behind;
        std::size_t online = 0;
        for (const Replica& replica : replicas_in(fields)) {
            if (!replica.online) continue;
            ++online;
            if (replica.offset < *history)
                behind += (behind.empty() ? "" : ", ") + output::printable(replica.address.text());
        }
        if (behind.empty()) return {};
        if (deadline.passed() || core::Interrupt::requested())
            return fmt::format("{}: its replica has not confirmed that what was removed is gone: {}",
                               server.name(), behind);
        // WAIT has the replicas say at once how far they are, which else they do once a second.
        server.converse([&] {
            return server.connection().ask({"WAIT", fmt::format_int(online).c_str(), "100"});
        });
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_again));
    }
}

} // namespace roacache::store::redis
