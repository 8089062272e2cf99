#include "src/demo/ledger/schema.hpp"
#include "src/demo/origin/queries.hpp"
#include "src/demo/origin/sql.hpp"

namespace roacache::demo {

using store::sqlite::Database;

namespace {

// One pass over the invoices for all three parts of the answer, distinguished by the first column.
constexpr std::string_view k_performance = R"sql(
, delays AS MATERIALIZED (
    SELECT kind, partner_id, partner, substr(last_paid, 1, 4) AS year,
           CAST(julianday(last_paid) - julianday(due) AS INTEGER) AS days
    FROM state WHERE paid >= total
), ranked AS (
    SELECT kind, year, days, ROW_NUMBER() OVER side AS place, COUNT(*) OVER (PARTITION BY kind, year) AS of
    FROM delays WINDOW side AS (PARTITION BY kind, year ORDER BY days)
), slow AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY kind ORDER BY 1.0 * days / invoices DESC, partner_id) AS place
    FROM (SELECT kind, partner_id, partner, COUNT(*) AS invoices, SUM(days) AS days FROM delays GROUP BY partner_id)
)
SELECT 'open' AS part, kind, 0 AS place, '' AS name, SUM(total - paid),
       SUM(CASE WHEN issued > date(?2, '-365 days') THEN total ELSE 0 END), 0, 0, 0
FROM state GROUP BY kind
UNION ALL
SELECT 'years', kind, 0, year, MAX(of), SUM(days), SUM(days <= 0),
       MAX(CASE WHEN place = (of + 1) / 2 THEN days END), MAX(CASE WHEN place = (of * 9 + 9) / 10 THEN days END)
FROM ranked GROUP BY kind, year
UNION ALL
SELECT 'slow', kind, place, partner, invoices, days, partner_id, 0, 0 FROM slow WHERE place <= 5
ORDER BY part, kind, place, name)sql";

Json mean(std::int64_t sum, std::int64_t count) {
    if (count == 0) return nullptr;
    return rounded(static_cast<double>(sum) / static_cast<double>(count));
}

} // namespace

Json dashboard_performance(Database& ledger, const Params& params) {
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}};
    auto row = query(ledger, with_invoice_state(k_performance), params.at("company").get<std::int64_t>(),
                     k_ledger_as_of);
    // Days that sales and purchases stay open: what is open, over a day's invoicing of the last year.
    Json dso = nullptr, dpo = nullptr, years = Json::array(), slowest = Json::array();
    while (row.step()) {
        const std::string_view part = row.text(0);
        if (part == "open")
            (row.text(1) == "CLIENTI" ? dso : dpo) = mean(365 * row.integer(4), row.integer(5));
        else if (part == "years")
            years.push_back({{"partner", text(row, 1)},
                             {"year", text(row, 3)},
                             {"paid_invoices", row.integer(4)},
                             {"mean_days", mean(row.integer(5), row.integer(4))},
                             {"median_days", row.integer(7)},
                             {"p90_days", row.integer(8)},
                             {"on_time_percent", percent(row.integer(6), row.integer(4))}});
        else
            slowest.push_back({{"partner", text(row, 1)},
                               {"id", row.integer(6)},
                               {"name", text(row, 3)},
                               {"paid_invoices", row.integer(4)},
                               {"mean_days", mean(row.integer(5), row.integer(4))}});
    }
    answer["dso_days"] = std::move(dso);
    answer["dpo_days"] = std::move(dpo);
    answer["payment_delays"] = std::move(years);
    answer["slowest_partners"] = std::move(slowest);
    return answer;
}

