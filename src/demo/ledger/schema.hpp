#pragma once

namespace roacache::demo {

/// The ledger's tables. Money is whole bani (1/100 leu), days are `YYYY-MM-DD`. Clients' and suppliers'
/// invoices are in one table; the partner says which an invoice is. In treasury_transactions, what comes in
/// is positive and what goes out negative.
extern const char* const k_ledger_tables;

/// What an accounting system would index; made after the rows, which is quicker.
extern const char* const k_ledger_indexes;

/// The last day the generated ledger knows. Answers depend on it and never on today, so that every run and
/// every machine gives the same.
constexpr const char* k_ledger_as_of = "2025-12-31";

} // namespace roacache::demo
