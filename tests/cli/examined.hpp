#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace roacache::test {

/// Entries of the default profile's cache, that expire; whatever else there was is gone.
inline void fill_cache(const RedisServer& redis, int entries, int bytes = 10, bool expire = true) {
    redis.cli({"EVAL",
               "redis.call('FLUSHALL') local value = string.rep('x', ARGV[2]) for i=1,ARGV[1] do "
               "redis.call('SET', 'cache:t:invoices_list:h'..i, value) "
               "if ARGV[3] == '1' then redis.call('EXPIRE', 'cache:t:invoices_list:h'..i, 3600) end end",
               "0", std::to_string(entries), std::to_string(bytes), expire ? "1" : "0"});
}

/// Of a server that nothing is wrong with.
inline std::vector<std::string> sound_settings() {
    return {"--requirepass",
            "s3cret",
            "--maxmemory",
            "400mb",
            "--maxmemory-policy",
            "allkeys-lru",
            "--latency-monitor-threshold",
            "100000",
            "--slowlog-log-slower-than",
            "60000000"};
}

/// The server's INFO, as a reply, as if it were Redis 5.0.
inline std::string info_of_old(const RedisServer& redis) {
    std::string info = redis.cli({"INFO"});
    if (const std::size_t own = info.find("valkey_version:"); own != std::string::npos)
        info.replace(own, 6, "unread");
    const std::size_t at = info.find("redis_version:");
    info.replace(at, info.find('\r', at) - at, "redis_version:5.0.14");
    return "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n";
}

/// A server that nothing is wrong with, and a machine that says so. Delays count only where a test plants
/// them, since the test's own machine may be busy.
class SoundServer {
  public:
    explicit SoundServer(const std::vector<std::string>& arguments = {}) : redis(with_defaults(arguments)) {
        fill_cache(redis, 200);
        set_host("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        set_host("proc/sys/vm/overcommit_memory", "1\n");
        set_host("proc/sys/net/core/somaxconn", "4096\n");
        std::ifstream kernel("/proc/sys/kernel/osrelease");
        set_host("proc/sys/kernel/osrelease", std::string(std::istreambuf_iterator<char>(kernel), {}));
        set_process("comm", "redis-server\n");
        set_process("status", "Name:\tredis-server\nVmSwap:\t       0 kB\n");
    }

    void set_host(const std::string& file, const std::string& content) const {
        const auto path = host_.path() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }
    void set_process(const std::string& file, const std::string& content) const {
        set_host("proc/" + std::to_string(redis.pid()) + "/" + file, content);
    }

    Finished doctor(std::vector<std::string> arguments, const std::string& url = {}) const {
        arguments.insert(arguments.begin(), "doctor");
        arguments.insert(arguments.end(),
                         {"-u", url.empty() ? redis.url() : url, "--host-root", host_.path().string()});
        RunOptions options;
        if (!password.empty()) options.env["REDISCLI_AUTH"] = password;
        return run_roacache(arguments, options);
    }

    /// The answer in JSON; the exit code is held against it.
    nlohmann::json examine(std::vector<std::string> arguments = {}, const std::string& url = {}) const {
        arguments.insert(arguments.end(), {"-o", "json"});
        const Finished finished = doctor(arguments, url);
        INFO(finished.out << finished.err);
        const auto json = nlohmann::json::parse(finished.out);
        CHECK(finished.exit_code == (json.at("findings").empty() ? 0 : 1));
        CHECK(finished.out.find("s3cret") == std::string::npos);
        return json;
    }

    /// The ids of what is found.
    std::set<std::string> found(const std::vector<std::string>& arguments = {},
                                const std::string& url = {}) const {
        std::set<std::string> ids;
        const nlohmann::json answer = examine(arguments, url);
        for (const auto& finding : answer.at("findings"))
            ids.insert(finding.at("id").get<std::string>());
        return ids;
    }

    std::string password = "s3cret";
    RedisServer redis;

  private:
    static std::vector<std::string> with_defaults(const std::vector<std::string>& arguments) {
        std::vector<std::string> all = sound_settings();
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }

    TempDir host_;
};

} // namespace roacache::test
