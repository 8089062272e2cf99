#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <sys/stat.h>

using namespace roacache::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A user's home, a project's folder, and what a command is given.
struct PlaceOfSettings {
    TempDir folder;
    RunOptions options;
    std::vector<std::string> flags;

    PlaceOfSettings() {
        std::filesystem::create_directories(folder.path() / "project");
        options.cwd = folder.path() / "project";
        options.env = {{"HOME", folder.path().string()},
                       {"XDG_CONFIG_HOME", (folder.path() / "config").string()},
                       {"XDG_STATE_HOME", (folder.path() / "state").string()}};
    }
    std::string write(const std::string& name, const std::string& content) const {
        const auto file = folder.path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::app) << content;
        return file.string();
    }
    std::string toml() const { return (folder.path() / "project/roacache.toml").string(); }
    Finished roacache(std::vector<std::string> command) const {
        command.insert(command.end(), flags.begin(), flags.end());
        return run_roacache(command, options);
    }
};

/// The places of the contract, the least trusted first.
const std::vector<std::string> k_places_of_settings = {"directory",   "env file", "user's file",
                                                       "environment", "--config", "flag"};

/// Has a place say a setting by its TOML name, or by the service's variable.
void say(PlaceOfSettings& place, std::size_t where, const std::string& name, const std::string& variable,
         const std::string& value) {
    const std::string line = name + " = \"" + value + "\"\n";
    if (where == 0) place.write("project/roacache.toml", line);
    if (where == 1)
        place.flags.insert(place.flags.end(),
                           {"--env-file", place.write("a.env", variable + "=" + value + "\n")});
    if (where == 2) place.write("config/roacache/config.toml", line);
    if (where == 3) place.options.env[variable] = value;
    if (where == 4) place.flags.insert(place.flags.end(), {"--config", place.write("other.toml", line)});
    if (where == 5) place.flags.insert(place.flags.end(), {"--" + name, value});
    // The same file may be named twice by settings that are both of it.
    if (place.flags.size() == 4 && place.flags[0] == place.flags[2]) place.flags.resize(2);
}

std::string hex(const std::string& text) {
    std::string digits;
    for (const char c : text)
        for (const int shift : {4, 0})
            digits += "0123456789abcdef"[(static_cast<unsigned char>(c) >> shift) & 15];
    return digits;
}

} // namespace

TEST_CASE("a secret goes only to an address from the same or a more trusted place", "[trust]") {
    int sent = 0;
    for (const bool by_file : {false, true})
        for (std::size_t address = 0; address < k_places_of_settings.size(); ++address)
            for (std::size_t secret = 0; secret < k_places_of_settings.size(); ++secret) {
                // --config stands in for the directory's file; passwords are no flag.
                if (address + secret == 4 && (address == 0 || secret == 0)) continue;
                if (secret == 5 && !by_file) continue;
                PythonServer server("tests/cli/capturing_server.py");
                PlaceOfSettings place;
                const std::string marked = "marked-" + std::to_string(address) + std::to_string(secret);
                say(place, address, "url", "REDIS_URL", "redis://127.0.0.1:" + std::to_string(server.port()));
                if (by_file)
                    say(place, secret, "password-file", "ROACACHE_PASSWORD_FILE",
                        place.write("secret", marked));
                else
                    say(place, secret, "password", "REDIS_PASSWORD", marked);
                const Finished finished = place.roacache({"ping", "--timeout", "2s"});
                INFO("address: " << k_places_of_settings[address] << ", secret: "
                                 << k_places_of_settings[secret] << ", file: " << by_file << "\n"
                                 << finished.err);
                const bool allowed = secret <= address && secret > 0 && !(by_file && secret == 1);
                const bool received = contains(server.process().log(), hex(marked));
                CHECK(received == allowed);
                CHECK_FALSE(contains(finished.err, "marked-"));
                sent += received ? 1 : 0;
                if (allowed) continue;
                CHECK(finished.exit_code == 2);
                CHECK(contains(finished.err, "not trusted: "));
                CHECK(contains(finished.err, "--config"));
                if (address == 0) CHECK(contains(finished.err, "roacache trust"));
                CHECK_FALSE(contains(server.process().log(), "GOT"));
            }
    CHECK(sent > 20);
}

TEST_CASE("the file of the current directory sets nothing that leads elsewhere before it is trusted",
          "[trust]") {
    const RedisServer redis;
    for (const std::string line :
         {"insecure = true", "cacert = 'x.pem'", "cert = 'x.pem'", "key-file = 'x.pem'",
          "password-file = 'x'", "password = 'x'", "user = 'x'", "token-file = 'x'", "cache-enabled = false",
          "url = 'redis://elsewhere'",
          "[profiles.roa2web]\nextends = 'roa2web'\nevents.invoice-changed = { resources = ['*'] }",
          "profile = 'own'\n[profiles.own]\nextends = 'roa2web'"}) {
        PlaceOfSettings place;
        place.write("project/roacache.toml", line + "\n");
        if (!line.starts_with("url")) place.options.env["REDIS_URL"] = redis.url();
        const bool of_token = line.starts_with("token");
        redis.cli({"SET", "cache:default:invoices_list:0a1b2c3d4e5f", "1"});
        const Finished finished = place.roacache(
            of_token ? std::vector<std::string>{"demo", "--listen", "127.0.0.1:0", "--cache-url", "none"}
                     : std::vector<std::string>{"invalidate", "-e", "invoice-changed"});
        INFO(line << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(contains(finished.err, "not trusted: "));
        CHECK(contains(finished.err, "roacache trust"));
        CHECK(contains(finished.err, "--config"));
        CHECK(redis.cli({"DBSIZE"}) == "1");
        // A place of a higher precedence decides, and commands without a store are not held up.
        if (line.starts_with("url")) {
            place.options.env["REDIS_URL"] = redis.url();
            CHECK(place.roacache({"ping"}).exit_code == 0);
        }
        CHECK(place.roacache({"completion", "bash"}).exit_code == 0);
    }
}

TEST_CASE("what only changes the looks may be in the file of any directory", "[trust]") {
    const RedisServer redis;
    PlaceOfSettings place;
    place.write("project/roacache.toml",
                "output = 'json'\ncolor = 'never'\ntimeout = '7s'\ndefault-ttl = 60\nprofile = 'salonos'\n");
    place.options.env["REDIS_URL"] = redis.url();
    const Finished finished = place.roacache({"-v", "ping"});
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.front() == '{');
    CHECK(contains(finished.err, "timeout: 7.00 s"));
    CHECK(contains(finished.err, "profile: salonos"));
}

