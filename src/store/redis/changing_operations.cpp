#include "src/store/redis/changing_operations.hpp"

#include "src/store/redis/batch.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/refusal.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <utility>

namespace roacache::store::redis {
namespace {

Part& part_of(Page& page, std::size_t group) {
    if (page.parts.empty() || page.parts.back().group != group) page.parts.push_back({group, 0, 0, 0});
    return page.parts.back();
}

void add_to_parts(Page& page, std::size_t group, std::uint64_t keys, std::uint64_t changed) {
    page.changed += changed;
    Part& part = part_of(page, group);
    part.keys += keys;
    part.changed += changed;
}

/// Counts a key that this user may not change.
void add_refused(Page& page, std::size_t group, const Connection& connection, const Reply& reply,
                 Walk::Tally& tally) {
    Part& part = part_of(page, group);
    ++part.keys;
    ++part.refused;
    ++tally.refused;
    if (!tally.refusal) tally.refusal = server_error(connection.peer(), reply.text);
}

class Erase : public Operation {
  public:
    Erase(const WalkRequest& request, const OperationTerms& terms)
        : group_(request.group), command_(terms.erase_command), by_slot_(terms.by_slot),
          most_keys_(terms.one_by_one ? 1 : k_most_keys_together) {}

    void begin(Connection& connection, std::vector<FoundKey>& keys, Walk::Tally& tally) override {
        const std::vector<std::size_t> groups = sort_by_group(group_, keys, by_slot_);
        batches_ = batches_of(keys, groups, most_keys_, by_slot_);
        declined_.clear();
        send(connection, keys, tally);
    }

    void finish(Connection& connection, Page& page, Walk::Tally& tally) override {
        Refusal refusal;
        try {
            batches_ = receive(connection, page, tally, refusal);
            if (!batches_.empty()) {
                // A user may be allowed only DEL, and a proxy know only that.
                command_ = "DEL";
                knows_command_ = true;
                send(connection, page.keys, tally);
                connection.send();
                receive(connection, page, tally, refusal);
            }
        } catch (const core::Error&) {
            take_out_declined(page);
            throw;
        }
        take_out_declined(page);
        refusal.raise();
    }

    bool converses() const override { return !knows_command_; }

    std::vector<FoundKey> take_again() override { return std::exchange(again_, {}); }

  private:
    void send(Connection& connection, const std::vector<FoundKey>& keys, Walk::Tally& tally) {
        for (const Batch& batch : batches_) {
            arguments_.assign(1, command_);
            const auto first = keys.begin() + static_cast<std::ptrdiff_t>(batch.begin);
            std::transform(first, first + static_cast<std::ptrdiff_t>(batch.size),
                           std::back_inserter(arguments_),
                           [](const FoundKey& key) { return std::string_view(key.bytes()); });
            connection.append(arguments_);
            tally.sent += batch.size;
            tally.uncertain += batch.size;
        }
    }

    /// Gives the batchs whose command the server does not have, while there is another.
    std::vector<Batch> receive(Connection& connection, Page& page, Walk::Tally& tally, Refusal& refusal) {
        std::vector<Batch> again;
        for (const Batch& batch : batches_) {
            Reply reply = connection.receive();
            if (!reply.is_integer() && !reply.is_error()) {
                refusal.note_rubbish(connection, command_);
                continue;
            }
            tally.uncertain -= batch.size;
            if (by_slot_ && reply.is_error() && is_redirect(reply.text)) {
                tally.sent -= batch.size;
                declined_.push_back({batch, Declined::Why::elsewhere, std::move(reply.text)});
                continue;
            }
            if (reply.is_integer()) {
                const auto removed = static_cast<std::uint64_t>(
                    std::clamp(reply.integer, std::int64_t{0}, static_cast<std::int64_t>(batch.size)));
                add_to_parts(page, batch.group, batch.size, removed);
                tally.changed += removed;
                knows_command_ = true;
            } else if (is_about_a_key(reply.text)) {
                tally.sent -= batch.size;
                knows_command_ = true;
                if (batch.size == 1)
                    add_refused(page, batch.group, connection, reply, tally);
                else
                    declined_.push_back({batch, Declined::Why::one_of_its_keys, {}});
            } else if (!knows_command_ && command_ == "UNLINK" && !turns_away(reply.text)) {
                tally.sent -= batch.size;
                again.push_back(batch);
            } else {
                tally.sent -= batch.size;
                declined_.push_back({batch, Declined::Why::failed, {}});
                refusal.note(connection, reply);
            }
        }
        return again;
    }

