#include "src/store/redis/probe.hpp"

#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"

#include <fmt/format.h>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {
namespace {

std::string unused_name() {
    std::random_device random;
    return fmt::format("roacache:probe:{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// Why the command cannot be used; empty: it can.
std::string why_not(const Server& server, std::string_view command, const Reply& reply) {
    try {
        server.check_tolerated(command);
    } catch (const core::Error& error) {
        return error.what();
    }
    const bool is_there = reply.text.find("no such key") != std::string::npos;
    if (!reply.is_error() || is_about_a_key(reply.text) || is_there) return {};
    return fmt::format("{}: {}", command, output::printable(reply.text));
}

std::string thrown_by(const std::function<void()>& check) {
    try {
        check();
        return {};
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::refused) throw;
        return error.what();
    }
}

} // namespace

Capabilities probe(Router& router) {
    Capabilities capabilities;
    capabilities.missing = {
        {Capability::switches, "a server of entries does not know whether its service uses them"},
        {Capability::notify, "its service does not listen there"}};
    if (const std::string part = thrown_by([&] { router.for_reading(); }); !part.empty()) {
        for (const auto& [capability, name] : k_capabilities)
            capabilities.missing.emplace(capability, part);
        return capabilities;
    }
    const std::string fixed = thrown_by([&] { router.for_act(Act::erase); });
    const std::string key = unused_name();
    std::vector<Server::Question> questions{{"SCAN", "0", "COUNT", "1"},
                                            {"TYPE", key},
                                            {"OBJECT", "IDLETIME", key},
                                            {"GETRANGE", key, "0", "0"},
                                            {"INFO", "memory"}};
    if (fixed.empty())
        for (const Server::Question& change :
             {Server::Question{"MULTI"}, {"UNLINK", key}, {"DEL", key}, {"PEXPIRE", key, "1"}, {"DISCARD"}})
            questions.push_back(change);
    Server& server = router.any();
    const std::vector<Reply> replies = server.ask_tolerated(questions);
    const auto lacks = [&](std::size_t at) { return why_not(server, questions[at].front(), replies[at]); };
    std::string erase = fixed, expire = fixed;
    if (fixed.empty()) {
        if (!replies[5].is_error() && replies[9].is_error())
            server.reopen(); // or all would be queued from now on
        erase = lacks(7).empty() ? std::string() : lacks(6);
        expire = lacks(8);
    }
    const Fields memory = parse_info(replies[4].text);
    const auto policy = memory.find("maxmemory_policy");
    const bool by_frequency = policy != memory.end() && policy->second.find("lfu") != std::string::npos;
    const std::string list = lacks(0);
    const std::pair<Capability, std::string> reasons[] = {
        {Capability::list, list},
        {Capability::describe, lacks(1)},
        {Capability::erase_by_key, erase},
        {Capability::erase_by_selection, list.empty() ? erase : list},
        {Capability::count, list},
        {Capability::expire, expire},
        {Capability::idle, by_frequency ? "the server evicts by frequency of use" : lacks(2)},
        {Capability::values, lacks(3)}};
    for (const auto& [capability, reason] : reasons)
        if (!reason.empty()) capabilities.missing.emplace(capability, reason);
    return capabilities;
}

} // namespace roacache::store::redis
