#include "src/store/redis/topology/nodes_walk.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/store/redis/topology/pages.hpp"
#include "src/store/redis/topology/replicas.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace roacache::store::redis {
namespace {

/// A cluster that moves slots all the time has most of them at rest in each pass.
constexpr std::size_t k_most_passes = 12;

} // namespace

NodesWalk::NodesWalk(Topology& topology, WalkRequest request, core::Nanoseconds patience)
    : topology_(topology), request_(std::move(request)), patience_(patience),
      changes_(request_.act == Act::erase || request_.act == Act::shorten), redirects_(topology_, request_),
      places_(request_.places.value_or(std::vector<WalkPlace>())) {}

void NodesWalk::stop() {
    stopped_ = true;
    for (Share& share : shares_)
        if (share.walk) share.walk->stop();
}

const Walk::Tally& NodesWalk::tally() const {
    tally_ = ended_;
    add(tally_, redirects_.tally());
    for (const Share& share : shares_)
        if (share.walk) add(tally_, share.walk->tally());
    tally_.uncertain = unconfirmed_.size();
    for (const Share& share : shares_)
        if (share.walk && !share.over) tally_.uncertain += share.walk->tally().uncertain;
    return tally_;
}

std::optional<double> NodesWalk::progress() const {
    const std::vector<core::PartDone> parts = parts_done();
    if (parts.empty()) return {};
    const double done =
        std::accumulate(parts.begin(), parts.end(), 0.0,
                        [](double sum, const core::PartDone& part) { return sum + part.done; });
    return done / static_cast<double>(parts.size());
}

/// Of the first pass, which nearly always is all.
std::vector<core::PartDone> NodesWalk::parts_done() const {
    std::vector<core::PartDone> parts;
    if (passes_ > 1) return parts;
    parts.reserve(shares_.size());
    for (const Share& share : shares_) {
        const auto done = share.walk ? share.walk->progress() : std::nullopt;
        if (!done && !share.over) return {};
        parts.push_back({share.node.address.text(), share.over ? 1 : *done});
    }
    return parts;
}

/// What was given is remembered, and not given again: as far as that goes it does not matter how tables grow.
bool NodesWalk::resized() const {
    if (!changes_ && !given_.forgot()) return false;
    return resized_ || passes_ > 1 || std::any_of(shares_.begin(), shares_.end(), [](const Share& share) {
               return share.walk && share.walk->resized();
           });
}

bool NodesWalk::next(Page& page) {
    page = {};
    while (open_.any() && !(stopped_ && !in_pass_)) {
        if (!in_pass_) begin_pass();
        if (Share* share = next_share()) {
            receive(*share, page);
            if (!page.keys.empty() || !page.parts.empty()) return true;
        } else {
            end_pass();
        }
    }
    return false;
}

/// A key whose answer never came and that is found again was not changed.
WalkRequest NodesWalk::request_of_share(const Node& node) {
    WalkRequest request = request_;
    if (passes_ > 1) request.places.reset();
    if (request.places && moves(node, importing_of(before_))) request.places.emplace();
    request.walks_anew = nullptr;
    if (changes_)
        request.admits = [this](const FoundKey& key) {
            if (!unconfirmed_.empty() && unconfirmed_.erase(key.bytes()) > 0) return true;
            return !request_.admits || request_.admits(key);
        };
    return request;
}

/// A key that was given in an earlier pass, by the node that it has left, or before the server's table
/// changed its size, is not given again: as far as is remembered, which is enough for most caches. Keys count
/// as given when they are handed out, and not when a node names them: it may fail in between.
void NodesWalk::leave_new(const Share& share, Page& page) {
    const bool may_come_again = passes_ > 1 || share.walk->resized();
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < page.keys.size(); ++at) {
        if (may_come_again && given_.contains(page.keys[at].bytes()))
            places.push_back(at);
        else
            given_.add(page.keys[at].bytes());
    }
    take_out(page.keys, places);
    if (!page.descriptions.empty()) take_out(page.descriptions, places);
}

void NodesWalk::begin_pass() {
    ++passes_;
    if (passes_ > 1 && request_.walks_anew) request_.walks_anew();
    earlier_ = std::exchange(before_, await_primaries());
    topology_.forget_readers();
    shares_.clear();
    strayed_.reset();
    for (const Node& node : before_) {
        // Which slots move may not be told; then any may.
        const SlotSet slots = node.tells_importing ? open_ & (node.slots | node.importing) : open_;
        if (slots.none()) continue;
        Share& share = shares_.emplace_back();
        share.node = node;
        share.slots = slots;
    }
    for (Share& share : shares_)
        begin_share(share);
    in_pass_ = true;
}

