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

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

} // namespace roacache::output
