#include "src/store/api/api_store.hpp"

#include "src/store/api/api_walk.hpp"
#include "src/store/api/switch_lock.hpp"

#include <fmt/core.h>
#include <utility>

namespace roacache::store::api {
namespace {

Access access_of(const net::Url& url, const ConnectOptions& options) {
    return {checked_base(url), options.token.value_or(""), options.tls, options.timeout};
}

} // namespace

std::unique_ptr<Store> open_api(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<ApiStore>(url, options);
}

ApiStore::ApiStore(const net::Url& url, const ConnectOptions& options)
    : access_(access_of(url, options)), dialect_(find_dialect(options.dialect, access_)) {}

/// A service without /health shows by /stats that it answers.
Call ApiStore::health() const {
    try {
        return {access_, {k_asking, "GET", "/health"}};
    } catch (const StatusError& error) {
        if (error.status() != 404 && error.status() != 405) throw;
    }
    return {access_, {k_asking, "GET", "/stats"}};
}

/// Asks again whether it runs, since it may have been switched meanwhile. Who may not read the statistics
/// does not get to know the switch.
bool ApiStore::misses_changes() const {
    try {
        return stats().flag("auto_invalidate") == true && health().flag("auto_invalidate_running") == false;
    } catch (const core::Error& error) {
        if (error.code() == core::ExitCode::interrupted) throw;
        return false;
    }
}

Info ApiStore::info() {
    Info info = dialect_->info(health());
    info.kind = core::Untrusted("management API");
    info.dialect = core::Untrusted(dialect_->name());
    for (const SwitchRecord& left : switches_left(access_.base, access_.token))
        info.warnings.push_back(describe(left, access_.base));
    if (info.auto_invalidate_running == false && misses_changes())
        info.warnings.emplace_back("the service says that auto-invalidation is switched on and does not run: "
                                   "what changes in its database stays cached until it expires");
    info.nodes.push_back(access_.base.hosts.front().text());
    return info;
}

/// A service tells no more of itself than what it answers at that address.
Identity ApiStore::identity() {
    net::Url address = access_.base;
    address.user.reset();
    address.password.reset();
    return {{{"kind", "api"}, {"dialect", dialect_->name()}, {"url", address.redacted()}}, {}, {}};
}

/// Asks twice more, over connections of their own: switches differ, or a count has gone down.
bool ApiStore::contradicts_itself(const Call& first) const {
    constexpr int k_more = 2;
    Call before = first;
    for (int i = 0; i < k_more; ++i) {
        const Call now = stats();
        for (const char* name : {"global_enabled", "user_enabled", "auto_invalidate", "backend"})
            if (const auto* one = before.field(name), *other = now.field(name);
                one != nullptr && other != nullptr && *one != *other)
                return true;
        for (const char* name : {"total_hits", "total_misses", "cache_hits", "cache_misses"})
            if (const auto one = before.count(name), other = now.count(name); one && other && *other < *one)
                return true;
        before = now;
    }
    return false;
}

std::string ApiStore::out_of_reach() {
    // Services that can count what they remove keep it in one place for all their workers.
    if (dialect_->counts_removals()) return {};
    try {
        if (contradicts_itself(stats()))
            return "answers of this address contradict one another: several workers seem to be behind it, "
                   "and "
                   "the memory of one of them was reached";
    } catch (const core::Error&) {
        // Whoever may invalidate need not be let in to the statistics.
    }
    return {};
}

core::Nanoseconds ApiStore::ping() {
    const std::int64_t begun = core::now_ns();
    health();
    return core::Nanoseconds(core::now_ns() - begun);
}

Statistics ApiStore::statistics() {
    const Call first = stats();
    Statistics statistics = dialect_->statistics(first);
    if (contradicts_itself(first))
        statistics.remarks.emplace_back("answers of this address contradict one another: several workers "
                                        "seem to be behind it, each with a "
                                        "memory and switches of its own, and these figures are of one of "
                                        "them; --instances URL,URL names all");
    return statistics;
}

std::unique_ptr<Walk> ApiStore::walk(WalkRequest request) {
    check_load(*this, request);
    if (request.act == Act::list) require(*this, Capability::list, "cannot list keys");
    if (request.act == Act::describe) require(*this, Capability::describe, "cannot describe entries");
    if (request.act == Act::shorten) require(*this, Capability::expire, "cannot shorten times to live");
    if (request.names_keys()) require(*this, Capability::erase_by_key, "cannot remove single keys");
    return std::make_unique<ApiWalk>(access_, *dialect_, std::move(request));
}

std::optional<Value> ApiStore::inspect(const FoundKey& /*entry*/, std::size_t /*max_bytes*/) {
    require(*this, Capability::values, "cannot look at an entry");
    return std::nullopt;
}

std::string ApiStore::read(const FoundKey& /*entry*/, std::uint64_t /*offset*/, std::size_t /*max_bytes*/) {
    require(*this, Capability::values, "cannot read a value");
    return {};
}

/// The answer to the first question whose method is the right one.
Call ApiStore::first_allowed(const std::vector<Question>& questions) const {
    for (std::size_t i = 0; i + 1 < questions.size(); ++i) {
        try {
            return {access_, questions[i]};
        } catch (const StatusError& error) {
            if (error.status() != 405) throw;
        }
    }
    return {access_, questions.back()};
}

core::Untrusted ApiStore::clear() {
    const Call call = first_allowed(dialect_->clear());
    return call.text("message").value_or(core::Untrusted(""));
}

nlohmann::json ApiStore::benchmark() {
    const auto questions = dialect_->benchmark();
    if (questions.empty())
        throw core::Error(
            core::ExitCode::refused,
            fmt::format("cannot run the service's benchmark: {}: services of the dialect {} have none",
                        name(), dialect_->name()),
            "roacache bench measures any service.");
    return first_allowed(questions).answer();
}

} // namespace roacache::store::api
