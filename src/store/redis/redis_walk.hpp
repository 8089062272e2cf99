#pragma once

#include "src/store/redis/brake.hpp"
#include "src/store/redis/cursor.hpp"
#include "src/store/redis/endless_scan.hpp"
#include "src/store/redis/first_steps.hpp"
#include "src/store/redis/operations.hpp"
#include "src/store/redis/pace.hpp"
#include "src/store/redis/server.hpp"
#include "src/store/redis/topology/slots.hpp"

#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace roacache::store::redis {

/// A walk over one server. Each round trip carries the next step of a SCAN and, behind it, the commands for
/// the keys that the step before found.
///
/// A large table is walked in several parts at once, by turns on one connection:
/// - A server that is asked by one is idle while its answer travels and the next step comes back. While one
///   part's answer is looked at, it has another's step; so short steps, which hold up other clients least,
///   take no longer than long ones.
/// - In the order in which Redis walks its table, neighbours in memory are far apart. The parts' first
/// buckets
///   are neighbours, and so are those that they come to later: a line of the server's cache that one part
///   brings in serves the others.
class RedisWalk : public Walk {
  public:
    /// The server's connection is the walk's alone as long as the walk lives. It is opened again when it is
    /// lost; then the walk goes on where it was, if it is still the same server that answers. Where that left
    /// changes uncertain, next() throws a core::Error(unreachable) at the end.
    RedisWalk(Server& server, WalkRequest request) : RedisWalk(server, std::move(request), {}, false) {}

    /// What a walk over one node of several has to do with.
    struct Share {
        SlotSet slots;                               ///< keys of others are left out
        std::map<std::string, std::string> identity; ///< of the node in its cluster, besides the server's own
        std::function<bool(const std::string& key)>
            admits; ///< likewise keys that it does not take; may be empty
    };
    RedisWalk(Server& server, WalkRequest request, Share share)
        : RedisWalk(server, std::move(request), std::move(share), true) {}
    ~RedisWalk() override;
    RedisWalk(const RedisWalk&) = delete;
    RedisWalk& operator=(const RedisWalk&) = delete;

    bool next(Page& page) override;
    void stop() override { stopped_ = true; }
    const Tally& tally() const override { return tally_; }
    std::optional<double> progress() const override;
    bool resized() const override { return cursors_.resized() || missed_; }
    std::vector<WalkPlace> places() const override;
    std::vector<Resumption> resumptions() const override { return resumptions_; }

    /// As next(), but for one round: the page may have no keys. `late`: its answer had come before it was
    /// looked for, so that it does not tell how long the server took.
    bool step(Page& page, bool late);
    /// Sends what step() has to wait for, if nothing is under way; false when step() waits for nothing, for
    /// the walk is over, or failed.
    bool prepare();
    /// Until when step() would wait: for an answer, or for the time to go on.
    core::Deadline end_of_wait() const;
    Connection& connection() { return connection_; }
    /// Keys that the node sent elsewhere since this was called last, and that no page has.
    std::vector<Redirected> take_redirected() { return std::exchange(redirected_, {}); }
    /// Of a walk that has failed: keys whose change was sent, and whose answer has not come.
    std::unordered_set<std::string> take_unanswered();

  private:
    /// What keeps the server busy while an answer is looked at.
    static constexpr std::size_t k_most_under_way = 2;
    static constexpr std::uint64_t k_most_lanes = k_most_ranges; // buckets in a line of cache

    RedisWalk(Server& server, WalkRequest request, std::optional<Share> share, bool by_slot);

