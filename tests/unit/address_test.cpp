#include "src/config/settings.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/store/address.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <fstream>

using namespace roacache;

namespace {

using Variables = config::Variables;

/// The address that the environment, a .env file and a file of --config make together.
config::Setting<std::string> address_of(const Variables& environment, const std::string& env_file = {},
                                        const std::string& toml = {}, const std::string& profile = {}) {
    const test::TempDir folder;
    config::Inputs inputs;
    inputs.directory = folder.path();
    inputs.environment = environment;
    const auto add = [&](const char* flag, const char* name, const std::string& content) {
        if (content.empty()) return;
        std::ofstream(folder.path() / name) << content;
        inputs.flags[flag] = (folder.path() / name).string();
    };
    add("env-file", "a.env", env_file);
    add("config", "a.toml", toml);
    if (!profile.empty()) inputs.flags["profile"] = profile;
    return store::put_together(config::resolve(inputs).address);
}

std::string url_of(const Variables& environment, const std::string& env_file = {},
                   const std::string& toml = {}, const std::string& profile = {}) {
    const auto address = address_of(environment, env_file, toml, profile);
    return address.problem ? std::string("refused: ") + address.problem->what() : address.value;
}

bool refused(const std::string& url) {
    return url.starts_with("refused: ");
}

} // namespace

TEST_CASE("an address in parts is put together over all layers", "[address]") {
    CHECK(url_of({{"REDIS_HOST", "cache.internal"}, {"REDIS_PORT", "6380"}, {"REDIS_DB", "3"}}) ==
          "redis://cache.internal:6380/3");
    CHECK(url_of({{"REDIS_DB", "3"}}) == "redis://127.0.0.1:6379/3");
    CHECK(url_of({{"REDIS_PORT", "6380"}}) == "redis://127.0.0.1:6380/0");
    CHECK(url_of({{"REDIS_PORT", "6380"}}, "REDIS_HOST=h\nREDIS_DB=2\n") == "redis://h:6380/2");
    CHECK(url_of({{"REDIS_HOST", "h"}}, "REDIS_PORT=6380\n") == "redis://h:6380/0");
    CHECK(url_of({{"REDIS_DB", "3"}}, "REDIS_URL=redis://:pw@h:6380/1\n") == "redis://:pw@h:6380/3");
    CHECK(url_of({{"REDIS_DB", "3"}}, {}, "url = 'rediss://h/1'\n") == "rediss://h:6379/3");
    CHECK(url_of({{"REDIS_DB", "3"}}, {}, "url = 'unix:///s?db=1'\n") == "unix:///s?db=3");
    CHECK(url_of({{"REDIS_PORT", "7000"}}, {}, "url = 'rediss://h:1/4'\n") == "rediss://h:7000/4");
    CHECK(address_of({{"REDIS_PORT", "7"}}, "REDIS_HOST=h\n")
              .origin.find(": REDIS_HOST, environment REDIS_PORT") != std::string::npos);
    CHECK(address_of({{"REDIS_DB", "3"}}).origin == "default, environment REDIS_DB");
}

TEST_CASE("a whole URL goes before parts of the same or a lower precedence", "[address]") {
    CHECK(url_of({{"REDIS_URL", "redis://whole"}, {"REDIS_HOST", "h"}, {"REDIS_DB", "3"}}) ==
          "redis://whole");
    CHECK(url_of({{"REDIS_URL", "redis://whole"}}, "REDIS_HOST=h\nREDIS_DB=4\n") == "redis://whole");
    CHECK(url_of({{"ROACACHE_URL", "redis://own"}, {"REDIS_HOST", "h"}}) == "redis://own");
    // A service that reads parts does not look at a URL.
    CHECK(url_of({{"REDIS_URL", "redis://whole"}, {"REDIS_HOST", "h"}}, {}, {}, "tally-portal") ==
          "redis://h:6379/0");
}

TEST_CASE("a host above a URL that says more is refused, since either may be meant", "[address]") {
    for (const char* url : {"redis://other:6380", "redis://other/2", "rediss://other", "redis://:pw@other",
                            "redis+cluster://other", "unix:///s", "sqlite:x"}) {
        const std::string line = std::string("REDIS_URL=") + url + "\n";
        INFO(url);
        CHECK(refused(url_of({{"REDIS_HOST", "h"}}, line)));
        CHECK(url_of({{"REDIS_HOST", "h"}, {"REDIS_PORT", "1"}, {"REDIS_DB", "0"}}, line) == "redis://h:1/0");
    }
    CHECK(url_of({{"REDIS_HOST", "h"}}, "REDIS_URL=redis://other:6379/0\n") == "redis://h:6379/0");
    for (const char* url : {"redis+cluster://other", "http://h/api", "sqlite:x", "redis+sentinel://a,b/s"}) {
        INFO(url);
        CHECK(refused(url_of({{"REDIS_PORT", "1"}}, std::string("REDIS_URL=") + url + "\n")));
    }
    CHECK(refused(url_of({{"REDIS_DB", "1"}}, "REDIS_URL=redis+cluster://other\n")));
    CHECK(url_of({{"REDIS_DB", "1"}}, "REDIS_URL=redis+sentinel://a/s\n") == "redis+sentinel://a:26379/s/1");
}

