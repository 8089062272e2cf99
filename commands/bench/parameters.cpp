#include "commands/bench/parameters.hpp"

#include "commands/bench/csv_column.hpp"
#include "commands/bench/request.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/reader.hpp"
#include "src/core/secret.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/core.h>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using Choice = bench::Parameter::Choice;

constexpr const char* k_sources = "Give a list (1,2,3), @FILE with a value a line, FILE.csv#COLUMN, zipf: "
                                  "before any of these, seq or random.";
constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";

[[noreturn]] void refuse_source(const std::string& subject, const std::string& why,
                                const std::string& remedy = k_sources) {
    throw Error(ExitCode::usage, fmt::format("{}: {}", subject, why), remedy);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// The values between commas, without the blanks around them.
std::vector<std::string> list_of(std::string_view text, const std::string& subject) {
    constexpr const char* k_as_file = "A list is written 1,2,3; values with commas, or blanks at an end, "
                                      "stand in a file, one a line: @FILE.";
    std::vector<std::string> values;
    for (;;) {
        const std::size_t comma = text.find(',');
        const std::string_view value = core::trimmed(text.substr(0, comma));
        if (value.empty()) refuse_source(subject, "a value of the list is empty", k_as_file);
        if (value.starts_with('"') && (value.size() == 1 || !value.ends_with('"')))
            refuse_source(subject, "a comma parts the values of a list in quotes too", k_as_file);
        values.emplace_back(value);
        if (comma == std::string_view::npos) return values;
        text.remove_prefix(comma + 1);
    }
}

/// Without a byte order mark.
std::string_view utf8_text(std::string_view text, const std::string& subject) {
    take_prefix(text, k_byte_order_mark);
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        refuse_source(subject, "it is UTF-16", "Save it as UTF-8.");
    return text;
}

/// Without their ends, DOS's too.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Where `FILE.csv#COLUMN` is parted.
std::size_t column_mark(std::string_view text) {
    const std::string lower = core::to_lower(text);
    for (const std::string_view ending : {".csv#", ".tsv#"})
        if (const std::size_t at = lower.find(ending); at != std::string::npos) return at + ending.size() - 1;
    return std::string_view::npos;
}

std::vector<std::string> listed_values(std::string_view source, bool file_without_at,
                                       const std::string& subject, const FileReading& read) {
    const bool named = take_prefix(source, "@");
    if (const std::size_t mark = column_mark(source); mark != std::string_view::npos) {
        const std::string file(source.substr(0, mark)), column(source.substr(mark + 1));
        if (column.empty())
            refuse_source(subject, fmt::format("no column behind {}", output::printable(source)));
        const std::string where = fmt::format("{}: {}", subject, output::printable(file)), text = read(file);
        const std::string_view table = utf8_text(text, where);
        try {
            return csv_column(table, column);
        } catch (const Error& error) {
            refuse_source(where, error.what(), error.remedy());
        }
    }
    const std::string file(source);
    if (!named && !(file_without_at && source.find(',') == std::string_view::npos))
        return list_of(source, subject);
    if (file.empty()) refuse_source(subject, "no file behind the @");
    const std::string where = fmt::format("{}: {}", subject, output::printable(file)), text = read(file);
    auto lines = lines_of(utf8_text(text, where));
    std::erase(lines, "");
    if (lines.empty()) refuse_source(where, "it has no value");
    return lines;
}

bool is_seq(std::string_view source, std::uint64_t& first) {
    if (source == "seq") return true;
    if (!take_prefix(source, "seq:")) return false;
    const char* const end = source.data() + source.size();
    const auto read = std::from_chars(source.data(), end, first);
    return read.ec == std::errc() && read.ptr == end;
}

} // namespace

bench::Parameter parse_source(const std::string& name, const std::string& source, const std::string& subject,
                              const FileReading& read) {
    bench::Parameter parameter;
    parameter.name = name;
    if (!bench::is_parameter_name(name))
        refuse_source(
            subject, fmt::format("'{}': not a name", output::printable(name)),
            "A name has letters, digits, _ and -, and stands in braces where its values belong: {name}.");
    const std::string_view word = core::trimmed(source);
    if (word.empty()) refuse_source(subject, "no value");
    if (word == "random") {
        parameter.choice = Choice::random;
        return parameter;
    }
    if (is_seq(word, parameter.first)) {
        parameter.choice = Choice::seq;
        return parameter;
    }
    std::string_view rest = source;
    if (word.starts_with("seq:")) refuse_source(subject, "seq: is followed by a whole number");
    if (take_prefix(rest, "zipf:")) parameter.choice = Choice::zipf;
    if (rest.empty()) refuse_source(subject, "nothing behind zipf:");
    parameter.values = listed_values(rest, parameter.choice == Choice::zipf, subject, read);
    return parameter;
}

