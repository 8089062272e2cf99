// Where a command goes, and what it sends, when the address is half understood: nowhere else.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <map>
#include <sys/stat.h>

using namespace roacache::test;

namespace {

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string written(const TempDir& folder, const std::string& name, const std::string& content) {
    const auto file = folder.path() / name;
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
}

} // namespace

TEST_CASE("nothing is sent to a server that is named behind the address", "[url]") {
    PythonServer meant("tests/cli/capturing_server.py");
    PythonServer other("tests/cli/capturing_server.py");
    const std::string there = "127.0.0.1:" + std::to_string(other.port());
    for (const std::string credentials : {"", ":hunter2@", "ann:hunter2@"})
        for (const std::string& behind :
             {"/5 # prod, ask ops@" + there, "?clientName=app@" + there, "/5#ops@" + there, "/5/x@" + there,
              "?x=1&client_name=a@" + there, "/0;redis://:pw2@" + there, "/0,redis://:pw2@" + there,
              "/0 redis://:pw2@" + there, " # ops@" + there}) {
            RunOptions options;
            const std::string url =
                "redis://" + credentials + "127.0.0.1:" + std::to_string(meant.port()) + behind;
            options.env["REDIS_URL"] = url;
            options.env["REDISCLI_AUTH"] = "hunter2";
            for (const Finished& finished : {run_roacache({"ping", "--timeout", "2s"}, options),
                                             run_roacache({"ping", "--timeout", "2s", "-u", url})}) {
                INFO(url << "\n" << finished.err);
                CHECK(finished.exit_code == 2);
                CHECK_FALSE(says(finished.err, "hunter2"));
            }
        }
    CHECK_FALSE(says(other.process().log(), "GOT"));
}

TEST_CASE("what changes a store refuses one that the .env file does not name", "[env file]") {
    const RedisServer redis;
    const TempDir folder;
    RunOptions options;
    options.env["XDG_CONFIG_HOME"] = folder.path().string();
    std::filesystem::create_directories(folder.path() / "roacache");
    written(folder, "roacache/config.toml", "url = '" + redis.url() + "'\n");
    const std::string key = "cache:default:invoices_list:0a1b2c3d4e5f";
    redis.cli({"SET", key, "1"});
    for (const std::string lines :
         {"redis_url=redis://h\n", "REDIS_URL=\n", "REDIS_PASSWORD=x\n", "", "REDIS_URL\n", "REDIS_DB=0\n"})
        for (const bool by_variable : {false, true}) {
            const std::string file = written(folder, "a.env", lines);
            RunOptions run = options;
            std::vector<std::string> flags = {"--env-file", file};
            if (by_variable) run.env["ROACACHE_ENV_FILE"] = std::exchange(flags, {})[1];
            const auto command = [&](std::vector<std::string> arguments) {
                arguments.insert(arguments.end(), flags.begin(), flags.end());
                return run_roacache(arguments, run);
            };
            const Finished refused = command({"invalidate", "-e", "invoice-changed"});
            INFO(lines << refused.err);
            CHECK(refused.exit_code == 2);
            CHECK(says(refused.err, "a.env names no address (REDIS_URL, REDIS_HOST)"));
            CHECK(says(refused.err, "-u"));
            CHECK(redis.cli({"EXISTS", key}) == "1");
            const Finished listed = command({"keys"});
            CHECK(says(listed.err, "note: store: " + redis.url()));
            CHECK(says(listed.err, "names no address"));
            CHECK(command({"invalidate", "-e", "x", "-u", redis.url()}).exit_code == 2);
            CHECK(command({"invalidate", "-k", "none", "-u", redis.url()}).exit_code ==
                  (lines.starts_with("REDIS_PASSWORD") ? 4 : 0));
        }
    for (const std::string& bad : {std::string("\xFF\xFER\0E\0", 6), std::string("A=1\0\n", 5)}) {
        const Finished finished =
            run_roacache({"keys", "--env-file", written(folder, "b.env", bad)}, options);
        CHECK(finished.exit_code == 2);
        CHECK(says(finished.err, "UTF-16"));
    }
}

