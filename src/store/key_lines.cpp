#include "src/store/key_lines.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/output/unprintable.hpp"
#include "src/store/json_keys.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::store {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::string_view k_bom = "\xEF\xBB\xBF";
constexpr std::string_view k_csv_heading = "key,tenant,";
constexpr const char* k_as_printed =
    "A backslash is written \\\\ and any byte \\xHH, as roacache keys prints "
    "them; -0 takes NUL-ended keys as they are.";
/// Not redis-cli --raw: a backslash or a line break in a key would be read as something else.
constexpr const char* k_from_roacache =
    "Take them from roacache keys, in any of its formats, or with -0, each ended by NUL.";

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// `1) "key"`, with more numbers before it where lists are nested, or `"key"`.
bool is_quoted_list(std::string_view line) {
    const auto skip = [&](auto wanted) {
        const auto end = std::find_if_not(line.begin(), line.end(), wanted);
        line.remove_prefix(static_cast<std::size_t>(end - line.begin()));
    };
    for (bool more = true; more;) {
        const std::string_view before = line;
        skip([](char letter) { return letter == ' '; });
        const std::size_t size = line.size();
        skip(is_digit);
        more = line.size() < size && line.starts_with(") ");
        if (more)
            line.remove_prefix(2);
        else
            line = before;
    }
    return line.size() >= 2 && line.front() == '"' && line.back() == '"';
}

/// What `keys -l` puts behind a key: type, time to live, size and more, each behind a tab. A tab of the key's
/// own is never printed as such.
std::string_view without_details(std::string_view line) {
    const std::size_t end = line.find('\t');
    if (end == std::string_view::npos) return line;
    std::string_view rest = line.substr(end);
    std::array<std::string_view, 3> fields; // type, time to live, size
    for (std::string_view& field : fields) {
        if (rest.empty()) return line;
        field = rest.substr(1, rest.find('\t', 1) - 1);
        rest.remove_prefix(1 + field.size());
    }
    const auto is_number = [](std::string_view text) {
        return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
    };
    const auto& [type, ttl, bytes] = fields;
    const bool details = !type.empty() && (is_number(ttl) || ttl == "none" || ttl == "n/a") &&
                         (is_number(bytes) || bytes == "n/a");
    return details ? line.substr(0, end) : line;
}

/// The first field of a record and how many there are.
struct Record {
    std::string first;
    std::size_t fields = 0;
};

/// Absent for what is no whole record: quotes that do not end, or end in the midst of a field.
std::optional<Record> csv_record(std::string_view line) {
    Record record;
    for (bool more = true; more;) {
        std::string field;
        if (line.starts_with('"')) {
            std::size_t at = 1;
            for (;; ++at) {
                if (at >= line.size()) return std::nullopt;
                if (line[at] == '"' && (++at == line.size() || line[at] != '"')) break;
                field += line[at];
            }
            line.remove_prefix(at);
            if (!line.empty() && line.front() != ',') return std::nullopt;
        } else {
            field = line.substr(0, line.find(','));
            line.remove_prefix(field.size());
        }
        if (record.fields++ == 0) record.first = std::move(field);
        more = !line.empty();
        if (more) line.remove_prefix(1);
    }
    return record;
}

} // namespace

std::string key_line(std::string_view key) {
    std::string line = output::printable(key);
    const bool mistaken = json_begins(line + "\"") == Beginning::json || line.starts_with(k_csv_heading) ||
                          is_quoted_list(line);
    const std::size_t escaped = line.starts_with(k_bom) ? k_bom.size() : mistaken ? 1 : 0;
    std::string text;
    for (std::size_t at = 0; at < escaped; ++at)
        text += fmt::format("\\x{:02x}", static_cast<unsigned char>(line[at]));
    return text + line.substr(escaped);
}

void KeyLines::fail(const std::string& why, const std::string& remedy) const {
    throw Error(ExitCode::usage, fmt::format("cannot read: {}: line {}: {}", source_, line_, why), remedy);
}

void KeyLines::fail_next(const std::string& why, const std::string& remedy) {
    ++line_;
    fail(why, remedy);
}

std::optional<std::string> KeyLines::read(std::string_view line) {
    ++line_;
    if (raw_) return std::string(line);
    check_encoding(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return std::nullopt;
    if (fields_ > 0) return from_csv(line);
    if (!begun_ && line.starts_with(k_csv_heading)) {
        fields_ = csv_record(line).value_or(Record{}).fields;
        if (fields_ == 0) fail("the heading is no record of csv", k_as_printed);
        return std::nullopt;
    }
    begun_ = true;
    if (is_quoted_list(line)) fail("this is a list as redis-cli prints it for people", k_from_roacache);
    return from_line(line);
}

std::optional<std::string> KeyLines::read_last(std::string_view line) {
    if (raw_)
        fail_next("the last key does not end in NUL: the list is cut", "Say -0 for NUL-ended keys only.");
    return read(line);
}

void KeyLines::check_encoding(std::string_view& line) const {
    if (line_ == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF")))
        fail("this is UTF-16, not UTF-8", "Convert it: iconv -f UTF-16 -t UTF-8.");
    if (line.find('\0') != std::string_view::npos)
        fail("there are NUL bytes: keys that end in NUL, or UTF-16",
             "Say -0 for keys that end in NUL, or convert it: iconv -f UTF-16 -t UTF-8.");
    if (line_ == 1 && line.starts_with(k_bom)) line.remove_prefix(k_bom.size());
}

std::string KeyLines::from_line(std::string_view line) const {
    auto key = output::unprintable(without_details(line));
    if (!key)
        fail(fmt::format("'{}' holds a backslash that begins none of the known sequences",
                         output::printable(line.substr(0, 200))),
             k_as_printed);
    return std::move(*key);
}

std::string KeyLines::from_csv(std::string_view line) const {
    const auto record = csv_record(line);
    if (!record || record->fields != fields_)
        fail(
            fmt::format("this is no record of {} fields, as the heading has: the list is cut, or was changed",
                        fields_),
            "Let roacache keys print it anew.");
    auto key = output::unprintable(record->first);
    if (!key) fail("a backslash in the key begins none of the known sequences", k_as_printed);
    return std::move(*key);
}

} // namespace roacache::store
