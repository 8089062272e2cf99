#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace roacache::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* k_endpoint = "[[endpoints]]\nname = \"a\"\nurl = \"/echo\"\nmethod = \"POST\"\n";

/// A suite and what lies around it: `suites/s.toml` in a folder of its own.
struct Suite {
    TempDir around;
    fs::path folder = around.path() / "suites";
    fs::path file = folder / "s.toml";

    Suite() {
        fs::create_directory(folder);
        write("secret.txt", "outside-of-the-folder");
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(around.path() / name) << text;
    }
    void write_suite(const std::string& base_url, const std::string& top,
                     const std::string& endpoint = {}) const {
        write("suites/s.toml",
              "base_url = \"" + base_url + "\"\nrequests = 2\nblocks = 2\n" + top + k_endpoint + endpoint);
    }
    Finished bench(std::vector<std::string> more = {}, const RunOptions& options = {}) const {
        more.insert(more.begin(), {"bench", "--suite", file, "--single", "--no-compare", "-c", "1"});
        return run_roacache(more, options);
    }
};

/// What is sent is what comes back, so that a body's size shows whether it was read.
const std::string k_nowhere = "http://127.0.0.1:1";

/// Ways in which others could have written a suite.
void make_foreign(const Suite& suite, const std::string& how) {
    if (how == "the file, group") fs::permissions(suite.file, fs::perms(0664));
    if (how == "the file, all") fs::permissions(suite.file, fs::perms(0606));
    if (how == "the folder") fs::permissions(suite.folder, fs::perms(0777));
    if (how == "a folder above") fs::permissions(suite.around.path(), fs::perms(0777));
    if (how == "another owner") REQUIRE(::chown(suite.file.c_str(), 1234, 1234) == 0);
    if (how == "another's folder") REQUIRE(::chown(suite.folder.c_str(), 1234, 1234) == 0);
    if (how == "a link to it") {
        const fs::path real = suite.around.path() / "shared";
        fs::create_directory(real);
        fs::rename(suite.file, real / "other.toml");
        fs::create_symlink(real / "other.toml", suite.file);
        fs::permissions(real, fs::perms(0777));
    }
}

std::vector<std::string> foreign_ways() {
    std::vector<std::string> ways{"the file, group", "the file, all", "the folder", "a folder above",
                                  "a link to it"};
    if (::geteuid() == 0) ways.insert(ways.end(), {"another owner", "another's folder"});
    return ways;
}

} // namespace

TEST_CASE("a suite's @FILE is read in its own folder only", "[bench][suite][trust]") {
    const Suite suite;
    PythonServer server("tests/bench/odd_server.py");
    suite.write("suites/body.json", "{\"own\": true}");
    fs::create_directory(suite.folder / "deep");
    suite.write("suites/deep/body.json", "@not/a/file");
    fs::create_symlink("deep/body.json", suite.folder / "inner.json");
    fs::create_symlink(suite.around.path() / "secret.txt", suite.folder / "outer.json");
    fs::create_symlink("..", suite.folder / "up");
    REQUIRE(::mkfifo((suite.folder / "fifo").c_str(), 0600) == 0);
    for (const char* good :
         {"body.json", "./body.json", "deep/body.json", "deep/./body.json", "inner.json"}) {
        INFO(good);
        suite.write_suite(server.url(""), "", std::string("body = \"@") + good + "\"\n");
        const Finished finished = suite.bench();
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
    }
    const std::string above = suite.around.path() / "secret.txt";
    for (const std::string& bad :
         {std::string("../secret.txt"), std::string("deep/../../secret.txt"),
          std::string("deep/../body.json"), above, std::string("/etc/passwd"), std::string("outer.json"),
          std::string("up/secret.txt"), std::string("up"), std::string("deep"), std::string(),
          std::string("."), std::string("fifo"), std::string("/dev/zero"), std::string("/proc/self/environ"),
          std::string("nowhere"), std::string("body.json/"), std::string("~/.netrc")}) {
        INFO(bad);
        suite.write_suite(server.url(""), "", "body = \"@" + bad + "\"\n");
        const Finished finished = suite.bench();
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.empty());
        CHECK(
            finished.err.starts_with("roacache: bad suite: " + suite.file.string() + ":4:1: endpoint 'a': "));
    }
    INFO("a link to the suite does not make files beside the link its own");
    suite.write_suite(server.url(""), "", "body = \"@secret.txt\"\n");
    fs::create_symlink(suite.file, suite.around.path() / "link.toml");
    CHECK(run_roacache({"bench", "--suite", suite.around.path() / "link.toml", "--single"}).exit_code == 2);
    INFO("on the command line a file may lie anywhere");
    CHECK(run_roacache({"bench", server.url("/echo"), "--single", "-n", "2", "-d", "@" + above}).exit_code ==
          0);
}

