#pragma once

#include <string>
#include <vector>

namespace roacache::output {

enum class Align { left, right };

/// Rows in columns as wide as their widest cell, two spaces apart, no trailing spaces. Cells are printed as
/// they are: make them printable() first. Cells may hold colour sequences (see style()); these take no width.
class Table {
  public:
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> row); ///< exactly one cell a column
    /// Every line ends in a newline; the title line is left out when all titles are empty.
    std::string text() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

enum class Style { bold, dim, red, green, yellow, blue, cyan };

/// `text` in that style when `colour` is on, else unchanged.
std::string style(std::string text, Style style, bool colour);

/// One csv field after RFC 4180 of a number or of text that is printable(): quoted when it holds a comma,
/// semicolon, quote or line break. What a spreadsheet would take for a formula (`=1+1`) begins with the
/// escape of its sign (`\x3d1+1`), which reads back as any other escape.
std::string csv_field(const std::string& printable);

} // namespace roacache::output
