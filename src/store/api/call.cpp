#include "src/store/api/call.hpp"

#include "src/core/ascii.hpp"
#include "src/core/secret.hpp"
#include "src/http/exchange.hpp"
#include "src/http/first_character.hpp"
#include "src/output/text.hpp"

#include <cmath>
#include <fmt/core.h>
#include <utility>

namespace roacache::store::api {
namespace {

using core::ExitCode;
using Json = nlohmann::json;

constexpr const char* k_token_remedy =
    "Give the token of somebody who may: --token-file FILE or ROACACHE_TOKEN.";
constexpr const char* k_start_remedy = "The service's own log says why; ping --wait DUR waits for it.";

const Json* member(const Json& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(name));
    return found == object.end() ? nullptr : &*found;
}

/// What lies deeper is left out: no answer of such a service is like that, and depth costs stack.
constexpr int k_deepest = 32;

Json parsed_answer(const std::string& body) {
    return Json::parse(
        body, [](int depth, Json::parse_event_t, const Json&) { return depth <= k_deepest; }, false);
}

std::string without_token(std::string text, const std::string& token) {
    for (std::size_t at = text.find(token); !token.empty() && at != std::string::npos;
         at = text.find(token, at + core::k_hidden.size()))
        text.replace(at, token.size(), core::k_hidden);
    return text;
}

/// Careless services repeat what they were sent.
void hide_token(Json& answer, const std::string& token) {
    if (answer.is_string()) answer = without_token(answer.get<std::string>(), token);
    if (answer.is_array())
        for (Json& element : answer)
            hide_token(element, token);
    if (!answer.is_object()) return;
    Json clean = Json::object();
    for (auto& [name, value] : answer.items()) {
        hide_token(value, token);
        clean[without_token(name, token)] = std::move(value);
    }
    answer = std::move(clean);
}

/// What a service of this kind says while its cache has not started: its own 503 within a 500.
bool tells_of_no_start(int status, const std::string& said) {
    const std::string text = core::to_lower(said);
    const bool named =
        text.find("not initiali") != std::string::npos || text.find("not_initiali") != std::string::npos;
    return status == 500 && (named || text.find("503") != std::string::npos);
}

} // namespace

net::Url checked_base(net::Url base) {
    if (base.target.find('?') != std::string::npos)
        throw core::Error(
            ExitCode::usage,
            fmt::format("bad URL: {}: the base of a management API has no query", base.redacted()),
            "Give it as http://HOST/api/cache.");
    base.target.resize(base.target.find_last_not_of('/') + 1);
    return base;
}

Call::Call(const Access& access, const Question& question) : access_(&access) {
    http::RequestSpec spec;
    spec.url = checked_base(access.base);
    spec.url.target += question.path;
    name_ = fmt::format("{}: {} {}", question.doing, question.method, spec.url.redacted());
    spec.method = question.method;
    spec.headers.emplace_back("Accept", "application/json");
    if (!access.token.empty()) spec.headers.emplace_back("Authorization", "Bearer " + access.token);
    if (!question.body.is_null()) {
        spec.headers.emplace_back("Content-Type", "application/json");
        spec.body = question.body.dump();
    }
    core::Deadline deadline = core::Deadline::in(access.timeout);
    if (question.outlasts_interrupts) deadline = deadline.through_interrupts();
    const http::Answer answer = http::exchange(std::move(spec), access.tls, deadline);
    json_ = parsed_answer(answer.body);
    if (!access.token.empty()) hide_token(json_, access.token);
    check(answer.status, answer.location, answer.body, question.acts);
}

bool Call::is_wrapped() const {
    const Json* data = member(json_, "data");
    return data != nullptr && data->is_object();
}

const Json* Call::field(std::string_view name) const {
    if (const Json* own = member(json_, name)) return own;
    return is_wrapped() ? member(*member(json_, "data"), name) : nullptr;
}

