#pragma once

#include "src/demo/service.hpp"
#include "tests/support/process.hpp"

#include <httplib.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::test {

/// What the service reported to the user; may be called from several threads.
class Warnings {
  public:
    demo::Warn sink() {
        return [this](const std::string& line) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(line);
        };
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// One answer, with what the tests look at.
struct Got {
    int status = 0;
    std::string cache; ///< X-Cache
    std::string tier;  ///< X-Cache-Tier
    std::string body;
    httplib::Headers headers;

    nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// One keep-alive connection to a service; for one thread.
class Client {
  public:
    explicit Client(const demo::Service& service) : http_("127.0.0.1", service.port()) {
        http_.set_keep_alive(true);
        http_.set_tcp_nodelay(true);
        http_.set_read_timeout(60);
    }
    Got get(const std::string& target, const httplib::Headers& headers = {}) {
        return got(http_.Get(target, headers));
    }
    Got bypass(const std::string& target) { return get(target, {{"Cache-Control", "no-cache"}}); }
    Got post(const std::string& target, const std::string& body) {
        return got(http_.Post(target, body, "application/json"));
    }
    Got patch(const std::string& target, const std::string& body) {
        return got(http_.Patch(target, body, "application/json"));
    }
    httplib::Client& http() { return http_; }

  private:
    static Got got(const httplib::Result& result) {
        if (!result) throw std::runtime_error("no answer: " + httplib::to_string(result.error()));
        return {result->status, result->get_header_value("X-Cache"), result->get_header_value("X-Cache-Tier"),
                result->body, result->headers};
    }
    httplib::Client http_;
};

/// Few rows, for quick tests; the ledger is cached in the folder that the test gives.
inline demo::ServiceOptions small_service(const TempDir& folder, Warnings& warnings) {
    demo::ServiceOptions options;
    options.rows = 2000;
    options.cache_folder = folder.path();
    options.warn = warnings.sink();
    return options;
}

} // namespace roacache::test
