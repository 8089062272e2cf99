#include "src/demo/api_error.hpp"
#include "src/demo/origin/mutations.hpp"
#include "src/demo/routes.hpp"

namespace roacache::demo {
namespace {

/// The request's body; an empty one is an object without fields.
Params object_of(std::string_view body) {
    if (body.empty()) return Params::object();
    Params object = Params::parse(body, nullptr, false);
    if (object.is_discarded()) throw ApiError(400, "the body is no JSON");
    if (!object.is_object()) throw ApiError(422, "the body must be a JSON object");
    return object;
}

} // namespace

void add_write_routes(Router& router, Cache& cache, Origin& origin, const Policy& policy) {
    // `change(ledger, call, body)` is the write. What was written is in the database before the invalidation
    // begins, and the answer goes out after its end: who has it never sees the old state.
    const auto add = [&](const char* method, const char* path, const char* event, int status, auto change) {
        const std::vector<std::string>& stale = policy.stale_after(event);
        router.add(method, path, [&cache, &origin, &stale, status, change](const HttpCall& call) {
            const Params body = object_of(call.body);
            const Json written =
                origin.write([&](store::sqlite::Database& ledger) { return change(ledger, call.id, body); });
            cache.invalidate(stale);
            return HttpReply{status, std::make_shared<const std::string>(written.dump())};
        });
    };
    using store::sqlite::Database;
    add("POST", "/api/invoices", "invoice-changed", 201,
        [](Database& ledger, std::int64_t, const Params& body) { return create_invoice(ledger, body); });
    add("POST", "/api/invoices/{id}/pay", "payment-recorded", 201, pay_invoice);
    add("POST", "/api/treasury/transactions", "treasury-transaction", 201,
        [](Database& ledger, std::int64_t, const Params& body) {
            return add_treasury_transaction(ledger, body);
        });
    for (const char* method : {"POST", "PATCH"})
        add(method, "/api/companies/{id}", "company-changed", 200, change_company);
}

} // namespace roacache::demo
