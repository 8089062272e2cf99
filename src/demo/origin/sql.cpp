#include "src/demo/origin/sql.hpp"

#include "src/demo/api_error.hpp"

#include <cmath>
#include <fmt/core.h>

namespace roacache::demo {

std::string with_invoice_state(std::string_view rest) {
    static constexpr std::string_view k_state = R"sql(
WITH state AS MATERIALIZED (
    SELECT i.id, i.partner_id, p.kind, p.name AS partner, i.number, i.issued, i.due, i.net, i.vat, i.total,
           COALESCE(SUM(y.amount), 0) AS paid, MAX(y.paid_on) AS last_paid
    FROM invoices i
    JOIN partners p ON p.id = i.partner_id
    LEFT JOIN payments y ON y.invoice_id = i.id
    WHERE i.company_id = ?1
    GROUP BY i.id
))sql";
    return std::string(k_state).append(rest);
}

Json company_of(store::sqlite::Database& ledger, const Params& params) {
    const auto id = params.at("company").get<std::int64_t>();
    auto row = query(ledger, "SELECT name FROM companies WHERE id = ?1", id);
    if (!row.step()) throw ApiError(404, fmt::format("company {} does not exist", id));
    return {{"id", id}, {"name", text(row, 0)}};
}

double lei(std::int64_t bani) {
    return static_cast<double>(bani) / 100.0;
}

Json percent(std::int64_t part, std::int64_t whole) {
    if (whole == 0) return nullptr;
    return rounded(100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

double rounded(double value) {
    return std::round(value * 100.0) / 100.0;
}

std::string text(const store::sqlite::Statement& row, int column) {
    return std::string(row.text(column));
}

} // namespace roacache::demo
