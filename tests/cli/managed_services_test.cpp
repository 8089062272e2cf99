// Services that refuse some commands in words of their own: see managed_service.py.

#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A service that SCAN can be asked of, and what it does not tell.
struct Managed {
    const char* service;
    bool tells_bytes, tells_counters;
};

constexpr Managed k_managed[] = {
    {"elasticache", true, true}, {"elasticache-serverless", false, true},
    {"azure", true, true},       {"azure-enterprise", true, true},
    {"upstash", true, true},     {"dragonfly", false, true},
    {"keydb", true, true},       {"garnet", true, false},
};

class ManagedService {
  public:
    explicit ManagedService(const std::string& service)
        : server_("tests/cli/managed_service.py", {service, std::to_string(redis.port())}) {
        fill();
    }

    void fill() const {
        redis.cli(
            {"EVAL",
             "redis.call('FLUSHDB') for i=1,1500 do redis.call('SET', 'cache:t:invoices_list:h'..i, '[1]', "
             "'EX', 100000000) redis.call('SET', 'cache:u:companies_list:h'..i, '[1]', 'EX', 100000000) end "
             "redis.call('SET', 'session:1', 'x')",
             "0"});
    }
    Finished asked(const std::vector<std::string>& command, const char* database = "") const {
        return run_at(fmt::format("redis://127.0.0.1:{}{}", server_.port(), database), command);
    }
    json printed(std::vector<std::string> command, int exit_code = 0) const {
        command.insert(command.end(), {"-o", "json"});
        const Finished finished = asked(command);
        INFO(finished.err << finished.out.substr(0, 1000));
        CHECK(finished.exit_code == exit_code);
        return json::parse(finished.out);
    }
    std::string keys_there() const { return redis.cli({"DBSIZE"}); }

    RedisServer redis;

  private:
    PythonServer server_;
};

} // namespace

TEST_CASE("a managed service is served whole, and what it does not tell is not made up", "[managed]") {
    const Managed kind = GENERATE(from_range(std::begin(k_managed), std::end(k_managed)));
    INFO(kind.service);
    const ManagedService service(kind.service);

    CHECK(service.asked({"ping"}).exit_code == 0);
    CHECK(service.asked({"keys", "--count"}).out == "3000\n");
    const json described = service.printed({"keys", "-t", "t", "-l"});
    CHECK(described.at("keys").size() == 1500);
    CHECK(described.at("keys").at(0).at("ttl_ms").is_number());
    CHECK(described.at("keys").at(0).at("bytes").is_number() == kind.tells_bytes);
    const json found = service.printed({"inspect", k_first_entry});
    CHECK(found.at("entries").at(0).at("ttl_ms").is_number());

    const json stats = service.printed({"stats"});
    CHECK(stats.at("keys") == 3000);
    CHECK(stats.at("bytes").is_number() == kind.tells_bytes);
    CHECK(stats.at("hits").is_number() == kind.tells_counters);
    const Finished examined = service.asked({"doctor", "-o", "json"});
    INFO(examined.err << examined.out.substr(0, 1000));
    CHECK((examined.exit_code == 0 || examined.exit_code == 1));

    CHECK(service.printed({"invalidate", "-t", "t", "-n"}).at("matched") == 1500);
    const json removed = service.printed({"invalidate", "-t", "t", "--verify"});
    CHECK(removed.at("removed") == 1500);
    CHECK(removed.at("remaining") == 0);
    CHECK(service.keys_there() == "1501");
    // To moments evenly spread, of which none comes while the keys are counted.
    CHECK(service.printed({"invalidate", "-t", "u", "--soft", "20000h"}).at("shortened") == 1500);
    CHECK(service
              .printed({"invalidate", "-k", "cache:u:companies_list:h7", "-k", "cache:u:companies_list:none"})
              .at("removed") == 1);
    CHECK(service.keys_there() == "1500");
}

TEST_CASE("a server that imitates Redis is told by its own name and version", "[managed]") {
    struct Imitator {
        const char *service, *kind, *version;
    };
    const Imitator imitator =
        GENERATE(Imitator{"garnet", "garnet", "1.0.19"}, Imitator{"dragonfly", "dragonfly", "df-v1.31.0"},
                 Imitator{"keydb", "keydb", "6.3.4"});
    INFO(imitator.service);
    const ManagedService service(imitator.service);
    for (const json& told : {service.printed({"ping"}), service.printed({"stats"}).at("server")}) {
        CHECK(told.at("kind") == imitator.kind);
        CHECK(told.at("version") == imitator.version);
    }
}

