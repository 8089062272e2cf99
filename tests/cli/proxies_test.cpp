#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

class Proxy {
  public:
    Proxy(const RedisServer& redis, std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), std::to_string(redis.port()));
        server_ = std::make_unique<PythonServer>("tests/support/altering_proxy.py", arguments);
    }

    std::string url() const { return "redis://127.0.0.1:" + std::to_string(server_->port()); }
    std::string log() const { return server_->process().log(); }

  private:
    std::unique_ptr<PythonServer> server_;
};

std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

bool empties_tenant(const std::string& name) {
    return name == "invalidate" || name == "invalidate --verify";
}

} // namespace

TEST_CASE("what roacache asks out of courtesy may be declined or end the connection, for every command",
          "[proxies]") {
    const RedisServer redis({"--databases", "16"});
    const std::vector<std::vector<std::string>> manners = {
        {"--close", "CLIENT"},
        {"--close", "CLIENT", "--close", "HELLO"},
        {"--close", "CLIENT", "--close", "INFO", "--close", "HELLO", "--close", "CLUSTER"},
        {"--refuse", "CLIENT", "ERR unknown command"},
        {"--refuse", "CLIENT", "unsupported command 'client'", "--refuse", "INFO",
         "unsupported command 'info'"},
        {"--refuse-and-close", "CLIENT", "ERR handle request, command 'CLIENT' is not allowed"}};
    for (const auto& manner : manners) {
        const bool answers_info = std::find(manner.begin(), manner.end(), "INFO") == manner.end();
        for (const auto& [name, command] : served_commands()) {
            // Where INFO ends the connection there is nothing to show.
            if (!answers_info && manner.front() == "--close" && (name.starts_with("stats") || name == "ping"))
                continue;
            fill_entries(redis);
            const Proxy proxy(redis, manner);
            const Finished finished = run_at(proxy.url() + "/0", command);
            INFO(name << " through " << manner[0] << " " << manner[1] << ": " << finished.err << proxy.log());
            CHECK(finished.exit_code == 0);
            CHECK(times_in(proxy.log(), "COMMAND CLIENT SETNAME") == 1); // it is remembered
            CHECK(redis.cli({"dbsize"}) == (empties_tenant(name) ? "1" : "4"));
        }
    }
}

TEST_CASE("what a proxy is asked that ends every courtesy leaves time for what was asked for", "[proxies]") {
    const RedisServer redis;
    fill_entries(redis);
    const std::vector<std::string> closed{"--close", "CLIENT", "--close", "INFO", "--close", "HELLO"};
    for (const std::size_t count : {2U, 6U}) {
        std::vector<std::string> manner(closed.begin(), closed.begin() + static_cast<std::ptrdiff_t>(count));
        manner.push_back("--patient");
        const Proxy proxy(redis, manner);
        const Finished finished = run_at(proxy.url(), {"keys", "-t", "t", "--timeout", "2s"});
        INFO(finished.err << proxy.log());
        CHECK(finished.exit_code == 0);
        CHECK(lines_in(finished.out) == 3);
    }
}

TEST_CASE("UNLINK that is refused with any text, or by closing, is done by DEL", "[proxies]") {
    const RedisServer redis;
    const std::vector<std::vector<std::string>> manners = {
        {"--refuse", "UNLINK", "ERR unknown command 'UNLINK'"},
        {"--refuse", "UNLINK", "ERR unknown command `UNLINK`, with args beginning with: "},
        {"--refuse", "UNLINK", "ERR unsupported command"},
        {"--refuse", "UNLINK", "unsupported command 'unlink'"},
        {"--refuse", "UNLINK", "ERR Command not allowed"},
        {"--refuse", "UNLINK", "DENIED command UNLINK is not permitted"},
        {"--refuse", "UNLINK", "NOPERM this user has no permissions to run the 'unlink' command"},
        {"--refuse", "UNLINK", "invalid request"},
        {"--refuse", "UNLINK", "ERR Proxy error"},
        {"--close", "UNLINK"},
        {"--refuse-and-close", "UNLINK", "ERR handle request, command 'UNLINK' is not allowed"}};
    for (const auto& manner : manners) {
        fill_entries(redis);
        const Proxy proxy(redis, manner);
        const Finished finished = run_at(proxy.url(), {"invalidate", "-t", "t", "-o", "json"});
        INFO(manner.back() << ": " << finished.err << proxy.log());
        CHECK(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("removed") == 3);
        CHECK(redis.cli({"dbsize"}) == "1");
        CHECK(times_in(proxy.log(), "COMMAND DEL") == 1);
    }
}

TEST_CASE("a user who may neither UNLINK nor DEL is refused, and nothing is gone", "[proxies]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const char* error : {"NOPERM no permissions", "ERR Command not allowed", "unsupported command"}) {
        const Proxy proxy(redis, {"--refuse", "UNLINK", error, "--refuse", "DEL", error});
        const Finished finished = run_at(proxy.url(), {"invalidate", "-t", "t"});
        INFO(error << ": " << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(is_one_error(finished.err));
        CHECK(redis.cli({"dbsize"}) == "4");
    }
}
