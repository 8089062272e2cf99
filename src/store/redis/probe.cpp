#include "src/store/redis/probe.hpp"

#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {
namespace {

constexpr const char* k_by_frequency = "the server evicts by frequency of use";

/// What a command is needed for: without it a capability is missing, or lacks a part.
struct Need {
    Capability capability;
    bool whole;
    Server::Question command;
};

std::vector<Need> needs_about(std::string_view key) {
    using enum Capability;
    return {{describe, true, {"TYPE", key}},
            {describe, false, {"PTTL", key}},
            {describe, false, {"MEMORY", "USAGE", key}},
            {idle, true, {"OBJECT", "IDLETIME", key}},
            {values, true, {"TYPE", key}},
            {values, true, {"GETRANGE", key, "0", "0"}},
            {values, false, {"HSCAN", key, "0"}},
            {values, false, {"LRANGE", key, "0", "0"}},
            {values, false, {"SSCAN", key, "0"}},
            {values, false, {"ZRANGE", key, "0", "0"}},
            {values, false, {"XRANGE", key, "-", "+", "COUNT", "1"}}};
}

/// Of an error. Servers repeat what they were asked, which is of no use to anybody and another each time.
std::string reason(std::string_view command, std::string_view text) {
    return fmt::format("{}: {}", command, output::printable(text.substr(0, text.find(", with args"))));
}

/// Whether the error says that the command can be used, although not now or not with this key: none of those
/// asked needs memory, but a transaction does.
bool would_do(std::string_view error) {
    return is_about_a_key(error) || error.starts_with("OOM ") ||
           error.find("no such key") != std::string_view::npos;
}

bool is_scan(const Reply& reply) {
    return reply.elements.size() == 2 && reply.elements[0].is_text() && reply.elements[1].is_array();
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

class Probe {
  public:
    Probe(Router& router, std::string key) : router_(router), server_(router.any()), key_(std::move(key)) {}

    Capabilities run() {
        found_.missing = {
            {Capability::switches, "a server of entries does not know whether its service uses them"},
            {Capability::notify, "its service does not listen there"}};
        if (const std::string part = thrown_by([&] { router_.for_reading(); }); !part.empty()) {
            for (const auto& [capability, name] : k_capabilities)
                found_.missing.emplace(capability, part);
            return std::move(found_);
        }
        ask();
        take_scan();
        for (std::size_t i = 0; i < needs_.size(); ++i)
            take(needs_[i], replies_[k_first_need + i]);
        take_policy();
        take_changes();
        return std::move(found_);
    }

  private:
    static constexpr std::size_t k_scan = 0, k_memory = 1, k_multi = 2, k_first_need = 3;

    /// All at once, and what is about a key in a transaction that is given up.
    void ask() {
        fixed_ = thrown_by([&] { router_.for_act(Act::erase); });
        needs_ = needs_about(key_);
        questions_ = {{"SCAN", "0", "COUNT", "1"}, {"INFO", "memory"}, {"MULTI"}};
        for (const Need& need : needs_)
            questions_.push_back(need.command);
        if (fixed_.empty())
            questions_.insert(questions_.end(), {{"UNLINK", key_}, {"DEL", key_}, {"PEXPIRE", key_, "1"}});
        questions_.push_back({"DISCARD"});
        replies_ = server_.ask_tolerated(questions_);
        if (!replies_[k_multi].is_error() && replies_.back().is_error())
            server_.reopen(); // or all would be queued from now on
    }

    /// Why the command cannot be used; empty: it can.
    std::string why_not(const Server::Question& command, const Reply& reply) const {
        try {
            server_.check_tolerated(command.front());
        } catch (const core::Error& error) {
            return error.what();
        }
        return reply.is_error() && !would_do(reply.text) ? reason(command.front(), reply.text) : "";
    }

    void lack(Capability capability, const std::string& why) {
        if (!why.empty()) found_.missing.emplace(capability, why);
    }

    void note_keys(Capability capability, const Reply& reply) {
        if (reply.is_error() && is_about_a_key(reply.text))
            found_.limited.emplace(capability, "only with the keys that this user is allowed");
    }

    void take_scan() {
        const Reply& reply = replies_[k_scan];
        std::string why = why_not(questions_[k_scan], reply);
        if (why.empty() && !is_scan(reply)) why = "the answer to SCAN is none";
        for (const Capability capability :
             {Capability::list, Capability::count, Capability::erase_by_selection})
            lack(capability, why);
    }

    void take(const Need& need, const Reply& reply) {
        const std::string why = why_not(need.command, reply);
        if (need.whole)
            lack(need.capability, why);
        else if (!why.empty())
            found_.limited.emplace(need.capability, why);
        note_keys(need.capability, reply);
    }

    /// Where nothing tells the policy, an entry does: of a key that is absent the idle time is nil.
    void take_policy() {
        const Fields memory = parse_info(replies_[k_memory].text);
        if (const auto policy = memory.find("maxmemory_policy"); policy != memory.end()) {
            if (policy->second.find("lfu") != std::string::npos)
                found_.missing[Capability::idle] = k_by_frequency;
            return;
        }
        const Reply& scan = replies_[k_scan];
        if (!is_scan(scan) || scan.elements[1].elements.empty() || !found_.has(Capability::idle)) return;
        const Reply reply =
            server_.ask_if_tolerated({"OBJECT", "IDLETIME", scan.elements[1].elements[0].text});
        if (reply.is_error() && reply.text.find("LFU") != std::string::npos)
            found_.missing[Capability::idle] = k_by_frequency;
    }

    void take_changes() {
        std::string erase = fixed_, expire = fixed_;
        if (fixed_.empty()) {
            const std::size_t unlink = k_first_need + needs_.size(), del = unlink + 1, pexpire = del + 1;
            const auto lacks = [&](std::size_t at) { return why_not(questions_[at], replies_[at]); };
            if (!lacks(del).empty()) erase = lacks(unlink);
            expire = lacks(pexpire);
            for (const Capability capability : {Capability::erase_by_key, Capability::erase_by_selection})
                note_keys(capability, replies_[unlink]);
            note_keys(Capability::expire, replies_[pexpire]);
        }
        lack(Capability::erase_by_key, erase);
        lack(Capability::erase_by_selection, erase);
        lack(Capability::expire, expire);
    }

    Router& router_;
    Server& server_;
    const std::string key_;
    std::string fixed_; // why this server takes no changes; empty: it does
    std::vector<Need> needs_;
    std::vector<Server::Question> questions_;
    std::vector<Reply> replies_;
    Capabilities found_;
};

} // namespace

std::string unused_name() {
    std::random_device random;
    return fmt::format("roacache:probe:{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

Capabilities probe(Router& router, const std::string& key) {
    return Probe(router, key).run();
}

} // namespace roacache::store::redis
