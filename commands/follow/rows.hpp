#pragma once

#include "src/core/clock.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::commands::follow {

/// A row's cells as JSON: numbers, those that are whole as integers, null, and text (output::json_bytes() of
/// it).
using Row = std::vector<nlohmann::json>;

/// Where watermarks are read, one of the two.
struct Source {
    std::string sqlite, query; ///< a file, and one SELECT
    std::string command;       ///< for /bin/sh; prints a row a line, its columns set apart by tabs
    core::Nanoseconds timeout{0};

    /// The same for the same question.
    std::string fingerprint() const;
};

/// More than this is no table of watermarks.
inline constexpr std::size_t k_most_rows = 100'000, k_most_bytes = std::size_t{16} << 20;

struct Answer {
    std::vector<Row> rows; ///< each of as many cells
    std::size_t columns = 0;
};

/// Asks once. An SQLite file is opened for this, only to be read, is never made, and is closed again: no lock
/// is held for longer than the query takes. Throws core::Error: usage for what is no single statement; any
/// other for what may be better at the next attempt, among it a command that fails, takes longer than the
/// timeout, or prints nothing or what are no rows.
Answer ask(const Source& source);

} // namespace roacache::commands::follow
