#include "src/demo/endpoints.hpp"

#include "src/demo/api_error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace roacache::demo {
namespace {

constexpr std::size_t k_longest_text = 100;

Parameter integer_parameter(std::string_view name, Params standard, std::int64_t low, std::int64_t high) {
    return {name, ParameterKind::integer, std::move(standard), low, high};
}

Parameter flag_parameter(std::string_view name) {
    return {name, ParameterKind::flag, false};
}

Parameter text_parameter(std::string_view name, std::string_view standard,
                         std::vector<std::string_view> choices = {}) {
    return {name, ParameterKind::text, standard, 0, 0, std::move(choices)};
}

[[noreturn]] void refuse(const Parameter& parameter, const std::string& why) {
    throw ApiError(422, fmt::format("{}: {}", parameter.name, why));
}

Params read_integer(const Parameter& parameter, const std::string& given) {
    std::int64_t value = 0;
    const char* end = given.data() + given.size();
    const auto [stop, error] = std::from_chars(given.data(), end, value);
    if (error != std::errc() || stop != end || value < parameter.low || value > parameter.high)
        refuse(parameter, fmt::format("must be a whole number from {} to {}", parameter.low, parameter.high));
    return value;
}

Params read_flag(const Parameter& parameter, const std::string& given) {
    if (given == "true" || given == "1") return true;
    if (given == "false" || given == "0") return false;
    refuse(parameter, "must be true or false");
}

Params read_text(const Parameter& parameter, const std::string& given) {
    const auto& choices = parameter.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), given) == choices.end())
        refuse(parameter, fmt::format("must be one of {}", fmt::join(choices, ", ")));
    if (given.size() > k_longest_text || !output::is_utf8(given))
        refuse(parameter, fmt::format("must be UTF-8 of at most {} bytes", k_longest_text));
    return given;
}

} // namespace

const std::vector<Endpoint>& endpoints() {
    static const Parameter company = integer_parameter("company", nullptr, 1, 1'000'000'000);
    static const std::vector<Endpoint> all{
        {"/api/dashboard/summary", "dashboard_summary", {company}, dashboard_summary},
        {"/api/dashboard/trends",
         "dashboard_trends",
         {company, text_parameter("period", "12m", {"30d", "90d", "12m", "24m"}), flag_parameter("compare")},
         dashboard_trends},
        {"/api/dashboard/detailed-data",
         "dashboard_detailed_data",
         {company, text_parameter("partner", "CLIENTI", {"CLIENTI", "FURNIZORI"})},
         dashboard_detailed_data},
        {"/api/dashboard/performance", "dashboard_performance", {company}, dashboard_performance},
        {"/api/dashboard/cashflow",
         "dashboard_cashflow",
         {company, integer_parameter("months", 12, 1, 120)},
         dashboard_cashflow},
        {"/api/dashboard/maturity", "dashboard_maturity", {company}, dashboard_maturity},
        {"/api/invoices",
         "invoices_list",
         {company, text_parameter("partner", "", {"", "CLIENTI", "FURNIZORI"}), flag_parameter("unpaid"),
          integer_parameter("page", 1, 1, 1'000'000)},
         invoices_list},
        {"/api/invoices/summary", "invoices_summary", {company}, invoices_summary},
        {"/api/companies", "companies_list", {text_parameter("search", "")}, companies_list},
        {"/api/treasury", "treasury_data", {company}, treasury_data},
    };
    return all;
}

Params read_params(const Endpoint& endpoint, const std::multimap<std::string, std::string>& given) {
    Params params = Params::object();
    for (const Parameter& parameter : endpoint.parameters) {
        const std::string name(parameter.name);
        const auto after = given.upper_bound(name);
        const bool present = after != given.begin() && std::prev(after)->first == name;
        if (!present) {
            if (parameter.standard.is_null())
                throw ApiError(400, fmt::format("{}: the parameter is required, as in {}?{}=1", name,
                                                endpoint.path, name));
            params[name] = parameter.standard;
            continue;
        }
        const std::string& value = std::prev(after)->second;
        switch (parameter.kind) {
        case ParameterKind::integer:
            params[name] = read_integer(parameter, value);
            break;
        case ParameterKind::flag:
            params[name] = read_flag(parameter, value);
            break;
        case ParameterKind::text:
            params[name] = read_text(parameter, value);
            break;
        }
    }
    return params;
}

} // namespace roacache::demo
