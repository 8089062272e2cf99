// What comes back instead of a management API's answer: one clear line and the right exit code.

#include "tests/cli/api_services.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

const std::string k_api_token = "s3cret-bearer";

struct OddAnswer {
    const char* kind;
    int code;
    const char* says;
};

} // namespace

TEST_CASE("odd answers of a management API end in one line with the right exit code", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    const std::vector<OddAnswer> answers{
        {"login", 4,
         "/health: 302: a redirect to http://127.0.0.1:1/login?next=/api/cache&token=***, which is not"},
        {"login-page", 4, "/health: the answer is a web page and no JSON"},
        {"text", 4, "/health: the answer is no JSON"},
        {"empty", 4, "/health: the answer is no JSON"},
        {"list", 4, "/health: the answer is of no management API that is known (hybrid, hr)"},
        {"echo", 4, "/stats: 401: no such token: Bearer ***"},
        {"deep", 4, "/health: the answer is of no management API that is known (hybrid, hr)"},
        {"forbidden", 4, "/stats: 403: Not enough permissions"},
        {"missing", 4, "/stats: 404: Not Found"},
        {"broken", 4, "/health: 500\n"},
        {"starting", 3, "503: Cache not initialized (its cache is not initialised)"},
        {"gateway", 3, "/health: 502\n"},
        {"cut", 3, "closed before its answer was whole"},
        {"endless", 4, "longer than 1 MiB"},
        {"endless-head", 4, "not HTTP/1.1"},
    };
    for (const OddAnswer& odd : answers)
        for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
                 {"ping"},
                 {"stats"},
                 {"clear", "--yes"},
                 {"benchmark"},
                 {"toggle", "global", "off"},
                 {"invalidate", "-r", "invoices_list", "-p", "roa2web-hybrid"}}) {
            INFO(odd.kind << " " << command.front());
            const std::string error = refused_api(
                run_api(server.url("/" + std::string(odd.kind) + "/api/cache"), command, k_api_token),
                odd.code, k_api_token);
            CHECK(error.find(odd.says) != std::string::npos);
            CHECK(error.find('\x1b') == std::string::npos);
        }
    INFO("nothing was asked to change");
    CHECK(got(server.url("/asked")).find("POST") == std::string::npos);
}

TEST_CASE("a management API that is slow is not waited for beyond --timeout", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    const Finished slow = run_api(server.url("/slow/api/cache"), {"ping", "--timeout", "300ms"}, k_api_token);
    CHECK(refused_api(slow, 3).find("timed out") != std::string::npos);
    CHECK(slow.seconds < 10);
    CHECK(refused_api(run_api("http://127.0.0.1:1/api/cache", {"ping"}), 3).find("connection refused") !=
          std::string::npos);
    const Finished allowed =
        run_api("http://127.0.0.1:1/api/cache",
                {"invalidate", "-r", "invoices_list", "-p", "roa2web-hybrid", "--allow-unreachable"});
    CHECK(allowed.exit_code == 0);
}

TEST_CASE("a health that answers 200 with an error is no health", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    CHECK(refused_api(run_api(server.url("/sick/api/cache"), {"ping"}), 3)
              .find("the service's cache is in error: database disk image is malformed") !=
          std::string::npos);
    CHECK(refused_api(run_api(server.url("/unstarted/api/cache"), {"ping"}), 3).find("not initialised") !=
          std::string::npos);
    const Finished fallback =
        run_api(server.url("/fallback/api/cache"), {"ping", "--fail-on-fallback", "-o", "json"});
    CHECK(fallback.exit_code == 1);
    CHECK(document_of(fallback).at("backend") == "in-memory");
    const Finished hidden = run_api(server.url("/hidden-health/api/cache"), {"ping", "-o", "json"});
    CHECK(document_of(hidden).at("dialect") == "hybrid");
}

