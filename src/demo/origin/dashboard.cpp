#include "src/demo/ledger/schema.hpp"
#include "src/demo/origin/queries.hpp"
#include "src/demo/origin/sql.hpp"

namespace roacache::demo {

using store::sqlite::Database;

Json dashboard_summary(Database& ledger, const Params& params) {
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}};
    const auto company = params.at("company").get<std::int64_t>();
    auto row = query(ledger, with_invoice_state(R"sql(
SELECT kind, COUNT(*), COUNT(DISTINCT partner_id), SUM(total), SUM(paid), SUM(total - paid),
       SUM(due < ?2 AND paid < total), SUM(CASE WHEN due < ?2 THEN total - paid ELSE 0 END),
       SUM(CASE WHEN substr(issued, 1, 4) = substr(?2, 1, 4) THEN total ELSE 0 END),
       SUM(CASE WHEN substr(issued, 1, 7) = substr(?2, 1, 7) THEN total ELSE 0 END)
FROM state GROUP BY kind ORDER BY kind)sql"),
                     company, k_ledger_as_of);
    for (const char* name : {"clients", "suppliers"}) {
        Json side{{"invoices", 0},    {"partners", 0},         {"invoiced", 0.0}, {"paid", 0.0},
                  {"balance", 0.0},   {"overdue_invoices", 0}, {"overdue", 0.0},  {"paid_percent", nullptr},
                  {"this_year", 0.0}, {"this_month", 0.0}};
        answer[name] = std::move(side);
    }
    while (row.step())
        answer[row.text(0) == "CLIENTI" ? "clients" : "suppliers"] = {
            {"invoices", row.integer(1)},       {"partners", row.integer(2)},
            {"invoiced", lei(row.integer(3))},  {"paid", lei(row.integer(4))},
            {"balance", lei(row.integer(5))},   {"overdue_invoices", row.integer(6)},
            {"overdue", lei(row.integer(7))},   {"paid_percent", percent(row.integer(4), row.integer(3))},
            {"this_year", lei(row.integer(8))}, {"this_month", lei(row.integer(9))}};
    auto balance = query(ledger, R"sql(
SELECT COALESCE(SUM(opening), 0) + COALESCE((SELECT SUM(t.amount) FROM treasury_transactions t
                                             JOIN treasury_accounts b ON b.id = t.account_id
                                             WHERE b.company_id = ?1), 0)
FROM treasury_accounts WHERE company_id = ?1)sql",
                         company);
    balance.step();
    answer["treasury_balance"] = lei(balance.integer(0));
    return answer;
}

