// What ends a run early, for more of it would tell nothing; the rest of a run is in load.cpp.

#include "src/bench/load/load.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::bench {

void Load::look_whether_to_abort(const Loop& loop) {
    if (!abort_when_ || workers_.interrupted()) return;
    Result so_far = loop.result;
    if (loop.watcher) so_far.store = loop.watcher->watch();
    if (origin_) so_far.origin = origin_->watch();
    so_far.move_misplaced();
    so_far.sum_up_blocks();
    const Checker checked = workers_.checked();
    for (std::size_t i = 0; i < so_far.endpoints.size(); ++i)
        so_far.endpoints[i].equality = checked.equality(i);
    result_.aborted = abort_when_(so_far);
}

/// Throws where an endpoint answered none of its first requests in time: all the others would only wait.
void Load::check_in_time(ArmKind arm, const Worker::Outcome& outcome) const {
    if (workers_.interrupted() || core::now_ns() >= hard_end_) return;
    for (std::size_t i = 0; i < outcome.endpoints.size(); ++i) {
        const Tally& tally = outcome.endpoints[i];
        const auto late = tally.errors.find(http::name_of(http::ErrorClass::timeout));
        const auto first = result_.endpoints[i].first_error.find(arm);
        if (late == tally.errors.end() || late->second != tally.requests ||
            first == result_.endpoints[i].first_error.end() || first->second != late->first)
            continue;
        throw core::Error(
            core::ExitCode::unreachable,
            fmt::format("cannot measure: {}: none of its first {} answers ({} arm) came within {}",
                        result_.endpoints[i].shown_name(), tally.requests + 1, name_of(arm),
                        core::format_duration(plan_.timeout)),
            "Give it more time, such as --timeout 30s, or ask for less at once (-c).");
    }
}

/// Throws where an endpoint's first request had no answer in HTTP/1.1, and its server speaks HTTP/2.
void Load::check_protocol(ArmKind arm) const {
    if (workers_.interrupted() || plan_.http2 || core::now_ns() >= hard_end_) return;
    for (std::size_t i = 0; i < result_.endpoints.size(); ++i) {
        const auto first = result_.endpoints[i].first_error.find(arm);
        if (first == result_.endpoints[i].first_error.end()) continue;
        const auto is = [&](http::ErrorClass error) { return first->second == http::name_of(error); };
        if (!is(http::ErrorClass::closed) && !is(http::ErrorClass::protocol) && !is(http::ErrorClass::tls))
            continue;
        const Origin& origin = workload_.origins[workload_.target(arm, i)->origin];
        if (!speaks_http2(origin, plan_.tls)) continue;
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot measure: {}: its server answers no HTTP/1.1, but speaks HTTP/2",
                                      result_.endpoints[i].shown_name()),
                          "Measure it with --http2.");
    }
}

} // namespace roacache::bench
