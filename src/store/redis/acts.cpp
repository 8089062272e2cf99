#include "src/store/redis/acts.hpp"

#include "src/core/error.hpp"
#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// Keys of one UNLINK: enough to make the command's own cost small, few enough to be over soon.
constexpr std::size_t k_keys_a_command = 256;
constexpr std::size_t k_bytes_a_command = std::size_t{1} << 20;

/// Keeps the first refusal while the answers behind it are received.
class Refusal {
  public:
    void note(const Connection& connection, const Reply& reply) {
        if (!first_) first_ = server_error(connection.peer(), reply.text);
    }
    /// For an answer that is neither an error nor what `command` is answered with.
    void note_rubbish(const Connection& connection, std::string_view command) {
        if (!first_) first_ = not_understood(connection.peer(), command);
    }
    void raise() const {
        if (first_) throw core::Error(*first_);
    }

  private:
    std::optional<core::Error> first_;
};

class List : public Actor {
  public:
    void begin(Connection&, std::vector<std::string>&, Walk::Tally&) override {}
    void finish(Connection&, Page&, Walk::Tally&) override {}
};

class ListExisting : public Actor {
  public:
    void begin(Connection& connection, std::vector<std::string>& keys, Walk::Tally&) override {
        for (const std::string& key : keys)
            connection.append({"EXISTS", key});
    }

    void finish(Connection& connection, Page& page, Walk::Tally&) override {
        Refusal refusal;
        std::vector<bool> exists;
        for (std::size_t at = 0; at < page.keys.size(); ++at) {
            const Reply reply = connection.receive();
            if (reply.is_error()) refusal.note(connection, reply);
            exists.push_back(reply.integer > 0);
        }
        std::size_t at = 0;
        std::erase_if(page.keys, [&](const std::string&) { return !exists[at++]; });
        refusal.raise();
    }
};

/// One command for all keys, then the next: the server is up to a tenth quicker than when they alternate, and
/// quickest when MEMORY comes first.
class Describe : public Actor {
  public:
    Describe(const WalkRequest& request, bool must_exist) : fields_(request.fields), must_exist_(must_exist) {
        // One of them has to tell that a key is gone.
        if (!fields_.type && !fields_.bytes) fields_.ttl = true;
    }

    void begin(Connection& connection, std::vector<std::string>& keys, Walk::Tally&) override {
        sent_ = fields_;
        if (sent_.bytes)
            for (const std::string& key : keys)
                connection.append({"MEMORY", "USAGE", key});
        if (sent_.ttl)
            for (const std::string& key : keys)
                connection.append({"PTTL", key});
        if (sent_.type)
            for (const std::string& key : keys)
                connection.append({"TYPE", key});
    }

    void finish(Connection& connection, Page& page, Walk::Tally&) override {
        Refusal refusal;
        page.descriptions.assign(page.keys.size(), {});
        if (sent_.bytes)
            for (Description& description : page.descriptions)
                take_bytes(answer(connection, fields_.bytes, refusal), description);
        if (sent_.ttl)
            for (Description& description : page.descriptions)
                take_ttl(answer(connection, fields_.ttl, refusal), description);
        if (sent_.type)
            for (Description& description : page.descriptions)
                take_type(answer(connection, fields_.type, refusal), description);
        if (must_exist_) look_for_untold(connection, page, refusal);
        for (Description& description : page.descriptions)
            if (description.gone) description = {.gone = true, .type = {}, .ttl_ms = {}, .bytes = {}};
        refusal.raise();
    }

  private:
    static void take_bytes(const std::optional<Reply>& reply, Description& description) {
        if (!reply) return;
        if (reply->type == Reply::Type::nil) description.gone = true;
        if (reply->is_integer() && reply->integer >= 0)
            description.bytes = static_cast<std::uint64_t>(reply->integer);
    }

    static void take_ttl(const std::optional<Reply>& reply, Description& description) {
        if (!reply || !reply->is_integer()) return;
        if (reply->integer == -2)
            description.gone = true;
        else
            description.ttl_ms = reply->integer < 0 ? k_no_ttl : reply->integer;
    }

    static void take_type(std::optional<Reply> reply, Description& description) {
        if (!reply) return;
        if (reply->text == "none")
            description.gone = true;
        else if (reply->is_text())
            description.type = core::Untrusted(std::move(reply->text));
    }

    /// An answer; a refusal gives none, and unless it is about this key alone it puts an end to asking.
    static std::optional<Reply> answer(Connection& connection, bool& field, Refusal& refusal) {
        Reply reply = connection.receive();
        if (!reply.is_error()) return reply;
        if (!is_about_a_key(reply.text)) field = false;
        if (turns_away(reply.text)) refusal.note(connection, reply);
        return {};
    }

