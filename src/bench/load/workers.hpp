#pragma once

#include "src/bench/load/thread_team.hpp"
#include "src/bench/load/worker.hpp"

#include <deque>

namespace roacache::bench {

/// The load of all threads as if it were one worker's: deals connections and requests out to them, lets them
/// begin together, and sums up when the last one is done.
///
/// In a closed loop a thread takes the next request of the order whenever one of its connections is free, so
/// that all end together, and as many are sent as were asked for. At a rate each thread has every n-th
/// request of the one schedule, due when it would be due for one thread.
///
/// While they run they share nothing but what is read only, counters of the requests taken, and the
/// references of the answers.
class Workers {
  public:
    /// Plan::threads of them. All arguments must outlive it. Throws core::Error where the system has no more
    /// threads or descriptors.
    Workers(const Plan& plan, const Workload& workload);

    /// As Worker::run().
    Worker::Outcome run(Worker::Job job);
    /// Jobs that follow one another at a rate, without a break: those of one job may still be under way when
    /// the next begins. One outcome for each; a job ends when the next is due to begin, or with its own last
    /// request when there is none.
    std::vector<Worker::Outcome> run_at_rate(std::vector<Worker::Job> jobs, double per_second);

    /// From now on nothing is sent any more.
    bool interrupted() const;
    /// Opens the connections of the first `callers` callers to each origin that kept its last one alive, so
    /// that no measured request has to. Gives up at `limit_ns`.
    void open_connections(std::size_t callers, std::int64_t limit_ns);
    /// Closes the first caller's connection to this origin: the next request there begins with connecting.
    void close_first(std::size_t origin) { workers_.front().close_first(origin); }

    /// How many requests were chosen so far in this arm of an endpoint whose requests differ.
    std::uint64_t chosen(ArmKind arm, std::size_t endpoint) const { return rotation_.taken(arm, endpoint); }
    /// Of all connections that were made so far.
    Connecting connecting() const;
    /// What was seen of the answers so far.
    Checker checked() const;

  private:
    const Workload& workload_;
    References references_;
    Rotation rotation_;
    std::deque<Checker> checkers_; // of each thread, like those that follow
    std::deque<Worker> workers_;
    ClosedLoop loop_;
    ThreadTeam team_; // the last, for its threads must be gone before what they work with
};

} // namespace roacache::bench
