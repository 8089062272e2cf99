#include "src/store/redis/topology/named_nodes_walk.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/store/redis/topology/pages.hpp"
#include "src/store/redis/topology/replicas.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace roacache::store::redis {
namespace {

/// A group whose primaries give way one after another is left for another run.
constexpr std::size_t k_most_rounds = 4;

} // namespace

NamedNodesWalk::NamedNodesWalk(Topology& topology, WalkRequest request, core::Nanoseconds patience)
    : topology_(topology), request_(std::move(request)), patience_(patience),
      changes_(request_.act == Act::erase || request_.act == Act::shorten), redirects_(topology_, request_) {}

const Walk::Tally& NamedNodesWalk::tally() const {
    tally_ = own_;
    const Tally& followed = redirects_.tally();
    tally_.sent += followed.sent;
    tally_.changed += followed.changed;
    tally_.refused += followed.refused;
    if (!tally_.refusal) tally_.refusal = followed.refusal;
    tally_.uncertain = unconfirmed_.size();
    return tally_;
}

bool NamedNodesWalk::take_keys(std::vector<FoundKey>& keys) {
    std::vector<std::string> names;
    if (stopped_ || !request_.next_named(names)) return false;
    for (std::string& name : names)
        keys.push_back(request_.meant != nullptr ? request_.meant->decoded(std::move(name))
                                                 : FoundKey(std::move(name)));
    return true;
}

/// Nothing is changed at some of the keys' owners where another would not let this client in, for good.
void NamedNodesWalk::check_owners() {
    if (std::exchange(checked_, true) || !changes_) return;
    try {
        primaries_ = topology_.primaries();
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable || error.lasts()) throw;
        return; // which is waited for
    }
    // Keys of another source have been asked for before, to be counted.
    if (request_.keys || refusing(primaries_) == nullptr) return;
    SlotSet slots;
    for (std::vector<std::string> keys; request_.meant->named()->next(keys); keys.clear())
        for (const std::string& key : keys)
            slots.set(slot_of(key));
    request_.meant->named()->rewind();
    if (const Node* const node = refusing(primaries_, slots)) throw core::Error(*node->unreached);
}

bool NamedNodesWalk::next(Page& page) {
    check_owners();
    for (;;) {
        page = {};
        std::vector<FoundKey> keys;
        if (rests_until_) core::wait_ready(-1, 0, *std::exchange(rests_until_, std::nullopt));
        if (!take_keys(keys)) {
            if (begins_again()) continue;
            return false;
        }
        if (rounds_ > 0)
            std::erase_if(keys, [&](const FoundKey& key) { return !open_[slot_of(key.bytes())]; });
        std::vector<std::string> order;
        order.reserve(keys.size());
        for (const FoundKey& key : keys) {
            order.push_back(key.bytes());
            given_.set(slot_of(key.bytes()));
        }
        const std::int64_t began = core::now_ns();
        const core::Deadline deadline = core::Deadline::in(patience_);
        while (!keys.empty()) {
            keys = ask(std::move(keys), page);
            if (keys.empty()) break;
            if (failure_->lasts() || deadline.passed() || core::Interrupt::requested())
                throw core::Error(*failure_);
            core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
            primaries_.clear();
        }
        rest(core::Nanoseconds(core::now_ns() - began), order.size());
        put_in_order(page, order);
        if (rounds_ > 0) leave_what_came_back(page);
        if (!page.keys.empty() || !page.parts.empty()) return true;
    }
}

/// As if one server had been at work all the time, and been asked for all keys.
void NamedNodesWalk::rest(core::Nanoseconds at_work, std::size_t keys) {
    const auto work = static_cast<double>(at_work.count());
    double pause = 0;
    if (request_.load.share) pause = work * (1 / *request_.load.share - 1);
    if (request_.load.rate)
        pause = std::max(pause, static_cast<double>(keys) / *request_.load.rate * 1e9 - work);
    if (pause >= 1) rests_until_ = core::Deadline::in(core::Nanoseconds(static_cast<std::int64_t>(pause)));
}