    /// Named keys of which nothing is told may not be there.
    static void look_for_untold(Connection& connection, Page& page, Refusal& refusal) {
        std::vector<std::size_t> untold;
        for (std::size_t at = 0; at < page.keys.size(); ++at) {
            const Description& known = page.descriptions[at];
            if (!known.gone && !known.type && !known.ttl_ms && !known.bytes) untold.push_back(at);
        }
        for (const std::size_t at : untold)
            connection.append({"EXISTS", page.keys[at]});
        if (!untold.empty()) connection.send();
        for (const std::size_t at : untold) {
            const Reply reply = connection.receive();
            if (reply.is_integer() && reply.integer == 0) page.descriptions[at].gone = true;
            if (reply.is_error() && turns_away(reply.text)) refusal.note(connection, reply);
        }
    }

    decltype(WalkRequest::fields) fields_; ///< still asked for
    decltype(WalkRequest::fields) sent_{};
    bool must_exist_;
};

/// Sorts keys by group, stably, and gives the group of each.
std::vector<std::size_t> sort_by_group(const std::function<std::size_t(std::string_view)>& group,
                                       std::vector<std::string>& keys) {
    if (!group) return std::vector<std::size_t>(keys.size(), 0);
    std::vector<std::pair<std::size_t, std::size_t>> order; // group and place
    order.reserve(keys.size());
    for (std::size_t at = 0; at < keys.size(); ++at)
        order.emplace_back(group(keys[at]), at);
    std::sort(order.begin(), order.end());
    std::vector<std::string> sorted;
    std::vector<std::size_t> groups;
    sorted.reserve(keys.size());
    groups.reserve(keys.size());
    for (const auto& [number, at] : order) {
        sorted.push_back(std::move(keys[at]));
        groups.push_back(number);
    }
    keys = std::move(sorted);
    return groups;
}

void add_to_parts(Page& page, std::size_t group, std::uint64_t keys, std::uint64_t changed) {
    page.changed += changed;
    if (page.parts.empty() || page.parts.back().group != group) page.parts.push_back({group, 0, 0});
    page.parts.back().keys += keys;
    page.parts.back().changed += changed;
}

class Erase : public Actor {
  public:
    Erase(const WalkRequest& request, std::string_view command) : group_(request.group), command_(command) {}

    void begin(Connection& connection, std::vector<std::string>& keys, Walk::Tally& tally) override {
        const std::vector<std::size_t> groups = sort_by_group(group_, keys);
        chunks_.clear();
        std::size_t bytes = 0;
        for (std::size_t at = 0; at < keys.size(); ++at) {
            bytes += keys[at].size();
            if (chunks_.empty() || chunks_.back().size == k_keys_a_command || bytes > k_bytes_a_command ||
                chunks_.back().group != groups[at]) {
                chunks_.push_back({at, 0, groups[at]});
                bytes = keys[at].size();
            }
            ++chunks_.back().size;
        }
        send(connection, keys, tally);
    }

    void finish(Connection& connection, Page& page, Walk::Tally& tally) override {
        Refusal refusal;
        chunks_ = receive(connection, page, tally, refusal);
        if (!chunks_.empty()) {
            // A user may be allowed only DEL, and a proxy know only that.
            command_ = "DEL";
            knows_command_ = true;
            send(connection, page.keys, tally);
            connection.send();
            receive(connection, page, tally, refusal);
        }
        refusal.raise();
    }

    bool converses() const override { return !knows_command_; }

  private:
    /// The keys of one command.
    struct Chunk {
        std::size_t begin, size, group;
    };

    void send(Connection& connection, const std::vector<std::string>& keys, Walk::Tally& tally) {
        for (const Chunk& chunk : chunks_) {
            arguments_.assign(1, command_);
            const auto first = keys.begin() + static_cast<std::ptrdiff_t>(chunk.begin);
            arguments_.insert(arguments_.end(), first, first + static_cast<std::ptrdiff_t>(chunk.size));
            connection.append(arguments_);
            tally.sent += chunk.size;
            tally.uncertain += chunk.size;
        }
    }

    /// Gives the chunks whose command the server does not have, while there is another.
    std::vector<Chunk> receive(Connection& connection, Page& page, Walk::Tally& tally, Refusal& refusal) {
        std::vector<Chunk> again;
        for (const Chunk& chunk : chunks_) {
            const Reply reply = connection.receive();
            if (!reply.is_integer() && !reply.is_error()) {
                refusal.note_rubbish(connection, command_);
                continue;
            }
            tally.uncertain -= chunk.size;
            if (reply.is_integer()) {
                const auto removed = static_cast<std::uint64_t>(
                    std::clamp(reply.integer, std::int64_t{0}, static_cast<std::int64_t>(chunk.size)));
                add_to_parts(page, chunk.group, chunk.size, removed);
                tally.changed += removed;
                knows_command_ = true;
            } else if (!knows_command_ && command_ == "UNLINK" && !turns_away(reply.text)) {
                tally.sent -= chunk.size;
                again.push_back(chunk);
            } else {
                tally.sent -= chunk.size;
                refusal.note(connection, reply);
            }
        }
        return again;
    }

