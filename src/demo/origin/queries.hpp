#pragma once

#include "src/store/sqlite/database.hpp"

#include <nlohmann/json.hpp>

namespace roacache::demo {

/// Keeps the fields in the order they were written, as people expect them.
using Json = nlohmann::ordered_json;
/// A call's parameters by name, complete with defaults: what the key is hashed from.
using Params = nlohmann::json;

/// The origin's reads, one a resource. Each runs SQL against the ledger and shapes the answer; equal
/// parameters on an equal ledger give equal bytes. They throw ApiError(404) for a company, partner or account
/// that does not exist, and core::Error when the database fails.
using Query = Json (*)(store::sqlite::Database& ledger, const Params& params);

Json dashboard_summary(store::sqlite::Database& ledger, const Params& params); ///< company
Json dashboard_trends(store::sqlite::Database& ledger, const Params& params);  ///< company, period, compare
Json dashboard_detailed_data(store::sqlite::Database& ledger, const Params& params); ///< company, partner
Json dashboard_performance(store::sqlite::Database& ledger, const Params& params);   ///< company
Json dashboard_cashflow(store::sqlite::Database& ledger, const Params& params);      ///< company, months
Json dashboard_maturity(store::sqlite::Database& ledger, const Params& params);      ///< company
Json invoices_list(store::sqlite::Database& ledger, const Params& params); ///< company, partner, unpaid, page
Json invoices_summary(store::sqlite::Database& ledger, const Params& params); ///< company
Json companies_list(store::sqlite::Database& ledger, const Params& params);   ///< search; a bare list
Json treasury_data(store::sqlite::Database& ledger, const Params& params);    ///< company

} // namespace roacache::demo
