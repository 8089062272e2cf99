#pragma once

#include "src/demo/origin/queries.hpp"

#include <concepts>
#include <string>
#include <string_view>

namespace roacache::demo {

/// Starts a query: a common table expression `state` of the company ?1's invoices with what has been paid of
/// each (columns id, partner_id, kind, partner, number, issued, due, net, vat, total, paid, last_paid).
std::string with_invoice_state(std::string_view rest);

/// Prepared, with ?1 onward bound to `values`.
template <typename... Values>
store::sqlite::Statement query(store::sqlite::Database& ledger, std::string_view sql,
                               const Values&... values) {
    store::sqlite::Statement statement = ledger.prepare(sql);
    int parameter = 0;
    const auto bind = [&](const auto& value) {
        if constexpr (std::integral<std::decay_t<decltype(value)>>)
            statement.bind(++parameter, static_cast<std::int64_t>(value));
        else
            statement.bind(++parameter, std::string_view(value));
    };
    (bind(values), ...);
    return statement;
}

/// `{id, name}` of the company that `params` names. Throws ApiError(404).
Json company_of(store::sqlite::Database& ledger, const Params& params);

/// Bani as lei.
double lei(std::int64_t bani);

/// 100 × part / whole with two decimals; null when there is no whole.
Json percent(std::int64_t part, std::int64_t whole);

/// Two decimals.
double rounded(double value);

std::string text(const store::sqlite::Statement& row, int column);

} // namespace roacache::demo