    /// A command that is refused for one of its keys: they are sent again, one a command. One that another
    /// node is to be asked, or that failed, takes its keys along.
    void take_out_declined(Page& page) {
        if (declined_.empty()) return;
        std::sort(declined_.begin(), declined_.end(),
                  [](const Declined& a, const Declined& b) { return a.batch.begin < b.batch.begin; });
        std::vector<std::size_t> places;
        for (Declined& declined : declined_) {
            if (declined.why == Declined::Why::one_of_its_keys) most_keys_ = 1;
            const std::size_t end = declined.batch.begin + declined.batch.size;
            for (std::size_t at = declined.batch.begin; at < end; ++at) {
                places.push_back(at);
                FoundKey key = std::move(page.keys[at]);
                if (declined.why == Declined::Why::one_of_its_keys)
                    again_.push_back(std::move(key));
                else if (declined.why == Declined::Why::elsewhere)
                    redirect(std::move(key), declined.elsewhere);
                else
                    fail(std::move(key));
            }
        }
        take_out(page.keys, places);
        declined_.clear();
    }

    /// Keys whose command was not run.
    struct Declined {
        enum class Why : std::uint8_t { one_of_its_keys, elsewhere, failed };
        Batch batch;
        Why why = Why::failed;
        std::string elsewhere; ///< where to, in the server's words
    };

    std::function<std::size_t(const FoundKey&)> group_;
    std::string_view command_;
    bool by_slot_;
    std::size_t most_keys_;      ///< of one command
    bool knows_command_ = false; ///< that the server has it
    std::vector<Batch> batches_; ///< under way
    std::vector<Declined> declined_;
    std::vector<FoundKey> again_;
    std::vector<std::string_view> arguments_;
};

/// PEXPIRE … LT never lengthens a time to live, but came with Redis 7; before it the time is read first.
class Shorten : public Operation {
  public:
    Shorten(const WalkRequest& request, const OperationTerms& terms)
        : ttl_(request.ttl), group_(request.group), by_slot_(terms.by_slot) {}

    void begin(Connection& connection, std::vector<FoundKey>& keys, Walk::Tally& tally) override {
        groups_ = sort_by_group(group_, keys);
        if (has_lt_) count_sent(tally, keys.size());
        times_.clear();
        for (const FoundKey& key : keys) {
            times_.push_back(fmt::format_int(ttl_(key).count()).str());
            if (has_lt_)
                connection.append({"PEXPIRE", key.bytes(), times_.back(), "LT"});
            else
                connection.append({"PTTL", key.bytes()});
        }
    }

