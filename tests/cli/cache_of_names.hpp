#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/servers.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace roacache::test {

using Keys = std::set<std::string>;

/// A key as redis-cli prints it for people: one line, and another text for every other key.
inline std::string as_redis_cli_quotes(const std::string& key) {
    std::string text = "\"";
    for (const char letter : key) {
        const auto byte = static_cast<unsigned char>(letter);
        const std::string plain = "\n\r\t\a\b";
        const std::size_t at = plain.find(letter);
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\x%02x", byte);
        if (letter == '"' || letter == '\\')
            text += std::string("\\") + letter;
        else if (at != std::string::npos && letter != '\0')
            text += std::string("\\") + "nrtab"[at];
        else if (byte < 0x20 || byte >= 0x7f)
            text += hex;
        else
            text += letter;
    }
    return text + "\"";
}

/// A server, filled and looked into without the program under test.
struct CacheOfNames {
    RedisServer redis;

    explicit CacheOfNames(std::vector<std::string> arguments = {}) : redis(std::move(arguments)) {}

    /// Keys of any bytes; `seconds` to live, 0: for ever.
    void pour(const Keys& keys, int seconds = 300) const {
        RunOptions options;
        const auto part = [](const std::string& text) {
            return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
        };
        for (const std::string& key : keys)
            options.input += seconds == 0 ? "*3\r\n" + part("SET") + part(key) + part("v")
                                          : "*4\r\n" + part("SETEX") + part(key) +
                                                part(std::to_string(seconds)) + part("v");
        const Finished poured = run({"redis-cli", "-s", redis.socket().string(), "--pipe"}, options);
        if (poured.exit_code != 0) throw std::runtime_error("cannot fill the server: " + poured.out);
    }

    /// What is there, quoted.
    Keys left() const {
        Keys keys;
        std::istringstream lines(
            run({"redis-cli", "-s", redis.socket().string(), "--no-raw", "keys", "*"}).out);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t quote = line.find('"');
            if (quote != std::string::npos) keys.insert(line.substr(quote));
        }
        return keys;
    }

    long size() const { return std::stol(redis.cli({"dbsize"})); }

    Finished invalidate(std::vector<std::string> arguments, const RunOptions& options = {}) const {
        arguments.insert(arguments.begin(), {"invalidate", "-u", redis.unix_url()});
        return run_roacache(arguments, options);
    }

    nlohmann::json counts(std::vector<std::string> arguments, int exit_code = 0,
                          const RunOptions& options = {}) const {
        arguments.insert(arguments.end(), {"-o", "json"});
        const Finished finished = invalidate(arguments, options);
        if (finished.exit_code != exit_code)
            throw std::runtime_error("exit " + std::to_string(finished.exit_code) + ": " + finished.err);
        return nlohmann::json::parse(finished.out);
    }
};

inline Keys quoted(const Keys& keys) {
    Keys list;
    for (const std::string& key : keys)
        list.insert(as_redis_cli_quotes(key));
    return list;
}

inline Keys without(Keys keys, const Keys& gone) {
    for (const std::string& key : gone)
        keys.erase(key);
    return keys;
}

} // namespace roacache::test
