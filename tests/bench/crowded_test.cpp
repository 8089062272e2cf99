#include "src/core/thread_clock.hpp"
#include "tests/bench/engine_support.hpp"

#include <atomic>
#include <deque>
#include <fstream>
#include <sched.h>
#include <thread>

using namespace roacache;
using test::measure;
using test::single_plan;

namespace {

/// This thread, and those that it begins, on one core, with others that never sleep; until it ends.
class CrowdedCore {
  public:
    explicit CrowdedCore(unsigned others) {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        for (unsigned core = 0; CPU_COUNT(&one) == 0; ++core)
            if (CPU_ISSET(core, &before_)) CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
        for (unsigned i = 0; i < others; ++i)
            others_.emplace_back([this] {
                while (!over_)
                    continue;
            });
    }
    ~CrowdedCore() {
        over_ = true;
        for (std::thread& other : others_)
            other.join();
        sched_setaffinity(0, sizeof before_, &before_);
    }
    CrowdedCore(const CrowdedCore&) = delete;
    CrowdedCore& operator=(const CrowdedCore&) = delete;

  private:
    cpu_set_t before_{};
    std::atomic<bool> over_ = false;
    std::deque<std::thread> others_;
};

} // namespace

TEST_CASE("a load generator that has to wait for its core says so", "[bench][generator]") {
    test::NginxServer server("");
    std::ofstream(server.root() / "file.txt") << "x";
    bench::Plan plan = single_plan(server.url("/file.txt"), 2000);
    plan.spin = true; // so that it always wants to run
    plan.concurrency = 1;
    std::optional<double> waiting;
    {
        const CrowdedCore core(3);
        waiting = measure(plan).generator_waiting(bench::ArmKind::single);
    }
    // It has about a quarter of the core; a kernel that does not count says nothing.
    if (core::ThreadClock().now().waiting)
        CHECK(waiting.value_or(0) > 0.3);
    else
        CHECK_FALSE(waiting);
}
