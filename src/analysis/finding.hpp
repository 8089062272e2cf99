#pragma once

#include "src/core/untrusted.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace roacache::analysis {

enum class Level : std::uint8_t { note, warning, error };

/// `note`, `warning` or `error`.
const char* name_of(Level level);
/// Nothing for a name that there is not.
std::optional<Level> level_called(std::string_view name);

/// A figure or a text that a finding rests on.
using Evidence = std::variant<bool, std::uint64_t, double, core::Untrusted>;

/// By name, in the order in which they are told. `…_bytes` are bytes, `…_ms` milliseconds, `…_s` seconds,
/// `…_rate` and `…_share` fractions.
using EvidenceList = std::vector<std::pair<std::string, Evidence>>;

/// Where something was found, of several servers.
struct Place {
    std::string server; ///< printable
    EvidenceList evidence;
};

/// What a rule has found.
struct Found {
    EvidenceList evidence;
    std::string threshold;           ///< what was to be so, in words
    std::string remedy;              ///< a command, or what to do
    std::optional<Level> level = {}; ///< where it is not the rule's
    std::string title = {};          ///< likewise
    std::string_view source = {};    ///< likewise
    std::vector<Place> places = {};  ///< of a rule that is judged once: what each server has to do with it
};

/// What comes of a rule: something found, nothing, or the reason why it cannot be said.
struct Outcome {
    std::optional<Found> found;
    std::string not_checked; ///< printable; empty: it was checked

    static Outcome sound() { return {}; }
    static Outcome unknown(std::string why) { return {std::nullopt, std::move(why)}; }
    Outcome() = default;
    Outcome(Found what) : found(std::move(what)) {}

  private:
    Outcome(std::optional<Found> what, std::string why)
        : found(std::move(what)), not_checked(std::move(why)) {}
};

/// As it is reported.
struct Finding {
    std::string_view id;
    Level level = Level::warning;
    std::string title;
    Found found;                    ///< at the first place
    std::string_view source;        ///< a public document
    std::vector<Place> places = {}; ///< empty: there is one server, or the rule looks at all of them together
};

} // namespace roacache::analysis