TEST_CASE("a project's roacache.toml works once it was trusted, until it changes", "[trust]") {
    const RedisServer redis({"--requirepass", "opensesame"});
    PlaceOfSettings place;
    place.options.env["REDISCLI_AUTH"] = "opensesame";
    place.write("project/roacache.toml",
                "url = \"" + redis.url() + "/0\"\nprofile = \"roa2web\"\ntimeout = \"2s\"\n");
    CHECK(place.roacache({"ping"}).exit_code == 2);
    const Finished trusted = place.roacache({"trust"});
    CHECK(trusted.exit_code == 0);
    CHECK(contains(trusted.out, "project/roacache.toml"));
    CHECK(place.roacache({"ping"}).exit_code == 0);
    CHECK(contains(place.roacache({"trust", "--list"}).out, "project/roacache.toml\n"));

    const auto entry = *std::filesystem::directory_iterator(place.folder.path() / "state/roacache/trusted");
    struct stat status {};
    REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    place.write("project/roacache.toml", "# changed\n");
    CHECK(place.roacache({"ping"}).exit_code == 2);
    CHECK(contains(place.roacache({"trust", "--list"}).out, "changed since"));
    CHECK(place.roacache({"trust", (place.folder.path() / "project").string()}).exit_code == 0);
    CHECK(place.roacache({"ping"}).exit_code == 0);
    CHECK(place.roacache({"trust", "--revoke"}).exit_code == 0);
    CHECK(place.roacache({"trust", "--list"}).out.empty());
    CHECK(place.roacache({"ping"}).exit_code == 2);
    CHECK(place.roacache({"trust", "--revoke"}).exit_code == 1);
    place.flags = {"--config", place.toml()};
    CHECK(place.roacache({"ping"}).exit_code == 0);
}

TEST_CASE("a profile that a trusted file redefines is noted", "[trust]") {
    const RedisServer redis;
    PlaceOfSettings place;
    place.options.env["REDIS_URL"] = redis.url();
    place.write("project/roacache.toml", "[profiles.roa2web]\nextends = 'roa2web'\n"
                                         "events.invoice-changed = { resources = ['x'] }\n");
    REQUIRE(place.roacache({"trust"}).exit_code == 0);
    const Finished finished = place.roacache({"invalidate", "-e", "invoice-changed"});
    CHECK(finished.exit_code == 0);
    CHECK(contains(finished.err, "redefines the event invoice-changed, profile roa2web"));
}

TEST_CASE("settings are read from regular files of bounded size that nobody else may write", "[trust]") {
    PlaceOfSettings place;
    const std::string config = place.write("other.toml", "timeout = '2s'\n");
    const std::string big = place.write("big.toml", "# " + std::string(2 << 20, 'x') + "\n");
    const std::string fifo = (place.folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto refused = [&](const std::string& file, const std::string& why) {
        for (const char* flag : {"--config", "--env-file"})
            for (const std::vector<std::string>& command :
                 {std::vector<std::string>{"completion", "bash"}, {"profile", "list"}, {"ping"}}) {
                place.flags = {flag, file};
                place.options.timeout = std::chrono::seconds(20);
                const Finished finished = place.roacache(command);
                INFO(flag << " " << file << " " << finished.err);
                CHECK(finished.exit_code == 2);
                CHECK(contains(finished.err, why));
            }
    };
    refused(fifo, "not a regular file");
    refused("/dev/zero", "not a regular file");
    refused(place.folder.path().string(), "is a directory");
    refused(big, "larger than 1.00 MiB");
    REQUIRE(::chmod(config.c_str(), 0666) == 0);
    refused(config, "written to by other users");
    REQUIRE(::chmod(config.c_str(), 0664) == 0);
    refused(config, "written to by other users");

    place.flags.clear();
    for (const std::string& deep :
         {"a" + std::string(40000, '.'), std::string(40000, '['), "x = " + std::string(40000, '{'), "a" + [] {
              std::string dots;
              for (int i = 0; i < 40000; ++i)
                  dots += ".b";
              return dots;
          }() + " = 1"}) {
        std::ofstream(place.toml()) << deep << "\n";
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"profile", "list"}, {"profile", "check", place.toml()}}) {
            const Finished finished = place.roacache(command);
            INFO(finished.err.substr(0, 200));
            CHECK(finished.exit_code == 2);
        }
    }
}