    /// The SCAN of one part, and at most one round of it under way.
    struct Lane {
        std::unique_ptr<Operation> actor;
        std::string cursor = "0";
        /// All that the steps before this one found is changed, and confirmed.
        std::string confirmed = "0";
        bool unconfirmed = false; ///< never to be known of what came behind it
        std::uint64_t until = 0;  ///< the place at which an earlier walk had begun another; 0: none
        std::uint64_t began = 0;
        std::uint64_t place = 0;               ///< of the cursor; at the table's end the last there is
        std::optional<FirstSteps> first_steps; ///< of all but the first
        std::vector<FoundKey> found;           ///< by the last step, not yet acted upon
        std::vector<FoundKey> sent;            ///< acted upon in the round that is under way
        std::size_t step_size = 0;             ///< COUNT of the step that is under way
        std::size_t steps_beyond = 0;          ///< where the next lane began
        std::optional<std::int64_t> sent_at;   ///< of a round that is measured
        bool scans = false;                    ///< the round under way has a step
        EndlessScan end;
        bool under_way = false;
        bool received_in_part = false; ///< the keys sent are those of the page that is being received
        bool exhausted = false;        ///< no keys are left to be found
    };

    void next_named(Lane& lane);
    bool advance(Page& page);
    bool send_alone();
    bool is_held_up();
    void wait_to_send();
    void rest(const Lane& lane, std::size_t sent);
    void receive_next(Page& page);
    void resume(Page& page);
    bool lost_without_answer();
    bool shorten_rounds(const Page& page);
    void check_confirmed() const;
    void check_ends();
    bool more_to_send(const Lane& lane) const;
    bool sends_alone() const;
    Lane* next_in_turn();
    void send_rounds();
    void send_round(Lane& lane, bool alone);
    std::size_t step_size_of(const Lane& lane) const;
    void receive_round(Lane& lane, Page& page);
    void take_step(Lane& lane, Reply reply);
    bool takes(Lane& lane, FoundKey& key) const;
    void take_keys(Lane& lane, std::vector<Reply> keys);
    void take_elsewhere(Lane& lane);
    void settle(Lane& lane, const Page& page);
    static void take_again(Lane& lane);
    void begin_lanes();
    void confirm(Lane& lane, const std::string& asked, bool put_back);
    static bool is_done(const Lane& lane);
    const Lane* next_of(const Lane& lane) const;
    void look_for_first_steps(Lane& lane, std::uint64_t place);
    void add_lane(std::uint64_t place);
    bool cursors_count_buckets() const;
    bool table_fits_keys();
    void split();

    Server& server_;
    Connection& connection_;
    WalkRequest request_;
    const std::optional<Share> share_;
    const bool by_slot_;     ///< the server is a node of a cluster
    const bool named_;       ///< keys are not looked for
    const std::string glob_; ///< of those that are
    std::string_view erase_command_;
    core::Nanoseconds empty_round_trip_;
    Pace pace_;
    CursorWatch cursors_;
    Tally tally_;
    const bool changes_; ///< keys are removed or shortened
    Brake brake_;
    std::unordered_set<std::string>
        found_;         ///< keys to be changed, until that is answered; for good where it never is
    bool late_ = false; ///< see step()
    std::optional<std::int64_t> rest_ends_ns_;
    core::Nanoseconds overslept_{0};            ///< at the last rest
    std::optional<core::Deadline> rests_until_; ///< for the sake of WalkRequest::load
    std::vector<Redirected> redirected_;
    std::exception_ptr failed_to_send_;
    std::optional<core::Error> refusal_; ///< that ended a removal; what was under way is received first
    std::vector<Lane> lanes_;            ///< in the order of their parts
    std::map<std::string, std::string> identity_; ///< as in places(); empty: not told
    double walked_before_ = 0;                    ///< the part of the table that an earlier walk has done
    std::vector<Resumption> resumptions_;
    std::deque<Lane*> under_way_;                 ///< in the order of their answers
    std::size_t most_in_round_ = ~std::size_t{0}; ///< keys
    std::size_t turn_ = 0;                        ///< the lane whose turn it is
    std::size_t rounds_ = 0;
    std::size_t asked_ = 0;  ///< the COUNTs of all steps before the walk was split, summed
    bool splittable_ = true; ///< as far as the cursors show; false when it was split
    bool missed_ = false;    ///< a lane did not meet the next: what lies beyond comes twice
    bool stopped_ = false;
    /// Keys whose change was answered when the connection was lost, if no round was received since.
    std::optional<std::uint64_t> lost_at_;
    std::uint64_t known_keys_ = 0; ///< in the database, when it was last asked for
};

} // namespace roacache::store::redis
