#include "src/store/key_lines.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/output/unprintable.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::store {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::string_view k_bom = "\xEF\xBB\xBF";
constexpr std::string_view k_csv_heading = "key,tenant,";
constexpr std::string_view k_json_begin = R"({"schema":)";
constexpr const char* k_as_printed =
    "A backslash is written \\\\ and any byte \\xHH, as roacache keys prints "
    "them; -0 takes NUL-ended keys as they are.";
constexpr const char* k_from_redis_cli =
    "Take them from roacache keys, from redis-cli --raw, or with -0, each ended by NUL.";

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

nlohmann::json parsed(std::string_view text) {
    return nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
}

std::optional<std::string> key_of(const nlohmann::json& entry) {
    if (!entry.is_object() || !entry.contains("key")) return std::nullopt;
    const nlohmann::json& key = entry["key"];
    if (key.is_string()) return key.get<std::string>();
    if (!key.is_object() || !key.contains("base64") || !key["base64"].is_string()) return std::nullopt;
    return output::from_base64(key["base64"].get_ref<const std::string&>());
}

} // namespace

std::string key_line(std::string_view key) {
    std::string line = output::printable(key);
    const bool mistaken = line == "{" || line == "[" || line.starts_with("{\"") ||
                          line.starts_with(k_csv_heading) || is_quoted_list(line);
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
    if (is_quoted_list(line)) fail("this is a list as redis-cli prints it for people", k_from_redis_cli);
    return form_ == Form::undecided ? decide(line) : read_in_form(line);
}

void KeyLines::check_encoding(std::string_view& line) const {
    if (line_ == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF")))
        fail("this is UTF-16, not UTF-8", "Convert it: iconv -f UTF-16 -t UTF-8.");
    if (line.find('\0') != std::string_view::npos)
        fail("there are NUL bytes: keys that end in NUL, or UTF-16",
             "Say -0 for keys that end in NUL, or convert it: iconv -f UTF-16 -t UTF-8.");
    if (line_ == 1 && line.starts_with(k_bom)) line.remove_prefix(k_bom.size());
}

std::optional<std::string> KeyLines::decide(std::string_view line) {
    const auto in_form = [&](Form form) {
        form_ = form;
        return read_in_form(line);
    };
    if (line.starts_with(k_csv_heading)) {
        form_ = Form::csv;
        return std::nullopt;
    }
    if (line.starts_with(k_json_begin) && line.find("\"keys\": [") != std::string_view::npos) {
        form_ = Form::json;
        return std::nullopt;
    }
    if (line == "{" || line == "[")
        fail("JSON in a form that is not read here", "Let roacache keys -o ndjson print it.");
    if (line.starts_with('{') && key_of(parsed(line))) return in_form(Form::ndjson);
    return in_form(Form::lines);
}

std::optional<std::string> KeyLines::read_in_form(std::string_view line) const {
    switch (form_) {
    case Form::csv:
        return from_csv(line);
    case Form::ndjson:
        return from_json(line);
    case Form::json:
        if (line.starts_with(']') && line.find("\"error\":") == std::string_view::npos) return std::nullopt;
        if (line.starts_with(']')) fail("the list ends with an error, so that keys are missing", "");
        return from_json(line.ends_with(',') ? line.substr(0, line.size() - 1) : line);
    default:
        return from_line(line);
    }
}

std::string KeyLines::from_line(std::string_view line) const {
    auto key = output::unprintable(without_details(line));
    if (!key)
        fail(fmt::format("'{}' holds a backslash that begins none of the known sequences",
                         output::printable(line.substr(0, 200))),
             k_as_printed);
    return std::move(*key);
}

std::string KeyLines::from_json(std::string_view line) const {
    auto key = key_of(parsed(line));
    if (!key)
        fail("this is no JSON object with a \"key\", as the lines before it are",
             "A key that is JSON itself is written with \\x7b for its first brace, or read with -0.");
    return std::move(*key);
}

/// The first field of the line.
std::string KeyLines::from_csv(std::string_view line) const {
    std::string field;
    if (line.starts_with('"')) {
        std::size_t at = 1;
        for (; at < line.size(); ++at) {
            if (line[at] == '"' && (at + 1 == line.size() || line[++at] != '"')) break;
            field += line[at];
        }
        if (at < line.size() && line[at] != ',') fail("no csv field ends like this", k_as_printed);
    } else {
        field = line.substr(0, line.find(','));
    }
    auto key = output::unprintable(field);
    if (!key) fail("a backslash in the key begins none of the known sequences", k_as_printed);
    return std::move(*key);
}

} // namespace roacache::store