TEST_CASE("doctor proposes no command that a service refuses to everybody", "[managed][doctor]") {
    struct Refusing {
        const char* service;
        bool has_config, has_users;
    };
    const Refusing refusing = GENERATE(Refusing{"elasticache", false, true}, Refusing{"azure", false, true},
                                       Refusing{"upstash", false, true}, Refusing{"keydb", true, true},
                                       Refusing{"envoy", false, false});
    INFO(refusing.service);
    const ManagedService service(refusing.service);
    const Finished examined = service.asked({"doctor", "-o", "json"});
    INFO(examined.err << examined.out);
    const json answer = json::parse(examined.out);
    std::string remedies;
    for (const json& finding : answer.at("findings"))
        remedies += finding.at("remedy").get<std::string>() + "\n";
    CHECK((remedies.find("CONFIG SET") != std::string::npos) == refusing.has_config);
    CHECK((remedies.find("ACL SETUSER") != std::string::npos) == refusing.has_users);
    for (const char* rights : {"minimal", "read_only"})
        CHECK(answer.at("acl").at(rights).is_string() == refusing.has_users);
    const Finished table = service.asked({"doctor", "-o", "table"});
    INFO(table.out);
    CHECK((table.out.find("ACL SETUSER") != std::string::npos) == refusing.has_users);
    CHECK((table.out.find("it refuses ACL") != std::string::npos) != refusing.has_users);
}

TEST_CASE("what a server does not tell anybody is not said to be withheld from this user", "[managed]") {
    const ManagedService service("garnet"); // whose INFO has no memory, hits or misses
    const Finished stats = service.asked({"stats", "-o", "table"});
    INFO(stats.err);
    CHECK(stats.err.find("the server does not tell its figures (INFO)") != std::string::npos);
    const Finished judged =
        service.asked({"stats", "--assert", "hit_rate > 90%", "--assert", "memory < 1GB", "-o", "json"});
    INFO(judged.out << judged.err);
    CHECK(judged.out.find("the server does not tell it (INFO)") != std::string::npos);
    CHECK((stats.err + judged.out + judged.err).find("this user") == std::string::npos);
}

TEST_CASE(
    "a proxy that does not know SCAN, or mixes up the cursors of its servers, is named, and named keys go",
    "[managed]") {
    const std::string service_name = GENERATE("envoy", "envoy-new", "twemproxy");
    INFO(service_name);
    const ManagedService service(service_name);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"keys"}, {"stats"}, {"invalidate", "-t", "t"}, {"keys", "-l"}}) {
        const Finished finished = service.asked(command);
        INFO(command.front() << ": " << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find("SCAN") != std::string::npos);
        CHECK(finished.out.empty());
    }
    CHECK(service.keys_there() == "3001");
    const json removed =
        service.printed({"invalidate", "-k", k_first_entry, "-k", "cache:t:invoices_list:h2"});
    CHECK(removed.at("removed") == 2);
    CHECK(service.keys_there() == "2999");
}

TEST_CASE("a proxy that keeps its servers' numbers in the cursors is walked in one", "[managed]") {
    const ManagedService service("predixy");
    service.redis.cli(
        {"EVAL", "for i=1,40000 do redis.call('SET', 'cache:t:invoices_list:more'..i, '[1]') end", "0"});
    const Finished listed = service.asked({"keys", "-q"});
    CHECK(lines_in(listed.out) == 43000);
    CHECK(listed.err.empty());
    CHECK(service.printed({"stats"}).at("keys") == 43000);
    CHECK(service.printed({"invalidate", "-t", "t", "-y"}).at("removed") == 41500);
}

TEST_CASE("a hash that goes away while it is shown ends there", "[managed]") {
    const ManagedService service("dragonfly");
    service.redis.cli({"HSET", "cache:t:invoices_list:hash", "a", "1", "b", "2"});
    const json shown = service.printed({"inspect", "cache:t:invoices_list:hash"});
    CHECK(shown.at("entries").at(0).at("value").at("whole") == false);
}

TEST_CASE("a proxy whose servers answer by turns is found out before anything is removed", "[managed]") {
    const ManagedService service("envoy-random");
    for (const char* database : {"1", "2"})
        service.redis.cli(
            {"-n", database, "EVAL",
             "for i=1,1500 do redis.call('SET', 'cache:t:invoices_list:'..ARGV[1]..i, '[1]') end", "0",
             database});
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"keys"}, {"stats"}, {"invalidate", "-t", "t"}}) {
        const Finished finished = service.asked(command);
        INFO(command.front() << ": " << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(finished.err.find("several servers answer SCAN by turns") != std::string::npos);
        CHECK(finished.out.empty());
    }
    CHECK(service.keys_there() == "3001");
}

TEST_CASE("another database than a managed service has is refused before anything is asked", "[managed]") {
    for (const char* service_name : {"elasticache-serverless", "azure-enterprise", "upstash"}) {
        INFO(service_name);
        const ManagedService service(service_name);
        const Finished finished = service.asked({"invalidate", "-t", "t"}, "/1");
        INFO(finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(service.keys_there() == "3001");
    }
}
