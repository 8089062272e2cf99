#include "src/demo/ledger/schema.hpp"

namespace roacache::demo {

const char* const k_ledger_tables = R"sql(
CREATE TABLE companies (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    vat_code   TEXT NOT NULL UNIQUE,
    city       TEXT NOT NULL,
    active     INTEGER NOT NULL
);
CREATE TABLE partners (
    id           INTEGER PRIMARY KEY,
    company_id   INTEGER NOT NULL REFERENCES companies (id),
    kind         TEXT NOT NULL CHECK (kind IN ('CLIENTI', 'FURNIZORI')),
    name         TEXT NOT NULL,
    city         TEXT NOT NULL,
    payment_days INTEGER NOT NULL
);
CREATE TABLE invoices (
    id         INTEGER PRIMARY KEY,
    company_id INTEGER NOT NULL REFERENCES companies (id),
    partner_id INTEGER NOT NULL REFERENCES partners (id),
    number     TEXT NOT NULL,
    issued     TEXT NOT NULL,
    due        TEXT NOT NULL,
    net        INTEGER NOT NULL,
    vat        INTEGER NOT NULL,
    total      INTEGER NOT NULL CHECK (total = net + vat)
);
CREATE TABLE payments (
    id         INTEGER PRIMARY KEY,
    invoice_id INTEGER NOT NULL REFERENCES invoices (id),
    paid_on    TEXT NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount > 0)
);
CREATE TABLE treasury_accounts (
    id         INTEGER PRIMARY KEY,
    company_id INTEGER NOT NULL REFERENCES companies (id),
    name       TEXT NOT NULL,
    iban       TEXT NOT NULL,
    opening    INTEGER NOT NULL
);
CREATE TABLE treasury_transactions (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES treasury_accounts (id),
    booked_on  TEXT NOT NULL,
    category   TEXT NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount <> 0),
    payment_id INTEGER REFERENCES payments (id)
);
)sql";

const char* const k_ledger_indexes = R"sql(
CREATE INDEX partners_company ON partners (company_id, kind);
CREATE INDEX invoices_company_issued ON invoices (company_id, issued);
CREATE INDEX invoices_partner ON invoices (partner_id);
CREATE INDEX payments_invoice ON payments (invoice_id);
CREATE INDEX treasury_accounts_company ON treasury_accounts (company_id);
CREATE INDEX treasury_transactions_account ON treasury_transactions (account_id, booked_on);
ANALYZE;
)sql";

} // namespace roacache::demo
