// The reference service as one of several instances: its memory drops what invalidate --notify tells.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// The ledger is made once for all tests of a run.
std::string ledger_folder() {
    static const TempDir k_folder;
    return k_folder.path().string();
}

/// One instance, with Redis as its second tier.
class Instance {
  public:
    Instance(const RedisServer& redis, const std::vector<std::string>& more)
        : process_(arguments(redis, more), environment()) {
        REQUIRE(process_.wait_for("listening on "));
        const std::string log = process_.log();
        const std::size_t begin = log.find("http://");
        url_ = log.substr(begin, log.find_first_of("\r\n", begin) - begin);
    }

    /// Where the answer came from: HIT, MISS.
    std::string cache(const std::string& path) const {
        const std::string head = run({"curl", "-fsS", "-D", "-", "-o", "/dev/null", url_ + path}).out;
        const std::size_t at = head.find("X-Cache: ");
        REQUIRE(at != std::string::npos);
        return head.substr(at + 9, head.find('\r', at) - at - 9);
    }
    void fill(const std::string& path) const {
        REQUIRE(eventually([&] { return cache(path) == "HIT"; }));
    }

  private:
    static std::vector<std::string> arguments(const RedisServer& redis,
                                              const std::vector<std::string>& more) {
        std::vector<std::string> words{program(), "demo", "--listen",    "127.0.0.1:0",
                                       "--rows",  "2000", "--cache-url", redis.url()};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    static RunOptions environment() {
        RunOptions options;
        options.env["XDG_CACHE_HOME"] = ledger_folder();
        return options;
    }

    Process process_;
    std::string url_;
};

const std::string k_companies = "/api/companies", k_summary = "/api/dashboard/summary?company=1";

} // namespace

TEST_CASE("an instance that listens drops from memory what was invalidated, and no more", "[demo][notify]") {
    const RedisServer redis;
    const Instance one(redis, {"--listen-to", "changes"}), other(redis, {"--listen-to", "changes"});
    const auto fill = [&] {
        for (const Instance* instance : {&one, &other})
            for (const std::string& path : {k_companies, k_summary})
                instance->fill(path);
    };
    const auto invalidate = [&](std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"invalidate", "-u", redis.url(), "--notify", "changes", "-o", "json", "--force"});
        const Finished finished = run_roacache(words);
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("notification").at("receivers") == 2);
    };
    const std::vector<std::vector<std::string>> ways{{"-k", "the key"}, // first, since the others need none
                                                     {"-r", "companies_list"},
                                                     {"-r", "compan*", "-g", "--all-tenants"},
                                                     {"--match", "cache:default:companies_list:*"}};
    for (std::vector<std::string> way : ways) {
        fill();
        if (way.front() == "-k") way.back() = redis.cli({"--raw", "keys", "cache:default:companies_list:*"});
        INFO(way.front() << " " << way.back());
        invalidate(way);
        // The first that asks misses in both tiers, once the message has come.
        for (const Instance* instance : {&one, &other})
            CHECK(eventually([&] {
                redis.cli({"eval",
                           "for _,k in ipairs(redis.call('keys','cache:default:companies_list:*')) do "
                           "redis.call('del',k) end",
                           "0"});
                return instance->cache(k_companies) == "MISS";
            }));
        redis.cli({"flushall"});
        CHECK(one.cache(k_summary) == "HIT");
        CHECK(other.cache(k_summary) == "HIT");
    }
    fill();
    redis.cli({"flushall"});
    redis.cli({"publish", "changes", "no message that is known"});
    CHECK(eventually([&] { return one.cache(k_summary) == "MISS"; }));
}

TEST_CASE("an instance that does not listen goes on answering from memory", "[demo][notify]") {
    const RedisServer redis;
    const Instance deaf(redis, {});
    deaf.fill(k_companies);
    const Finished finished = run_roacache(
        {"invalidate", "-u", redis.url(), "-r", "companies_list", "--notify", "changes", "--force"});
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.find("nobody listens to channel changes") != std::string::npos);
    CHECK(deaf.cache(k_companies) == "HIT");
}

TEST_CASE("what was said while there was no connection is not trusted to be nothing", "[demo][notify]") {
    RedisServer redis;
    const Instance one(redis, {"--listen-to", "changes"});
    one.fill(k_summary);
    redis.restart();
    CHECK(eventually([&] { return one.cache(k_summary) == "MISS"; }));
}

TEST_CASE("only Redis has channels to listen to", "[demo][notify]") {
    for (const char* url : {"none", "sqlite:cache.db"}) {
        RunOptions options;
        const TempDir folder;
        options.cwd = folder.path();
        options.env["XDG_CACHE_HOME"] = ledger_folder();
        const Finished finished = run_roacache(
            {"demo", "--listen", "127.0.0.1:0", "--rows", "2000", "--cache-url", url, "--listen-to", "x"},
            options);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("--listen-to: ") != std::string::npos);
    }
}
