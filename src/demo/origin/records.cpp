#include "src/demo/api_error.hpp"
#include "src/demo/ledger/schema.hpp"
#include "src/demo/origin/queries.hpp"
#include "src/demo/origin/sql.hpp"

namespace roacache::demo {

using store::sqlite::Database;

Json invoices_list(Database& ledger, const Params& params) {
    constexpr std::int64_t k_page_size = 50;
    const auto page = params.at("page").get<std::int64_t>();
    const auto kind = params.at("partner").get<std::string>();
    Json answer{{"company", company_of(ledger, params)}, {"page", page}, {"page_size", k_page_size}};
    auto row = query(ledger, with_invoice_state(R"sql(
, wanted AS (
    SELECT * FROM state WHERE (?2 = '' OR kind = ?2) AND (NOT ?3 OR paid < total)
)
SELECT w.id, number, kind, partner_id, partner, issued, due, net, vat, w.total, paid, last_paid, t.count, t.total, t.open
FROM (SELECT COUNT(*) AS count, COALESCE(SUM(total), 0) AS total, COALESCE(SUM(total - paid), 0) AS open FROM wanted) t
LEFT JOIN (SELECT * FROM wanted ORDER BY issued DESC, id DESC LIMIT ?4 OFFSET ?5) w
ORDER BY issued DESC, w.id DESC)sql"),
                     params.at("company").get<std::int64_t>(), kind, params.at("unpaid").get<bool>(),
                     k_page_size, (page - 1) * k_page_size);
    Json items = Json::array();
    while (row.step()) {
        answer["count"] = row.integer(12);
        answer["pages"] = (row.integer(12) + k_page_size - 1) / k_page_size;
        answer["total"] = lei(row.integer(13));
        answer["open"] = lei(row.integer(14));
        if (row.null(0)) break; // a page beyond the last
        const bool open = row.integer(10) < row.integer(9);
        items.push_back({{"id", row.integer(0)},
                         {"number", text(row, 1)},
                         {"kind", text(row, 2)},
                         {"partner", {{"id", row.integer(3)}, {"name", text(row, 4)}}},
                         {"issued", text(row, 5)},
                         {"due", text(row, 6)},
                         {"net", lei(row.integer(7))},
                         {"vat", lei(row.integer(8))},
                         {"total", lei(row.integer(9))},
                         {"paid", lei(row.integer(10))},
                         {"last_paid", row.null(11) ? Json(nullptr) : Json(text(row, 11))},
                         {"status", !open                          ? "paid"
                                    : row.text(6) < k_ledger_as_of ? "overdue"
                                                                   : "open"}});
    }
    answer["items"] = std::move(items);
    return answer;
}

Json invoices_summary(Database& ledger, const Params& params) {
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}};
    auto row = query(ledger, with_invoice_state(R"sql(
SELECT kind, substr(issued, 1, 7) AS month, COUNT(*), SUM(net), SUM(vat), SUM(total), SUM(paid),
       SUM(paid >= total), SUM(paid < total AND due >= ?2), SUM(paid < total AND due < ?2)
FROM state GROUP BY kind, month ORDER BY kind, month DESC)sql"),
                     params.at("company").get<std::int64_t>(), k_ledger_as_of);
    Json months = Json::array();
    while (row.step())
        months.push_back(
            {{"partner", text(row, 0)},
             {"month", text(row, 1)},
             {"invoices", row.integer(2)},
             {"net", lei(row.integer(3))},
             {"vat", lei(row.integer(4))},
             {"total", lei(row.integer(5))},
             {"paid", lei(row.integer(6))},
             {"status", {{"paid", row.integer(7)}, {"open", row.integer(8)}, {"overdue", row.integer(9)}}}});
    answer["months"] = std::move(months);
    return answer;
}

Json companies_list(Database& ledger, const Params& params) {
    auto row = query(ledger, R"sql(
SELECT c.id, c.name, c.vat_code, c.city, c.active,
       (SELECT COUNT(*) FROM partners p WHERE p.company_id = c.id),
       (SELECT COUNT(*) FROM invoices i WHERE i.company_id = c.id),
       (SELECT MAX(issued) FROM invoices i WHERE i.company_id = c.id)
FROM companies c WHERE instr(lower(c.name), lower(?1)) > 0 ORDER BY c.name)sql",
                     params.at("search").get<std::string>());
    Json companies = Json::array();
    while (row.step())
        companies.push_back({{"id", row.integer(0)},
                             {"name", text(row, 1)},
                             {"vat_code", text(row, 2)},
                             {"city", text(row, 3)},
                             {"active", row.integer(4) != 0},
                             {"partners", row.integer(5)},
                             {"invoices", row.integer(6)},
                             {"last_issued", row.null(7) ? Json(nullptr) : Json(text(row, 7))}});
    return companies;
}

Json treasury_data(Database& ledger, const Params& params) {
    Json answer{{"company", company_of(ledger, params)}, {"as_of", k_ledger_as_of}};
    const auto company = params.at("company").get<std::int64_t>();
    auto row = query(ledger, R"sql(
SELECT a.id, a.name, a.iban, a.opening, COUNT(t.id), a.opening + COALESCE(SUM(t.amount), 0),
       COALESCE(SUM(CASE WHEN t.amount > 0 AND substr(t.booked_on, 1, 7) = substr(?2, 1, 7) THEN t.amount END), 0),
       COALESCE(SUM(CASE WHEN t.amount < 0 AND substr(t.booked_on, 1, 7) = substr(?2, 1, 7) THEN t.amount END), 0)
FROM treasury_accounts a LEFT JOIN treasury_transactions t ON t.account_id = a.id
WHERE a.company_id = ?1 GROUP BY a.id ORDER BY a.id)sql",
                     company, k_ledger_as_of);
    Json accounts = Json::array();
    std::int64_t balance = 0;
    while (row.step()) {
        balance += row.integer(5);
        accounts.push_back({{"id", row.integer(0)},
                            {"name", text(row, 1)},
                            {"iban", text(row, 2)},
                            {"opening", lei(row.integer(3))},
                            {"transactions", row.integer(4)},
                            {"balance", lei(row.integer(5))},
                            {"in_this_month", lei(row.integer(6))},
                            {"out_this_month", lei(-row.integer(7))}});
    }
    answer["balance"] = lei(balance);
    answer["accounts"] = std::move(accounts);

    auto latest = query(ledger, R"sql(
WITH latest AS (
    SELECT t.* FROM treasury_transactions t JOIN treasury_accounts a ON a.id = t.account_id
    WHERE a.company_id = ?1 ORDER BY t.booked_on DESC, t.id DESC LIMIT 25
)
SELECT t.id, t.account_id, t.booked_on, t.category, t.amount, i.number, p.name
FROM latest t
LEFT JOIN payments y ON y.id = t.payment_id
LEFT JOIN invoices i ON i.id = y.invoice_id
LEFT JOIN partners p ON p.id = i.partner_id
ORDER BY t.booked_on DESC, t.id DESC)sql",
                        company);
    Json transactions = Json::array();
    while (latest.step())
        transactions.push_back({{"id", latest.integer(0)},
                                {"account", latest.integer(1)},
                                {"booked_on", text(latest, 2)},
                                {"category", text(latest, 3)},
                                {"amount", lei(latest.integer(4))},
                                {"invoice", latest.null(5) ? Json(nullptr) : Json(text(latest, 5))},
                                {"partner", latest.null(6) ? Json(nullptr) : Json(text(latest, 6))}});
    answer["latest"] = std::move(transactions);
    return answer;
}

} // namespace roacache::demo
