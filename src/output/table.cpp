#include "src/output/table.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <cassert>

namespace roacache::output {

void Table::add(std::vector<std::string> row) {
    assert(row.size() == columns_.size());
    rows_.push_back(std::move(row));
}

std::string Table::text() const {
    std::vector<int> widths;
    std::vector<std::string> titles;
    bool titled = false;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        titles.push_back(columns_[c].title);
        titled |= !columns_[c].title.empty();
        widths.push_back(display_width(columns_[c].title));
        for (const auto& row : rows_)
            widths[c] = std::max(widths[c], display_width(row[c]));
    }
    std::string text;
    const auto print = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string pad(static_cast<std::size_t>(widths[c] - display_width(row[c])), ' ');
            if (c > 0) line += "  ";
            line += columns_[c].align == Align::right ? pad + row[c] : row[c] + pad;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    };
    if (titled) print(titles);
    for (const auto& row : rows_)
        print(row);
    return text;
}

std::string style(std::string text, Style style, bool colour) {
    if (!colour) return text;
    constexpr const char* k_codes[] = {"1", "2", "31", "32", "33", "34", "36"};
    return std::string("\x1b[") + k_codes[static_cast<int>(style)] + "m" + text + "\x1b[0m";
}

namespace {

bool is_number(std::string_view text) {
    const std::string_view digits = text.substr(text.find_first_not_of("+-") == 1 ? 1 : 0);
    return !digits.empty() && digits.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Bytes at the start, of ASCII or of full width, that make a spreadsheet take a cell for a formula; 0: none.
std::size_t formula_sign(std::string_view text) {
    for (const std::string_view sign : {"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"})
        if (text.starts_with(sign)) return sign.size();
    return 0;
}

/// Behind a comma or semicolon too, which is where a cell begins for a spreadsheet of another country.
std::string without_formula(std::string_view text) {
    if (is_number(text)) return std::string(text);
    std::string result;
    bool cell_begins = true;
    while (!text.empty()) {
        const std::size_t sign = cell_begins ? formula_sign(text) : 0;
        const std::size_t size = std::max<std::size_t>(sign, 1);
        result += sign > 0 ? hex_escaped(text.substr(0, size)) : std::string(text.substr(0, size));
        cell_begins = text[0] == ',' || text[0] == ';' || (cell_begins && (text[0] == ' ' || text[0] == '"'));
        text.remove_prefix(size);
    }
    return result;
}

} // namespace

std::string csv_field(const std::string& printable) {
    std::string text = without_formula(printable);
    if (text.find_first_of(",;\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

} // namespace roacache::output
