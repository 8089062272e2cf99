// What apply refuses, with the store as it was.

#include "tests/cli/another_user.hpp"
#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr long long k_hour_ms = 3'600'000;

/// Applies, and checks that nothing came of it.
Finished refused(const Planned& planned, const std::string& why, const std::vector<std::string>& options = {},
                 int exit_code = 4) {
    const std::string before = planned.digest();
    const Finished finished = planned.apply(options);
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == exit_code);
    CHECK(finished.err.find(why) != std::string::npos);
    CHECK(is_one_error(finished.err));
    CHECK(planned.digest() == before);
    CHECK(json::parse(finished.out).at("outcome") == (exit_code == 4 ? "refused" : "usage"));
    return finished;
}

void shift_time(const Planned& planned, long long ms) {
    planned.alter([&](json& plan) { plan["created_ms"] = plan["created_ms"].get<long long>() + ms; });
}

} // namespace

TEST_CASE("apply refuses a server that was started anew, and another one", "[plan]") {
    Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    planned.cache.redis.restart();
    planned.fill(0, 30);
    const Finished anew = refused(planned, "run_id is ");
    CHECK(anew.err.find("another store than the plan's") != std::string::npos);

    REQUIRE(planned.make().exit_code == 0);
    const Planned other;
    const std::string before = other.digest();
    refused(planned, "another store than the plan's", {"-u", other.cache.redis.url()});
    refused(planned, "another store than the plan's", {"-u", other.cache.redis.url(), "--unproven"});
    CHECK(other.digest() == before);
}

TEST_CASE("apply refuses another database of the same server", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    refused(planned, "database is 3 and was 0", {"-u", planned.cache.redis.url() + "/3"});
    CHECK(planned.apply().exit_code == 0);
}

TEST_CASE("apply refuses a plan that is too old, or from the future", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    shift_time(planned, -k_hour_ms - 1000);
    refused(planned, "and --max-age allows");
    shift_time(planned, 3 * k_hour_ms);
    refused(planned, "from the future");
    shift_time(planned, -2 * k_hour_ms + 31'000); // clocks differ by half a minute
    CHECK(planned.apply({"--max-age", "1s"}).exit_code == 0);
    REQUIRE(planned.make().exit_code == 0);
    shift_time(planned, -5 * k_hour_ms);
    CHECK(planned.apply({"--max-age", "6h"}).exit_code == 0);
}

TEST_CASE("apply refuses a profile that says something else than when it was planned", "[plan]") {
    const Planned planned;
    const std::string profile = planned.folder.path() / "shop.toml";
    write_file(profile, "extends = \"roa2web\"\nname = \"shop\"\n");
    REQUIRE(planned.make({"-t", "t", "-p", profile}).exit_code == 0);
    write_file(profile, "extends = \"roa2web\"\nname = \"shop\"\n[ttl]\ndefault = \"5m\"\n");
    if (run_roacache({"profile", "check", profile}).exit_code == 0)
        CHECK(planned.apply({"--dry-run"}).exit_code == 0); // which keys are meant is the same
    write_file(profile, "extends = \"roa2web\"\nname = \"shop\"\n[[layouts]]\ntemplate = "
                        "\"{tenant}:{resource}:{hash}\"\n");
    refused(planned, "is not what it was");
    write_file(profile, "extends = \"roa2web\"\nname = \"shop\"\n");
    refused(planned, "is not what it was", {"-p", "hr-portal"});
    CHECK(planned.apply().exit_code == 0);
}

TEST_CASE("apply --require-reason wants a reason, and a second person", "[plan]") {
    const Planned planned;
    const auto log = planned.folder.path() / "audit.jsonl";
    REQUIRE(planned.make().exit_code == 0);
    refused(planned, "--require-reason wants to know why", {"--require-reason"}, 2);
    refused(planned, "--require-reason wants to know why", {"--require-reason", "--reason", " "}, 2);
    const std::vector<std::string> second{"--require-reason", "--reason", "ticket 4711", "--audit-log",
                                          log.string()};
    refused(planned, "cannot be the second person", second);

    // On another host the same name is no second person either.
    planned.alter([](json& plan) { plan["by"]["host"] = "elsewhere"; });
    refused(planned, "on elsewhere", second);
    planned.alter([](json& plan) {
        plan["by"]["user"] = "somebody-else";
        plan["by"]["login"] = nullptr;
    });
    const Finished finished = planned.apply(second);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("plan").at("planned_by").at("user") == "somebody-else");
    const std::string said = content_of(log);
    CHECK(said.find("\"planned_by\":{\"user\":\"somebody-else\"") != std::string::npos);
    CHECK(said.find("ticket 4711") != std::string::npos);
    CHECK(planned.cache.size() == 12);
}

