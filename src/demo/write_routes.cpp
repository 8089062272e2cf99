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

/// What an event makes stale, as far as the service knows.
std::vector<std::string> stale_after(const ServiceParts& parts, const char* event) {
    std::vector<std::string> stale = parts.policy.stale_after(event);
    if (parts.traps.del_glob) stale.clear(); // no key is called `cache:default:invoices_list:*`
    if (parts.traps.prefix && event == std::string_view("company-changed"))
        std::erase_if(stale,
                      [](const std::string& group) { return group.find(":dashboard_") != group.npos; });
    return stale;
}

} // namespace

void add_write_routes(Router& router, const ServiceParts& parts) {
    // `change(ledger, call, body)` is the write. What was written is in the database before the invalidation
    // begins, and the answer goes out after its end: who has it never sees the old state.
    const auto add = [&](const char* method, const char* path, const char* event, int status, auto change) {
        router.add(method, path,
                   [&parts, stale = stale_after(parts, event), status, change](const HttpCall& call) {
                       const Params body = object_of(call.body);
                       const Json written = parts.origin.write(
                           [&](store::sqlite::Database& ledger) { return change(ledger, call.id, body); });
                       if (parts.switches.auto_invalidate && !stale.empty()) parts.cache.invalidate(stale);
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
