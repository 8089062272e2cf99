#include "src/bench/model/parameter.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

/// One pass, so that a value is never searched for names.
template <typename Shown>
std::string filled(std::string_view text, const std::vector<Parameter>& parameters, std::size_t index,
                   Shown shown) {
    std::string result;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        result += text.substr(0, open);
        text.remove_prefix(open);
        const auto named =
            std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
                return text.starts_with("{" + parameter.name + "}");
            });
        if (named != parameters.end()) {
            result += shown(named->values[index % named->values.size()]);
            text.remove_prefix(named->name.size() + 2);
        } else if (!text.empty()) {
            result += '{';
            text.remove_prefix(1);
        }
    }
    return result;
}

} // namespace

std::size_t request_count(const std::vector<Parameter>& parameters) {
    std::size_t count = 1;
    for (const Parameter& parameter : parameters)
        count = std::max(count, parameter.values.size());
    return count;
}

http::RequestSpec with_values(http::RequestSpec request, const std::vector<Parameter>& parameters,
                              std::size_t index) {
    const auto as_it_is = [](const std::string& value) { return value; };
    const auto in_url = [](const std::string& value) { return net::percent_encode(value); };
    request.url.target = filled(request.url.target, parameters, index, in_url);
    for (auto& [name, value] : request.headers)
        value = filled(value, parameters, index, as_it_is);
    request.body = filled(request.body, parameters, index, as_it_is);
    return request;
}

} // namespace roacache::bench
