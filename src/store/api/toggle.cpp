#include "src/store/api/toggle.hpp"

#include "src/core/error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace roacache::store {
namespace {

using Scope = ManagementSwitch::Scope;

/// How the API speaks of a switch.
struct Words {
    const char* name;
    const char* path;
    const char* state;  ///< in what /stats answers
    const char* answer; ///< of the switch
};

const Words& words_of(Scope scope) {
    static constexpr Words k_user{"user", "/toggle-user", "user_enabled", "cache_enabled"};
    static constexpr Words k_global{"global", "/toggle-global", "global_enabled", "global_enabled"};
    static constexpr Words k_watching{"auto-invalidate", "/toggle-auto-invalidate", "auto_invalidate",
                                      "auto_invalidate_enabled"};
    return scope == Scope::user ? k_user : scope == Scope::global ? k_global : k_watching;
}

constexpr const char* k_doing = "cannot toggle the cache";

} // namespace

const char* name_of(Scope scope) {
    return words_of(scope).name;
}

Toggle::Toggle(Options options)
    : options_(std::move(options)), access_{options_.by.base, options_.by.token, options_.tls,
                                            options_.timeout} {
    const api::Call stats(access_, {k_doing, "GET", "/stats"});
    before_ = stats.required_flag(words_of(options_.by.scope).state);
    now_ = before_;
    overruled_ = options_.by.scope == Scope::user && stats.flag("global_enabled") == false;
    if (overruled_ && options_.must_work)
        throw stats.refusal(": the cache is off for everybody, so that a user's switch does nothing",
                            "Switch it on first, or use --toggle global.");
}

void Toggle::set(bool on) {
    turn(on, false);
}

void Toggle::turn(bool on, bool outlasts_interrupts) {
    now_.reset();
    const Words& words = words_of(options_.by.scope);
    const api::Call call(access_, {.doing = k_doing,
                                   .method = "POST",
                                   .path = words.path,
                                   .body = nlohmann::json::object({{"enabled", on}}),
                                   .outlasts_interrupts = outlasts_interrupts});
    now_ = call.required_flag(words.answer);
    if (now_ != on)
        throw call.refusal(
            fmt::format(": it answers that {} is still {}",
                        options_.by.scope == Scope::auto_invalidate ? "auto-invalidation" : "the cache",
                        on ? "off" : "on"));
}

bool Toggle::is_confirmed() const {
    const api::Call stats(access_, {k_doing, "GET", "/stats"});
    return !now_ || stats.flag(words_of(options_.by.scope).state).value_or(*now_) == *now_;
}

void Toggle::restore() {
    if (now_ != before_) turn(before_, true);
}

} // namespace roacache::store