    void finish(Connection& connection, Page& page, Walk::Tally& tally) override {
        Refusal refusal;
        unanswered_.clear();
        try {
            if (!has_lt_) {
                shorten_after_pttl(connection, page, tally, refusal);
            } else if (receive(connection, page, tally, refusal)) {
                has_lt_ = false;
                for (const FoundKey& key : page.keys)
                    connection.append({"PTTL", key.bytes()});
                connection.send();
                shorten_after_pttl(connection, page, tally, refusal);
            }
        } catch (const core::Error&) {
            take_out_declined(page);
            throw;
        }
        take_out_declined(page);
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

    /// True for a key that another node is to be asked about.
    bool is_elsewhere(const Reply& reply, std::size_t at) {
        const bool elsewhere = by_slot_ && reply.is_error() && is_redirect(reply.text);
        if (elsewhere) declined_.emplace(at, reply.text);
        return elsewhere;
    }

    /// Those whose change was sent and not answered become the last.
    void take_out_declined(Page& page) {
        std::vector<std::size_t> places;
        std::vector<FoundKey> last;
        for (auto& [at, elsewhere] : std::exchange(declined_, {})) {
            FoundKey key = std::move(page.keys[at]);
            if (elsewhere.empty())
                fail(std::move(key));
            else
                redirect(std::move(key), elsewhere);
            places.push_back(at);
        }
        for (const std::size_t at : unanswered_) {
            last.push_back(std::move(page.keys[at]));
            places.push_back(at);
        }
        std::sort(places.begin(), places.end());
        take_out(page.keys, places);
        std::move(last.begin(), last.end(), std::back_inserter(page.keys));
    }

    void count(const Reply& reply, std::size_t at, const Connection& connection, Page& page,
               Walk::Tally& tally, Refusal& refusal, bool* unknown) {
        if (!reply.is_integer() && !reply.is_error()) return refusal.note_rubbish(connection, "PEXPIRE");
        --tally.uncertain;
        if (reply.is_error()) --tally.sent;
        if (is_elsewhere(reply, at)) return;
        if (reply.is_error() && is_about_a_key(reply.text)) {
            add_refused(page, groups_[at], connection, reply, tally);
        } else if (reply.is_integer()) {
            const std::uint64_t changed = reply.integer == 1 ? 1 : 0;
            add_to_parts(page, groups_[at], 1, changed);
            tally.changed += changed;
        } else if (unknown && !reply.text.starts_with("NOPERM") && is_not_available(reply.text)) {
            *unknown = true;
        } else {
            declined_.emplace(at, "");
            refusal.note(connection, reply);
        }
    }

    void shorten_after_pttl(Connection& connection, Page& page, Walk::Tally& tally, Refusal& refusal) {
        const std::vector<std::size_t> longer = look_for_longer(connection, page, tally, refusal);
        if (refusal.noted()) return decline(longer);
        for (const std::size_t at : longer)
            connection.append({"PEXPIRE", page.keys[at].bytes(), times_[at]});
        count_sent(tally, longer.size());
        unanswered_.assign(longer.begin(), longer.end());
        connection.send();
        for (const std::size_t at : longer) {
            const Reply reply = connection.receive();
            unanswered_.pop_front();
            count(reply, at, connection, page, tally, refusal, nullptr);
        }
    }

    void decline(const std::vector<std::size_t>& places) {
        for (const std::size_t at : places)
            declined_.emplace(at, "");
    }

    /// The places of keys that live longer than they are to.
    std::vector<std::size_t> look_for_longer(Connection& connection, Page& page, Walk::Tally& tally,
                                             Refusal& refusal) {
        std::vector<std::size_t> longer;
        std::size_t at = 0;
        try {
            for (; at < page.keys.size(); ++at)
                if (lives_longer(connection.receive(), at, connection, page, tally, refusal))
                    longer.push_back(at);
        } catch (const core::Error&) {
            decline(longer); // nothing was sent that changes them
            for (; at < page.keys.size(); ++at)
                declined_.emplace(at, "");
            throw;
        }
        return longer;
    }

    /// By the answer to PTTL; what needs no change is counted, or declined.
    bool lives_longer(const Reply& reply, std::size_t at, const Connection& connection, Page& page,
                      Walk::Tally& tally, Refusal& refusal) {
        if (is_elsewhere(reply, at)) return false;
        if (reply.is_error() && is_about_a_key(reply.text)) {
            add_refused(page, groups_[at], connection, reply, tally);
            return false;
        }
        if (!reply.is_integer()) {
            declined_.emplace(at, "");
            if (reply.is_error())
                refusal.note(connection, reply);
            else
                refusal.note_rubbish(connection, "PTTL");
            return false;
        }
        if (reply.integer == -1 || (reply.integer != -2 && reply.integer > std::stoll(times_[at])))
            return true;
        add_to_parts(page, groups_[at], 1, 0);
        return false;
    }

    std::function<std::chrono::milliseconds(const FoundKey&)> ttl_;
    std::function<std::size_t(const FoundKey&)> group_;
    std::vector<std::string> times_;
    std::vector<std::size_t> groups_; ///< of each key under way
    bool by_slot_;
    /// Places of keys that were not changed, and where else they are, in the server's words; empty: an error.
    std::map<std::size_t, std::string> declined_;
    std::deque<std::size_t> unanswered_; ///< places of keys, whose PEXPIRE was sent after PTTL
    bool has_lt_ = true;
    bool knows_lt_ = false; ///< that the server has it
};

} // namespace

std::unique_ptr<Operation> make_erase(const WalkRequest& request, const OperationTerms& terms) {
    return std::make_unique<Erase>(request, terms);
}

std::unique_ptr<Operation> make_shorten(const WalkRequest& request, const OperationTerms& terms) {
    return std::make_unique<Shorten>(request, terms);
}

} // namespace roacache::store::redis
