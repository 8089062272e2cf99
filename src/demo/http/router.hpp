#pragma once

#include "src/demo/cache/tier.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// A request, taken apart. The views are valid for the length of the call.
struct HttpCall {
    std::string_view method; ///< in capitals; HEAD is routed as GET
    std::string_view path;
    const std::multimap<std::string, std::string>& query;
    std::string_view body;
    std::string_view cache_control;
    std::string_view authorization;
    std::int64_t id = 0; ///< what is in place of `{id}` in the route
};

struct HttpReply {
    int status = 200;
    Value body; ///< JSON text
    std::vector<std::pair<const char*, std::string>> headers{};
};

/// Finds the handler of a request, and answers what has none. Immutable once it serves.
class Router {
  public:
    using Handler = std::function<HttpReply(const HttpCall&)>;

    /// `path` may hold `{id}` as one whole segment: a number from 1.
    void add(std::string_view method, std::string_view path, Handler handler);

    /// 404 for an unknown path, 405 for an unknown method of a known one. An ApiError of the handler becomes
    /// its status, any other exception 500, each with a JSON object that holds `detail`.
    HttpReply route(HttpCall call) const;

  private:
    struct Route {
        std::string path;
        std::map<std::string, Handler, std::less<>> methods;
    };
    static bool matches(std::string_view pattern, std::string_view path, std::int64_t& id);
    const Route* find(HttpCall& call) const;

    std::map<std::string, Route, std::less<>> exact_;
    std::vector<Route> with_id_;
};

/// In quotes, as JSON has it; what is not UTF-8 is replaced.
std::string json_text(std::string_view text);

/// `{"detail": …}`
HttpReply error_reply(int status, std::string_view detail);

} // namespace roacache::demo
