#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::bench {

/// What came of asking the same question as two users, past the cache and through it.
struct UserCheck {
    enum class Outcome : std::uint8_t {
        own,     ///< without the cache their answers differ, and through it each had his own
        crossed, ///< one was served the answer of the other, or a part of it
        equal,   ///< without the cache their answers are the same, which proves nothing
        unknown, ///< it cannot be told: see `why`
    };
    std::size_t endpoint = 0;
    std::string request = {}; ///< its listed values, as `company=2`; empty: none
    /// How many different ones the endpoint has; absent: not known, or without end.
    std::optional<std::uint64_t> of_requests = {};
    Outcome outcome = Outcome::unknown;
    unsigned served = 0;  ///< crossed: the user who was served wrongly, 1 or 2
    bool in_part = false; ///< crossed: only what stands at `places` is the other's
    /// As JSON Pointers, the first few: where their own answers differ, or what one was served of the other.
    std::vector<std::string> places = {};
    std::vector<std::string> keys = {}; ///< crossed: of the store, those that hold the answer; printable
    std::string why = {};
};

const char* name_of(UserCheck::Outcome outcome); ///< `own`, `crossed`, `equal`, `unknown`

} // namespace roacache::bench
