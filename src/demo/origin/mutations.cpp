#include "src/demo/origin/mutations.hpp"

#include "src/demo/api_error.hpp"
#include "src/demo/ledger/schema.hpp"
#include "src/demo/origin/sql.hpp"

#include <cmath>
#include <fmt/core.h>
#include <optional>

namespace roacache::demo {
namespace {

using store::sqlite::Database;

constexpr std::int64_t k_vat_percent = 21;
constexpr double k_most_lei = 1e9;

[[noreturn]] void unprocessable(const char* field, const char* why) {
    throw ApiError(422, fmt::format("{}: {}", field, why));
}

const Params* field(const Params& body, const char* name) {
    const auto found = body.find(name);
    return found == body.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::int64_t> integer(const Params& body, const char* name) {
    const Params* value = field(body, name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer()) unprocessable(name, "must be a whole number");
    return value->get<std::int64_t>();
}

std::int64_t required_integer(const Params& body, const char* name) {
    const auto value = integer(body, name);
    if (!value) unprocessable(name, "is required");
    return *value;
}

std::optional<std::int64_t> bani(const Params& body, const char* name) {
    const Params* value = field(body, name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) unprocessable(name, "must be a number");
    const double amount = value->get<double>();
    if (!(std::abs(amount) <= k_most_lei)) unprocessable(name, "is out of range");
    return std::llround(amount * 100);
}

std::optional<std::string> optional_text(const Params& body, const char* name) {
    const Params* value = field(body, name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) unprocessable(name, "must be a text");
    auto text = value->get<std::string>();
    if (text.empty() || text.size() > 200) unprocessable(name, "must have 1 to 200 bytes");
    return text;
}

/// A day `YYYY-MM-DD` that exists; the ledger's last one when not given.
std::string day(Database& ledger, const Params& body, const char* name) {
    const auto given = optional_text(body, name);
    if (!given) return k_ledger_as_of;
    auto same = query(ledger, "SELECT date(?1, '+0 days') IS ?1", *given);
    same.step();
    if (same.integer(0) == 0) unprocessable(name, "must be a day such as 2025-12-31");
    return *given;
}

/// The account, which has to be the company's; its first one when not given.
std::int64_t account_of(Database& ledger, const Params& body, std::int64_t company) {
    const auto given = integer(body, "account");
    auto row =
        query(ledger, "SELECT MIN(id) FROM treasury_accounts WHERE company_id = ?1 AND (?2 = 0 OR id = ?2)",
              company, given.value_or(0));
    if (!row.step() || row.null(0)) throw ApiError(404, "account: the company has no such account");
    return row.integer(0);
}

} // namespace

Json create_invoice(Database& ledger, const Params& body) {
    const std::int64_t company = required_integer(body, "company");
    const std::int64_t partner = required_integer(body, "partner");
    const auto net = bani(body, "net");
    if (!net) unprocessable("net", "is required");
    if (*net <= 0) unprocessable("net", "must be more than 0");
    const std::string issued = day(ledger, body, "issued");
    company_of(ledger, body);
    auto row = query(ledger, R"sql(
SELECT kind, date(?3, '+' || payment_days || ' days'), (SELECT MAX(id) + 1 FROM invoices)
FROM partners WHERE id = ?1 AND company_id = ?2)sql",
                     partner, company, issued);
    if (!row.step())
        throw ApiError(404, fmt::format("partner {} of company {} does not exist", partner, company));
    const std::int64_t id = row.integer(2);
    const std::int64_t vat = (*net * k_vat_percent + 50) / 100;
    const std::string number = fmt::format("{}{:07}", row.text(0) == "CLIENTI" ? "ROA" : "F", id);
    const std::string due = text(row, 1);
    query(ledger, "INSERT INTO invoices VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", id, company, partner,
          number, issued, due, *net, vat, *net + vat)
        .run();
    return {{"id", id},         {"company", company}, {"partner", partner},
            {"number", number}, {"issued", issued},   {"due", due},
            {"net", lei(*net)}, {"vat", lei(vat)},    {"total", lei(*net + vat)}};
}

Json pay_invoice(Database& ledger, std::int64_t invoice, const Params& body) {
    auto row = query(ledger, R"sql(
SELECT i.company_id, p.kind, i.total - COALESCE((SELECT SUM(amount) FROM payments WHERE invoice_id = i.id), 0)
FROM invoices i JOIN partners p ON p.id = i.partner_id WHERE i.id = ?1)sql",
                     invoice);
    if (!row.step()) throw ApiError(404, fmt::format("invoice {} does not exist", invoice));
    const std::int64_t company = row.integer(0);
    const bool client = row.text(1) == "CLIENTI";
    const std::int64_t open = row.integer(2);
    if (open <= 0) throw ApiError(409, fmt::format("invoice {} is paid already", invoice));
    const std::int64_t amount = bani(body, "amount").value_or(open);
    if (amount <= 0) unprocessable("amount", "must be more than 0");
    if (amount > open) unprocessable("amount", "is more than what is open");
    const std::string paid_on = day(ledger, body, "paid_on");
    const std::int64_t account = account_of(ledger, body, company);

