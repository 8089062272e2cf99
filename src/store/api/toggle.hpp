#pragma once

#include "src/core/clock.hpp"
#include "src/net/tls.hpp"
#include "src/net/url.hpp"
#include "src/store/cache_switch.hpp"

#include <optional>
#include <string>

namespace roacache::store {

/// The switch in a service's management API, for one user or for all.
struct ManagementSwitch {
    enum class Scope { user, global };
    net::Url base; ///< of kind http, without a query
    Scope scope = Scope::user;
    std::string token = {}; ///< bearer; empty: none is sent
};

/// Works that switch: POST BASE/toggle-user or BASE/toggle-global with `{"enabled": …}`, answered by
/// `cache_enabled` or `global_enabled`; its state is asked of GET BASE/stats (`user_enabled`,
/// `global_enabled`). Answers may be wrapped: `{"data": {…}}`.
class Toggle final : public CacheSwitch {
  public:
    struct Options {
        ManagementSwitch by;
        net::TlsOptions tls;
        core::Nanoseconds timeout;
    };

    /// Asks for the state of the switch. Throws core::Error: unreachable; refused when the API refuses or
    /// does not say, or when a user's switch could do nothing, because the cache is off for everybody.
    explicit Toggle(Options options);

    /// Throws as the constructor, also when the answer says that the cache is not what it should be now.
    void set(bool on) override;

    /// Throws as set().
    void restore() override;
    bool was_on() const override { return before_; }

  private:
    class Call;

    Options options_;
    bool before_ = true;
    std::optional<bool> now_; // absent: may be either, a call failed
};

} // namespace roacache::store
