#include "src/store/api/toggle.hpp"

#include "src/core/error.hpp"
#include "src/http/exchange.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace roacache::store {
namespace {

using Json = nlohmann::json;

constexpr const char* k_token_remedy =
    "Give the token of somebody who may: --token-file FILE or ROACACHE_TOKEN.";
constexpr const char* k_url_remedy =
    "Is --toggle-url the base of the service's management API, as http://HOST/api/cache?";

using Scope = ManagementSwitch::Scope;

const char* word(bool on) {
    return on ? "on" : "off";
}

/// A field of the answer, or of what is wrapped in it.
const Json* find(const Json& answer, const char* name) {
    if (!answer.is_object()) return nullptr;
    if (const auto found = answer.find(name); found != answer.end()) return &*found;
    const auto data = answer.find("data");
    if (data == answer.end() || !data->is_object()) return nullptr;
    const auto found = data->find(name);
    return found == data->end() ? nullptr : &*found;
}

std::optional<bool> flag(const Json& answer, const char* name) {
    const Json* found = find(answer, name);
    return found != nullptr && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

/// What the service says of it, behind a colon; empty when it says nothing.
std::string said(const Json& answer, const std::string& token) {
    constexpr std::size_t k_longest = 200;
    for (const char* name : {"detail", "message"})
        if (const Json* text = find(answer, name); text != nullptr && text->is_string()) {
            std::string reason = text->get<std::string>();
            for (std::size_t at = reason.find(token); !token.empty() && at != std::string::npos;
                 at = reason.find(token, at + 3))
                reason.replace(at, token.size(), "***");
            return ": " + output::printable(output::beginning(reason, k_longest));
        }
    return {};
}

} // namespace

/// One question to the API and its answer.
class Toggle::Call {
  public:
    Call(const Options& options, std::string method, const std::string& path, const Json& body)
        : options_(options) {
        http::RequestSpec spec;
        spec.url = options.by.base;
        spec.url.target = spec.url.target.substr(0, spec.url.target.find_last_not_of('/') + 1) + path;
        name_ = fmt::format("{} {}", method, spec.url.redacted());
        spec.method = std::move(method);
        if (!options.by.token.empty())
            spec.headers.emplace_back("Authorization", "Bearer " + options.by.token);
        if (!body.is_null()) {
            spec.headers.emplace_back("Content-Type", "application/json");
            spec.body = body.dump();
        }
        const http::Answer answer = http::exchange(std::move(spec), options.tls, options.timeout);
        json_ = Json::parse(answer.body, nullptr, false);
        check(answer.status);
    }

    /// A field that has to be there.
    bool flag_of(const char* name) const {
        const auto found = flag(json_, name);
        if (!found) throw refusal(fmt::format(": the answer has no {}", name), k_url_remedy);
        return *found;
    }
    std::optional<bool> flag_if_any(const char* name) const { return flag(json_, name); }
    core::Error refusal(const std::string& why, const char* remedy = "") const {
        return {core::ExitCode::refused, fmt::format("cannot toggle the cache: {}{}", name_, why), remedy};
    }

  private:
    void check(int status) const {
        const std::string reason = said(json_, options_.by.token);
        if (status == 401 || status == 403)
            throw refusal(fmt::format(": {}{}", status, reason), k_token_remedy);
        if (status < 200 || status > 299) throw refusal(fmt::format(": {}{}", status, reason), k_url_remedy);
        if (json_.is_discarded()) throw refusal(": the answer is no JSON", k_url_remedy);
        if (flag(json_, "success") == false) throw refusal(reason.empty() ? ": without success" : reason);
    }

    const Options& options_;
    std::string name_; // `POST http://…`
    Json json_;
};

Toggle::Toggle(Options options) : options_(std::move(options)) {
    const Call stats(options_, "GET", "/stats", nullptr);
    before_ = stats.flag_of(options_.by.scope == Scope::user ? "user_enabled" : "global_enabled");
    now_ = before_;
    if (options_.by.scope == Scope::user && stats.flag_if_any("global_enabled") == false)
        throw stats.refusal(": the cache is off for everybody, so that a user's switch does nothing",
                            "Switch it on first, or use --toggle global.");
}

void Toggle::set(bool on) {
    now_.reset();
    const bool user = options_.by.scope == Scope::user;
    const Call call(options_, "POST", user ? "/toggle-user" : "/toggle-global", Json{{"enabled", on}});
    if (call.flag_of(user ? "cache_enabled" : "global_enabled") != on)
        throw call.refusal(fmt::format(": it answers that the cache is still {}", word(!on)));
    now_ = on;
}

void Toggle::restore() {
    if (now_ != before_) set(before_);
}

} // namespace roacache::store