/// What is left: keys whose primary does not answer, or failed.
std::vector<FoundKey> NamedNodesWalk::ask(std::vector<FoundKey> keys, Page& page) {
    std::vector<FoundKey> left, again;
    if (!unconfirmed_.empty())
        for (FoundKey& key : keys)
            if (unconfirmed_.contains(key.bytes())) again.emplace_back(key.bytes());
    std::erase_if(keys, [&](const FoundKey& key) { return unconfirmed_.contains(key.bytes()); });
    for (FoundKey& key : again)
        if (request_.meant != nullptr) key = request_.meant->decoded(std::string(key.bytes()));
    try {
        if (primaries_.empty()) primaries_ = topology_.primaries();
        if (first_.empty()) first_ = primaries_;
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable) throw;
        failure_ = error;
        std::move(again.begin(), again.end(), std::back_inserter(keys));
        return keys;
    }
    auto errands = divide(std::move(keys), left);
    std::vector<Errand*> sent;
    for (auto& [id, errand] : errands)
        if (send(errand))
            sent.push_back(&errand);
        else
            std::move(errand.keys.begin(), errand.keys.end(), std::back_inserter(left));
    for (Errand* errand : sent) {
        receive(*errand, page, left);
        add(own_, errand->tally);
    }
    // Nothing is under way any more, so that the nodes can be asked what they are.
    for (const auto& [id, errand] : errands)
        judge(errand);
    for (FoundKey& key : again) {
        std::vector<FoundKey> one;
        one.push_back(std::move(key));
        for (auto& [id, errand] : divide(std::move(one), left)) {
            ask_again(errand, page, left);
            judge(errand);
        }
    }
    return left;
}

std::map<std::string, NamedNodesWalk::Errand> NamedNodesWalk::divide(std::vector<FoundKey> keys,
                                                                     std::vector<FoundKey>& left) {
    std::map<std::string, Errand> errands;
    for (FoundKey& key : keys) {
        const std::size_t slot = slot_of(key.bytes());
        const Node* const owner = owner_of(slot, primaries_);
        if (owner == nullptr || !owner->asked) {
            failure_ = unanswered(
                fmt::format("cannot connect: {}: no primary answers for slot {}", topology_.name(), slot),
                primaries_, SlotSet().set(slot));
            if (owner != nullptr && owner->unreached && owner->unreached->lasts())
                failure_ = owner->unreached;
            left.push_back(std::move(key));
            continue;
        }
        Errand& errand = errands[owner->id];
        errand.id = owner->id;
        errand.address = owner->address;
        errand.keys.push_back(std::move(key));
    }
    return errands;
}

/// False when nothing was sent.
bool NamedNodesWalk::send(Errand& errand) {
    try {
        const Node& node = *find_node(primaries_, errand.id);
        SlotSet slots;
        for (const FoundKey& key : errand.keys)
            slots.set(slot_of(key.bytes()));
        errand.server = &(changes_ ? topology_.at(node) : topology_.reader_of(node, slots)).server();
        const std::string_view erases = request_.act == Act::erase ? errand.server->erase_command() : "";
        errand.operation = make_operation(
            request_, {.must_exist = true, .erase_command = erases, .by_slot = true, .one_by_one = false});
        errand.server->resume_if_ended();
    } catch (const core::Error& error) {
        errand.error = error;
        return false;
    }
    errand.operation->begin(errand.server->connection(), errand.keys, errand.tally);
    try {
        errand.server->connection().send();
    } catch (const core::Error&) {
        // receive() comes upon it again
    }
    return true;
}

void NamedNodesWalk::receive(Errand& errand, Page& page, std::vector<FoundKey>& left) {
    const auto leave = [&](std::vector<FoundKey> keys) {
        std::move(keys.begin(), keys.end(), std::back_inserter(left));
    };
    while (!errand.keys.empty()) {
        Page answered;
        answered.keys = std::exchange(errand.keys, {});
        try {
            errand.operation->finish(errand.server->connection(), answered, errand.tally);
            append_page(page, std::move(answered));
            errand.keys = errand.operation->take_again();
            if (errand.keys.empty()) break;
            errand.operation->begin(errand.server->connection(), errand.keys, errand.tally);
            errand.server->connection().send();
        } catch (const core::Error& error) {
            if (answered.keys.empty()) answered.keys = std::exchange(errand.keys, {});
            std::vector<FoundKey> unanswered = take_unanswered(answered, errand.tally.uncertain, request_);
            if (changes_)
                for (const FoundKey& key : unanswered)
                    unconfirmed_.insert(key.bytes());
            append_page(page, std::move(answered));
            take_undone(*errand.operation, unanswered);
            leave(std::move(unanswered));
            errand.error = error;
            return;
        }
    }
    std::vector<FoundKey> lost =
        redirects_.follow(errand.operation->take_redirected(), errand.address, page, unconfirmed_);
    if (!lost.empty())
        errand.error.emplace(core::ExitCode::unreachable,
                             fmt::format("cannot follow: {}: slot {} is on its way to another node",
                                         topology_.name(), slot_of(lost.front().bytes())),
                             "roacache ping lists the nodes.");
    leave(std::move(lost));
}

