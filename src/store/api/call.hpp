#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/untrusted.hpp"
#include "src/net/tls.hpp"
#include "src/net/url.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::api {

/// Where a service's management API is, and how it lets one in.
struct Access {
    net::Url base;          ///< of kind http, without a query
    std::string token = {}; ///< bearer; empty: none is sent
    net::TlsOptions tls = {};
    core::Nanoseconds timeout = std::chrono::seconds(5); ///< for one question and its answer
    /// What may be wrong where the base leads to no management API.
    std::string base_remedy =
        "Is the URL the base of the service's management API, as http://HOST/api/cache?";
};

/// The base without a slash at its end. Throws core::Error(usage) for one with a query.
net::Url checked_base(net::Url base);

/// What one call asks.
struct Question {
    std::string doing; ///< what a message begins with: `cannot toggle the cache`
    std::string method = "GET";
    std::string path;              ///< behind the base: `/stats`
    nlohmann::json body = nullptr; ///< null: none
    /// Something is to be done: the answer has to say that it was, by `success: true` or the status 204.
    bool acts = false;
    /// Something is put back: an interrupt does not cut it short.
    bool outlasts_interrupts = false;
};

/// The service answered with a status that is none of success.
class StatusError : public core::Error {
  public:
    StatusError(int status, core::ExitCode code, const std::string& message, std::string remedy)
        : core::Error(code, message, std::move(remedy)), status_(status) {}
    int status() const { return status_; }

  private:
    int status_;
};

/// One question to a management API, over a connection of its own, and its answer. Redirects are not
/// followed. What the service says is never printed but shortened, printable and without the token.
class Call {
  public:
    /// Throws core::Error: unreachable where there is no whole answer in time, where a proxy says that the
    /// service is away (502, 503, 504), or the service that its cache is not initialised; refused for every
    /// other status but 2xx (a StatusError), for what is no JSON, for a `success` that is not `true`, and for
    /// one that is missing where something was to be done.
    Call(const Access& access, const Question& question);

    /// All of it, without the token and without what lies deeper than services go.
    const nlohmann::json& answer() const { return json_; }
    /// Whether it is wrapped: `{"success": …, "data": {…}}`.
    bool is_wrapped() const;

    /// A field of the answer or of its `data`; null where there is none.
    const nlohmann::json* field(std::string_view name) const;
    /// Absent where there is no such field, or one of another type.
    std::optional<bool> flag(std::string_view name) const;
    std::optional<std::uint64_t> count(std::string_view name) const;
    std::optional<core::Untrusted> text(std::string_view name) const;

    /// A field that has to be there; throws core::Error(refused).
    bool required_flag(std::string_view name) const;

    /// `DOING: METHOD URL` and `why`, which begins with its own colon.
    core::Error failure(core::ExitCode code, const std::string& why, std::string remedy = {}) const;
    core::Error refusal(const std::string& why, std::string remedy = {}) const {
        return failure(core::ExitCode::refused, why, std::move(remedy));
    }
    /// What somebody else wrote as a message may show it.
    std::string shown(std::string text) const;

  private:
    void check(int status, const std::string& location, const std::string& body, bool acts) const;
    void check_success(const std::string& reason, bool required) const;
    std::string said() const;

    const Access* access_; ///< outlives this
    std::string name_;     ///< `cannot toggle the cache: POST http://…`
    nlohmann::json json_;
};

/// A number that is none below zero; absent for anything else.
std::optional<std::uint64_t> count_in(const nlohmann::json* value);
std::optional<double> number_in(const nlohmann::json* value);

} // namespace roacache::store::api
