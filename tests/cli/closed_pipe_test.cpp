#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

using namespace roacache::test;

namespace {

/// `before | roacache COMMAND | head -n 1`: what head got, and roacache's exit code behind it.
Finished headed(const std::string& command, const std::string& before = "true") {
    return run(
        {"bash", "-c",
         before + " | '" + program() + "' " + command + " | head -n 1; echo \"exit ${PIPESTATUS[1]}\""});
}

/// Far more than a pipe holds: entries of many tenants with names that no other has, so that every list of
/// keys and of groups is long, and a large value.
struct LongAnswers {
    RedisServer redis;

    LongAnswers() {
        redis.cli({"EVAL",
                   "for i=1,20000 do redis.call('SET', 'cache:tenant-'..i..':invoices_list:h', 'v') end "
                   "redis.call('SETRANGE', 'big', 20000000, 'x') redis.call('SETRANGE', 'big', 9, '\\n')",
                   "0"});
    }
};

} // namespace

TEST_CASE("a reader that goes away ends every command quietly", "[pipes]") {
    const LongAnswers answers;
    const std::string at = " -u " + answers.redis.url();
    for (const char* command : {"keys",

                                "keys -l",
                                "keys --sort key",
                                "keys -l --sort bytes",
                                "keys -o json",
                                "keys -o csv",
                                "keys -l -o ndjson",
                                "stats -q --by tenant",
                                "stats -q --by tenant -o json",
                                "stats -q --by tenant,resource -o csv",
                                "stats -q --by tenant -o prometheus",
                                "stats -q --watch=100ms --no-scan",
                                "inspect --match 'cache:*'",
                                "inspect --match 'cache:*' -o json",
                                "inspect --match 'cache:*' -o csv",
                                "inspect --raw big",
                                "invalidate --all-tenants -y -n -o csv",
                                "invalidate --all-tenants -y -o ndjson",
                                "profile list",
                                "ping -o json"}) {
        INFO(command);
        const Finished finished = headed(command + at + " -q");
        INFO(finished.out << finished.err);
        CHECK(finished.out.ends_with("\nexit 0\n"));
        CHECK(finished.err.empty());
    }
    CHECK(answers.redis.cli({"dbsize"}) == "1");
}

TEST_CASE("keys for lines end quietly when nobody wants them any more", "[pipes]") {
    const Finished finished = headed("key --stdin", R"(yes '{"resource": "invoices_list"}')");
    CHECK(finished.out.starts_with("cache:default:invoices_list:"));
    CHECK(finished.out.ends_with("\nexit 0\n"));
    CHECK(finished.err.empty());
    for (const char* command : {"--help", "keys --help", "completion bash"})
        CHECK(headed(command).err.empty());
}

TEST_CASE("an answer that cannot be written is an error with the reason", "[pipes]") {
    const LongAnswers answers;
    for (const char* command :
         {"ping", "keys", "keys -l", "keys -o json", "stats -q --by tenant",
          "inspect --match 'cache:*' -o ndjson", "inspect --raw big", "key invoices_list",
          "invalidate --all-tenants -y", "profile list", "--help"}) {
        INFO(command);
        const Finished finished = run({"sh", "-c", "'" + program() + "' " + command + " > /dev/full"}, [&] {
            RunOptions options;
            options.env["ROACACHE_URL"] = answers.redis.url();
            return options;
        }());
        INFO(finished.err);
        // What a removal did remains, whether or not its answer can be written.
        const bool removes = std::string(command).starts_with("invalidate");
        CHECK(finished.exit_code == (removes ? 5 : 2));
        CHECK(finished.err ==
              std::string("roacache: cannot write: standard output: no space left on device") +
                  (removes ? ": the keys are gone all the same, only the answer is missing" : "") + "\n");
    }
}
