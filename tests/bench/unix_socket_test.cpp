#include "tests/bench/engine_support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/servers.hpp"

using namespace roacache;
using namespace roacache::test;

TEST_CASE("where a Unix socket's queue is full, connecting waits for its turn", "[bench][engine]") {
    const TempDir folder;
    const std::string path = (folder.path() / "narrow").string();
    const PythonServer server("tests/bench/narrow_server.py", {path});
    bench::ConnectTo rule;
    rule.unix_socket = path;
    bench::Plan plan = single_plan("http://h/", 200);
    plan.concurrency = 10;
    plan.connect_to = {rule};
    for (const unsigned threads : {1U, 2U}) {
        plan.threads = threads;
        const bench::Tally tally = single_tally(measure(plan));
        CHECK(tally.errors.empty());
        CHECK(tally.latency.count() == 200);
        CHECK(tally.connects <= 200);
        CHECK(tally.connects > 150);
    }
}
