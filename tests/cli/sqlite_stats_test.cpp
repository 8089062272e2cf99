// What stats says of a service's SQLite file and its log of lookups.

#include "tests/cli/made_file.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr const char* k_entries =
    "CREATE TABLE cache (key TEXT PRIMARY KEY, cache_type TEXT, value TEXT, expires_at);";
constexpr const char* k_log = "CREATE TABLE performance_log (cache_type TEXT, cache_hit, response_time_ms, "
                              "timestamp);";

/// Entries that live for an hour.
std::string living(int count) {
    return made_rows(count, "INSERT INTO cache SELECT 'invoices_list:' || i, 'invoices_list', '{}', "
                            "unixepoch() + 3600");
}

/// `count` rows of the log, each of now.
std::string logged(int count, const std::string& type, const std::string& hit) {
    return made_rows(count, "INSERT INTO performance_log SELECT " + type + ", " + hit + ", 3, unixepoch()");
}

} // namespace

TEST_CASE("looks at a file are not taken out of its log, which never counted them", "[stats][sqlite]") {
    const MadeFile file(k_entries + living(11) + k_log + logged(8, "'invoices_list'", "1") +
                        logged(2, "'invoices_list'", "0"));
    const Finished watched =
        file.command({"stats", "--watch=100ms", "--count", "3", "-o", "ndjson", "--assert", "hit_rate >= 80%",
                      "--assert", "invoices_list.hit_rate >= 80%"});
    INFO(watched.err);
    CHECK(watched.exit_code == 0);
    CHECK_THAT(watched.err, !Contains("on the server"));
    const std::vector<json> looks = documents_in(watched.out);
    REQUIRE(looks.size() == 3);
    for (const json& look : looks) {
        CHECK(look.at("keys") == 11);
        CHECK(look.at("own_lookups") == 0);
        CHECK(look.at("hits") == 8);
        CHECK(look.at("misses") == 2);
        CHECK(look.at("hit_rate") == 0.8);
    }
}
