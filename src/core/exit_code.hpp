#pragma once

namespace roacache::core {

/// What the process returns to the shell. The values are the contract scripts rely on.
enum class ExitCode : int {
    done = 0,          ///< done; an invalidation that found nothing is done too
    negative = 1,      ///< the answer is no: key absent, threshold missed, response mismatch
    usage = 2,         ///< usage or configuration
    unreachable = 3,   ///< unreachable or timed out
    refused = 4,       ///< authentication, permission, read-only, protocol, or a guard of roacache's own
    partial = 5,       ///< partly done; the summary says what was done and how to go on
    inconclusive = 6,  ///< the measurement cannot decide
    bug = 70,          ///< a bug in roacache
    interrupted = 130, ///< interrupted; what was done until then is reported
};

} // namespace roacache::core