std::optional<bool> Call::flag(std::string_view name) const {
    const Json* found = field(name);
    return found != nullptr && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

std::optional<std::uint64_t> Call::count(std::string_view name) const {
    return count_in(field(name));
}

std::optional<core::Untrusted> Call::text(std::string_view name) const {
    const Json* found = field(name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return core::Untrusted(found->get<std::string>());
}

bool Call::required_flag(std::string_view name) const {
    const auto found = flag(name);
    if (!found) throw refusal(fmt::format(": the answer has no {}", name), access_->base_remedy);
    return *found;
}

core::Error Call::failure(ExitCode code, const std::string& why, std::string remedy) const {
    return {code, name_ + why, std::move(remedy)};
}

std::string Call::shown(std::string text) const {
    constexpr std::size_t k_longest = 200;
    text = without_token(std::move(text), access_->token);
    return output::printable(output::beginning(text, k_longest));
}

/// The reason that the answer gives, behind a colon; empty where it gives none. `detail` is a text or, of
/// values that do not fit, a list.
std::string Call::said() const {
    for (const char* name : {"detail", "message", "error"}) {
        const Json* found = field(name);
        if (found != nullptr && found->is_array() && !found->empty()) found = member(found->front(), "msg");
        if (found != nullptr && found->is_object()) found = member(*found, "message");
        if (found != nullptr && found->is_string() && !found->get_ref<const std::string&>().empty())
            return ": " + shown(found->get<std::string>());
    }
    return {};
}

/// Any other answer may be of a login, a proxy, or a service that has caught its own failure.
void Call::check_success(const std::string& reason, bool required) const {
    const Json* const own = member(json_, "success");
    const Json* const inner = is_wrapped() ? member(*member(json_, "data"), "success") : nullptr;
    const auto denies = [](const Json* success) {
        return success != nullptr && !(success->is_boolean() && success->get<bool>());
    };
    if (denies(own) || denies(inner)) throw refusal(reason.empty() ? ": without success" : reason);
    if (required && own == nullptr && inner == nullptr)
        throw refusal(": the answer does not say that it was done (success: true)" + reason,
                      access_->base_remedy);
}

void Call::check(int status, const std::string& location, const std::string& body, bool acts) const {
    const std::string reason = said();
    const auto refuse = [&](ExitCode code, const std::string& why, std::string remedy) {
        throw StatusError(status, code, fmt::format("{}: {}{}", name_, status, why), std::move(remedy));
    };
    if (status == 401 || status == 403) refuse(ExitCode::refused, reason, k_token_remedy);
    if (status >= 300 && status < 400)
        refuse(ExitCode::refused,
               location.empty() ? ": a redirect, which is not followed"
                                : fmt::format(": a redirect to {}, which is not followed",
                                              shown(net::redact_url_text(location))),
               "A login page, or another scheme or host? Give the API's own URL and a token: --token-file "
               "FILE or ROACACHE_TOKEN.");
    if (tells_of_no_start(status, reason + body.substr(0, 1000)))
        refuse(ExitCode::unreachable,
               reason.empty() ? ": the service's cache is not initialised"
                              : reason + " (its cache is not initialised)",
               k_start_remedy);
    if (status >= 502 && status <= 504)
        refuse(ExitCode::unreachable, reason, "The service itself did not answer: is it running?");
    if (status == 405)
        refuse(ExitCode::refused, reason.empty() ? ": not by this method" : reason, access_->base_remedy);
    if (status >= 500) refuse(ExitCode::refused, reason, "The service's own log says why.");
    if (status < 200 || status > 299) refuse(ExitCode::refused, reason, access_->base_remedy);
    if (acts && status == 204) return; // done, and no more to be said
    if (json_.is_discarded())
        throw refusal(http::is_web_page(body) ? ": the answer is a web page and no JSON"
                                              : ": the answer is no JSON",
                      access_->base_remedy);
    check_success(reason, acts);
}

std::optional<std::uint64_t> count_in(const Json* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_number_unsigned()) return value->get<std::uint64_t>();
    if (value->is_number_integer() && value->get<std::int64_t>() >= 0)
        return static_cast<std::uint64_t>(value->get<std::int64_t>());
    if (value->is_number_float()) {
        const double number = value->get<double>();
        if (number >= 0 && number < 9e15 && number == std::floor(number))
            return static_cast<std::uint64_t>(number);
    }
    return std::nullopt;
}

std::optional<double> number_in(const Json* value) {
    if (value == nullptr || !value->is_number() || !std::isfinite(value->get<double>())) return std::nullopt;
    return value->get<double>();
}

} // namespace roacache::store::api
