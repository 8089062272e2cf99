#include "src/bench/load/requests.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/mixed.hpp"
#include "src/net/url.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace roacache::bench {
namespace {

/// Not a parameter's name: the place of the content's length.
constexpr const char* k_length = " length";

constexpr std::size_t k_digits = 20; // of the greatest number there is
using Digits = std::array<char, k_digits>;

std::string_view decimal(std::uint64_t number, Digits& digits) {
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

/// As long for each number: the answers to random words, and their keys, are too.
std::string_view hexadecimal(std::uint64_t number, Digits& digits) {
    constexpr std::string_view k_hex = "0123456789abcdef";
    for (std::size_t i = 16; i > 0; --i, number >>= 4U)
        digits[i - 1] = k_hex[number & 15U];
    return {digits.data(), 16};
}

bool sets_length(const http::Headers& headers) {
    return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
        return core::equal_ignoring_case(header.first, "Content-Length") ||
               core::equal_ignoring_case(header.first, "Transfer-Encoding");
    });
}

} // namespace

Requests::Text::Text(std::string_view text, const std::vector<std::string>& names) {
    std::string before;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        before += text.substr(0, open);
        text.remove_prefix(open);
        const bool reserved = text.starts_with("{+");
        const std::string_view inside = text.substr(std::min<std::size_t>(reserved ? 2 : 1, text.size()));
        const auto named = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
            return inside.size() > name.size() && inside.starts_with(name) && inside[name.size()] == '}';
        });
        if (named != names.end()) {
            pieces_.push_back(
                {std::exchange(before, {}), static_cast<std::size_t>(named - names.begin()), reserved});
            text.remove_prefix(named->size() + (reserved ? 3 : 2));
        } else if (!text.empty()) {
            before += text.front();
            text.remove_prefix(1);
        }
    }
    end_ = std::move(before);
}

void Requests::Text::append(const std::vector<std::string_view>& values, std::string& result) const {
    for (const Piece& piece : pieces_)
        result.append(piece.before).append(values[piece.name]);
    result += end_;
}

void Requests::Text::append_url(const std::vector<std::string_view>& values,
                                const std::vector<std::string_view>& reserved, std::string& result) const {
    bool has_query = false;
    const auto add = [&](const std::string& text) {
        const std::size_t at = result.size();
        result += text;
        if (has_query && text.starts_with('?')) result[at] = '&';
    };
    for (const Piece& piece : pieces_) {
        add(piece.before);
        const std::string_view value = (piece.reserved ? reserved : values)[piece.name];
        result += value;
        has_query = value.find('?') != std::string_view::npos;
    }
    add(end_);
}

Requests::Requests(http::RequestSpec request, const ParameterList& parameters, std::uint64_t seed,
                   std::uint64_t nonce, http::Protocol protocol)
    : choices_(used_by(request, parameters), seed) {
    std::vector<std::string> names;
    for (const Parameter* parameter : used_by(request, parameters)) {
        Used& used = used_.emplace_back(Used{parameter, core::mixed(nonce + names.size()), {}, {}});
        names.push_back(parameter->name);
        for (const std::string& value : parameter->values) {
            used.in_url.push_back(net::percent_encode(value));
            used.reserved.push_back(net::encode_target(value));
        }
    }
    if (!used_.empty()) names.emplace_back(k_length);
    body_ = Text(request.body, names);
    if (body_.has_places() && !sets_length(request.headers))
        request.headers.emplace_back("Content-Length", fmt::format("{{{}}}", k_length));
    ready_ = http::build_request(request, protocol);
    if (used_.empty()) return;
    if (protocol == http::Protocol::http2) {
        for (const auto& [name, value] : ready_.fields)
            fields_.emplace_back(value, names);
    } else {
        const std::string_view bytes = ready_.bytes;
        const std::size_t line = bytes.find("\r\n"), head = bytes.size() - request.body.size();
        line_ = Text(bytes.substr(0, line), names);
        head_ = Text(bytes.substr(line, head - line), names);
    }
    check_header_values(request);
}

/// A line end in a value would end a header.
void Requests::check_header_values(const http::RequestSpec& request) const {
    for (const Used& used : used_) {
        const bool in_header =
            std::any_of(request.headers.begin(), request.headers.end(),
                        [&](const auto& header) { return has_place_for(*used.parameter, header.second); });
        for (const std::string& value : used.parameter->values)
            if (in_header && value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
                throw core::Error(core::ExitCode::usage,
                                  fmt::format("bad value of {}: {}: a line end or NUL, in a header",
                                              used.parameter->name, output::printable(value)));
    }
}

const http::Request& Requests::at(Pick pick, http::Request& made) const {
    if (used_.empty()) return ready_;
    // Texts are views: into the lists, or into what is written here.
    thread_local std::vector<Digits> digits;
    thread_local std::vector<std::string_view> in_url, reserved, as_is;
    digits.resize(used_.size());
    in_url.resize(used_.size() + 1);
    reserved.resize(used_.size() + 1);
    as_is.resize(used_.size() + 1);
    for (std::size_t i = 0; i < used_.size(); ++i) {
        const Parameter& parameter = *used_[i].parameter;
        if (parameter.has_values()) {
            const std::size_t index = choices_.index(i, pick.number);
            in_url[i] = used_[i].in_url[index];
            reserved[i] = used_[i].reserved[index];
            as_is[i] = parameter.values[index];
        } else if (parameter.choice == Parameter::Choice::seq) {
            in_url[i] = reserved[i] = as_is[i] = decimal(parameter.first + pick.serial, digits[i]);
        } else {
            const std::uint64_t word = core::mixed(used_[i].nonce + (pick.serial + 1) * core::k_mixed_step);
            in_url[i] = reserved[i] = as_is[i] = hexadecimal(word, digits[i]);
        }
    }
    made.head = ready_.head;
    made.idempotent = ready_.idempotent;
    made.close = ready_.close;
    made.body.clear();
    body_.append(as_is, made.body);
    Digits length_digits;
    as_is.back() = in_url.back() = reserved.back() = decimal(made.body.size(), length_digits);
    if (fields_.empty()) {
        made.bytes.clear();
        line_.append_url(in_url, reserved, made.bytes);
        head_.append(as_is, made.bytes);
        made.bytes += made.body;
        return made;
    }
    made.fields = ready_.fields;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (!fields_[i].has_places()) continue;
        made.fields[i].second.clear();
        auto& [name, value] = made.fields[i];
        if (name == ":path")
            fields_[i].append_url(in_url, reserved, value);
        else
            fields_[i].append(as_is, value);
    }
    return made;
}

} // namespace roacache::bench
