// Who receives what invalidate --notify says, where several servers hand it on.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/servers.hpp"

#include <memory>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Somebody who listens at one node, to the channel `changes` or to a pattern.
class Listener {
  public:
    explicit Listener(const NodeServer& node, bool to_pattern = false)
        : process_({"redis-cli", "-p", std::to_string(node.port()), to_pattern ? "psubscribe" : "subscribe",
                    to_pattern ? "chan*" : "changes"}) {
        REQUIRE(process_.wait_for("subscribe"));
    }
    bool was_told() { return process_.wait_for("roacache.invalidation/1"); }

  private:
    Process process_;
};

struct Told {
    json receivers;
    std::string said;
};

Told tell(const std::string& url) {
    const Finished finished = run_roacache({"invalidate", "-u", url, "-r", "victims", "-t", "t", "--notify",
                                            "changes", "-o", "json", "-v", "--timeout", "1s"});
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    return {json::parse(finished.out).at("notification").at("receivers"), finished.err};
}

bool says(const Told& told, const std::string& text) {
    return told.said.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("who listens at any node of a cluster is counted", "[notify][cluster]") {
    RedisCluster cluster(true);
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        INFO("listening at node " << number);
        Listener listener(cluster.node(number));
        for (const std::size_t asked : {std::size_t{0}, std::size_t{1}}) {
            const Told told = tell(cluster.url(asked));
            CHECK(told.receivers == 1);
            CHECK_FALSE(says(told, "nobody listens"));
            CHECK(says(told, "1 receiver told: channel changes of"));
        }
        CHECK(listener.was_told());
    }
    {
        const Listener one(cluster.node(0)), other(cluster.node(1)), third(cluster.node(5));
        CHECK(tell(cluster.url()).receivers == 3);
    }
    const auto is_quiet = [&] {
        for (std::size_t number = 0; number < cluster.size(); ++number)
            if (cluster.node(number).cli({"pubsub", "numsub", "changes"}) != "changes\n0") return false;
        return true;
    };
    REQUIRE(eventually(is_quiet));
    const Told nobody = tell(cluster.url());
    CHECK(nobody.receivers == 0);
    CHECK(says(nobody, "warning: nobody listens to channel changes"));

    INFO("who listens to a pattern elsewhere is not known, nor who does where nothing is answered");
    std::size_t unknown = 0;
    for (std::size_t number = 0; number < cluster.size(); ++number) {
        Listener listener(cluster.node(number), true);
        const Told told = tell(cluster.url());
        CHECK_FALSE(says(told, "nobody listens"));
        CHECK((told.receivers.is_null() || told.receivers == 1));
        if (told.receivers.is_null()) {
            ++unknown;
            CHECK(says(told, "whether anybody listens is not known"));
        }
        CHECK(listener.was_told());
    }
    CHECK(unknown == cluster.size() - 1);
}

TEST_CASE("a node that does not tell who listens leaves it open", "[notify][cluster]") {
    RedisCluster cluster;
    for (std::size_t number = 0; number < cluster.size(); ++number)
        cluster.node(number).cli({"acl", "setuser", "u", "on", ">p", "~*", "&*", "+@all", "-pubsub"});
    const std::string address = cluster.url().substr(cluster.url().find("//") + 2);
    const Told open = tell("redis://u:p@" + address);
    CHECK(open.receivers.is_null());
    CHECK_FALSE(says(open, "nobody listens"));
    CHECK(says(open, "whether anybody listens is not known"));
}

TEST_CASE("who listens at a replica is not passed over", "[notify][sentinel]") {
    SentinelGroup group;
    for (std::size_t number = 0; number < 3; ++number) {
        INFO("listening at server " << number);
        Listener listener(group.server(number));
        CHECK(tell(group.url()).receivers == 1);
        INFO("by the primary alone, which does not know who listens at its replicas");
        const Told alone = tell(group.primary().url());
        CHECK((alone.receivers.is_null() || alone.receivers == 1));
        CHECK_FALSE(says(alone, "nobody listens"));
        CHECK(listener.was_told());
    }
}
