#pragma once

#include "src/store/redis/redis_walk.hpp"
#include "src/store/redis/topology/given_keys.hpp"
#include "src/store/redis/topology/redirects.hpp"
#include "src/store/redis/topology/topology.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace roacache::store::redis {

/// A walk over all primaries at once, on one thread and over one connection to each; their keys come as they
/// are found.
///
/// It goes over the primaries in passes. Before and after each they are asked for their slots, epochs and run
/// ids. A slot is done when one server owned it from the beginning of a pass to its end. Slots that moved, or
/// whose server failed, was started anew or gave way to another, are open: who holds them then is walked in
/// the next pass. Of each server only keys of its open slots count. So what is there from the beginning to
/// the end is found, wherever it moves, and what a new primary had not yet been told is found there again.
///
/// Not CLUSTERSCAN (Valkey 9.1), although its cursor goes from node to node: it takes as many steps, one
/// after another, and while a slot's keys move one by one (MIGRATE) it gives those of one of its two nodes
/// alone.
class NodesWalk : public Walk {
  public:
    /// `topology` must outlive the walk. A slot may be without a primary that answers for as long as
    /// `patience`; then next() throws core::Error, partial where something was changed and else unreachable.
    NodesWalk(Topology& topology, WalkRequest request, core::Nanoseconds patience);
    NodesWalk(const NodesWalk&) = delete;
    NodesWalk& operator=(const NodesWalk&) = delete;

    bool next(Page& page) override;
    void stop() override;
    const Tally& tally() const override;
    std::optional<double> progress() const override;
    std::vector<core::PartDone> parts_done() const override;
    bool resized() const override;
    std::vector<WalkPlace> places() const override;
    std::vector<Resumption> resumptions() const override { return resumptions_; }

  private:
    /// A primary's walk in one pass.
    struct Share {
        Node node; ///< as it was when the pass began
        SlotSet slots;
        std::string server;              ///< its connection's name
        std::unique_ptr<RedisWalk> walk; ///< null where it could not begin
        bool late = false;               ///< its answer had come before it was looked for
        bool over = false;
        std::optional<core::Error> failure;
        bool another_server = false; ///< is why it failed
    };

    WalkRequest request_of_share(const Node& node);
    bool moves(const Node& node, const SlotSet& slots) const;
    std::map<std::string, std::string> identity_of(const Node& node) const;
    void note_resumption(const Share& share);
    void drop_places(const SlotSet& moving);
    void leave_new(const Share& share, Page& page);
    void begin_pass();
    void begin_share(Share& share);
    Share* next_share();
    void wait_for_shares() const;
    void receive(Share& share, Page& page);
    void fail(Share& share, const core::Error& error);
    void end_pass();
    void close_slots(const std::vector<Node>& now);
    bool moved_one_way(std::size_t slot, const std::vector<Node>& now) const;
    void raise_refusals(const std::vector<Node>& now) const;
    void pause_after_failure(bool progress);
    void check_replicas();
    void open_slots_of_others(const std::vector<Node>& before, const std::vector<Node>& now);
    std::vector<Node> await_primaries();
    [[noreturn]] void give_up(const std::string& why, const std::string& remedy = {}) const;
    [[noreturn]] void give_up_slots() const;

    Topology& topology_;
    WalkRequest request_;
    core::Nanoseconds patience_;
    const bool changes_;
    SlotSet open_ = SlotSet().set(); ///< slots that are not done
    std::vector<Node> before_;       ///< the primaries when the pass began
    std::vector<Node> earlier_;      ///< when the pass before it began
    SlotSet walked_;                 ///< of owners that were walked without a failure in the pass before
    SlotSet strayed_;                ///< of keys that another node than the owner gave, in this pass
    std::vector<Share> shares_;      ///< of the pass
    std::size_t passes_ = 0;
    std::size_t turn_ = 0;
    std::optional<std::int64_t>
        last_progress_ns_; ///< when a pass that failed closed slots; else the first did
    bool in_pass_ = false;
    bool stopped_ = false;
    bool resized_ = false;
    Redirects redirects_;
    std::vector<WalkPlace> places_; ///< of passes that are over, and of the walk that is gone on with
    std::vector<Resumption> resumptions_;
    GivenKeys given_;                             ///< where nothing is changed
    SlotSet lost_;                                ///< of keys that could not be followed
    std::unordered_set<std::string> unconfirmed_; ///< keys that were sent, and the answer never came
    Tally ended_;                                 ///< of passes that are over
    mutable Tally tally_;
};

} // namespace roacache::store::redis
