#include "src/config/settings.hpp"

#include "src/core/error.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace roacache;
using namespace std::chrono_literals;

namespace {

/// A folder with the files that settings may come from.
struct Place {
    test::TempDir folder;
    config::Inputs inputs;

    Place() {
        inputs.directory = folder.path();
        inputs.environment["XDG_CONFIG_HOME"] = (folder.path() / "xdg").string();
    }
    std::string write(const std::string& name, const std::string& content) {
        const auto file = folder.path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << content;
        return file.string();
    }
    config::Settings resolve() const { return config::resolve(inputs); }
};

std::string message_of(const Place& place) {
    try {
        place.resolve();
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "no error";
}

} // namespace

TEST_CASE("with nothing given every setting is at its default", "[settings]") {
    const config::Settings settings = Place().resolve();
    CHECK(settings.url.value == "redis://127.0.0.1:6379/0");
    CHECK(settings.url.is_default());
    CHECK(settings.timeout.value == 5s);
    CHECK(settings.profile.value == "roa2web");
    CHECK(settings.cache_enabled.value);
    CHECK(settings.explain("redis://127.0.0.1:6379/0") ==
          std::vector<std::string>{"url: redis://127.0.0.1:6379/0 (default)"});
}

TEST_CASE("each origin of a setting yields to the one before it", "[settings]") {
    Place place;
    place.write("xdg/roacache/config.toml", "url = 'redis://xdg'\n");
    CHECK(place.resolve().url.value == "redis://xdg");
    CHECK(place.resolve().url.origin ==
          (place.folder.path() / "xdg/roacache/config.toml").string() + ": url");

    place.write("roacache.toml", "url = 'redis://local'\n");
    CHECK(place.resolve().url.value == "redis://local");

    place.inputs.flags["env-file"] = place.write("prod.env", "REDIS_URL=redis://envfile\n");
    CHECK(place.resolve().url.value == "redis://envfile");
    CHECK(place.resolve().url.origin == (place.folder.path() / "prod.env").string() + ": REDIS_URL");

    place.inputs.environment["REDIS_URL"] = "redis://service";
    CHECK(place.resolve().url.value == "redis://service");
    CHECK(place.resolve().url.origin == "environment REDIS_URL");

    place.inputs.environment["ROACACHE_URL"] = "redis://own";
    CHECK(place.resolve().url.value == "redis://own");

    place.inputs.flags["url"] = "redis://flag";
    CHECK(place.resolve().url.value == "redis://flag");
    CHECK(place.resolve().url.origin == "--url");
}

TEST_CASE("the file of --config takes the place of ./roacache.toml and has to exist", "[settings]") {
    Place place;
    place.write("roacache.toml", "url = 'redis://local'\n");
    place.inputs.flags["config"] = place.write("other.toml", "timeout = '2s'\n");
    CHECK(place.resolve().url.is_default());
    CHECK(place.resolve().timeout.value == 2s);
    place.inputs.flags["config"] = (place.folder.path() / "absent.toml").string();
    CHECK(message_of(place).find("absent.toml: no such file") != std::string::npos);
}

TEST_CASE("a service's host, port and database make a URL", "[settings]") {
    Place place;
    place.inputs.environment = {{"REDIS_HOST", "cache.internal"}, {"REDIS_PORT", "6380"}, {"REDIS_DB", "3"}};
    CHECK(place.resolve().url.value == "redis://cache.internal:6380/3");
    CHECK(place.resolve().url.origin == "environment REDIS_HOST");
    place.inputs.environment["REDIS_HOST"] = "::1";
    CHECK(place.resolve().url.value == "redis://[::1]:6380/3");
    place.inputs.environment["REDIS_URL"] = "redis://whole";
    CHECK(place.resolve().url.value == "redis://whole");
    place.inputs.environment = {{"REDIS_HOST", "h"}, {"REDIS_PORT", "none"}};
    CHECK(message_of(place) == "environment REDIS_PORT: 'none': not a whole number from 1 to 65535");
}

TEST_CASE("services' own variables set timeout, TTL, password and the switch", "[settings]") {
    Place place;
    place.inputs.environment = {
        {"REDIS_SOCKET_CONNECT_TIMEOUT", "3"}, {"CACHE_DEFAULT_TTL", "300"}, {"REDISCLI_AUTH", "hunter2"}};
    config::Settings settings = place.resolve();
    CHECK(settings.timeout.value == 3s);
    CHECK(settings.default_ttl.value == std::optional<core::Nanoseconds>(300s));
    CHECK(settings.password.value == "hunter2");
    for (const std::string& line : settings.explain("redis://127.0.0.1:6379/0"))
        CHECK(line.find("hunter2") == std::string::npos);

    place.inputs.environment["REDIS_ENABLED"] = "false";
    CHECK_FALSE(place.resolve().cache_enabled.value);
    CHECK(place.resolve().cache_enabled.origin == "environment REDIS_ENABLED");
    place.inputs.environment = {{"DISABLE_CACHE", "True"}};
    CHECK_FALSE(place.resolve().cache_enabled.value);
    place.inputs.environment = {{"DISABLE_CACHE", "perhaps"}};
    CHECK(message_of(place) == "environment DISABLE_CACHE: 'perhaps': expected true or false");
}

TEST_CASE("an empty variable is none", "[settings]") {
    Place place;
    place.inputs.environment = {{"REDIS_PASSWORD", ""}, {"REDIS_URL", ""}, {"ROACACHE_TIMEOUT", ""}};
    CHECK(place.resolve().url.is_default());
    CHECK(place.resolve().password.value.empty());
}

TEST_CASE("a password file's last line break is not part of the password", "[settings]") {
    Place place;
    place.inputs.flags["password-file"] = place.write("secret", "s3cret with space \n");
    CHECK(place.resolve().password.value == "s3cret with space ");
    place.inputs.flags["password-file"] = place.write("empty", "\n");
    CHECK(message_of(place).find("the file is empty") != std::string::npos);
}

TEST_CASE("a wrong settings file is told with file, line and column", "[settings]") {
    Place place;
    const std::string file = place.write("roacache.toml", "url = 'redis://x'\ntimout = '5s'\n");
    CHECK(message_of(place) == "bad config: " + file + ":2:1: unknown setting 'timout'");
    place.write("roacache.toml", "url = [1]\n");
    CHECK(message_of(place).find(":1:7: 'url' must be text") != std::string::npos);
    place.write("roacache.toml", "url = \n");
    CHECK(message_of(place).find("bad config: " + file + ":1:") == 0);
    place.write("roacache.toml", "timeout = '5'\n");
    CHECK(message_of(place).find("timeout: '5': not a duration") != std::string::npos);
}

TEST_CASE(".env files are read as services read them", "[settings]") {
    const auto variables = config::parse_env_file("\xEF\xBB\xBF# comment\r\n"
                                                  "A=1\r\n"
                                                  "export B = two words # comment\n"
                                                  "C='single # $x \\n'\n"
                                                  "D=\"line\\nbreak \\\"q\\\" \\$\"\n"
                                                  "E=\n"
                                                  "F=a#b\n"
                                                  "ALONE\n"
                                                  "G=\"two\nlines\" # after\n"
                                                  "H=last",
                                                  "x.env");
    CHECK(variables == config::Variables{{"A", "1"},
                                         {"B", "two words"},
                                         {"C", "single # $x \\n"},
                                         {"D", "line\nbreak \"q\" $"},
                                         {"E", ""},
                                         {"F", "a#b"},
                                         {"G", "two\nlines"},
                                         {"H", "last"}});
    const auto fails = [](const char* text, const std::string& why) {
        try {
            config::parse_env_file(text, "x.env");
            FAIL("accepted");
        } catch (const core::Error& error) {
            CHECK(error.what() == "bad env file: x.env:" + why);
        }
    };
    fails("A=1\n=2\n", "2: expected NAME=value");
    fails("A=1\nB=\"open\nC=2\n", "2: the quote is never closed");
    fails("A b\n", "1: expected '=' after the name");
    fails("A='x' y\n", "1: unexpected text after the closing quote");
}
