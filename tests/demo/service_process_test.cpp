#include "src/demo/service_process.hpp"

#include "src/core/error.hpp"
#include "tests/demo/client.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <unistd.h>
#include <vector>

using namespace roacache;

namespace {

std::vector<pid_t> children() {
    std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; list >> pid;)
        pids.push_back(pid);
    return pids;
}

int status_of(const std::string& base_url) {
    return httplib::Client(base_url).Get("/api/companies")->status;
}

core::Error error_of(const demo::ServiceOptions& options) {
    try {
        const demo::ServiceProcess process(options);
    } catch (const core::Error& error) {
        return error;
    }
    FAIL("it started");
    throw std::logic_error("not reached");
}

} // namespace

TEST_CASE("the service in a process of its own answers, counts and forgets, and ends with its owner") {
    const test::TempDir folder;
    test::Warnings warnings;
    {
        const demo::ServiceOptions options = test::small_service(folder, warnings);
        demo::ServiceProcess service(options);
        CHECK(children().size() == 1);
        CHECK(service.token().size() == 32);
        CHECK(status_of(service.base_url()) == 200);
        CHECK(status_of(service.base_url()) == 200);
        CHECK(service.counters().misses == 1);
        CHECK(service.counters().l1_hits == 1);
        service.empty_cache();
        CHECK(status_of(service.base_url()) == 200);
        CHECK(service.counters().misses == 2);
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) // they are its owner's to act upon
            kill(children().front(), number);
        CHECK(status_of(service.base_url()) == 200);
    }
    CHECK(children().empty());
}

TEST_CASE("a service that cannot start in its process says why, as one does in this process") {
    const test::TempDir folder;
    test::Warnings warnings;
    demo::ServiceOptions options = test::small_service(folder, warnings);
    options.cache = "sqlite:" + (folder.path() / "no folder" / "cache.sqlite").string();
    std::string here;
    try {
        const demo::Service service(options);
    } catch (const core::Error& error) {
        here = error.what();
    }
    CHECK_FALSE(here.empty());
    CHECK(error_of(options).what() == here);
    CHECK(error_of(options).code() == core::ExitCode::unreachable);
    CHECK(children().empty());
}

TEST_CASE("a service whose process was killed is reported as gone") {
    const test::TempDir folder;
    test::Warnings warnings;
    demo::ServiceProcess service(test::small_service(folder, warnings));
    kill(children().front(), SIGKILL);
    CHECK_THROWS_WITH(service.counters(), "the reference service has ended");
    CHECK_THROWS_AS(service.empty_cache(), core::Error);
}
