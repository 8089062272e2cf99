#include "src/bench/load/origin_counter.hpp"

#include "src/bench/model/json_path.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"
#include "src/http/exchange.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace roacache::bench {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::json;

constexpr std::size_t k_most_output = 4096;
constexpr double k_most_exact = 9007199254740992; // 2^53

Error unreadable(ExitCode code, const std::string& name, const std::string& why, std::string remedy) {
    return Error(code, fmt::format("cannot read the origin's counter: {}: {}", name, why), std::move(remedy));
}

/// On one line, in short, without secrets.
std::string excerpt(std::string_view text) {
    constexpr std::size_t k_longest = 80;
    std::string said = output::printable(core::redacted_text(core::trimmed(text).substr(0, 4 * k_longest)));
    if (said.size() > k_longest) said = said.substr(0, k_longest) + "...";
    return said;
}

class CommandCounter final : public OriginCounter {
  public:
    CommandCounter(std::string command, core::Nanoseconds limit)
        : command_(std::move(command)), limit_(limit) {}

    std::optional<std::uint64_t> read() override {
        using core::ShellEnd;
        const core::ShellAnswer result = core::ask_shell(command_, limit_, k_most_output);
        if (result.ended_by == ShellEnd::interrupt || core::Interrupt::requested()) return {};
        const std::string& printed = result.output.empty() ? result.errors : result.output;
        const std::string said = printed.empty() ? "It printed nothing." : "It printed: " + excerpt(printed);
        if (result.ended_by == ShellEnd::limit)
            throw unreadable(ExitCode::unreachable, name(),
                             fmt::format("it took longer than {}", core::format_duration(limit_)),
                             "Give it more time: --timeout 30s.");
        if (result.ended_by == ShellEnd::terminal)
            throw unreadable(ExitCode::usage, name(), "it asked for something on the terminal",
                             "Let it ask nothing, as psql --no-password does.");
        if (result.ended_by == ShellEnd::itself && result.status != 0)
            throw unreadable(ExitCode::usage, name(), fmt::format("exit {}", result.status), said);
        const auto count =
            result.ended_by == ShellEnd::itself ? count_from_text(result.output) : std::nullopt;
        if (!count)
            throw unreadable(ExitCode::usage, name(), "what it prints is no whole number from 0 on",
                             said + " Let it print the number alone (psql -tA, mysql -N).");
        return count;
    }
    std::string name() const override { return output::printable(core::redacted_shell_command(command_)); }

  private:
    std::string command_;
    core::Nanoseconds limit_;
};

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    if (path.empty()) return parts;
    for (auto& part : parse_json_path(path, "--origin-counter").parts) {
        if (!part)
            throw Error(ExitCode::usage, "--origin-counter: one number is read, so its place has no *",
                        "Name it, as in http://HOST/metrics.json#/database/queries.");
        parts.push_back(std::move(*part));
    }
    return parts;
}

/// Null where there is none.
const json* value_at(const json& document, const std::vector<std::string>& parts) {
    const json* value = &document;
    for (const std::string& part : parts) {
        std::size_t index = 0;
        if (value->is_object()) {
            const auto member = value->find(part);
            if (member == value->end()) return nullptr;
            value = &*member;
        } else if (value->is_array() &&
                   std::from_chars(part.data(), part.data() + part.size(), index).ptr ==
                       part.data() + part.size() &&
                   !part.empty() && index < value->size()) {
            value = &(*value)[index];
        } else {
            return nullptr;
        }
    }
    return value;
}

std::optional<std::uint64_t> count_in(const json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    if (value.is_string()) return count_from_text(value.get_ref<const std::string&>());
    if (!value.is_number_float()) return {};
    const double number = value;
    if (!(number >= 0) || number > k_most_exact || number != std::floor(number)) return {};
    return static_cast<std::uint64_t>(number);
}

class UrlCounter final : public OriginCounter {
  public:
    UrlCounter(CounterUrl at, net::TlsOptions tls, core::Nanoseconds timeout)
        : parts_(parts_of(at.path)), name_(std::move(at.name)), tls_(std::move(tls)), timeout_(timeout) {
        request_.url = std::move(at.url);
        if (name_.empty())
            name_ = request_.url.redacted() + (at.path.empty() ? "" : "#" + output::printable(at.path));
    }

    std::optional<std::uint64_t> read() override {
        const http::Answer answer = asked();
        if (core::Interrupt::requested()) return {};
        constexpr int k_ok = 200, k_no_longer_ok = 300;
        if (answer.status < k_ok || answer.status >= k_no_longer_ok)
            throw unreadable(ExitCode::refused, name(), fmt::format("it answers {}", answer.status),
                             "Redirects are not followed; a token may be sent by a command (curl).");
        const json document = json::parse(answer.body, nullptr, false);
        if (document.is_discarded())
            throw unreadable(ExitCode::refused, name(), "its answer is no JSON",
                             "Other formats may be read by a command (curl and grep, for instance).");
        const json* const value = value_at(document, parts_);
        if (value == nullptr)
            throw unreadable(ExitCode::usage, name(), "its answer has nothing there",
                             "Behind # is the number's place, as /database/queries.");
        const auto count = count_in(*value);
        if (!count)
            throw unreadable(ExitCode::usage, name(),
                             fmt::format("there is no whole number from 0 on there, but {} {}",
                                         value->is_array() || value->is_object() ? "an" : "a",
                                         value->type_name()),
                             "Behind # is the number's place, as /database/queries.");
        return count;
    }
    std::string name() const override { return name_; }

  private:
    http::Answer asked() const {
        try {
            return http::exchange(request_, tls_, timeout_);
        } catch (const Error& error) {
            if (core::Interrupt::requested()) return {};
            throw unreadable(error.code(), name(), error.what(), error.remedy());
        }
    }

    http::RequestSpec request_;
    std::vector<std::string> parts_;
    std::string name_;
    net::TlsOptions tls_;
    core::Nanoseconds timeout_;
};

} // namespace

std::optional<std::uint64_t> count_from_text(std::string_view text) {
    text = core::trimmed(text);
    const char* const end = text.data() + text.size();
    std::uint64_t count = 0;
    const auto whole = std::from_chars(text.data(), end, count);
    if (text.empty()) return {};
    if (whole.ec == std::errc() && whole.ptr == end) return count;
    double number = 0;
    const auto real = std::from_chars(text.data(), end, number);
    if (real.ec != std::errc() || real.ptr != end || !(number >= 0) || number > k_most_exact ||
        number != std::floor(number))
        return {};
    return static_cast<std::uint64_t>(number);
}

std::unique_ptr<OriginCounter> make_command_counter(std::string command, core::Nanoseconds limit) {
    return std::make_unique<CommandCounter>(std::move(command), limit);
}

std::unique_ptr<OriginCounter> make_url_counter(CounterUrl at, net::TlsOptions tls,
                                                core::Nanoseconds timeout) {
    return std::make_unique<UrlCounter>(std::move(at), std::move(tls), timeout);
}

} // namespace roacache::bench
