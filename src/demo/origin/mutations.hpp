#pragma once

#include "src/demo/origin/queries.hpp"

namespace roacache::demo {

/// The origin's writes, each to be run within a transaction. `body` is what the caller sent, a JSON object;
/// money in it is lei with at most two decimals. They return what was written, and throw ApiError: 404 for
/// what does not exist, 409 for what the state of the ledger forbids, 422 for fields that are missing or of
/// the wrong kind.

/// {company, partner, net, issued?}; due after the partner's usual days, VAT 21 %.
Json create_invoice(store::sqlite::Database& ledger, const Params& body);

/// {amount?, account?, paid_on?}; without an amount all that is open, without an account the company's first.
/// Books the payment on the account, too.
Json pay_invoice(store::sqlite::Database& ledger, std::int64_t invoice, const Params& body);

/// {account, amount, category, booked_on?}; a negative amount goes out.
Json add_treasury_transaction(store::sqlite::Database& ledger, const Params& body);

/// {name?, city?, active?}, at least one.
Json change_company(store::sqlite::Database& ledger, std::int64_t company, const Params& body);

} // namespace roacache::demo
