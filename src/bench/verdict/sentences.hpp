#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// Why an assert does not pass, as a reason of the verdict.
std::string sentence_of(const AssertResult& answer, const Result& result);

/// A status of an arm's answers that was not expected.
struct UnexpectedStatus {
    int status = 0;
    std::uint64_t count = 0;
    std::optional<double> since_s; ///< since the run began, in seconds; absent where that was not recorded
};

/// In ascending order.
std::vector<UnexpectedStatus> unexpected_statuses(const Result& result, ArmKind arm);

/// An arm's failed requests: `886 × 503 (from 0.41 s on), 3 × timeout`; empty: none.
std::string errors_text(const Result& result, ArmKind arm);

/// Whether an answer crossed over from one user to the other.
std::string sentence_of(const UserCheck& check, const Result& result);
/// Of all that were asked as two users, or of those with this outcome: of each endpoint the first few, then
/// how many there are more; of all also how many of an endpoint's different requests were asked, where not
/// all were.
std::vector<std::string> sentences_of_users(const Result& result);
std::vector<std::string> sentences_of_users(const Result& result, UserCheck::Outcome outcome);

} // namespace roacache::bench