TEST_CASE("a secret that a .env file takes from the environment is trusted as the environment", "[trust]") {
    for (const std::string line :
         {"REDIS_PASSWORD=${AWS_SECRET}", "REDIS_PASSWORD=a\nREDIS_USER=$AWS_SECRET",
          "A=$AWS_SECRET\nREDIS_PASSWORD=x$A", "REDIS_URL=redis://:${AWS_SECRET}@HERE",
          "ROACACHE_PASSWORD=\"$AWS_SECRET\""}) {
        PythonServer server("tests/cli/capturing_server.py");
        const std::string here = "127.0.0.1:" + std::to_string(server.port());
        std::string lines = "REDIS_URL=redis://" + here + "\n" + line + "\n";
        if (const auto at = lines.find("HERE"); at != std::string::npos) lines.replace(at, 4, here);
        const TempDir folder;
        RunOptions options;
        options.env["AWS_SECRET"] = "hunter2";
        const Finished finished =
            run_roacache({"ping", "--timeout", "2s", "--env-file", written(folder, "a.env", lines)}, options);
        INFO(lines << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(says(finished.err, "not trusted: "));
        CHECK_FALSE(says(finished.err, "hunter2"));
        CHECK_FALSE(says(server.process().log(), "GOT"));
    }
}

TEST_CASE("files of secrets are bounded in size and time", "[secret]") {
    const TempDir folder;
    const std::string fifo = (folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const std::string big = written(folder, "big", std::string(65'537, 'x'));
    const auto refused = [](const std::vector<std::string>& arguments, const std::string& why) {
        RunOptions options;
        options.timeout = std::chrono::seconds(30);
        const Finished finished = run_roacache(arguments, options);
        INFO(arguments.back() << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(says(finished.err, why));
    };
    const std::map<std::string, std::string> files = {{"/dev/zero", "is a device"},
                                                      {fifo, "has not ended within"},
                                                      {"/", "is a directory"},
                                                      {big, "is larger than"}};
    for (const auto& [file, why] : files) {
        for (const char* option : {"--password-file", "--token-file"})
            refused({"ping", "--timeout", "200ms", option, file}, why);
        for (const char* option : {"--cacert", "--cert"})
            if (file != big)
                refused({"ping", "-u", "rediss://127.0.0.1:1", "--timeout", "200ms", option, file}, why);
    }
    const Finished piped =
        run({"/bin/bash", "-c", "'" + program() + "' ping -u redis://127.0.0.1:1 --password-file <(echo x)"});
    CHECK(piped.exit_code == 3);
}

TEST_CASE("a secret in the wrong place is not shown", "[secret]") {
    for (const std::string value :
         {"redis://:hunter2@h", "redis://h?password=hunter2", "5REDIS_PASSWORD=hunter2", "5;password=hunter2",
          "ann:hunter2@h", "redis://:hunter2", "5 --password hunter2"}) {
        std::vector<std::vector<std::string>> lines;
        for (const char* option :
             {"--timeout", "-p", "--config", "--env-file", "--password-file", "--cacert"})
            lines.push_back({"ping", "-u", "rediss://127.0.0.1:1", option, value});
        lines.push_back({"keys", "-o", value});
        for (const char* name :
             {"REDIS_DB", "REDIS_PORT", "REDIS_ENABLED", "REDIS_SOCKET_CONNECT_TIMEOUT", "ROACACHE_TIMEOUT",
              "CACHE_DEFAULT_TTL", "ROACACHE_COLOR", "ROACACHE_OUTPUT", "ROACACHE_PROFILE", "REDIS_HOST"}) {
            RunOptions options;
            options.env[name] = value;
            const Finished finished = run_roacache({"keys", "--timeout", "100ms"}, options);
            INFO(name << "=" << value << "\n" << finished.err);
            CHECK_FALSE(says(finished.out + finished.err, "hunter2"));
        }
        const TempDir folder;
        lines.push_back({"keys", "--config", written(folder, "a.toml", "\"" + value + "\" = 1\n")});
        lines.push_back({"keys", "--config", written(folder, "b.toml", "timeout = \"" + value + "\"\n")});
        for (const auto& arguments : lines) {
            const Finished finished = run_roacache(arguments);
            INFO(arguments[arguments.size() - 2] << " " << value << "\n" << finished.err);
            CHECK(finished.exit_code != 0);
            CHECK_FALSE(says(finished.out + finished.err, "hunter2"));
        }
    }
}
