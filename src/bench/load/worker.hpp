#pragma once

#include "src/bench/answers/checker.hpp"
#include "src/bench/http/connection.hpp"
#include "src/bench/load/bin_recorder.hpp"
#include "src/bench/load/live.hpp"
#include "src/bench/load/response_gaps.hpp"
#include "src/bench/load/rotation.hpp"
#include "src/bench/load/short_look.hpp"
#include "src/bench/load/ticker.hpp"
#include "src/bench/load/turns.hpp"
#include "src/bench/load/workload.hpp"
#include "src/core/thread_clock.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace roacache::bench {

/// Makes the load of one thread: keeps a number of requests under way over an epoll loop of its own and
/// tallies how they end. Throws nothing from run() but for want of memory: what fails is counted.
///
/// A slot carries one request at a time and has a connection of its own to every origin. A slot whose request
/// failed at once pauses, 1 ms and longer each time up to 100 ms, so that a server that is gone is not
/// hammered; when the number of requests ends the run, not for longer than 5 s in all.
///
/// At a given rate requests are due at fixed moments, whatever became of those before, and nothing pauses. A
/// request that is due while no slot is free waits for one, up to the timeout.
class Worker {
  public:
    static constexpr std::int64_t k_never = Turns::k_never;

    /// What all threads do together.
    struct Job {
        ArmKind arm;
        EndpointOrder order;
        unsigned concurrency;
        std::int64_t issue_until = k_never;  ///< nothing is counted that would be sent later
        std::int64_t hard_end = k_never;     ///< what is under way then counts as timed out
        Live* live = nullptr;                ///< counts go here too; null: not shown
        std::function<void()> on_begin = {}; ///< called when the first request of a series' job is due
        /// What the answers' headers say of caches is kept; with fillers of those only that come before what
        /// is counted, for it takes its time.
        bool reads_signs = false;
        /// Of a closed loop: endpoints of the requests that keep all connections busy without being counted
        /// (see ClosedLoop), without end; absent: there are none.
        std::optional<EndpointOrder> fillers = {};
        /// With fillers: so many are counted though `issue_until` has passed meanwhile, but not `at_last`.
        std::uint64_t least_counted = 0;
        std::int64_t at_last = k_never;
        /// With fillers: the connections' first requests are sent evenly over this time, from 0 on, not at
        /// once.
        std::int64_t spread_ns = 0;
        bool compares = true; ///< answers are held against the reference
    };
    struct Outcome {
        std::int64_t started_ns = 0; ///< with fillers the begin of the first request that is counted
        std::int64_t ended_ns = 0;   ///< the last counted request's end; when interrupted, the moment of that
        std::vector<Tally> endpoints;
        ResponseGaps gaps;
        /// That the thread had; of a series' job from its first request to the first of the next.
        core::ThreadTime thread_time;
        bool begun = false;    ///< a request of it was due; otherwise neither time says anything
        BinRecorder bins = {}; ///< of what ended
        std::map<std::size_t, CacheSigns> signs =
            {}; ///< of an endpoint's last good answer, where they are read
        /// Of a closed loop: how long all requests together, fillers too, were under way in this time.
        std::int64_t under_way_ns = 0;
        /// With fillers: how long counted requests together took up their connections, each until the next
        /// request there.
        std::int64_t taken_up_ns = 0;
    };

    /// Jobs that follow one another at a rate, without a break: those of one job may still be under way when
    /// the next begins.
    struct Series {
        std::vector<Job> jobs;   ///< each with an end; the first one's concurrency and hard_end hold for all
        double interval_ns;      ///< between two requests, all endpoints together
        std::int64_t started_ns; ///< when the first one is due
    };

    /// `part` of the plan's callers are its slots. All arguments must outlive the worker.
    Worker(const Plan& plan, const Workload& workload, Rotation& rotation, Checker& checker, Part part);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// `part` of the job's connections; which of its requests are this thread's is settled on the way, in
    /// `loop`. Each connection sends one request at most where there are enough of them for that, and no
    /// fillers.
    Outcome run(Job job, Part part, ClosedLoop& loop);
    /// `part` of the first job's connections, and every part.of-th request. One outcome for each job, which
    /// ends with its last request.
    std::vector<Outcome> run_at_rate(Series series, Part part);

    /// From now on run() returns at once; what was under way was dropped uncounted.
    bool interrupted() const { return interrupted_; }
    /// Opens the connections of the first `slots` slots to these origins. Gives up at `limit_ns`.
    void open_connections(const std::vector<std::size_t>& origins, std::size_t slots, std::int64_t limit_ns);
    /// Whether the first slot's connection to this origin is open.
    bool has_first(std::size_t origin) const { return connections_[origin]->is_open(); }
    /// Closes the first slot's connection to this origin: the next request there begins with connecting.
    void close_first(std::size_t origin) { connection(0, origin).close(); }
    /// Of the connections that it made so far.
    Connecting connecting() const;

