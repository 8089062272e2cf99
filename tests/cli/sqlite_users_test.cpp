// A service's SQLite file in the hands of a user who is neither root nor its owner.

#include "src/store/sqlite/database.hpp"
#include "tests/cli/another_user.hpp"
#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <memory>

using namespace roacache::test;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

void share(const MadeFile& file) {
    AnotherUser::open_to_all(file.folder.path());
    for (const auto& entry : std::filesystem::directory_iterator(file.folder.path()))
        AnotherUser::open_to_all(entry.path());
}

} // namespace

TEST_CASE("another user's removal is of the file that the service opens and closes for each request",
          "[sqlite]") {
    if (!AnotherUser::can_be()) return;
    const AnotherUser user;
    const MadeFile file("PRAGMA journal_mode=WAL; "
                        "CREATE TABLE c (key TEXT PRIMARY KEY, value TEXT, expires REAL);" +
                        made_rows(200'000, "INSERT INTO c SELECT 'k' || i, 'x', 9e9"));
    share(file);
    auto service = std::make_unique<Database>(file.path, OpenMode::read_write);
    service->execute("SELECT count(*) FROM c"); // which makes the log's files, as the service's
    Process removal(user.command({"invalidate", "--match", "k*", "-y", "-q", "-u", "sqlite:" + file.path}),
                    user.options());
    REQUIRE(eventually([&] { return file.ask("SELECT count(*) FROM c") < 200'000 || !removal.running(); }));
    service.reset();
    int written = 0;
    for (; removal.running(); ++written) {
        Database request(file.path, OpenMode::read_write);
        request.execute(fmt::format("INSERT INTO c VALUES ('s{}', 'x', 9e9)", written).c_str());
    }
    INFO(removal.log());
    CHECK(removal.stop() == 0);
    CHECK(written > 0);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key LIKE 's%'") == written);
    CHECK(file.ask("SELECT count(*) FROM c WHERE key LIKE 'k%'") == 0);
    Database database(file.path, OpenMode::read_only);
    auto check = database.prepare("PRAGMA integrity_check");
    REQUIRE(check.step());
    CHECK(check.text(0) == "ok");
}