TEST_CASE("an invalidation that a service refuses, does in part, or does not account for", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    const auto run_at_kind = [&](const std::string& kind, std::vector<std::string> selectors) {
        selectors.insert(selectors.begin(), "invalidate");
        return run_api(server.url("/" + kind + "/api/cache"), selectors);
    };
    const std::vector<std::string> one{"-r", "invoices_list", "-p", "roa2web-hybrid", "-q"};
    CHECK(refused_api(run_at_kind("invalid", one), 4).find("422: value is not a valid integer") !=
          std::string::npos);
    CHECK(refused_api(run_at_kind("unsuccessful", one), 4).find("nothing was done") != std::string::npos);

    const Finished partly = run_at_kind("second-fails", {"-r", "invoices_list", "-r", "companies_list", "-p",
                                                         "roa2web-hybrid", "-q", "-o", "json"});
    CHECK(partly.exit_code == 5);
    CHECK(document_of(partly).at("outcome") == "partial");
    CHECK(document_of(partly).at("removed").is_null());
    CHECK(document_of(partly).at("calls") == 1);
    CHECK(partly.err.find("disk I/O error") != std::string::npos);

    const std::vector<std::string> user{"-k", "user:1", "-p", "hr-portal", "-q"};
    CHECK(run_at_kind("hr-uncounted", user).exit_code == 4);
    CHECK(run_at_kind("hr", user).exit_code == 0);
    INFO("a key is sent so that the service gets it back as it is");
    CHECK(run_at_kind("hr", {"-k", "user:a b&c=\xc3\xa9#%", "-p", "hr-portal", "-q"}).exit_code == 0);
    CHECK(got(server.url("/asked"))
              .find("POST /hr/api/cache/invalidate?pattern=user%3Aa%20b%26c%3D%C3%A9%23%25") !=
          std::string::npos);
}

TEST_CASE("only what a service says was done is done", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    const std::vector<std::vector<std::string>> acts{
        {"invalidate", "-r", "invoices_list", "-p", "roa2web-hybrid"},
        {"invalidate", "--all-tenants", "--yes", "-p", "roa2web-hybrid"},
        {"clear", "-y"},
        {"clear", "-y", "--dialect", "hr"},
        {"invalidate", "-k", "user:1", "-p", "hr-portal", "--dialect", "hr"}};
    for (const std::vector<std::string>& act : acts)
        for (const std::string said :
             {"done", "wrapped", "204", "object", "list", "null", "text", "number", "error", "login",
              "silent", "wrapped-silent", "false", "false-text", "zero", "none", "inner"}) {
            std::vector<std::string> line = act;
            line.emplace_back("-q");
            const Finished finished = run_api(server.url("/act-" + said + "/api/cache"), line);
            INFO(act[0] << " " << act[1] << " " << said << "\n" << finished.err << finished.out);
            // 204 does not count, which the HR portal does.
            const bool counts = act[0] == "invalidate" && act.back() == "hr";
            const bool is_done = said == "done" || said == "wrapped" || (said == "204" && !counts);
            CHECK(finished.exit_code == (is_done ? 0 : 4));
            if (is_done) continue;
            CHECK(finished.out.empty());
            if (said == "error") CHECK(finished.err.find("database is locked") != std::string::npos);
        }
}

TEST_CASE("a token that a service repeats is not printed", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"ping"},
                                               {"stats"},
                                               {"clear", "-y"},
                                               {"benchmark"},
                                               {"invalidate", "-r", "x", "-p", "roa2web-hybrid"}})
        for (const char* format : {"table", "json"}) {
            std::vector<std::string> line = command;
            line.insert(line.end(), {"-v", "-o", format});
            const Finished finished = run_api(server.url("/parrot/api/cache"), line, k_api_token);
            INFO(command.front() << finished.err << finished.out);
            CHECK(finished.exit_code == 0);
            CHECK((finished.out + finished.err).find(k_api_token) == std::string::npos);
        }
}

TEST_CASE("a dialect that is given is not asked for", "[api]") {
    const PythonServer server("tests/cli/odd_api.py");
    CHECK(run_api(server.url("/hr/api/cache"),
                  {"invalidate", "-k", "user:1", "-p", "hr-portal", "-q", "--dialect", "hr"})
              .exit_code == 0);
    CHECK(got(server.url("/asked")) == "POST /hr/api/cache/invalidate?pattern=user%3A1\n");
    CHECK(refused_api(run_api(server.url("/switched/api/cache"), {"clear", "-y"}), 4).find("/clear: 405") !=
          std::string::npos);
}
