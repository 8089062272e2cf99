#pragma once

#include "src/http/request.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace roacache::bench {

/// Values that the requests of an endpoint have in turn, where its URL, headers or body hold `{name}`.
struct Parameter {
    std::string name;
    std::vector<std::string> values; ///< at least one; in a URL they are percent-encoded
};

/// How many requests differ: as many as the longest list has values, 1 without parameters. The shorter lists
/// begin anew.
std::size_t request_count(const std::vector<Parameter>& parameters);

/// Request number `index`, below request_count(). `{name}` of no parameter stays as it is, and so does what a
/// value brings in.
http::RequestSpec with_values(http::RequestSpec request, const std::vector<Parameter>& parameters,
                              std::size_t index);

} // namespace roacache::bench
