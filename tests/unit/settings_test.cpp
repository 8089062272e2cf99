#include "src/config/settings.hpp"

#include "src/config/profile.hpp"
#include "src/config/service_variables.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
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
    CHECK(settings.warnings.empty());
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
    CHECK(place.resolve().warnings ==
          std::vector<std::string>{"environment DISABLE_CACHE: 'perhaps': expected true or false"});
    CHECK_THROWS_AS(place.resolve().cache_enabled.required(), core::Error);
}

TEST_CASE("switches, durations and TTLs are read within the quotes that Docker keeps", "[settings]") {
    for (const char* quoted : {"\"false\"", "'false'", " false\r"}) {
        Place place;
        place.inputs.environment = {{"REDIS_ENABLED", quoted},
                                    {"REDIS_SOCKET_CONNECT_TIMEOUT", "\"3\""},
                                    {"CACHE_DEFAULT_TTL", "'300'"}};
        const config::Settings settings = place.resolve();
        CHECK(settings.warnings.empty());
        CHECK_FALSE(settings.cache_enabled.value);
        CHECK(settings.timeout.value == 3s);
        CHECK(settings.default_ttl.value == std::optional<core::Nanoseconds>(300s));
    }
}

TEST_CASE("a relative HOME or XDG_CONFIG_HOME makes no file the user's own", "[settings]") {
    Place place;
    for (const char* folder : {".", "config", "..", ""}) {
        place.inputs.environment = {{"XDG_CONFIG_HOME", folder}, {"HOME", folder}};
        CHECK(place.resolve().config_files.empty());
    }
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

TEST_CASE("a wrong settings file is reported with file, line and column", "[settings]") {
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

TEST_CASE("a variable of the service that is malformed is a warning, and an error where it is needed",
          "[settings]") {
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"REDIS_ENABLED", "disabled"},
                                            {"CACHE_DEFAULT_TTL", "None"},
                                            {"REDIS_SOCKET_CONNECT_TIMEOUT", "soon"},
                                            {"REDIS_DB", "x"},
                                            {"REDIS_PORT", "none"}}) {
        Place place;
        place.inputs.environment[name] = value;
        const config::Settings settings = place.resolve();
        INFO(name);
        REQUIRE(settings.warnings.size() == 1);
        CHECK(settings.warnings[0].find("environment " + name) == 0);
        place.inputs.environment.erase(name);
        place.inputs.flags["env-file"] = place.write("a.env", name + "=\"" + value + "\n");
        const std::string warning = place.resolve().warnings.at(0);
        INFO(warning);
        CHECK(warning.find("a.env:1: the quote is never closed") != std::string::npos);
    }
    Place place;
    place.inputs.environment["ROACACHE_TIMEOUT"] = "soon";
    CHECK(message_of(place).find("environment ROACACHE_TIMEOUT: ") == 0);
}

TEST_CASE("the variables that count are those of the profile", "[settings]") {
    Place place;
    place.inputs.flags["profile"] = "tally-portal";
    place.inputs.environment = {{"CACHE_DEFAULT_TTL", "5"}, {"CACHE_TTL_SECONDS", "7"}};
    CHECK(place.resolve().default_ttl.value == std::optional<core::Nanoseconds>(7s));
    place.inputs.flags["config"] = place.write("own.toml", "[profiles.own]\nextends = 'roa2web'\n"
                                                           "environment = { OWN_URL = 'url' }\n");
    place.inputs.flags["profile"] = "own";
    place.inputs.environment = {{"OWN_URL", "redis://own"}};
    CHECK(place.resolve().url.origin == "environment OWN_URL");

    // A switch that is not set, of a service whose variables are at hand.
    place.inputs.flags = {{"profile", "tally-portal"}};
    place.inputs.environment = {{"REDIS_HOST", "h"}};
    CHECK(place.resolve().cache_enabled.value);
    CHECK(place.resolve().unused == "REDIS_ENABLED is not set, which tally-portal takes for off");
    place.inputs.environment["REDIS_ENABLED"] = "true";
    CHECK(place.resolve().unused.empty());
    place.inputs.environment["REDIS_ENABLED"] = "false";
    CHECK(place.resolve().unused.empty());
    CHECK_FALSE(place.resolve().cache_enabled.value);
    place.inputs.environment = {{"ROACACHE_URL", "redis://h"}};
    CHECK(place.resolve().unused.empty());
    place.inputs.flags.clear();
    place.inputs.environment = {{"REDIS_URL", "redis://h"}};
    CHECK(place.resolve().unused.empty());
}

TEST_CASE("every setting of a service is read from a profile, and has its usual variables else",
          "[settings]") {
    for (const config::ServiceSetting& setting : config::service_settings()) {
        INFO(setting.name);
        const std::string text =
            "[profiles.own]\nextends = 'roa2web'\nenvironment = { OWN = '" + setting.name + "' }\n";
        const config::ConfigFile file{"own.toml", text, config::Trust::named_file};
        CHECK(config::all_profiles({file}).at("own").environment.at("OWN") == setting.name);
        if (setting.names == nullptr) continue;
        const auto own = config::service_variables("own", {file}).*setting.names;
        CHECK(std::find(own.begin(), own.end(), "OWN") != own.end());
        CHECK_FALSE(setting.usual.empty());
        auto usual = setting.usual;
        usual.insert(usual.end(), setting.always.begin(), setting.always.end());
        CHECK(config::service_variables("unknown", {}).*setting.names == usual);
    }
}

TEST_CASE("of two switches the one of the higher precedence counts", "[settings]") {
    Place place;
    place.inputs.flags["env-file"] = place.write("a.env", "REDIS_ENABLED=false\n");
    CHECK_FALSE(place.resolve().cache_enabled.value);
    place.inputs.environment["REDIS_ENABLED"] = "true";
    CHECK(place.resolve().cache_enabled.value);
    place.inputs.environment["DISABLE_CACHE"] = "true";
    CHECK_FALSE(place.resolve().cache_enabled.value);
    place.inputs.environment["ROACACHE_CACHE_ENABLED"] = "true";
    CHECK(place.resolve().cache_enabled.value);
}
