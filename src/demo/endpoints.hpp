#pragma once

#include "src/demo/origin/queries.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

enum class ParameterKind { integer, flag, text };

/// A query parameter of an endpoint, and what takes its place when it is not given.
struct Parameter {
    std::string_view name;
    ParameterKind kind = ParameterKind::text;
    Params standard = nullptr; ///< null: the parameter is required
    std::int64_t low = 0;      ///< of an integer
    std::int64_t high = 0;
    std::vector<std::string_view> choices{}; ///< of a text; empty: any, up to 100 bytes
};

/// One cached read: where it is asked for, what it is called in keys, and what answers it.
struct Endpoint {
    std::string_view path;
    std::string_view resource;
    std::vector<Parameter> parameters;
    Query query;
};

/// All of them. To add one: a line here and its query.
const std::vector<Endpoint>& endpoints();

/// The call's parameters from a request's query string, complete and of their kinds; names that the endpoint
/// does not have are ignored, of equal names the last counts. Throws ApiError: 400 when a required one
/// is missing, 422 when a value is none of its kind.
Params read_params(const Endpoint& endpoint, const std::multimap<std::string, std::string>& given);

} // namespace roacache::demo