    std::function<std::size_t(std::string_view)> group_;
    std::string_view command_;
    bool knows_command_ = false; ///< that the server has it
    std::vector<Chunk> chunks_;  ///< under way
    std::vector<std::string_view> arguments_;
};

/// PEXPIRE … LT never lengthens a time to live, but came with Redis 7; before it the time is read first.
class Shorten : public Actor {
  public:
    explicit Shorten(const WalkRequest& request) : ttl_(request.ttl), group_(request.group) {}

    void begin(Connection& connection, std::vector<std::string>& keys, Walk::Tally& tally) override {
        groups_ = sort_by_group(group_, keys);
        if (has_lt_) count_sent(tally, keys.size());
        times_.clear();
        for (const std::string& key : keys) {
            times_.push_back(fmt::format_int(ttl_(key).count()).str());
            if (has_lt_)
                connection.append({"PEXPIRE", key, times_.back(), "LT"});
            else
                connection.append({"PTTL", key});
        }
    }

    void finish(Connection& connection, Page& page, Walk::Tally& tally) override {
        Refusal refusal;
        if (!has_lt_) {
            shorten_after_pttl(connection, page, tally, refusal);
        } else if (receive(connection, page, tally, refusal)) {
            has_lt_ = false;
            for (const std::string& key : page.keys)
                connection.append({"PTTL", key});
            connection.send();
            shorten_after_pttl(connection, page, tally, refusal);
        }
        refusal.raise();
    }

    bool converses() const override { return !knows_lt_; }

  private:
    static void count_sent(Walk::Tally& tally, std::size_t keys) {
        tally.sent += keys;
        tally.uncertain += keys;
    }

    /// True when the server does not know LT.
    bool receive(Connection& connection, Page& page, Walk::Tally& tally, Refusal& refusal) {
        bool unknown = false;
        for (std::size_t at = 0; at < page.keys.size(); ++at) {
            const Reply reply = connection.receive();
            knows_lt_ |= reply.is_integer();
            count(reply, at, connection, page, tally, refusal, knows_lt_ ? nullptr : &unknown);
        }
        return unknown;
    }

    void count(const Reply& reply, std::size_t at, const Connection& connection, Page& page,
               Walk::Tally& tally, Refusal& refusal, bool* unknown) const {
        if (!reply.is_integer() && !reply.is_error()) return refusal.note_rubbish(connection, "PEXPIRE");
        --tally.uncertain;
        if (reply.is_error()) --tally.sent;
        if (reply.is_integer()) {
            const std::uint64_t changed = reply.integer == 1 ? 1 : 0;
            add_to_parts(page, groups_[at], 1, changed);
            tally.changed += changed;
        } else if (unknown && !reply.text.starts_with("NOPERM") && is_not_available(reply.text)) {
            *unknown = true;
        } else {
            refusal.note(connection, reply);
        }
    }

    void shorten_after_pttl(Connection& connection, Page& page, Walk::Tally& tally, Refusal& refusal) {
        std::vector<std::size_t> longer;
        for (std::size_t at = 0; at < page.keys.size(); ++at) {
            const Reply reply = connection.receive();
            if (reply.is_error())
                refusal.note(connection, reply);
            else if (!reply.is_integer())
                refusal.note_rubbish(connection, "PTTL");
            const bool lives_on = reply.is_integer() && reply.integer != -2;
            if (lives_on && (reply.integer == -1 || reply.integer > std::stoll(times_[at])))
                longer.push_back(at);
            else if (reply.is_integer())
                add_to_parts(page, groups_[at], 1, 0);
        }
        refusal.raise();
        for (const std::size_t at : longer)
            connection.append({"PEXPIRE", page.keys[at], times_[at]});
        count_sent(tally, longer.size());
        connection.send();
        for (const std::size_t at : longer)
            count(connection.receive(), at, connection, page, tally, refusal, nullptr);
    }

    std::function<std::chrono::milliseconds(std::string_view)> ttl_;
    std::function<std::size_t(std::string_view)> group_;
    std::vector<std::string> times_;
    std::vector<std::size_t> groups_; ///< of each key under way
    bool has_lt_ = true;
    bool knows_lt_ = false; ///< that the server has it
};

} // namespace

std::unique_ptr<Actor> make_actor(const WalkRequest& request, bool must_exist,
                                  std::string_view erase_command) {
    switch (request.act) {
    case Act::describe:
        return std::make_unique<Describe>(request, must_exist);
    case Act::erase:
        return std::make_unique<Erase>(request, erase_command);
    case Act::shorten:
        return std::make_unique<Shorten>(request);
    case Act::list:
        break;
    }
    if (must_exist) return std::make_unique<ListExisting>();
    return std::make_unique<List>();
}

} // namespace roacache::store::redis