bench::ParameterList parse_parameters(const std::vector<std::string>& texts) {
    bench::ParameterList parameters;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos)
            refuse_source("--param", fmt::format("'{}': no =", output::printable(core::redacted_text(text))),
                          "Write it as NAME=SOURCE, as in company=1,2,3.");
        const std::string name = text.substr(0, equals);
        if (std::any_of(parameters.begin(), parameters.end(),
                        [&](const bench::Parameter& known) { return known.name == name; }))
            refuse_source("--param", fmt::format("{} is given twice", name),
                          "Give its values together: a,b,c.");
        const std::string source = text.substr(equals + 1), subject = "--param " + name;
        std::error_code unknown;
        if (std::filesystem::is_regular_file(source, unknown))
            refuse_source(subject, fmt::format("{} is a file", output::printable(source)),
                          "Write @FILE for the lines of a file, FILE.csv#COLUMN for a column.");
        parameters.push_back(parse_source(name, source, subject,
                                          [](const std::string& file) { return core::read_file(file); }));
    }
    return parameters;
}

void add_own_parameters(bench::EndpointSpec& endpoint) {
    const http::RequestSpec uncached = bench::prepare_request(endpoint.uncached, endpoint.request);
    for (const Choice choice : {Choice::random, Choice::seq}) {
        bench::Parameter own;
        own.name = choice == Choice::random ? "random" : "seq";
        own.choice = choice;
        const bool given = std::any_of(endpoint.parameters.begin(), endpoint.parameters.end(),
                                       [&](const bench::Parameter& known) { return known.name == own.name; });
        const bool used =
            !bench::used_by(endpoint.request, {own}).empty() || !bench::used_by(uncached, {own}).empty();
        if (!given && used) endpoint.parameters.push_back(own);
    }
}

void note_unfilled_places(const bench::Plan& plan, std::vector<std::string>& notes) {
    for (const bench::EndpointPlan& endpoint : plan.endpoints) {
        std::string held;
        for (const auto* request : {&endpoint.cached, &endpoint.uncached, &endpoint.single})
            if (*request) {
                held += core::redacted_body((*request)->body) + "\n";
                for (const auto& [name, value] : (*request)->headers)
                    held += core::redacted_header(name + ": " + value) + "\n";
            }
        std::string names;
        for (const std::string& name : bench::unfilled_places(held, endpoint.parameters))
            names += fmt::format("{}{{{}}}", names.empty() ? "" : ", ", name);
        if (!names.empty())
            notes.push_back(fmt::format("{} was sent as it is in headers or body for {}: no parameter is "
                                        "called so (--param, in a suite vary).",
                                        names, output::printable(endpoint.name)));
    }
}

namespace {

net::Url url_of_line(const std::string& line, const std::string& base, const std::string& subject) {
    try {
        return parse_http_url(
            whole_url(line, base, "Say where these URLs are: --base-url http://HOST:PORT."));
    } catch (const Error& error) {
        refuse_source(subject, error.what(), error.remedy());
    }
}

} // namespace

bench::Parameter urls_of(const std::string& source, const std::string& base, net::Url& url) {
    bench::Parameter path;
    path.name = "path";
    std::string_view file = source;
    if (take_prefix(file, "zipf:")) path.choice = Choice::zipf;
    const std::string text =
        file == "-" ? core::Reader::standard_input().read_all() : core::read_file(std::string(file));
    const std::string subject = "--urls-from " + output::printable(file);
    std::size_t number = 0;
    for (const std::string& line : lines_of(utf8_text(text, subject))) {
        ++number;
        const std::string_view written = core::trimmed(line);
        if (written.empty() || written.starts_with('#')) continue;
        const net::Url next =
            url_of_line(std::string(written), base, fmt::format("{}: line {}", subject, number));
        path.values.push_back(next.target.substr(1));
        if (path.values.size() == 1) url = next;
        if (next.user != url.user || next.password != url.password)
            refuse_source(subject, "its URLs have credentials that differ",
                          "Measure each user's alone, or give -A.");
        if (next.tls != url.tls || next.hosts != url.hosts)
            refuse_source(
                subject,
                fmt::format("it has URLs of two servers: {} and {}", url.redacted(), next.redacted()),
                "Measure each server's alone.");
    }
    if (path.values.empty()) refuse_source(subject, "it has no URL", "It holds a URL a line.");
    url.target = "/{+path}";
    return path;
}

} // namespace roacache::commands
