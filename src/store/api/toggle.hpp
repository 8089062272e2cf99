#pragma once

#include "src/core/clock.hpp"
#include "src/net/tls.hpp"
#include "src/net/url.hpp"
#include "src/store/api/call.hpp"
#include "src/store/cache_switch.hpp"

#include <optional>
#include <string>

namespace roacache::store {

/// A switch in a service's management API: the cache of one user or of all, or whether the service watches
/// its data by itself.
struct ManagementSwitch {
    enum class Scope { user, global, auto_invalidate };
    net::Url base; ///< of kind http, without a query
    Scope scope = Scope::user;
    std::string token = {}; ///< bearer; empty: none is sent
};

/// As the command line names them: `user`, `global`, `auto-invalidate`.
const char* name_of(ManagementSwitch::Scope scope);

/// Works that switch: POST BASE/toggle-user, BASE/toggle-global or BASE/toggle-auto-invalidate with
/// `{"enabled": …}`, answered by `cache_enabled`, `global_enabled` or `auto_invalidate_enabled`; its state is
/// asked of GET BASE/stats (`user_enabled`, `global_enabled`, `auto_invalidate`). Answers may be wrapped:
/// `{"data": {…}}`.
class Toggle final : public CacheSwitch {
  public:
    struct Options {
        ManagementSwitch by;
        net::TlsOptions tls;
        core::Nanoseconds timeout;
        /// A user's switch is of use only while the cache is on for everybody.
        bool must_work = true;
    };

    /// Asks for the state of the switch. Throws core::Error: unreachable; refused when the API refuses or
    /// does not say, or when a user's switch could do nothing, because the cache is off for everybody.
    explicit Toggle(Options options);

    /// Throws as the constructor, also when the answer says that the cache is not what it should be now.
    void set(bool on) override;

    /// Throws as set(). Has all of the timeout for its answer, although an interrupt came.
    void restore() override;
    bool was_on() const override { return before_; }
    /// From now on this is what restore() leaves behind.
    void set_was_on(bool on) { before_ = on; }
    /// As the service said last; absent where a call failed, so that it may be either.
    std::optional<bool> now() const { return now_; }
    /// Whether the service still says what it said last, asked over a connection of its own; another worker
    /// of it may not. Throws as set().
    bool is_confirmed() const;
    /// A user's switch that does nothing, since the cache is off for everybody.
    bool is_overruled() const { return overruled_; }

  private:
    void turn(bool on, bool outlasts_interrupts);

    Options options_;
    api::Access access_;
    bool before_ = true;
    bool overruled_ = false;
    std::optional<bool> now_; // absent: may be either, a call failed
};

} // namespace roacache::store