TEST_CASE("a suite that others could have written has no variables but those that are allowed",
          "[bench][suite][trust]") {
    PythonServer server("tests/bench/odd_server.py");
    const Suite suite;
    RunOptions options;
    options.env = {{"TENANT", "client-1"}, {"OTHER", "x"}};
    suite.write_suite(server.url(""), "headers = { X-Tenant = \"${TENANT}\" }\n");
    CHECK(suite.bench({}, options).exit_code == 0);
    make_foreign(suite, GENERATE(from_range(foreign_ways())));
    const Finished refused = suite.bench({"--base-url", server.url("")}, options);
    INFO(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find(":4:24: a suite that is not yours may not have the variable TENANT: ") !=
          std::string::npos);
    CHECK(refused.err.find("--allow-env TENANT") != std::string::npos);
    CHECK(suite.bench({"--base-url", server.url(""), "--allow-env", "OTHER"}, options).exit_code == 2);
    CHECK(suite.bench({"--base-url", server.url(""), "--allow-env", "OTHER,TENANT"}, options).exit_code == 0);
    CHECK(
        suite.bench({"--base-url", server.url(""), "--allow-env", "OTHER", "--allow-env", "TENANT"}, options)
            .exit_code == 0);

    INFO("what it may have goes where the user says, and nowhere else");
    const Finished unsaid = suite.bench({"--allow-env", "TENANT"}, options);
    CHECK(unsaid.exit_code == 2);
    CHECK(unsaid.err.find("--base-url") != std::string::npos);
    for (const char* elsewhere :
         {"http://127.0.0.1:1/echo", "https://127.0.0.1/echo", "http://attacker.example/"}) {
        std::ofstream(suite.file, std::ios::app)
            << "[[endpoints]]\nname = \"" << elsewhere << "\"\nurl = \"" << elsewhere << "\"\n";
        CHECK(suite.bench({"--base-url", server.url(""), "--allow-env", "TENANT"}, options).exit_code == 2);
    }
}

TEST_CASE("what the command line adds to a suite of others goes where the command line says",
          "[bench][suite][trust]") {
    PythonServer server("tests/bench/odd_server.py");
    const Suite suite;
    suite.write_suite(server.url(""), "");
    make_foreign(suite, "the file, all");
    CHECK(suite.bench().exit_code == 0);
    for (const std::vector<std::string>& secret :
         {std::vector<std::string>{"-H", "Authorization: Bearer x"}, {"-A", "user:x"}, {"-C", "session=x"}}) {
        INFO(secret.front());
        CHECK(suite.bench(secret).exit_code == 2);
        std::vector<std::string> said = secret;
        said.insert(said.end(), {"--base-url", server.url("")});
        CHECK(suite.bench(said).exit_code == 0);
    }
}

TEST_CASE("credentials of other programs are no suite's unless they are allowed by name",
          "[bench][suite][trust]") {
    const Suite suite;
    RunOptions options;
    for (const char* name : {"REDISCLI_AUTH", "REDIS_PASSWORD", "REDIS_URL", "ROACACHE_TOKEN", "ROACACHE_URL",
                             "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "GH_TOKEN",
                             "CI_JOB_TOKEN", "PGPASSWORD", "DATABASE_URL", "VAULT_TOKEN"}) {
        INFO(name);
        options.env = {{name, "redis://hunter2hunter2"}};
        suite.write_suite(k_nowhere, "", std::string("headers = { X = \"${") + name + "}\" }\n");
        const Finished refused = suite.bench({}, options);
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.find(std::string("--allow-env ") + name) != std::string::npos);
        CHECK(refused.err.find("hunter2") == std::string::npos);
    }
    for (const char* name :
         {"API_TOKEN", "CI_ENVIRONMENT_SLUG", "GITHUB_SHA", "REDIS_DB", "TENANT", "MY_PASSWORD"}) {
        INFO(name);
        options.env = {{name, "hunter2hunter2"}};
        suite.write_suite(k_nowhere, "", std::string("headers = { X = \"${") + name + "}\" }\n");
        CHECK(suite.bench({}, options).exit_code == 3); // nothing listens there
    }
}

TEST_CASE("a suite is a regular file of bounded size", "[bench][suite][trust]") {
    const TempDir folder;
    const fs::path fifo = folder.path() / "fifo", large = folder.path() / "large.toml",
                   many = folder.path() / "many.toml", dots = folder.path() / "dots.toml",
                   deep = folder.path() / "deep.toml", link = folder.path() / "link.toml";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    std::ofstream(large) << std::string(2 << 20, '#');
    std::string dotted = "a", nested = "a = ", endpoints;
    for (int i = 0; i < 40'000; ++i) {
        dotted += ".a";
        nested += "[";
    }
    for (int i = 0; i < 10'000; ++i)
        endpoints += "[[endpoints]]\nname = \"" + std::to_string(i) + "\"\nurl = \"/x\"\n";
    std::ofstream(dots) << dotted << " = 1\n";
    std::ofstream(deep) << nested << "\n";
    std::ofstream(many) << "base_url = \"http://127.0.0.1:1\"\n" << endpoints;
    fs::create_symlink(fifo, link);
    for (const fs::path& file : {fifo, large, dots, deep, many, link, folder.path(), fs::path("/dev/zero"),
                                 fs::path("/dev/null"), fs::path("/dev/stdin"), folder.path() / "nowhere"}) {
        INFO(file);
        RunOptions options;
        options.timeout = std::chrono::seconds(30);
        const Finished finished = run_roacache({"bench", "--suite", file, "--single"}, options);
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.empty());
        CHECK(finished.err.find(file.string()) != std::string::npos);
        CHECK(lines_in(finished.err) <= 2);
    }
}
