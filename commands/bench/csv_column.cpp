#include "commands/bench/csv_column.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <csv.h>
#include <fmt/ranges.h>
#include <memory>
#include <new>

namespace roacache::commands {
namespace {

using Row = std::vector<std::string>;

[[noreturn]] void refuse_csv(const std::string& why, const std::string& remedy = {}) {
    throw core::Error(core::ExitCode::usage, why, remedy);
}

/// A comma, but where the first line has none and a semicolon or a tab, as spreadsheets write it.
unsigned char delimiter_of(std::string_view text) {
    const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
    for (const char delimiter : {',', ';', '\t'})
        if (first.find(delimiter) != std::string_view::npos) return static_cast<unsigned char>(delimiter);
    return ',';
}

std::vector<Row> rows_of(std::string_view text) {
    std::vector<Row> rows(1);
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0) throw std::bad_alloc();
    const std::unique_ptr<csv_parser, decltype(&csv_free)> freed(&parser, csv_free);
    csv_set_delim(&parser, delimiter_of(text));
    csv_set_space_func(&parser, [](unsigned char) { return 0; }); // RFC 4180 2.4: spaces are part of a field
    const auto on_field = [](void* field, std::size_t size, void* to) {
        static_cast<std::vector<Row>*>(to)->back().emplace_back(static_cast<const char*>(field), size);
    };
    const auto on_row = [](int, void* to) { static_cast<std::vector<Row>*>(to)->emplace_back(); };
    const bool read = csv_parse(&parser, text.data(), text.size(), on_field, on_row, &rows) == text.size() &&
                      csv_fini(&parser, on_field, on_row, &rows) == 0;
    if (!read)
        refuse_csv(fmt::format("row {}: {}", rows.size(), csv_strerror(csv_error(&parser))),
                   "A value with a comma, a quote or a line end stands in quotes, and a quote in it twice.");
    rows.pop_back();
    return rows;
}

std::size_t column_index(const Row& names, const std::string& column) {
    const auto named = std::find(names.begin(), names.end(), column);
    if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
    std::size_t number = 0;
    const char* const end = column.data() + column.size();
    const auto read = std::from_chars(column.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number >= 1 && number <= names.size()) return number - 1;
    refuse_csv(fmt::format("no column '{}'", output::printable(column)),
               output::printable(fmt::format("Its columns are: {}.", fmt::join(names, ", "))));
}

} // namespace

std::vector<std::string> csv_column(std::string_view text, const std::string& column) {
    std::vector<Row> rows = rows_of(text);
    if (rows.empty()) refuse_csv("it is empty", "Its first line has the names of the columns.");
    const std::size_t index = column_index(rows.front(), column);
    std::vector<std::string> values;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto is_empty = [](const std::string& value) { return value.empty(); };
        if (std::all_of(rows[i].begin(), rows[i].end(), is_empty)) continue;
        if (rows[i].size() <= index)
            refuse_csv(
                fmt::format("row {} has {} of {} columns", i + 1, rows[i].size(), rows.front().size()));
        values.push_back(std::move(rows[i][index]));
    }
    if (values.empty()) refuse_csv("it has no row but the columns' names");
    return values;
}

} // namespace roacache::commands
