#include "src/core/file.hpp"
#include "src/demo/ledger/generator.hpp"
#include "src/demo/ledger/ledger_file.hpp"
#include "src/store/sqlite/database.hpp"
#include "tests/demo/client.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace roacache;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_rows = 500;

/// The folder that caches the ledger, and copies made from it.
struct CachedLedger {
    test::TempDir folder;
    test::Warnings warnings;
    fs::path file = folder.path() / "cache" / demo::ledger_file_name(k_rows);
    fs::path target = folder.path() / "copy.sqlite";

    std::string copy() {
        demo::copy_ledger(folder.path() / "cache", k_rows, target, warnings.sink());
        return core::read_file(target);
    }
};

std::int64_t count(const fs::path& ledger, const char* table) {
    store::sqlite::Database database(ledger, store::sqlite::OpenMode::read_only);
    auto row = database.prepare(std::string("SELECT COUNT(*) FROM ") + table);
    row.step();
    return row.integer(0);
}

} // namespace

TEST_CASE("the ledger is generated once, cached, and the same each time") {
    CachedLedger cached;
    const std::string first = cached.copy();
    CHECK(count(cached.target, "invoices") == static_cast<std::int64_t>(k_rows));
    CHECK(count(cached.target, "payments") > 300);
    const auto written = fs::last_write_time(cached.file);
    CHECK(cached.copy() == first);
    CHECK(fs::last_write_time(cached.file) == written);
    // As a process leaves it that is killed while it generates.
    const fs::path leftover = cached.file.parent_path() / ("." + demo::ledger_file_name(k_rows) + ".1");
    fs::rename(cached.file, leftover);
    CHECK(cached.copy() == first);
    CHECK_FALSE(fs::exists(leftover));
    CHECK(cached.warnings.lines().empty());
}

TEST_CASE("money adds up in the generated ledger") {
    CachedLedger cached;
    cached.copy();
    store::sqlite::Database ledger(cached.target, store::sqlite::OpenMode::read_only);
    for (const char* impossible :
         {"SELECT COUNT(*) FROM invoices i WHERE total < (SELECT SUM(amount) FROM payments WHERE invoice_id "
          "= i.id)",
          "SELECT COUNT(*) FROM payments WHERE paid_on > '2025-12-31'",
          "SELECT COUNT(*) FROM invoices WHERE issued > due OR issued > '2025-12-31'",
          "SELECT COUNT(*) FROM payments y WHERE NOT EXISTS (SELECT 1 FROM treasury_transactions t "
          "WHERE t.payment_id = y.id AND ABS(t.amount) = y.amount AND t.booked_on = y.paid_on)"}) {
        INFO(impossible);
        auto row = ledger.prepare(impossible);
        REQUIRE(row.step());
        CHECK(row.integer(0) == 0);
    }
    auto check = ledger.prepare("PRAGMA integrity_check");
    REQUIRE(check.step());
    CHECK(check.text(0) == "ok");
}

TEST_CASE("a damaged, cut or foreign ledger file is made again") {
    CachedLedger cached;
    const std::string good = cached.copy();
    const std::string whole = core::read_file(cached.file);
    std::string flipped = whole;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
    std::string unsealed = whole;
    unsealed.back() = static_cast<char>(unsealed.back() ^ 1);
    for (const std::string& bad :
         {std::string(), std::string("x"), std::string(100'000, 'x'), whole.substr(0, whole.size() / 2),
          whole.substr(0, whole.size() - 1), whole + "x", flipped, unsealed, good}) {
        core::write_file_atomically(cached.file, bad);
        CHECK(cached.copy() == good);
        CHECK(core::read_file(cached.file) == whole);
    }
    CHECK(cached.warnings.lines().empty());
}

TEST_CASE("a cache folder that cannot be used is reported, and the ledger made for the run") {
    const test::TempDir folder;
    const fs::path target = folder.path() / "copy.sqlite";
    core::write_file_atomically(folder.path() / "file", "no folder");
    for (const fs::path& unusable :
         {fs::path(), folder.path() / "file", folder.path() / "file" / "below", fs::path("/proc/roacache")}) {
        INFO(unusable);
        test::Warnings warnings;
        demo::copy_ledger(unusable, k_rows, target, warnings.sink());
        CHECK(count(target, "invoices") == static_cast<std::int64_t>(k_rows));
        REQUIRE(warnings.lines().size() == 1);
        CHECK(warnings.lines()[0].find("made for this run only") != std::string::npos);
    }
}

TEST_CASE("many who need the ledger at once all get it whole") {
    CachedLedger cached;
    std::vector<std::thread> threads;
    for (int number = 0; number < 6; ++number)
        threads.emplace_back([&, number] {
            demo::copy_ledger(cached.folder.path() / "cache", k_rows,
                              cached.folder.path() / std::to_string(number), cached.warnings.sink());
        });
    for (std::thread& thread : threads)
        thread.join();
    const std::string one = core::read_file(cached.folder.path() / "0");
    for (int number = 1; number < 6; ++number)
        CHECK(core::read_file(cached.folder.path() / std::to_string(number)) == one);
    CHECK(cached.warnings.lines().empty());
    for (const auto& entry : fs::directory_iterator(cached.folder.path() / "cache"))
        CHECK((entry.path() == cached.file || entry.path().filename() == "ledger.lock"));
}

TEST_CASE("two services do not see each other's changes, and the cached ledger sees neither's") {
    const test::TempDir folder;
    test::Warnings warnings;
    const auto options = test::small_service(folder, warnings);
    demo::Service one(options), two(options);
    const std::string cached = core::read_file(folder.path() / demo::ledger_file_name(options.rows));
    test::Client first(one), second(two);
    const std::string target = "/api/companies?search=Alfa";
    CHECK(first.get(target).body == second.get(target).body);
    CHECK(first.patch("/api/companies/2", R"({"city": "Deva"})").status == 200);
    CHECK(first.get(target).json()[0]["city"] == "Deva");
    CHECK(second.bypass(target).json()[0]["city"] == "București");
    CHECK(core::read_file(folder.path() / demo::ledger_file_name(options.rows)) == cached);
}