TEST_CASE("the spellings of hosts, ports and URLs that services take are understood", "[address]") {
    CHECK(url_of({{"REDIS_HOST", "::1"}}) == "redis://[::1]:6379/0");
    for (const char* zone : {"fe80::1%lo", "[fe80::1%lo]", "[fe80::1%25lo]", "fe80::1%25lo"})
        CHECK(url_of({{"REDIS_HOST", zone}}) == "redis://[fe80::1%25lo]:6379/0");
    CHECK(url_of({{"REDIS_HOST", "/run/s"}, {"REDIS_PORT", "0"}}) == "unix:///run/s?db=0");
    CHECK(url_of({{"REDIS_URL", "/run/s"}}) == "/run/s");
    CHECK(url_of({{"REDIS_HOST", "TLS://h"}}) == "rediss://h:6379/0");
    CHECK(url_of({{"REDIS_HOST", "UNIX:///s"}}) == "unix:///s?db=0");
    CHECK(url_of({{"REDIS_HOST", "[::1]:7"}}) == "redis://[::1]:7/0");
    CHECK(url_of({{"REDIS_HOST", "h:7"}}) == "redis://h:7/0");
    CHECK(refused(url_of({{"REDIS_HOST", "h:7"}, {"REDIS_PORT", "8"}})));
    CHECK(url_of({{"REDIS_HOST", "tls://h"}, {"REDIS_PORT", "6380"}}) == "rediss://h:6380/0");
    CHECK(url_of({{"REDIS_HOST", "tcp://h:5/"}}) == "redis://h:5/0");
    CHECK(url_of({{"REDIS_HOST", "/run/redis.sock"}, {"REDIS_DB", "2"}}) == "unix:///run/redis.sock?db=2");
    CHECK(url_of({{"REDIS_HOST", "\"h\""}, {"REDIS_PORT", " 7 "}, {"REDIS_DB", "'1'"}}) == "redis://h:7/1");
    CHECK(url_of({{"REDIS_URL", " \"redis://h/2\" "}}) == "redis://h/2");
    CHECK(url_of({{"REDIS_URL", "\"\""}, {"REDIS_DB", "2"}}) == "redis://127.0.0.1:6379/2");
    for (const char* host : {"http://h", "user:pass@h", "h/3", "h,i", "ftp://x"})
        CHECK(refused(url_of({{"REDIS_HOST", host}})));
    const std::vector<std::string> switches{"REDIS_SSL",        "REDIS_TLS",         "REDIS_USE_SSL",
                                            "REDIS_USE_TLS",    "REDIS_SSL_ENABLED", "REDIS_TLS_ENABLED",
                                            "REDIS_ENABLE_SSL", "REDIS_ENABLE_TLS",  "REDIS_SCHEME"};
    for (const std::string& name : switches) {
        INFO(name);
        for (const char* yes : {"true", "1", " \"Yes\" ", "on", "tls", "rediss"}) {
            CHECK(url_of({{"REDIS_HOST", "h"}, {name, yes}}) == "rediss://h:6379/0");
            CHECK(url_of({{name, yes}, {"REDIS_PORT", "6380"}}) == "rediss://127.0.0.1:6380/0");
            CHECK(url_of({{name, yes}}) == "rediss://127.0.0.1:6379/0");
            CHECK(url_of({{name, yes}}, "REDIS_URL=rediss://h/2\n") == "rediss://h:6379/2");
            CHECK(refused(url_of({{name, yes}}, "REDIS_URL=redis://h\n")));
            CHECK(refused(url_of({{name, yes}}, "REDIS_URL=redis+cluster://h\n")));
            CHECK(url_of({{name, yes}, {"REDIS_URL", "redis://h"}}) == "redis://h");
            CHECK(url_of({{name, yes}, {"REDIS_HOST", "/run/s"}}) == "unix:///run/s?db=0");
        }
        for (const char* no : {"false", "0", "off", "", "tcp", "Redis"}) {
            CHECK(url_of({{"REDIS_HOST", "h"}, {name, no}}) == "redis://h:6379/0");
            CHECK(url_of({{"REDIS_HOST", "tls://h"}, {name, no}}) == "rediss://h:6379/0");
        }
        CHECK(refused(url_of({{"REDIS_HOST", "h"}, {name, "/etc/ssl/ca.pem"}})));
        CHECK(url_of({}, "REDIS_HOST=h\n" + name + "=True\n") == "rediss://h:6379/0");
        // Without TLS the password would go out in the clear.
        for (const std::string& line : {core::to_lower(name) + "=true", name + "=${UNSET}", name + " true",
                                        name + ": true", name + "=\"true"})
            CHECK(refused(url_of({}, "REDIS_HOST=h\n" + line + "\n")));
        for (const std::string& other : switches) {
            const std::string contrary = other == name ? "" : other + "=no\n";
            const std::string agreeing = other == name ? "" : other + "=tls\n";
            CHECK(refused(url_of({}, "REDIS_HOST=h\n" + name + "=yes\n" + contrary)) == (other != name));
            CHECK(url_of({}, "REDIS_HOST=h\n" + name + "=yes\n" + agreeing) == "rediss://h:6379/0");
            CHECK(url_of({{name, "1"}}, "REDIS_HOST=h\n" + contrary) == "rediss://h:6379/0"); // above it
        }
    }
    // Kubernetes' links are no ports.
    CHECK(url_of({{"REDIS_PORT", "tcp://10.0.0.11:6379"}}) == "redis://127.0.0.1:6379/0");
    CHECK(url_of({{"REDIS_PORT", "tcp://10.0.0.11:6379"}, {"REDIS_HOST", "h"}}, "REDIS_PORT=7\n") ==
          "redis://h:7/0");
    for (const char* bad : {"none", "0", "65536", "-1"})
        CHECK(refused(url_of({{"REDIS_HOST", "h"}, {"REDIS_PORT", bad}})));
    CHECK(refused(url_of({{"REDIS_DB", "x"}})));
    CHECK(refused(url_of({}, "REDIS_URL=\"redis://never-closed\n")));
    CHECK(refused(url_of({}, "REDIS_URL: redis://h\n")));
}

