#pragma once

#include "src/layout/python_json.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_md_ctx_st;
struct evp_md_st;

namespace roacache::layout {

/// The keyword arguments of a cached call, by name. Values are stored as Python's json.dumps would write
/// them.
class Parameters {
  public:
    /// Reads a JSON object; what was there before is dropped, its memory reused. Throws core::Error(usage).
    void parse(std::string_view json);
    bool empty() const { return object_.members.empty(); }

    /// Each sets one parameter, replacing an earlier one of the same name. Names and texts are UTF-8; other
    /// bytes throw core::Error(usage), as does what is no JSON.
    void set_string(std::string_view name, std::string_view value);
    void set_integer(std::string_view name, std::int64_t value);
    void set_real(std::string_view name, double value); ///< a Python float: 1 is written `1.0`
    void set_bool(std::string_view name, bool value);
    void set_null(std::string_view name);
    void set_json(std::string_view name, std::string_view json);

    /// The value's canonical JSON; valid until the next change.
    std::optional<std::string_view> find(std::string_view name) const;

    /// Appends json.dumps(parameters, sort_keys=True), those named in `excluded` left out.
    void append_dumps(const std::vector<std::string>& excluded, std::string& out) const;

  private:
    template <typename AppendValue>
    void set(std::string_view name, AppendValue append_value);
    JsonObject object_;
};

/// How a service makes a hash of a call's parameters.
struct HashRule {
    std::string algorithm = "md5";     ///< as OpenSSL names it
    unsigned digits = 12;              ///< leading hexadecimal digits that are used
    std::vector<std::string> excluded; ///< parameters that take no part
};

/// Computes many hashes after one rule; not for use by several threads at once.
class ParamsHasher {
  public:
    /// Throws core::Error(usage) for an unknown algorithm or more digits than it gives.
    explicit ParamsHasher(HashRule rule = {});

    void append(const Parameters& parameters, std::string& out);
    std::string hash(const Parameters& parameters);

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
        void operator()(evp_md_st* digest) const;
    };
    HashRule rule_;
    std::unique_ptr<evp_md_st, Free> digest_;
    std::unique_ptr<evp_md_ctx_st, Free> context_;
    std::string text_;
};

/// One hash: 12 digits of MD5 unless the rule says otherwise. May be called from any thread.
std::string params_hash(const Parameters& parameters, const HashRule& rule = {});

} // namespace roacache::layout