  private:
    struct Slot {
        enum class State : std::uint8_t { free, running, connects_later, paused };

        explicit Slot(std::size_t number) : index(number) {}

        std::size_t index;
        Observation observation;
        State state = State::free;
        bool sent_again = false;
        unsigned failures = 0; // in a row
        Turns::Turn turn;
        const Target* target = nullptr;
        http::Request made;                     // where requests differ
        const http::Request* request = nullptr; // the one under way
        Pick pick;
        Connection* connection = nullptr;
        std::int64_t start_ns = 0; // when it was due
        std::int64_t wake_ns = 0;  // running: when it times out; else when it goes on
        std::int64_t limit_ns = 0; // connects later: when it times out
    };

    Connection& connection(std::size_t slot, std::size_t origin) {
        return *connections_[slot * workload_.origins.size() + origin];
    }
    void open(std::size_t slot, std::size_t origin);
    void work(Part part);
    void begin_loop(std::size_t slots, Part part);
    bool at_rate() const { return turns_.scheduled(); }
    std::int64_t next_due();
    bool may_count() const;
    std::optional<Turns::Turn> take_next(std::int64_t due);
    void send_due();
    void give_up_overdue(std::int64_t overdue_ns);
    bool start_next(Slot& slot);
    void begin(Slot& slot);
    void drive(Slot& slot);
    bool send_again(Slot& slot);
    bool connect_later(Slot& slot);
    void go_on(Slot& slot);
    bool is_misplaced(ArmKind arm, Proof proof) const;
    bool reads_signs(const Slot& slot) const;
    void finish(Slot& slot);
    void lose(Slot& slot, http::ErrorClass error);
    void pause(Slot& slot);
    ArmKind arm_of(const Slot& slot) const { return jobs_[slot.turn.job].arm; }
    Tally& tally_of(const Turns::Turn& turn) { return outcomes_[turn.job].endpoints[turn.endpoint]; }
    Tally& count(const Turns::Turn& turn, http::ErrorClass error, std::int64_t ended_ns);
    Tally* count(Slot& slot, http::ErrorClass error, std::int64_t ended_ns);
    void count_good(Slot& slot, Tally& tally, TimeBin& bin, std::int64_t ended_ns);
    void note_setup(Connection& connection);
    void turn(std::int64_t until);
    bool await_answer(std::int64_t until);
    void take_events(std::int64_t until);
    void take_time(std::size_t next_job);
    void note_begin(const Turns::Turn& turn, std::int64_t begin_ns);
    void note_taken_up(const Slot& slot);
    void note_end(const Slot& slot, std::int64_t end_ns);
    void end_gap(std::size_t job, std::int64_t until_ns, std::int64_t start_ns);
    void on_event(std::uint64_t tag, std::uint32_t events);
    void wake_slots();
    void drop_all();

    const Plan& plan_;
    const Workload& workload_;
    Rotation& rotation_;
    Checker& checker_;
    int epoll_;
    std::vector<Slot> slots_;
    std::vector<std::unique_ptr<Connection>> connections_; // of slot s to origin o: s * origins + o
    std::vector<std::size_t> busy_;                        // slots that go on without waiting for an event
    std::vector<std::size_t> busy_now_;
    std::vector<char> buffer_;
    std::vector<Job> jobs_; // of this run
    std::vector<Outcome> outcomes_;
    Connecting connecting_;
    ResponseGapWatch gap_watch_;
    Turns turns_;
    ClosedLoop* loop_ = nullptr; // of this run; null at a rate
    bool times_counted_ = false; // with fillers: the thread's time is of what is counted
    ShortLook short_look_;
    std::optional<Ticker> ticker_;  // over one connection
    std::vector<std::size_t> idle_; // at a rate: the free slots
    Slot* alone_ = nullptr;         // the only one that works, in a closed loop that does not spin
    std::size_t active_ = 0;        // slots that are not free
    std::size_t number_;            // among the threads
    std::optional<core::ThreadClock> thread_clock_; // of the thread that works
    core::ThreadTime time_taken_;                   // of its time: what jobs have, and what went before
    std::size_t time_job_ = 0;                      // whose it is from then on
    std::int64_t timeout_ns_;
    std::int64_t now_ = 0; // as of the last look at the clock
    std::int64_t next_wake_ = k_never;
    std::int64_t failing_since_ = k_never; // when the first of the failures since the last response came
    bool interrupted_ = false;
};

} // namespace roacache::bench