TEST_CASE("an address that a .env file gives in half is refused where it is used", "[address]") {
    for (const char* lines :
         {"REDIS_URL=redis://h/${CACHE_DB}\n", "REDIS_URL=${UNSET}\n", "REDIS_HOST=$UNSET\n",
          "REDIS_HOST=h\nREDIS_DB=$UNSET\n", "REDIS_HOST=h\nREDIS_PORT=${UNSET}\n", "REDIS_URL redis://h\n",
          "X=\"\nREDIS_URL=redis://h\n\"\n", "\"REDIS_URL\"=redis://h\n", "REDIS_HOST=h\nredis_db=3\n",
          "REDIS_HOST=h\nRedis_Port=3\n", "ROACACHE_URL=redis://h/${UNSET}\n"}) {
        INFO(lines);
        CHECK(refused(url_of({}, lines)));
        CHECK(url_of({{"REDIS_URL", "redis://above"}}, lines) == "redis://above");
    }
    CHECK(url_of({}, "'REDIS_URL'=redis://h/3\n") == "redis://h/3");
}

TEST_CASE("a password of the environment goes nowhere that a .env file says", "[address]") {
    const Variables environment = {{"SECRET", "s"}, {"WHOLE", "redis://:pw@h"}, {"HOST", "h"}};
    for (const char* url : {"redis://:${SECRET}@h", "redis://${SECRET}@h", "redis://h?password=${SECRET}",
                            "redis://u${SECRET}:p@h", "rediss://:${SECRET}@${HOST}"})
        CHECK(refused(url_of(environment, std::string("REDIS_URL=") + url + "\n")));
    CHECK(refused(url_of(environment, "A=x${SECRET}\nREDIS_URL=redis://:$A@h\n")));
    CHECK(url_of(environment, "REDIS_URL=$WHOLE\n") == "redis://:pw@h");
    CHECK(url_of(environment, "REDIS_URL=redis://:pw@$HOST/2\n") == "redis://:pw@h/2");
    CHECK(url_of(environment, "REDIS_HOST=$HOST\n") == "redis://h:6379/0");
}

TEST_CASE("an address is trusted as the least trusted place that says where it is", "[address]") {
    using config::Trust;
    CHECK(address_of({}).trust == Trust::builtin);
    CHECK(address_of({{"REDIS_DB", "1"}}).trust == Trust::builtin);
    CHECK(address_of({{"REDIS_HOST", "h"}}).trust == Trust::environment);
    CHECK(address_of({{"REDIS_HOST", "h"}}, "REDIS_PORT=7\n").trust == Trust::env_file);
    CHECK(address_of({{"REDIS_PORT", "7"}}, "REDIS_HOST=h\n").trust == Trust::env_file);
    CHECK(address_of({{"REDIS_PORT", "7"}}, {}, "url = 'redis://h'\n").trust == Trust::environment);
    // A .env file may not send the password of a more trusted URL to another port.
    CHECK(refused(url_of({}, "REDIS_PORT=7\n", "url = 'redis://:pw@h'\n")));
}