TEST_CASE("another user of the system applies a plan", "[plan]") {
    if (!AnotherUser::can_be()) return;
    const AnotherUser another;
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    for (const auto& path : {planned.folder.path(), planned.cache.redis.socket().parent_path()})
        std::filesystem::permissions(path, std::filesystem::perms(0755));
    std::filesystem::permissions(planned.plan, std::filesystem::perms(0644));
    const Finished finished = another.run({"apply", "--require-reason", "--reason", "looked at it", "-o",
                                           "json", planned.plan.string(), "-u", planned.cache.redis.url()});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json answer = json::parse(finished.out);
    CHECK(answer.at("plan").at("applied_by").at("user") == "nobody");
    CHECK(answer.at("removed") == 30);
    // They may not write the file, and are told.
    CHECK(answer.at("plan").at("noted_in_file") == false);
    CHECK(finished.err.find("that it was applied is not noted there") != std::string::npos);
    CHECK(json_in(planned.plan).at("applied").is_null());
}

TEST_CASE("a store that does not tell which one it is needs --unproven, at the plan's address", "[plan]") {
    const Planned planned;
    planned.cache.redis.cli({"acl", "setuser", "limited", "on", ">pw", "~*", "+@all", "-info"});
    std::string url = planned.cache.redis.url();
    const std::string plain = url;
    url.insert(url.find("//") + 2, "limited:pw@");
    const Finished made = run_at(url, {"plan", "-t", "t", "-O", planned.plan.string()});
    INFO(made.err);
    REQUIRE(made.exit_code == 0);
    CHECK(made.err.find("only apply --unproven will take this plan") != std::string::npos);
    CHECK(json_in(planned.plan).at("stores")[0].at("identity").is_null());
    refused(planned, "cannot prove that it is the plan's store", {"-u", url});
    refused(planned, "cannot prove that it is the plan's store", {"-u", plain});
    refused(planned, "cannot prove", {"-u", planned.cache.redis.unix_url(), "--unproven"});
    const Finished finished = planned.apply({"-u", url, "--unproven"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("plan").at("store_proven") == false);
    CHECK(planned.cache.size() == 12);
}

TEST_CASE("a plan of everything still needs --yes when it is applied", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make({"--all-tenants"}).exit_code == 0);
    refused(planned, "this would remove everything of every tenant", {}, 2);
    CHECK(planned.apply({"--yes"}).exit_code == 0);
    CHECK(planned.cache.size() == 2);
}

TEST_CASE("a terminal is asked before a plan of many keys is applied", "[plan]") {
    const Planned planned(1200);
    REQUIRE(planned.make().exit_code == 0);
    RunOptions terminal;
    terminal.pty = true;
    terminal.input = "n\n";
    const Finished declined = planned.apply({}, terminal);
    CHECK(declined.exit_code == 4);
    CHECK(declined.out.find("Remove 1,200 keys") != std::string::npos);
    CHECK(planned.cache.size() == 1602);
    CHECK(json_in(planned.plan).at("applied").is_null());
    terminal.input = "y\n";
    CHECK(planned.apply({}, terminal).exit_code == 0);
    CHECK(planned.cache.size() == 402);
}

TEST_CASE("two that apply one plan at once are not both let through", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    const auto held = planned.folder.path() / "held";
    const MeddledServer holding(planned.cache.redis, "SCAN#1", held);
    Process first({program(), "apply", planned.plan.string(), "-u", holding.url(), "--timeout", "300s"});
    REQUIRE(eventually([&] { return std::filesystem::exists(held); }));
    refused(planned, "another roacache applies this plan now");
    std::filesystem::remove(held);
    REQUIRE(eventually([&] { return !first.running(); }));
    CHECK(first.stop() == 0);
    refused(planned, "it was applied already");
}

TEST_CASE("plan is of one store, names keys, and says what it cannot write", "[plan]") {
    const Planned planned;
    const std::string url = planned.cache.redis.unix_url();
    CHECK(run_at(url, {"plan"}).exit_code == 2);
    CHECK(run_at(url, {"plan", "-t", "t", "-u", planned.cache.redis.url()}).exit_code == 2);
    const Finished nowhere = run_at(url, {"plan", "-t", "t", "-O", "/nowhere/plan.json"});
    CHECK(nowhere.exit_code == 2);
    CHECK(nowhere.err.find("cannot write: /nowhere/plan.json") != std::string::npos);
    const Finished full = run_at(url, {"plan", "-t", "t", "-O", "/dev/full"});
    CHECK(full.exit_code == 2);
    CHECK(run_at("redis://127.0.0.1:1", {"plan", "-t", "t", "-O", planned.plan.string()}).exit_code == 3);
    CHECK(!std::filesystem::exists(planned.plan));
}