/// A key that was sent and not answered for: where it is gone now, nobody can tell by whom.
void NamedNodesWalk::ask_again(Errand& errand, Page& page, std::vector<FoundKey>& left) {
    const std::string key = errand.keys.front().bytes();
    if (!send(errand)) {
        std::move(errand.keys.begin(), errand.keys.end(), std::back_inserter(left));
        return;
    }
    unconfirmed_.erase(key);
    Page answered;
    const std::size_t left_before = left.size();
    receive(errand, answered, left);
    add(own_, errand.tally);
    if (left.size() > left_before) return;
    if (answered.changed == 0) {
        unconfirmed_.insert(key);
        answered.parts.clear();
    }
    append_page(page, std::move(answered));
}

/// What another try may mend is kept for when there is none left.
void NamedNodesWalk::judge(const Errand& errand) {
    if (!errand.error) return;
    if (errand.error->code() != core::ExitCode::unreachable && !gave_way(errand))
        throw core::Error(*errand.error);
    failure_ = errand.error;
}

/// Whether the node is no more what it was when it was asked, or may be about to give way.
bool NamedNodesWalk::gave_way(const Errand& errand) {
    std::vector<Node> now;
    try {
        now = topology_.primaries();
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable) throw;
        return true;
    }
    const Node* const before = find_node(primaries_, errand.id);
    const Node* const after = find_node(now, errand.id);
    return before == nullptr || !is_as_before(*before, after);
}

/// In a round after the first only what was changed once more has not been told of.
void NamedNodesWalk::leave_what_came_back(Page& page) {
    page.keys.clear();
    page.descriptions.clear();
    std::erase_if(page.parts, [](const Part& part) { return part.changed + part.refused == 0; });
    for (Part& part : page.parts)
        part.keys = part.changed + part.refused;
}

/// The named keys are gone through, and every replica has heard of what was changed. What was changed at a
/// primary that gave way to another may be as it was before: its keys are gone through once more.
bool NamedNodesWalk::begins_again() {
    if (!changes_ || stopped_ || first_.empty()) return false;
    std::vector<Node> now = await_replicas();
    const Node* changed = nullptr;
    open_.reset();
    for (const Node& node : first_) {
        if ((node.slots & given_).none() || is_as_before(node, find_node(now, node.id))) continue;
        changed = &node;
        open_ |= node.slots;
    }
    if (changed == nullptr) return false;
    const bool can_rewind = !request_.keys && request_.meant != nullptr && request_.meant->named() != nullptr;
    if (!can_rewind || rounds_ == k_most_rounds)
        throw partly(fmt::format(
            "{} gave way to another, or was started anew, meanwhile: keys that it had removed may "
            "be there again",
            changed->address.text()));
    ++rounds_;
    request_.meant->named()->rewind();
    if (request_.walks_anew) request_.walks_anew();
    first_ = primaries_ = std::move(now);
    return true;
}

core::Error NamedNodesWalk::partly(const std::string& why) const {
    return {core::ExitCode::partial, fmt::format("partly done: {}: {}", topology_.name(), why),
            "Run it again: what is gone stays gone."};
}

/// Waits until the replicas have heard of what was changed; the primaries then.
std::vector<Node> NamedNodesWalk::await_replicas() {
    const core::Deadline deadline = core::Deadline::in(patience_);
    for (;;) {
        std::string behind;
        try {
            for (const Node& node : topology_.primaries())
                if (behind.empty() && node.asked) behind = replicas_behind(topology_, node);
            if (behind.empty()) return topology_.primaries();
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
            behind = error.what();
        }
        if (deadline.passed() || core::Interrupt::requested()) throw partly(behind);
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
    }
}

} // namespace roacache::store::redis
