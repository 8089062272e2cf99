#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/servers.hpp"

#include <cctype>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

namespace roacache::test {

/// So many keys of tenant t.
inline std::vector<std::string> victims(int count) {
    std::vector<std::string> keys;
    for (int number = 0; number < count; ++number)
        keys.push_back(fmt::format("cache:t:victims:{:012x}", number));
    return keys;
}

/// The first of the filled entries, in the commands below.
inline constexpr const char* k_first_entry = "cache:t:invoices_list:h1";

/// What `invalidate --soft` below cuts times to live to: within years, so that nothing expires while it is
/// looked at. The entries live longer.
inline constexpr const char* k_soft = "20000h";
inline constexpr long k_soft_ms = 72'000'000'000;

/// Three entries of tenant t and a key of another application; whatever else there was is gone.
inline void fill_entries(const RedisServer& redis) {
    redis.cli({"EVAL",
               "redis.call('FLUSHDB') for i=1,3 do redis.call('SET', 'cache:t:invoices_list:h'..i, '[1]', "
               "'EX', 86000000) end redis.call('SET', 'session:1', 'x')",
               "0"});
}

/// Every way to talk to a server, by name: what follows `roacache`, but for the URL.
inline const std::map<std::string, std::vector<std::string>>& served_commands() {
    static const std::map<std::string, std::vector<std::string>> commands = {
        {"ping", {"ping"}},
        {"keys", {"keys", "-t", "t"}},
        {"keys -l", {"keys", "-t", "t", "-l"}},
        {"inspect", {"inspect", k_first_entry, "-q"}},
        {"invalidate", {"invalidate", "-t", "t"}},
        {"invalidate --dry-run", {"invalidate", "-t", "t", "--dry-run"}},
        {"invalidate --soft", {"invalidate", "-t", "t", "--soft", k_soft}},
        {"invalidate --verify", {"invalidate", "-t", "t", "--verify", "-q"}},
        {"stats", {"stats", "-q"}},
        {"stats --no-scan", {"stats", "-q", "--no-scan"}}};
    return commands;
}

inline Finished run_at(const std::string& url, std::vector<std::string> command,
                       const RunOptions& options = {}) {
    command.insert(command.end(), {"-u", url});
    return run_roacache(std::move(command), options);
}

/// Whether what a failed command said is one line `roacache: WHAT: TARGET: WHY` and at most one more with the
/// remedy.
inline bool is_one_error(const std::string& said) {
    const std::size_t end = said.find('\n');
    const std::string line = said.substr(0, end);
    const std::size_t what = line.find(": ", sizeof "roacache");
    return line.starts_with("roacache: ") && what != std::string::npos && said.ends_with('\n') &&
           lines_in(said) <= 2 && !(lines_in(said) == 2 && said.find("roacache:", end) != std::string::npos);
}

inline std::string in_hex(const std::string& bytes) {
    std::string hex;
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

/// A server that answers some commands itself: see meddler.py, whose WORD=HEX are given here as WORD and
/// bytes.
class MeddledServer {
  public:
    MeddledServer(const RedisServer& redis, const std::map<std::string, std::string>& answers)
        : server_("tests/cli/meddler.py", arguments(redis, answers)) {}

    /// `place`, such as SCAN#60, is held back: see meddler.py.
    MeddledServer(const RedisServer& redis, const std::string& place, const std::filesystem::path& file)
        : server_("tests/cli/meddler.py", {std::to_string(redis.port()), place + "@" + file.string()}) {}

    std::string url() const { return "redis://127.0.0.1:" + std::to_string(server_.port()); }

  private:
    static std::vector<std::string> arguments(const RedisServer& redis,
                                              const std::map<std::string, std::string>& answers) {
        std::vector<std::string> list{std::to_string(redis.port())};
        for (const auto& [word, answer] : answers)
            list.push_back(word + "=" + in_hex(answer));
        return list;
    }

    PythonServer server_;
};

} // namespace roacache::test