    query(ledger, "INSERT INTO payments VALUES (NULL, ?1, ?2, ?3)", invoice, paid_on, amount).run();
    const std::int64_t payment = ledger.last_row_id();
    query(ledger, "INSERT INTO treasury_transactions VALUES (NULL, ?1, ?2, ?3, ?4, ?5)", account, paid_on,
          client ? "încasări" : "plăți", client ? amount : -amount, payment)
        .run();
    return {{"id", payment},      {"invoice", invoice},    {"company", company},        {"account", account},
            {"paid_on", paid_on}, {"amount", lei(amount)}, {"open", lei(open - amount)}};
}

Json add_treasury_transaction(Database& ledger, const Params& body) {
    const std::int64_t account = required_integer(body, "account");
    const auto amount = bani(body, "amount");
    if (!amount) unprocessable("amount", "is required");
    if (*amount == 0) unprocessable("amount", "must not be 0");
    const auto category = optional_text(body, "category");
    if (!category) unprocessable("category", "is required");
    const std::string booked_on = day(ledger, body, "booked_on");
    auto row = query(ledger, "SELECT company_id FROM treasury_accounts WHERE id = ?1", account);
    if (!row.step()) throw ApiError(404, fmt::format("account {} does not exist", account));
    query(ledger, "INSERT INTO treasury_transactions VALUES (NULL, ?1, ?2, ?3, ?4, NULL)", account, booked_on,
          *category, *amount)
        .run();
    return {{"id", ledger.last_row_id()}, {"company", row.integer(0)}, {"account", account},
            {"booked_on", booked_on},     {"category", *category},     {"amount", lei(*amount)}};
}

Json change_company(Database& ledger, std::int64_t company, const Params& body) {
    const auto name = optional_text(body, "name");
    const auto city = optional_text(body, "city");
    const Params* active = field(body, "active");
    if (active != nullptr && !active->is_boolean()) unprocessable("active", "must be true or false");
    if (!name && !city && active == nullptr) throw ApiError(422, "one of name, city and active is required");
    company_of(ledger, {{"company", company}});
    query(ledger, R"sql(
UPDATE companies SET name = CASE WHEN ?2 = '' THEN name ELSE ?2 END, city = CASE WHEN ?3 = '' THEN city ELSE ?3 END,
                     active = CASE WHEN ?4 < 0 THEN active ELSE ?4 END
WHERE id = ?1)sql",
          company, name.value_or(""), city.value_or(""),
          active == nullptr     ? -1
          : active->get<bool>() ? 1
                                : 0)
        .run();
    auto row = query(ledger, "SELECT name, vat_code, city, active FROM companies WHERE id = ?1", company);
    row.step();
    return {{"id", company},
            {"name", text(row, 0)},
            {"vat_code", text(row, 1)},
            {"city", text(row, 2)},
            {"active", row.integer(3) != 0}};
}

} // namespace roacache::demo
