// Every option that can carry a secret, in every spelling and place of it, by the program itself: nothing
// that it writes, to its streams or to files, holds the secret.

#include "commands/cli.hpp"
#include "commands/option_types.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/servers.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>

using namespace roacache::test;
using roacache::commands::DeclaredOption;
using roacache::commands::Secrecy;

namespace {

using Arguments = std::vector<std::string>;

/// Values with SECRET in every place where the option can carry one; PEER is the address of a server.
Arguments carriers(const DeclaredOption& option) {
    switch (option.type->secrecy) {
    case Secrecy::always:
        return {"me:SECRET", "SECRET", "sid=SECRET", "SECRET=1"};
    case Secrecy::url:
        return {"http://me:SECRET@PEER/",
                "http://SECRET@PEER/",
                "http://PEER/?token=SECRET",
                "http://PEER/?a=1&access_token=SECRET;X-Amz-Signature=SECRET",
                "http://PEER/?t%6Fken=SECRET",
                "http://PEER/?next=http%3A%2F%2Fme:SECRET%40h",
                "PEER/x?token=SECRET",
                "PEER?api_key=SECRET",
                "me:SECRET@PEER",
                "host=h password=SECRET",
                "Server=h;Pwd=SECRET",
                "h:SECRET",
                "redis://:SECRET@127.0.0.1:1/0",
                "redis://127.0.0.1:1?password=SECRET",
                "nope://h?secret=SECRET",
                "http://me:SECRET@[",
                "http:me:SECRET@PEER"};
    case Secrecy::header:
        return {"Authorization: Bearer SECRET",
                "authorization:SECRET",
                "Proxy-Authorization: Basic SECRET",
                "Cookie: sid=SECRET",
                "Ocp-Apim-Subscription-Key: SECRET",
                "X-JWT: SECRET",
                "X-Api-Key: SECRET",
                "PRIVATE-TOKEN: SECRET",
                "X-Whatever: Bearer SECRET",
                "X-Origin: http://me:SECRET@h/",
                "Authorization Bearer SECRET",
                "Authorization; Bearer: SECRET",
                "Authorization: SECRET\nX: SECRET"};
    case Secrecy::parameter:
        return {"token=SECRET",           "access_token=SECRET", "a=1&sig=SECRET",
                "X-Amz-Signature=SECRET", "t%6Fken=SECRET",      "password:={SECRET"};
    case Secrecy::body:
        return {R"({"password": "SECRET"})", "a=1&pwd=SECRET", R"({"apiKey":"SECRET"})",
                "<token>SECRET</token>"};
    case Secrecy::shell_command:
        return {"true --token SECRET", "TOKEN=SECRET true",
                "true -a SECRET",      "curl -fsS -u me:SECRET http://127.0.0.1:1/",
                "true 'SECRET'",       "false -H 'Authorization: Bearer SECRET'"};
    case Secrecy::url_or_command:
        return {"http://me:SECRET@PEER/#/n", "http://PEER/?token=SECRET#/n",
                "https://SECRET@PEER/#",     "psql --token SECRET",
                "TOKEN=SECRET true",         "curl -u me:SECRET PEER#/n"};
    case Secrecy::never:
        break;
    }
    return {};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

std::vector<Arguments> spellings(const DeclaredOption& option, const std::string& value) {
    if (option.names.empty()) return {{value}};
    std::vector<Arguments> made;
    for (const std::string& name : option.names) {
        made.push_back({name + "=" + value});
        if (!option.takes_value) continue;
        made.push_back({name, value});
        if (name.starts_with("--")) continue;
        made.push_back({name + value});
        made.push_back({"-v" + name.substr(1), value});
        made.push_back({"-v" + name.substr(1) + value});
    }
    return made;
}

/// What was written to the folder, one file after the other, names included.
std::string all_files(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        all += entry.path().filename().string() + "\n";
        all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
}

struct Parser {
    roacache::commands::Parsed parsed;
    std::unique_ptr<CLI::App> app = roacache::commands::build_app(parsed);
};

/// A run that does all that it can with the option, reports included.
Arguments command_with(const DeclaredOption& option, const Arguments& spelling, const std::string& at) {
    const auto is = [&](const char* name) { return option.option->check_lname(name); };
    Arguments arguments{"bench"};
    if (!option.command.empty() && option.command != "bench")
        arguments = {"invalidate", "--all-tenants", "--yes"};
    if (option.command == "key") arguments = {"key", "summary"};
    if (option.command == "toggle") arguments = {"toggle", "user", "off"};
    if (option.command == "follow")
        arguments = {"follow", "-r", "summary", "--once", "--invalidate-first", "--settle=0"};
    if (option.command == "demo") arguments = {"demo", "--listen", "not:an:address"};
    arguments.insert(arguments.end(), spelling.begin(), spelling.end());
    if (arguments[0] != "bench") return arguments;
    if (!option.names.empty()) arguments.push_back("http://" + at + "/");
    arguments.insert(arguments.end(), {"-n", "20", "--blocks", "10", "--warmup", "0", "--assert",
                                       "errors == 0", "--report", "report.md", "--json", "report.json",
                                       "--junit", "report.xml", "--github-summary=summary.md"});
    const bool hook = is("hook-cached") || is("hook-uncached");
    if (hook) arguments.push_back(is("hook-cached") ? "--hook-uncached=true" : "--hook-cached=true");
    if (is("toggle-url")) arguments.insert(arguments.end(), {"--uncached-by", "toggle"});
    if (is("base-url")) arguments.insert(arguments.end(), {"--suite", "suite.toml"});
    if (is("hit-header")) arguments.push_back("--uncached-query=a=1");
    if (!hook && !is("toggle-url") && !is("uncached-header") && !is("uncached-query") &&
        !is("uncached-url") && !is("hit-header"))
        arguments.push_back("--single");
    return arguments;
}

void check_hidden(const DeclaredOption& option, const Arguments& spelling, const std::string& at) {
    const TempDir folder;
    std::ofstream(folder.path() / "suite.toml") << "[[endpoints]]\nurl = \"/\"\n";
    RunOptions options;
    options.cwd = folder.path();
    options.timeout = std::chrono::seconds(30);
    options.env["REDIS_URL"] = "redis://:hunter2x@127.0.0.1:1/0";
    Arguments arguments = command_with(option, spelling, at);
    arguments.push_back("--verbose");
    const Finished finished = run_roacache(arguments, options);
    std::string line;
    for (const std::string& word : arguments)
        line += " " + word;
    const std::string written = finished.out + finished.err + all_files(folder.path());
    INFO(line << "\nexit " << finished.exit_code << "\n" << finished.err);
    CHECK(written.find("hunter2x") == std::string::npos);
    CHECK(finished.exit_code >= 0);
    CHECK(finished.exit_code != 70);
}

} // namespace

TEST_CASE("no secret of any option is written anywhere", "[options][secret]") {
    const Parser parser;
    const NginxServer server("location / { return 200 'ok'; }");
    const std::string at = "127.0.0.1:" + std::to_string(server.port());
    // Under the sanitizers, where a start of the program takes long, every third.
    constexpr std::size_t k_stride = k_sanitized ? 3 : 1;
    std::size_t cases = 0;
    for (const DeclaredOption& option : roacache::commands::option_table(*parser.app)) {
        // What the values of segments and events are is no secret of the command line.
        if (option.type == nullptr || option.option->check_lname("where") ||
            option.option->check_lname("event"))
            continue;
        for (const std::string& carrier : carriers(option)) {
            const bool all = carrier == carriers(option).front();
            for (const Arguments& spelling :
                 spellings(option, replaced(replaced(carrier, "PEER", at), "SECRET", "hunter2x"))) {
                if (cases++ % k_stride == 0) check_hidden(option, spelling, at);
                if (!all) break;
            }
        }
    }
    CHECK(cases >= 100);
    WARN(cases / k_stride << " command lines");
}

TEST_CASE("the command in a report can be read by the parser again", "[bench][secret]") {
    const NginxServer server("location / { return 200 'ok'; }");
    const TempDir folder;
    RunOptions options;
    options.cwd = folder.path();
    const Finished finished =
        run_roacache({"-q", "bench", server.url(), "-n20", "--blocks=10", "--single", "-H=X: a b", "-qA",
                      "me:hunter2x", "--assert=errors == 0", "--spin=false", "-o", "json"},
                     options);
    INFO(finished.err << finished.out.substr(0, 300));
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("bench " + server.url() +
                            " -n 20 --blocks 10 --single -H 'X: a b' -A '***' --assert "
                            "'errors == 0' --spin=false") != std::string::npos);
}
