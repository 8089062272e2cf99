#pragma once

#include "src/bench/model/arm_kind.hpp"
#include "src/http/request.hpp"
#include "src/net/url.hpp"
#include "src/store/api/toggle.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace roacache::bench {

/// The uncached arm asks otherwise: each of its requests is changed beforehand.
struct ChangedRequest {
    /// All of them, in place of the request's of their names. Cookies join the request's in one header, in
    /// place of those of their names; an empty Cookie takes the place of all.
    http::Headers headers;
    std::vector<std::string> queries; ///< `name=value`, percent-encoded, behind the URL's own
    std::optional<net::Url> url;      ///< asked in place of the endpoint's
};

/// Two shell commands of the user's that switch the service's cache.
struct ShellHooks {
    std::string on, off;
    std::string before_on = "the cached arm", before_off = "the uncached arm"; ///< for messages
};

/// The service's cache is switched off before each block of the uncached arm and on before each other block.
struct SwitchedCache {
    std::variant<ShellHooks, store::ManagementSwitch> by;
};

/// The endpoint's entries are removed from the store before each request, which takes no part in its latency.
/// Together with another method that makes an arm of its own.
struct RemovedEntries {};

/// One way past a service's cache.
using UncachedMethod = std::variant<ChangedRequest, SwitchedCache, RemovedEntries>;

/// All that are used together; for a single run none.
using UncachedMethods = std::vector<UncachedMethod>;

/// The request of the uncached arm.
http::RequestSpec prepare_request(const UncachedMethods& methods, http::RequestSpec request);

/// What switches the cache, if anything does.
std::optional<SwitchedCache> switched_cache(const UncachedMethods& methods);

/// The arm whose requests are made misses by removing entries: `uncached` where that is the only method,
/// `miss` together with another.
std::optional<ArmKind> forced_arm(const UncachedMethods& methods);

/// Whether a request can be begun at any moment, without waiting for what makes it go past the cache.
bool allows_rate(const UncachedMethods& methods);

/// A description, with secrets redacted: `the request header Cache-Control: no-cache`; empty for none.
std::string describe(const UncachedMethods& methods);

/// The same, but with the URL that is asked in place of the endpoint's, where there is one: `the URL
/// http://old:8000/a`.
std::string describe_with_url(const UncachedMethods& methods);

} // namespace roacache::bench
