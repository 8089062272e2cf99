#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::test {

/// roacache with the management API at `url`, as the user of a token.
inline Finished run_api(const std::string& url, std::vector<std::string> arguments,
                        const std::string& token = "token-ana", const TempDir* runtime = nullptr) {
    std::vector<std::string> words;
    // Behind `--` everything is the command's.
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    words.assign(arguments.begin(), dashes);
    words.insert(words.end(), {"-u", url});
    words.insert(words.end(), dashes, arguments.end());
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", token}};
    if (runtime != nullptr) options.env["XDG_RUNTIME_DIR"] = runtime->path().string();
    return run_roacache(words, options);
}

/// One failure: its exit code, one line and perhaps a remedy on stderr, nothing on stdout, no token. The
/// error.
inline std::string refused_api(const Finished& finished, int code, const std::string& token = "token-ana") {
    INFO(finished.err + finished.out);
    CHECK(finished.exit_code == code);
    CHECK(finished.out.empty());
    CHECK(lines_in(finished.err) <= 2);
    CHECK((finished.err + finished.out).find(token) == std::string::npos);
    return finished.err;
}

inline nlohmann::json document_of(const Finished& finished) {
    INFO(finished.err + finished.out);
    return nlohmann::json::parse(finished.out);
}

/// What the service answers to a GET by somebody.
inline std::string got(const std::string& url, const std::string& token = "token-ana") {
    return run({"curl", "-sS", "-H", "Authorization: Bearer " + token, url}).out;
}

} // namespace roacache::test
