#include "commands/follow/row_selectors.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace roacache::commands::follow {
namespace {

using core::Error;
using core::ExitCode;

/// Where `{N}` stands in a text.
struct Place {
    std::size_t begin, end; ///< of the braces
    std::size_t column;
};

std::optional<Place> next_place(const std::string& text, std::size_t from) {
    constexpr std::size_t k_most_digits = 3;
    for (std::size_t open = text.find('{', from); open != std::string::npos;
         open = text.find('{', open + 1)) {
        std::size_t end = open + 1, column = 0;
        while (end < text.size() && core::is_digit(text[end]) && end - open <= k_most_digits)
            column = column * 10 + static_cast<std::size_t>(text[end++] - '0');
        if (end > open + 1 && end < text.size() && text[end] == '}') return Place{open, end + 1, column};
    }
    return std::nullopt;
}

void refuse_column_in_name(const std::string& text, const char* option) {
    const std::string name = text.substr(0, text.find('='));
    if (next_place(name, 0))
        throw Error(ExitCode::usage,
                    fmt::format("usage: {}: a column cannot be the name in '{}', only the value", option,
                                output::printable(text)));
}

/// Why a text from the source must not go into a selector; empty: it may.
std::string why_refused(const nlohmann::json& cell) {
    if (cell.is_null()) return "it is NULL";
    if (cell.is_object()) return "it is no text";
    if (!cell.is_string()) return {};
    const auto& text = cell.get_ref<const std::string&>();
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return "it is empty";
    if (text.find_first_of("*?[]\\") != std::string::npos) return "it has the characters of a glob";
    return {};
}

std::string cell_text(const nlohmann::json& cell) {
    return cell.is_string() ? cell.get<std::string>() : output::json_text(cell);
}

} // namespace

RowSelectors::RowSelectors(SelectorOptions typed) : typed_(std::move(typed)) {
    if (typed_.keys_from == "-")
        throw Error(ExitCode::usage,
                    "usage: follow reads its keys again for every change, and standard input only once");
    for (const std::string& text : typed_.where)
        refuse_column_in_name(text, "--where");
    for (const std::string& text : typed_.events)
        refuse_column_in_name(text, "--event");
    look_for_columns(typed_.tenant);
    for (const auto* texts : {&typed_.resources, &typed_.where, &typed_.keys, &typed_.matches})
        for (const std::string& text : *texts)
            look_for_columns(text);
    others_vary_ = !columns_.empty();
    for (const std::string& text : typed_.events)
        look_for_columns(text);
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
}

void RowSelectors::look_for_columns(const std::string& text) {
    for (auto place = next_place(text, 0); place; place = next_place(text, place->end)) {
        if (place->column == 0)
            throw Error(ExitCode::usage, "usage: {0}: a row's columns are counted from 1");
        columns_.push_back(place->column);
    }
}

SelectorOptions RowSelectors::with(const RowValue& value) const {
    SelectorOptions filled = typed_;
    const auto fill = [&](std::string& text) {
        std::string made;
        std::size_t at = 0;
        for (auto place = next_place(text, 0); place; place = next_place(text, at)) {
            const auto column = std::lower_bound(columns_.begin(), columns_.end(), place->column);
            made += text.substr(at, place->begin - at) +
                    value.at(static_cast<std::size_t>(column - columns_.begin()));
            at = place->end;
        }
        text = made + text.substr(at);
    };
    fill(filled.tenant);
    for (auto* texts : {&filled.resources, &filled.where, &filled.keys, &filled.matches, &filled.events})
        std::for_each(texts->begin(), texts->end(), fill);
    return filled;
}

SelectorOptions RowSelectors::with_all(const std::vector<RowValue>& values) const {
    SelectorOptions filled = typed_;
    filled.events.clear();
    for (const RowValue& value : values) {
        const SelectorOptions one = with(value);
        filled.events.insert(filled.events.end(), one.events.begin(), one.events.end());
    }
    return filled;
}

Watermarks watermarks_of(const Answer& answer, const RowSelectors& selectors) {
    const auto& columns = selectors.columns();
    if (!columns.empty() && columns.back() > answer.columns)
        throw Error(ExitCode::usage,
                    fmt::format("no watermarks: the selectors name column {}, and a row has {}",
                                columns.back(), answer.columns));
    if (columns.size() >= answer.columns)
        throw Error(ExitCode::usage, "no watermarks: the selectors name every column of a row",
                    "What they do not name is the watermark, as max(id) in: select company, max(id) … .");
    Watermarks found;
    for (const Row& row : answer.rows) {
        RowValue value;
        std::string refused;
        nlohmann::json rest = nlohmann::json::array();
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!std::binary_search(columns.begin(), columns.end(), i + 1)) {
                rest.push_back(row[i]);
                continue;
            }
            value.push_back(cell_text(row[i]));
            if (const std::string why = why_refused(row[i]); !why.empty())
                refused = fmt::format("'{}': {}", output::printable(value.back()), why);
        }
        if (refused.empty())
            found.values[value].push_back(std::move(rest));
        else
            found.refused.push_back(std::move(refused));
    }
    for (auto& [value, rows] : found.values)
        std::sort(rows.begin(), rows.end());
    return found;
}

nlohmann::json shown(const Watermark& watermark) {
    if (watermark.size() != 1) return watermark;
    return watermark[0].size() == 1 ? watermark[0][0] : watermark[0];
}

} // namespace roacache::commands::follow
