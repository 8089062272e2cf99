// A service's SQLite file in the hands of a user who is neither root nor its owner.

#include "src/store/sqlite/database.hpp"
#include "tests/cli/another_user.hpp"
#include "tests/cli/made_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

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

TEST_CASE("another user changes a file only where its owner could take his journal over", "[sqlite]") {
    if (!AnotherUser::can_be()) return;
    constexpr unsigned k_service = 54321, k_group = 55555, k_nobody = AnotherUser::k_nobody;
    struct Case {
        const char* what;
        mode_t folder, file;
        unsigned group, other; ///< of the user
        bool usable;
    };
    const Case each = GENERATE_COPY(
        Case{"everybody may write", 0777, 0666, k_nobody, k_nobody, true},
        Case{"the owner may not remove it from the folder", 01777, 0666, k_nobody, k_nobody, false},
        Case{"his first group is the file's", 0770, 0660, k_group, k_nobody, true},
        Case{"what he makes is of a group of his own", 0770, 0660, k_nobody, k_group, false},
        Case{"what is made in the folder is of its group", 02770, 0660, k_nobody, k_group, true});
    const std::string journal = GENERATE("DELETE", "WAL");
    INFO(each.what << " " << journal);
    const AnotherUser user;
    const MadeFile file("PRAGMA journal_mode=" + journal +
                        "; CREATE TABLE c (key TEXT, value TEXT, expires REAL);"
                        "INSERT INTO c VALUES ('a', 'x', 9e9), ('b', 'x', 9e9)");
    REQUIRE(chmod(file.path.c_str(), each.file) == 0);
    REQUIRE(chown(file.path.c_str(), k_service, k_group) == 0);
    REQUIRE(chown(file.folder.path().c_str(), 0, k_group) == 0);
    REQUIRE(chmod(file.folder.path().c_str(), each.folder) == 0);
    const auto run = [&](std::vector<std::string> command) {
        command.insert(command.end(), {"-u", "sqlite:" + file.path});
        return user.run(command, each.group, each.other);
    };
    const bool reads = each.usable || journal == "DELETE";
    const Finished listed = run({"keys", "--match", "*"});
    INFO(listed.err);
    CHECK(listed.exit_code == (reads ? 0 : 4));
    const Finished removed = run({"invalidate", "-k", "a"});
    INFO(removed.err);
    CHECK(removed.exit_code == (each.usable ? 0 : 4));
    if (!each.usable) CHECK_THAT(removed.err, Contains("its owner could not") && Contains("or as root"));
    CHECK(std::distance(std::filesystem::directory_iterator(file.folder.path()), {}) == 1); // nothing is left
    CHECK(file.ask("SELECT count(*) FROM c") == (each.usable ? 1 : 2));
    if (journal == "WAL") { // while the service runs its own files are there
        Database service(file.path, OpenMode::read_write);
        service.execute("SELECT count(*) FROM c");
        CHECK(run({"invalidate", "-k", "b"}).exit_code == 0);
    }
    CHECK(run_roacache({"invalidate", "-k", "b", "-u", "sqlite:" + file.path}).exit_code == 0); // as root
}