void NodesWalk::begin_share(Share& share) {
    try {
        Server& server = (changes_ ? topology_.at(share.node) : topology_.reader_of(share.node)).server();
        server.own_fields();
        share.server = server.name();
        // Keys of other slots are leftovers that the cluster does not serve.
        RedisWalk::Share of_node{share.slots, identity_of(share.node),
                                 [this, own = share.node.slots](const std::string& key) {
                                     const std::size_t slot = slot_of(key);
                                     if (!own[slot]) strayed_.set(slot);
                                     if (changes_ || (own[slot] && passes_ == 1)) return true;
                                     return !given_.contains(key);
                                 }};
        share.walk = std::make_unique<RedisWalk>(server, request_of_share(share.node), std::move(of_node));
        note_resumption(share);
    } catch (const core::Error& error) {
        fail(share, error);
    }
}

/// The slots that are looked for are served by primaries that answer, or this throws. The nodes are asked one
/// after another: a slot that moves meanwhile may be nobody's by what each of them said.
std::vector<Node> NodesWalk::await_primaries() {
    const core::Deadline deadline = core::Deadline::in(patience_);
    SlotSet unowned; // each time that was asked, since the last time that all were owned
    std::size_t times = 0;
    for (;;) {
        std::optional<core::Error> failure;
        bool owned = true;
        try {
            std::vector<Node> primaries = topology_.primaries();
            const SlotSet missing = open_ & ~served_by(primaries);
            if (missing.none()) return primaries;
            failure =
                unanswered(fmt::format("no primary answers for {} of {} slots", missing.count(), k_slots),
                           primaries, missing);
            unowned = times == 0 ? missing : unowned & missing;
            const bool is_failover = (missing & owned_by(topology_.members())).any();
            times = is_failover || unowned.none() ? 0 : times + 1;
            owned = times < k_asks_of_nobodys;
            if (const Node* const node = refusing(primaries, missing)) failure = node->unreached;
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
            failure = error;
        }
        if (failure->lasts() || !owned || deadline.passed() || core::Interrupt::requested()) {
            if (passes_ > 1) give_up(failure->what());
            if (failure->lasts()) throw core::Error(*failure);
            throw core::Error(owned ? core::ExitCode::unreachable : core::ExitCode::refused,
                              fmt::format("cannot walk: {}: {}", topology_.name(), failure->what()),
                              failure->remedy().empty() ? "roacache ping lists the nodes."
                                                        : failure->remedy());
        }
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
    }
}

/// The next that has something to tell, in turn; null when all are over.
NodesWalk::Share* NodesWalk::next_share() {
    for (bool late = true;; late = false) {
        bool all_over = true;
        for (std::size_t i = 0; i < shares_.size(); ++i) {
            Share& share = shares_[(turn_ + i) % shares_.size()];
            if (share.over) continue;
            all_over = false;
            const bool waits = share.walk->prepare() && !share.walk->connection().ready();
            // One whose time is up tells so.
            const bool goes_on = share.walk->end_of_wait().passed() || core::Interrupt::requested();
            if (waits && !goes_on) continue;
            turn_ = (turn_ + i + 1) % shares_.size();
            share.late = late;
            return &share;
        }
        if (all_over) return nullptr;
        wait_for_shares();
    }
}

void NodesWalk::wait_for_shares() const {
    std::vector<pollfd> watched{{core::Interrupt::fd(), POLLIN, 0}};
    core::Deadline first = core::Deadline::never();
    for (const Share& share : shares_) {
        if (share.over) continue;
        watched.push_back({share.walk->connection().fd(), POLLIN, 0});
        first = first.or_at(share.walk->end_of_wait());
    }
    core::poll_until(watched, first);
}

void NodesWalk::receive(Share& share, Page& page) {
    try {
        share.over = !share.walk->step(page, share.late);
    } catch (const core::Error& error) {
        if (!changes_) page = {}; // what is known in part comes again
        fail(share, error);
    }
    if (!share.walk) return;
    for (const FoundKey& key :
         redirects_.follow(share.walk->take_redirected(), share.node.address, page, unconfirmed_))
        lost_.set(slot_of(key.bytes()));
    if (!changes_) leave_new(share, page);
}

/// A refusal ends a removal everywhere, unless it turns out that the node had just given way to another.
void NodesWalk::fail(Share& share, const core::Error& error) {
    if (error.code() != core::ExitCode::unreachable && error.code() != core::ExitCode::refused)
        throw core::Error(error);
    if (core::Interrupt::requested()) throw core::Error(error);
    share.over = true;
    share.failure = error;
    share.another_server = dynamic_cast<const AnotherServer*>(&error) != nullptr;
    if (share.walk && changes_) unconfirmed_.merge(share.walk->take_unanswered());
    // What is under way there is not waited for.
    if (share.walk) share.walk->connection().close();
    const bool refused = error.code() == core::ExitCode::refused && !share.another_server;
    if (!refused || !changes_) return;
    for (Share& other : shares_)
        if (other.walk) other.walk->stop();
}

