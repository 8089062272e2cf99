#include "src/demo/ledger/generator.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/demo/ledger/random.hpp"
#include "src/demo/ledger/schema.hpp"
#include "src/store/sqlite/database.hpp"

#include <array>
#include <chrono>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace roacache::demo {
namespace {

using store::sqlite::Database;
using store::sqlite::Statement;

constexpr std::uint64_t k_seed = 0x726f6163616368;
constexpr std::int64_t k_days = 1096; // 2023-01-01 to 2025-12-31
constexpr std::int64_t k_last_day = k_days - 1;
constexpr std::int64_t k_vat_rise_day = 943; // 2025-08-01: the standard rate went from 19 % to 21 %
constexpr std::int64_t k_partners_a_company = 150;
constexpr std::int64_t k_accounts_a_company = 4;

struct CompanyName {
    const char* name;
    const char* city;
};
constexpr std::array<CompanyName, k_ledger_companies> k_companies{{{"Brutăria Ștefan SRL", "Iași"},
                                                                   {"Alfa Construct SA", "București"},
                                                                   {"Dunărea Logistic SRL", "Galați"},
                                                                   {"Ferma Verde SRL", "Timișoara"},
                                                                   {"Tehnic Impex SRL", "Cluj-Napoca"},
                                                                   {"Mobila Carpați SA", "Brașov"}}};
constexpr std::array k_first_names{"Agro",  "Auto",   "Bio",   "Carpat", "Delta", "Electro", "Euro",
                                   "Farma", "Global", "Inter", "Lemn",   "Metal", "Nord",    "Optim",
                                   "Prim",  "Rapid",  "Star",  "Trans",  "Urban", "Vest"};
constexpr std::array k_second_names{"Comerț", "Consult", "Design",  "Distribuție", "Expert",
                                    "Grup",   "Invest",  "Market",  "Prod",        "Service",
                                    "Sistem", "Soluții", "Trading", "Turism",      "Unit"};
constexpr std::array k_cities{"Arad",   "Bacău", "Brașov", "București", "Cluj-Napoca", "Constanța",
                              "Galați", "Iași",  "Oradea", "Ploiești",  "Sibiu",       "Timișoara"};
constexpr std::array<std::int64_t, 4> k_payment_days{15, 30, 45, 60};
constexpr std::array<const char*, k_accounts_a_company> k_account_names{"Banca Transilvania RON", "BCR RON",
                                                                        "BRD RON", "Casa"};
struct RegularCost {
    const char* category;
    std::int64_t every_days;
    std::int64_t low, high; // bani
};
constexpr std::array<RegularCost, 5> k_regular_costs{{{"salarii", 15, 2'000'000, 6'000'000},
                                                      {"taxe", 30, 1'000'000, 5'000'000},
                                                      {"chirie", 30, 500'000, 1'500'000},
                                                      {"utilități", 30, 100'000, 900'000},
                                                      {"comisioane", 7, 500, 30'000}}};

namespace chrono = std::chrono;
constexpr chrono::sys_days k_first_day{chrono::year{2023} / chrono::January / 1};

/// Every day of the ledger as text, and then a few more for what falls due after its end.
std::vector<std::string> calendar() {
    std::vector<std::string> days;
    for (std::int64_t day = 0; day < k_days + 100; ++day) {
        const chrono::year_month_day date{k_first_day + chrono::days{day}};
        days.push_back(fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())));
    }
    return days;
}

struct Partner {
    std::int64_t id = 0;
    std::int64_t payment_days = 0;
    std::int64_t habit = 0; ///< days it usually pays after the due day; negative: before
};

class Generator {
  public:
    explicit Generator(Database& database)
        : random_(k_seed), days_(calendar()), database_(database),
          insert_invoice_(database.prepare("INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")),
          insert_payment_(database.prepare("INSERT INTO payments VALUES (?, ?, ?, ?)")),
          insert_transaction_(
              database.prepare("INSERT INTO treasury_transactions VALUES (NULL, ?, ?, ?, ?, ?)")) {}

    void run(std::uint64_t rows) {
        add_companies();
        for (std::int64_t company = 1; company <= k_ledger_companies; ++company) {
            add_partners(company);
            add_accounts(company);
            add_regular_costs(company);
        }
        const auto count = static_cast<std::int64_t>(rows);
        for (std::int64_t id = 1; id <= count; ++id) {
            if (core::Interrupt::requested())
                throw core::Error(core::ExitCode::interrupted, "interrupted: the ledger is not made yet");
            add_invoice(id, (id - 1) * k_days / count);
        }
    }

  private:
    const std::string& day(std::int64_t number) const { return days_[static_cast<std::size_t>(number)]; }

    template <typename Array>
    auto pick(const Array& values) {
        return values[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(values.size())))];
    }

    void add_companies() {
        Statement insert = database_.prepare("INSERT INTO companies VALUES (?, ?, ?, ?, 1)");
        std::int64_t id = 0;
        for (const auto& company : k_companies) {
            ++id;
            insert.bind(1, id).bind(2, company.name);
            insert.bind(3, fmt::format("RO{}", 14'000'000 + random_.below(30'000'000)));
            insert.bind(4, company.city).run();
        }
    }

    void add_partners(std::int64_t company) {
        Statement insert = database_.prepare("INSERT INTO partners VALUES (?, ?, ?, ?, ?, ?)");
        for (std::int64_t number = 0; number < k_partners_a_company; ++number) {
            const bool client = number % 5 < 3;
            const Partner partner{(company - 1) * k_partners_a_company + number + 1, pick(k_payment_days),
                                  random_.between(-12, 25)};
            (client ? clients_ : suppliers_)[static_cast<std::size_t>(company - 1)].push_back(partner);
            insert.bind(1, partner.id).bind(2, company).bind(3, client ? "CLIENTI" : "FURNIZORI");
            insert.bind(4,
                        fmt::format("{} {} {} SRL", pick(k_first_names), pick(k_second_names), partner.id));
            insert.bind(5, pick(k_cities)).bind(6, partner.payment_days).run();
        }
    }

    void add_accounts(std::int64_t company) {
        Statement insert = database_.prepare("INSERT INTO treasury_accounts VALUES (?, ?, ?, ?, ?)");
        for (std::int64_t number = 0; number < k_accounts_a_company; ++number) {
            const std::int64_t id = (company - 1) * k_accounts_a_company + number + 1;
            insert.bind(1, id).bind(2, company).bind(3, k_account_names[static_cast<std::size_t>(number)]);
            insert.bind(4, fmt::format("RO49ROAC{:016}", id * 7'919'317)).bind(5, random_.below(50'000'000));
            insert.run();
        }
    }

    void add_regular_costs(std::int64_t company) {
        for (const RegularCost& cost : k_regular_costs)
            for (std::int64_t at = cost.every_days; at <= k_last_day; at += cost.every_days)
                add_transaction(account(company), at, cost.category, -random_.between(cost.low, cost.high),
                                0);
    }

    std::int64_t account(std::int64_t company) {
        return (company - 1) * k_accounts_a_company + random_.skewed(k_accounts_a_company) + 1;
    }

    void add_invoice(std::int64_t id, std::int64_t issued) {
        const std::int64_t company = 1 + random_.below(k_ledger_companies);
        const bool client = random_.chance(60);
        const auto& partners = (client ? clients_ : suppliers_)[static_cast<std::size_t>(company - 1)];
        const Partner& partner =
            partners[static_cast<std::size_t>(random_.skewed(static_cast<std::int64_t>(partners.size())))];
        std::int64_t net = random_.between(5'000, 300'000);
        if (random_.chance(8)) net *= 10;
        const std::int64_t vat = (net * (issued < k_vat_rise_day ? 19 : 21) + 50) / 100;
        const std::int64_t due = issued + partner.payment_days;

        insert_invoice_.bind(1, id).bind(2, company).bind(3, partner.id);
        insert_invoice_.bind(4, fmt::format("{}{:07}", client ? "ROA" : "F", id));
        insert_invoice_.bind(5, day(issued)).bind(6, day(due));
        insert_invoice_.bind(7, net).bind(8, vat).bind(9, net + vat).run();
        add_payments(id, company, client, due + partner.habit, net + vat);
    }

    void add_payments(std::int64_t invoice, std::int64_t company, bool client, std::int64_t usual_day,
                      std::int64_t total) {
        const std::int64_t kind = random_.below(100);
        if (kind >= 96) return; // never paid
        const std::int64_t first = usual_day + random_.between(-3, 8);
        if (kind < 80) return add_payment(invoice, company, client, first, total);
        const std::int64_t half = total / 2;
        add_payment(invoice, company, client, first, half);
        if (kind < 92) add_payment(invoice, company, client, first + random_.between(5, 40), total - half);
    }

    void add_payment(std::int64_t invoice, std::int64_t company, bool client, std::int64_t at,
                     std::int64_t amount) {
        if (at > k_last_day) return;
        ++payments_;
        insert_payment_.bind(1, payments_).bind(2, invoice).bind(3, day(at)).bind(4, amount).run();
        add_transaction(account(company), at, client ? "încasări" : "plăți", client ? amount : -amount,
                        payments_);
    }

    void add_transaction(std::int64_t account_id, std::int64_t at, const char* category, std::int64_t amount,
                         std::int64_t payment) {
        insert_transaction_.bind(1, account_id).bind(2, day(at)).bind(3, category).bind(4, amount);
        if (payment != 0)
            insert_transaction_.bind(5, payment);
        else
            insert_transaction_.bind_null(5);
        insert_transaction_.run();
    }

    Random random_;
    std::vector<std::string> days_;
    Database& database_;
    Statement insert_invoice_, insert_payment_, insert_transaction_;
    std::array<std::vector<Partner>, k_ledger_companies> clients_, suppliers_;
    std::int64_t payments_ = 0;
};

} // namespace

void generate_ledger(const std::filesystem::path& file, std::uint64_t rows) {
    Database database(file, store::sqlite::OpenMode::create);
    database.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; "
                     "PRAGMA cache_size=-65536");
    database.end_on_interrupt();
    store::sqlite::Transaction transaction(database);
    database.execute(k_ledger_tables);
    Generator(database).run(rows);
    database.execute(k_ledger_indexes);
    transaction.commit();
}

} // namespace roacache::demo