namespace {

struct Period {
    const char* modifier; ///< for SQLite's date()
    int bucket;           ///< leading characters of a day that make the bucket: 7 months, 10 days
};

Period period_of(const std::string& name) {
    if (name == "30d") return {"-30 days", 10};
    if (name == "90d") return {"-90 days", 10};
    if (name == "24m") return {"-24 months", 7};
    return {"-12 months", 7};
}

/// What was invoiced and paid in each bucket of the period that ends `shift` before the ledger's last day.
Json trend_series(Database& ledger, std::int64_t company, const Period& period, const char* shift) {
    auto row = query(ledger, R"sql(
WITH span AS (SELECT date(date(?2, ?5), ?3) AS first, date(?2, ?5) AS last),
moves AS (
    SELECT substr(i.issued, 1, ?4) AS bucket, p.kind, i.total AS invoiced, 0 AS paid
    FROM span, invoices i JOIN partners p ON p.id = i.partner_id
    WHERE i.company_id = ?1 AND i.issued > span.first AND i.issued <= span.last
    UNION ALL
    SELECT substr(y.paid_on, 1, ?4), p.kind, 0, y.amount
    FROM span, invoices i JOIN partners p ON p.id = i.partner_id JOIN payments y ON y.invoice_id = i.id
    WHERE i.company_id = ?1 AND y.paid_on > span.first AND y.paid_on <= span.last
),
totals AS (
    SELECT bucket,
           SUM(CASE WHEN kind = 'CLIENTI' THEN invoiced ELSE 0 END) AS sold,
           SUM(CASE WHEN kind = 'FURNIZORI' THEN invoiced ELSE 0 END) AS bought,
           SUM(CASE WHEN kind = 'CLIENTI' THEN paid ELSE 0 END) AS collected,
           SUM(CASE WHEN kind = 'FURNIZORI' THEN paid ELSE 0 END) AS paid
    FROM moves GROUP BY bucket
)
SELECT bucket, sold, bought, collected, paid,
       SUM(sold) OVER latest / COUNT(*) OVER latest,
       SUM(sold) OVER (ORDER BY bucket),
       LAG(sold) OVER (ORDER BY bucket)
FROM totals WINDOW latest AS (ORDER BY bucket ROWS 2 PRECEDING) ORDER BY bucket)sql",
                     company, k_ledger_as_of, period.modifier, period.bucket, shift);
    Json series = Json::array();
    while (row.step())
        series.push_back(
            {{"period", text(row, 0)},
             {"sold", lei(row.integer(1))},
             {"bought", lei(row.integer(2))},
             {"collected", lei(row.integer(3))},
             {"paid", lei(row.integer(4))},
             {"sold_moving_average", lei(row.integer(5))},
             {"sold_cumulated", lei(row.integer(6))},
             {"sold_change_percent",
              row.null(7) ? Json(nullptr) : percent(row.integer(1) - row.integer(7), row.integer(7))}});
    return series;
}

} // namespace

Json dashboard_trends(Database& ledger, const Params& params) {
    Json answer{
        {"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}, {"period", params.at("period")}};
    const auto company = params.at("company").get<std::int64_t>();
    const Period period = period_of(params.at("period").get<std::string>());
    answer["series"] = trend_series(ledger, company, period, "+0 days");
    if (params.at("compare").get<bool>())
        answer["year_before"] = trend_series(ledger, company, period, "-1 year");
    return answer;
}

Json dashboard_detailed_data(Database& ledger, const Params& params) {
    const auto kind = params.at("partner").get<std::string>();
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}, {"partner", kind}};
    auto row = query(ledger, with_invoice_state(R"sql(
, balances AS (
    SELECT partner_id, partner, COUNT(*) AS invoices, SUM(total) AS invoiced, SUM(paid) AS paid,
           SUM(total - paid) AS balance,
           SUM(CASE WHEN due < ?2 THEN total - paid ELSE 0 END) AS overdue,
           MIN(CASE WHEN paid < total THEN due END) AS oldest_due, MAX(issued) AS last_issued
    FROM state WHERE kind = ?3 GROUP BY partner_id
)
SELECT RANK() OVER (ORDER BY balance DESC), partner_id, partner, invoices, invoiced, paid, balance, overdue,
       oldest_due, last_issued, SUM(balance) OVER (),
       SUM(balance) OVER (ORDER BY balance DESC, partner_id ROWS UNBOUNDED PRECEDING)
FROM balances ORDER BY balance DESC, partner_id)sql"),
                     params.at("company").get<std::int64_t>(), k_ledger_as_of, kind);
    Json partners = Json::array();
    while (row.step())
        partners.push_back({{"rank", row.integer(0)},
                            {"id", row.integer(1)},
                            {"name", text(row, 2)},
                            {"invoices", row.integer(3)},
                            {"invoiced", lei(row.integer(4))},
                            {"paid", lei(row.integer(5))},
                            {"balance", lei(row.integer(6))},
                            {"overdue", lei(row.integer(7))},
                            {"oldest_due", row.null(8) ? Json(nullptr) : Json(text(row, 8))},
                            {"last_issued", text(row, 9)},
                            {"share_percent", percent(row.integer(6), row.integer(10))},
                            {"running_share_percent", percent(row.integer(11), row.integer(10))}});
    answer["partners"] = std::move(partners);
    return answer;
}

} // namespace roacache::demo
