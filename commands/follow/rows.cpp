#include "commands/follow/rows.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"
#include "src/store/sqlite/foreign_file.hpp"
#include "src/store/sqlite/number_text.hpp"

#include <cmath>
#include <fmt/core.h>
#include <string_view>

namespace roacache::commands::follow {
namespace {

using core::Error;
using core::ExitCode;
using store::sqlite::Cell;
using store::sqlite::CellType;

nlohmann::json cell_json(const Cell& cell) {
    switch (cell.type) {
    case CellType::integer:
        return cell.integer;
    case CellType::real: // JSON has no infinity
        if (const auto whole = store::sqlite::whole_number(cell.real)) return *whole;
        return std::isfinite(cell.real) ? nlohmann::json(cell.real)
                                        : nlohmann::json(fmt::format("{}", cell.real));
    case CellType::text:
    case CellType::blob:
        return output::json_bytes(cell.bytes);
    default:
        return nullptr;
    }
}

Error too_much() {
    return {ExitCode::refused, fmt::format("too many watermarks: more than {} rows or {}",
                                           core::format_count(k_most_rows), core::format_size(k_most_bytes))};
}

Answer query(store::sqlite::Database& database, const std::string& sql) {
    store::sqlite::Statement statement = database.prepare(sql);
    Answer answer;
    answer.columns = static_cast<std::size_t>(statement.columns());
    for (std::size_t bytes = 0; statement.step();) {
        Row& row = answer.rows.emplace_back();
        row.reserve(answer.columns);
        for (int column = 0; column < statement.columns(); ++column) {
            bytes += statement.bytes(column);
            if (bytes > k_most_bytes || answer.rows.size() > k_most_rows) throw too_much();
            row.push_back(cell_json(statement.cell(column)));
        }
    }
    return answer;
}

Answer ask_sqlite(const Source& source) {
    const core::Deadline deadline = core::Deadline::in(source.timeout);
    // Anew each time: a file that is put in the place of the old one is another file.
    const auto database =
        store::sqlite::open_foreign_file(source.sqlite, store::sqlite::OpenMode::read_only, source.timeout);
    database->end_on_interrupt(deadline);
    try {
        return query(*database, source.query);
    } catch (const Error& error) {
        if (error.code() != ExitCode::interrupted || core::Interrupt::requested()) throw;
        throw Error(ExitCode::unreachable,
                    fmt::format("timed out: {}: the query took longer than {}", source.sqlite,
                                core::format_duration(source.timeout)),
                    "Give it more time with --timeout, or an index.");
    }
}

Error failed(const std::string& why) {
    return {ExitCode::unreachable, "no watermarks: --command " + why};
}

/// The last line of what a command said on stderr, to be put behind how it failed.
std::string last_words(const std::string& errors) {
    const std::size_t end = errors.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return {};
    const std::size_t before = errors.find_last_of('\n', end);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    constexpr std::size_t k_most = 200;
    const std::string line = core::redacted_text(errors.substr(begin, end + 1 - begin));
    return ": " + output::printable(output::beginning(line, k_most));
}

Row cells_of(std::string_view line) {
    Row row;
    for (;;) {
        const std::size_t tab = line.find('\t');
        row.emplace_back(std::string(line.substr(0, tab)));
        if (tab == std::string_view::npos) return row;
        line.remove_prefix(tab + 1);
    }
}

Answer rows_of(std::string_view text) {
    if (!output::is_utf8(text) || text.find('\0') != std::string_view::npos)
        throw failed("printed what is no text");
    Answer answer;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.find_first_not_of(" \t") == std::string_view::npos)
            throw failed("printed a line without anything in it");
        const Row& row = answer.rows.emplace_back(cells_of(line));
        if (answer.rows.size() > k_most_rows) throw too_much();
        if (answer.rows.size() == 1) answer.columns = row.size();
        if (row.size() != answer.columns)
            throw failed(fmt::format("printed lines of {} and of {} columns", answer.columns, row.size()));
    }
    // A pipeline whose first part has failed looks the same.
    if (answer.rows.empty()) throw failed("printed nothing");
    return answer;
}

Answer ask_command(const Source& source) {
    const core::ShellAnswer answer = core::ask_shell(source.command, source.timeout, k_most_bytes);
    switch (answer.ended_by) {
    case core::ShellEnd::interrupt:
        throw Error(ExitCode::interrupted, "interrupted");
    case core::ShellEnd::limit:
        throw failed("took longer than " + core::format_duration(source.timeout) + last_words(answer.errors));
    case core::ShellEnd::terminal:
        throw failed("wanted the terminal");
    case core::ShellEnd::output:
        throw too_much();
    case core::ShellEnd::itself:
        break;
    }
    if (answer.status != 0)
        throw failed(fmt::format("failed with {}{}", answer.status, last_words(answer.errors)));
    return rows_of(answer.output);
}

} // namespace

std::string Source::fingerprint() const {
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const std::string* part : {&sqlite, &query, &command})
        for (std::size_t i = 0; i <= part->size();
             ++i) // with its closing NUL, so that parts do not run together
            hash = (hash ^ static_cast<unsigned char>(part->c_str()[i])) * 0x100000001b3U;
    return fmt::format("{:016x}", hash);
}

Answer ask(const Source& source) {
    return source.command.empty() ? ask_sqlite(source) : ask_command(source);
}

} // namespace roacache::commands::follow
