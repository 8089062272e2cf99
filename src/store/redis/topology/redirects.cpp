#include "src/store/redis/topology/redirects.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/store/redis/topology/pages.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace roacache::store::redis {
namespace {

constexpr std::size_t k_most_hops = 30;
/// A key that is on its way has arrived within milliseconds.
constexpr std::chrono::milliseconds k_pause{10};

} // namespace

std::optional<net::HostPort> address_in(const std::string& why, const net::HostPort& from) {
    const std::size_t blank = why.rfind(' '), colon = why.rfind(':');
    if (blank == std::string::npos || colon == std::string::npos || colon < blank) return std::nullopt;
    net::HostPort address{why.substr(blank + 1, colon - blank - 1), 0};
    const char* const end = why.data() + why.size();
    const auto parsed = std::from_chars(why.data() + colon + 1, end, address.port);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    if (address.host.empty() || address.host == "?") address.host = from.host;
    return address;
}

/// Where it throws, `keys` are those that are left.
std::vector<Redirected> Redirects::act(const net::HostPort& address, bool asks, std::vector<FoundKey>& keys,
                                       Page& page, std::unordered_set<std::string>& unanswered) {
    std::unique_ptr<RedisStore>& store = open_[address.text()];
    if (!store) store = topology_.connect(address);
    Server& server = store->server();
    Connection& connection = server.connection();
    const auto operation =
        make_operation(request_, {.must_exist = request_.names_keys(),
                                  .erase_command = request_.act == Act::erase ? server.erase_command() : "",
                                  .by_slot = true,
                                  .one_by_one = true});
    std::vector<Redirected> again;
    while (!keys.empty()) {
        Page answered;
        const std::uint64_t uncertain = tally_.uncertain;
        try {
            connection.set_asking(asks);
            operation->begin(connection, keys, tally_);
            answered.keys = std::exchange(keys, {});
            connection.send();
            operation->finish(connection, answered, tally_);
            connection.set_asking(false);
        } catch (const core::Error&) {
            keys = take_unanswered(answered, tally_.uncertain - uncertain, request_);
            if (tally_.uncertain > uncertain)
                for (const FoundKey& key : keys)
                    unanswered.insert(key.bytes());
            tally_.uncertain = uncertain;
            take_undone(*operation, keys);
            append_page(page, std::move(answered));
            throw;
        }
        for (Redirected& redirected : operation->take_redirected())
            again.push_back(std::move(redirected));
        keys = operation->take_again();
        append_page(page, std::move(answered));
    }
    return again;
}

std::vector<FoundKey> Redirects::follow(std::vector<Redirected> keys, const net::HostPort& from, Page& page,
                                        std::unordered_set<std::string>& unanswered) {
    std::vector<FoundKey> lost;
    const auto lose = [&](std::vector<FoundKey>& left) {
        std::move(left.begin(), left.end(), std::back_inserter(lost));
    };
    for (std::size_t hop = 0; !keys.empty(); ++hop) {
        if (hop > 0) core::wait_ready(-1, 0, core::Deadline::in(k_pause));
        std::map<std::pair<std::string, bool>, std::pair<net::HostPort, std::vector<FoundKey>>> targets;
        for (Redirected& redirected : keys) {
            const auto address = address_in(redirected.why, from).value_or(from);
            auto& target = targets[{address.text(), redirected.why.starts_with("ASK ")}];
            target.first = address;
            target.second.push_back(std::move(redirected.key));
        }
        keys.clear();
        for (auto& [name, target] : targets) {
            if (hop == k_most_hops || core::Interrupt::requested()) {
                lose(target.second);
                continue;
            }
            try {
                for (Redirected& again : act(target.first, name.second, target.second, page, unanswered))
                    keys.push_back(std::move(again));
            } catch (const core::Error& error) {
                open_.erase(name.first);
                const bool may_pass =
                    error.code() == core::ExitCode::unreachable || error.code() == core::ExitCode::refused;
                if (!may_pass) throw;
                lose(target.second);
            }
        }
    }
    return lost;
}

} // namespace roacache::store::redis