Json dashboard_cashflow(Database& ledger, const Params& params) {
    const auto months = params.at("months").get<std::int64_t>();
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}, {"months", months}};
    const auto company = params.at("company").get<std::int64_t>();
    auto month = query(ledger, R"sql(
WITH monthly AS (
    SELECT substr(t.booked_on, 1, 7) AS month, SUM(MAX(t.amount, 0)) AS incoming, SUM(MIN(t.amount, 0)) AS outgoing,
           SUM(CASE WHEN t.category IN ('încasări', 'plăți') THEN 0 ELSE t.amount END) AS running_costs
    FROM treasury_transactions t JOIN treasury_accounts a ON a.id = t.account_id
    WHERE a.company_id = ?1 GROUP BY month
), balances AS (
    SELECT *, (SELECT SUM(opening) FROM treasury_accounts WHERE company_id = ?1)
              + SUM(incoming + outgoing) OVER (ORDER BY month) AS balance
    FROM monthly
)
SELECT month, incoming, outgoing, running_costs, balance FROM balances ORDER BY month DESC LIMIT ?2)sql",
                       company, months);
    Json history = Json::array();
    while (month.step())
        history.push_back({{"month", text(month, 0)},
                           {"in", lei(month.integer(1))},
                           {"out", lei(-month.integer(2))},
                           {"net", lei(month.integer(1) + month.integer(2))},
                           {"running_costs", lei(-month.integer(3))},
                           {"closing_balance", lei(month.integer(4))}});
    answer["history"] = std::move(history);

    auto week = query(ledger, with_invoice_state(R"sql(
, expected AS (
    SELECT CASE WHEN due <= ?2 THEN 0 ELSE CAST((julianday(due) - julianday(?2) + 6) / 7 AS INTEGER) END AS week,
           CASE kind WHEN 'CLIENTI' THEN total - paid ELSE paid - total END AS amount
    FROM state WHERE paid < total
)
SELECT week, SUM(MAX(amount, 0)), SUM(MIN(amount, 0)), SUM(SUM(amount)) OVER (ORDER BY week)
FROM expected WHERE week <= 8 GROUP BY week ORDER BY week)sql"),
                      company, k_ledger_as_of);
    Json forecast = Json::array();
    while (week.step())
        forecast.push_back({{"week", week.integer(0)},
                            {"to_collect", lei(week.integer(1))},
                            {"to_pay", lei(-week.integer(2))},
                            {"cumulated", lei(week.integer(3))}});
    answer["forecast"] = std::move(forecast);
    return answer;
}

Json dashboard_maturity(Database& ledger, const Params& params) {
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}};
    auto row = query(ledger, with_invoice_state(R"sql(
, aged AS (
    SELECT kind, id, number, partner, due, total - paid AS balance,
           CASE WHEN due >= ?2 THEN 0 ELSE MIN(4, 1 + CAST((julianday(?2) - julianday(due) - 1) / 30 AS INTEGER)) END AS age
    FROM state WHERE paid < total
), ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY kind, age ORDER BY balance DESC, id) AS place,
           COUNT(*) OVER (PARTITION BY kind, age) AS invoices, SUM(balance) OVER (PARTITION BY kind, age) AS open,
           SUM(balance) OVER (PARTITION BY kind) AS all_open
    FROM aged
)
SELECT kind, age, invoices, open, all_open, id, number, partner, due, balance
FROM ranked WHERE place <= 3 ORDER BY kind, age, place)sql"),
                     params.at("company").get<std::int64_t>(), k_ledger_as_of);
    static constexpr const char* k_ages[] = {"not due", "1-30 days", "31-60 days", "61-90 days",
                                             "over 90 days"};
    Json buckets = Json::array();
    while (row.step()) {
        const char* age = k_ages[row.integer(1)];
        if (buckets.empty() || buckets.back()["partner"] != row.text(0) || buckets.back()["age"] != age)
            buckets.push_back({{"partner", text(row, 0)},
                               {"age", age},
                               {"invoices", row.integer(2)},
                               {"open", lei(row.integer(3))},
                               {"share_percent", percent(row.integer(3), row.integer(4))},
                               {"largest", Json::array()}});
        buckets.back()["largest"].push_back({{"id", row.integer(5)},
                                             {"number", text(row, 6)},
                                             {"partner", text(row, 7)},
                                             {"due", text(row, 8)},
                                             {"open", lei(row.integer(9))}});
    }
    answer["buckets"] = std::move(buckets);
    return answer;
}

} // namespace roacache::demo