void NodesWalk::raise_refusals(const std::vector<Node>& now) const {
    for (const Share& share : shares_) {
        if (!share.failure || share.failure->code() != core::ExitCode::refused || share.another_server)
            continue;
        if (is_as_before(share.node, find_node(now, share.node.id))) throw core::Error(*share.failure);
    }
}

void NodesWalk::end_pass() {
    in_pass_ = false;
    const bool refused = std::any_of(shares_.begin(), shares_.end(), [](const Share& share) {
        return share.failure && share.failure->code() == core::ExitCode::refused && !share.another_server;
    });
    places_ = places();
    for (Share& share : shares_) {
        if (!share.walk) continue;
        resized_ |= share.walk->resized();
        add(ended_, share.walk->tally());
        share.walk.reset(); // before its connection may go
    }
    std::vector<Node> now;
    if (!stopped_) try {
            now = topology_.primaries();
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
        }
    drop_places(importing_of(now));
    raise_refusals(now);
    const std::size_t open_before = open_.count();
    if (!refused) close_slots(now); // else the others were stopped on their way
    walked_.reset();
    for (const Share& share : shares_)
        if (!share.failure && !refused) walked_ |= share.node.slots;
    open_ |= std::exchange(lost_, {});
    const bool failed = std::any_of(shares_.begin(), shares_.end(),
                                    [](const Share& share) { return share.failure.has_value(); });
    if (failed && !stopped_) pause_after_failure(open_.count() < open_before);
    if (!failed && passes_ > k_most_passes && open_.any()) give_up_slots();
    shares_.clear();
    if (changes_ && open_.none() && !stopped_) check_replicas();
}

/// Where it is not told which slots move, keys of another's slot that were left at a node look as if they
/// did.
void NodesWalk::give_up_slots() const {
    const bool told =
        std::all_of(before_.begin(), before_.end(), [](const Node& node) { return node.tells_importing; });
    if (told || (open_ & ~strayed_).any())
        give_up(fmt::format("{} slots moved from node to node all the time", open_.count()));
    give_up(
        fmt::format(
            "nodes hold keys of slots that are others' ({}), and this user may not see whether these move",
            open_.count()),
        "Allow the user CLUSTER NODES; roacache doctor shows the rights.");
}

/// What fails may be a failover under way, in which the nodes that are left refuse changes for a while.
void NodesWalk::pause_after_failure(bool progress) {
    if (progress || !last_progress_ns_) last_progress_ns_ = core::now_ns();
    const auto lasting = std::find_if(shares_.begin(), shares_.end(), [](const Share& share) {
        return share.failure && share.failure->lasts();
    });
    if (lasting != shares_.end()) give_up(lasting->failure->what(), lasting->failure->remedy());
    const auto failure = std::find_if(shares_.begin(), shares_.end(),
                                      [](const Share& share) { return share.failure.has_value(); });
    if (core::now_ns() - *last_progress_ns_ > patience_.count())
        give_up(failure->failure->what(), failure->failure->remedy());
    core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
}

/// A replica that was behind might take its primary's place, and have what was removed. One that is not
/// connected any more may be about to.
void NodesWalk::check_replicas() {
    const core::Deadline deadline = core::Deadline::in(patience_);
    for (;;) {
        std::string behind;
        try {
            const std::vector<Node> now = topology_.primaries();
            open_slots_of_others(before_, now);
            if (open_.any()) return;
            for (const Node& node : now)
                if (behind.empty() && node.asked) behind = replicas_behind(topology_, node);
            if (behind.empty()) {
                // Each was the one that it was when its replicas had been heard.
                open_slots_of_others(now, topology_.primaries());
                return;
            }
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
            behind = error.what();
        }
        if (deadline.passed() || core::Interrupt::requested()) give_up(behind);
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
    }
}

void NodesWalk::give_up(const std::string& why, const std::string& remedy) const {
    const Tally& done = tally();
    const bool changed = done.changed + done.uncertain > 0;
    throw core::Error(
        changed ? core::ExitCode::partial : core::ExitCode::unreachable,
        fmt::format("{}: {}: {}", changed ? "partly done" : "cannot walk", topology_.name(), why),
        changed          ? "Run it again to go on: what is gone stays gone."
        : remedy.empty() ? "roacache ping lists the nodes."
                         : remedy);
}

} // namespace roacache::store::redis
