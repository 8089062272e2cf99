#pragma once

#include "src/bench/load/cache_switch.hpp"
#include "src/bench/model/uncached_method.hpp"
#include "src/core/clock.hpp"
#include "src/net/tls.hpp"

#include <optional>

namespace roacache::bench {

/// The switch in a service's management API, for one user or for all: POST BASE/toggle-user or
/// BASE/toggle-global with `{"enabled": …}`, answered by `cache_enabled` or `global_enabled`; its state is
/// asked of GET BASE/stats (`user_enabled`, `global_enabled`). Answers may be wrapped: `{"data": {…}}`.
class ToggleApi final : public CacheSwitch {
  public:
    struct Options {
        ManagementSwitch by; ///< without a token none is sent
        net::TlsOptions tls;
        core::Nanoseconds timeout;
    };

    /// Asks for the state of the switch. Throws core::Error: unreachable; refused when the API refuses or
    /// does not say, or when a user's switch could do nothing, because the cache is off for everybody.
    explicit ToggleApi(Options options);

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

} // namespace roacache::bench
