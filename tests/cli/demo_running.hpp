#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::test {

/// `roacache demo` with a small ledger that is made once for all tests of a run.
class Demo {
  public:
    explicit Demo(std::vector<std::string> more = {}, std::map<std::string, std::string> env = {},
                  const std::string& listen = "127.0.0.1:0")
        : process_(
              [&] {
                  more.insert(more.begin(), {program(), "demo", "--listen", listen, "--rows", "2000"});
                  return more;
              }(),
              options(std::move(env))) {
        REQUIRE(process_.wait_for("listening on "));
        const std::string log = process_.log();
        const std::size_t begin = log.find("http://", log.find("listening on ")),
                          end = log.find_first_of("\r\n", begin);
        const std::size_t colon = log.rfind(':', end);
        port_ = log.substr(colon + 1, end - colon - 1);
    }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + path; }
    Process& process() { return process_; }

  private:
    static RunOptions options(std::map<std::string, std::string> env) {
        static const TempDir k_cache;
        RunOptions options;
        options.env = std::move(env);
        options.env["XDG_CACHE_HOME"] = k_cache.path().string();
        return options;
    }
    Process process_;
    std::string port_;
};

/// A file that holds a token, for its owner alone.
inline std::string token_file(const TempDir& folder, const std::string& token) {
    const std::string file = (folder.path() / token).string();
    std::ofstream(file) << token << "\n";
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    return file;
}

/// What a URL answers to who sends this token; no token when empty.
inline std::string asked(const std::string& url, const std::string& token = {},
                         std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"curl", "-sS", url});
    if (!token.empty()) more.insert(more.end(), {"-H", "Authorization: Bearer " + token});
    return run(more).out;
}

/// Pays what is open of the first invoices of company 1; `number` counts them from 0.
inline void pay_invoice(const Demo& demo, std::size_t number = 0) {
    const auto open = nlohmann::json::parse(asked(demo.url("/api/invoices?company=1&unpaid=true")));
    const auto id = open.at("items").at(number).at("id").get<std::int64_t>();
    REQUIRE(nlohmann::json::parse(
                asked(demo.url("/api/invoices/" + std::to_string(id) + "/pay"), "", {"-X", "POST"}))
                .contains("paid_on"));
}

/// Its X-Cache.
inline std::string cache_header(const std::string& url, const std::string& token = {}) {
    const std::string answer = asked(url, token, {"-i"});
    const std::size_t begin = answer.find("X-Cache: ");
    return begin == std::string::npos ? "" : answer.substr(begin + 9, answer.find('\r', begin) - begin - 9);
}

} // namespace roacache::test
