// Every option that the parser knows, in every spelling of a value that is missing, empty, wrapped, out of
// range or of the wrong type, by the program itself against a server with several databases: such a command
// removes nothing, and no value of an option makes a command remove more than it would without the option.

#include "tests/cli/option_spellings.hpp"

using namespace roacache::test;

TEST_CASE("no spelling of an option's value makes invalidate remove more", "[options]") {
    const Parser parser;
    Databases databases;
    const TempDir folder;
    const RunOptions options = run_in(folder, databases);

    const std::vector<Arguments> bases{{"-t", "a", "-r", "victims"}, {"--all-tenants", "--yes"}};
    std::size_t cases = 0;
    for (const Arguments& base : bases) {
        Arguments plain{"invalidate"};
        plain.insert(plain.end(), base.begin(), base.end());
        REQUIRE(run_roacache(plain, options).exit_code == 0);
        const Keys meant = databases.removed();
        REQUIRE_FALSE(meant.empty());
        databases.fill();
        for (const DeclaredOption& option : options_of(*parser.app, {"", "invalidate"})) {
            const auto is = [&](const char* name) { return option.option->check_lname(name); };
            // Nothing has these values, and a URL that is given is the only one that counts.
            const bool names_nothing = is("tenant") || is("where") || is("key") || is("keys-from") ||
                                       is("match") || is("event") || is("url");
            const bool alone = !base.empty() && base[0] == "--all-tenants";
            for (const Spelling& spelling : spellings_of(option, !alone)) {
                Arguments arguments = plain;
                if (is("tenant") && base[0] == "-t")
                    arguments.erase(arguments.begin() + 1, arguments.begin() + 3);
                arguments.insert(arguments.end(), spelling.arguments.begin(), spelling.arguments.end());
                const Finished finished = run_roacache(arguments, options);
                INFO(shown(arguments) << "\nexit " << finished.exit_code << "\n"
                                      << finished.err.substr(0, 300));
                check_ended(finished, spelling);
                ++cases;
                if (!databases.changed()) continue;
                const Keys gone = databases.removed();
                CHECK_FALSE(spelling.malformed);
                CHECK_FALSE(names_nothing);
                if (is("resource") && alone) CHECK(gone.empty());
                CHECK(std::includes(meant.begin(), meant.end(), gone.begin(), gone.end()));
                databases.fill();
            }
        }
    }
    CHECK(cases >= (k_sanitized ? 125 : 1000));
    WARN(cases << " command lines");
}

TEST_CASE("no spelling of an option's value makes apply remove more than its plan", "[options][plan]") {
    const Parser parser;
    Databases databases;
    const TempDir folder;
    const RunOptions options = run_in(folder, databases);
    const std::filesystem::path plan = folder.path() / "plan.json", kept = folder.path() / "kept.json";
    REQUIRE(run_roacache({"plan", "-t", "a", "-r", "victims", "-O", kept.string()}, options).exit_code == 0);
    const auto apply = [&](const Arguments& more) {
        std::filesystem::copy_file(kept, plan, std::filesystem::copy_options::overwrite_existing);
        Arguments arguments{"apply", plan.string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_roacache(arguments, options);
    };
    REQUIRE(apply({}).exit_code == 0);
    const Keys meant = databases.removed();
    CHECK(meant.size() == 2);
    databases.fill();
    std::size_t cases = 0, removals = 0;
    for (const DeclaredOption& option : options_of(*parser.app, {"apply"}))
        for (const Spelling& spelling : spellings_of(option, true)) {
            const Finished finished = apply(spelling.arguments);
            INFO(shown(spelling.arguments) << "\nexit " << finished.exit_code << "\n"
                                           << finished.err.substr(0, 300));
            check_ended(finished, spelling);
            ++cases;
            if (!databases.changed()) continue;
            ++removals;
            CHECK_FALSE(spelling.malformed);
            const Keys gone = databases.removed();
            CHECK(std::includes(meant.begin(), meant.end(), gone.begin(), gone.end()));
            databases.fill();
        }
    CHECK(cases >= (k_sanitized ? 12 : 100));
    CHECK(removals > 0);
    WARN(cases << " command lines");
}

TEST_CASE("no spelling of an option's value ends a command that reads in a crash or changes anything",
          "[options]") {
    const Parser parser;
    Databases databases;
    const TempDir folder;
    const RunOptions options = run_in(folder, databases);
    const std::map<std::string, Arguments> bases{
        {"ping", {"ping"}},
        {"keys", {"keys"}},
        {"key", {"key", "victims"}},
        {"inspect", {"inspect", "other"}},
        {"stats", {"stats"}},
        {"doctor", {"doctor", "--host-root", "/dev"}},
        {"plan", {"plan", "-t", "a"}},
        {"follow",
         {"follow", "--command", "printf '1\\t2\\n'", "-r", "nothing", "--once", "--invalidate-first"}},
        {"profile list", {"profile", "list"}},
        {"profile show", {"profile", "show"}}};
    std::size_t cases = 0;
    for (const auto& [command, base] : bases)
        for (const DeclaredOption& option : options_of(*parser.app, {command})) {
            const bool goes_on = option.option->check_lname("watch") || option.option->check_lname("once");
            for (const Spelling& spelling : spellings_of(option, true)) {
                if (goes_on && !spelling.malformed) continue;
                Arguments arguments = base;
                if (command == "follow" && !option.option->check_lname("settle"))
                    arguments.emplace_back("--settle=0"); // which it would wait for
                arguments.insert(arguments.end(), spelling.arguments.begin(), spelling.arguments.end());
                const Finished finished = run_roacache(arguments, options);
                INFO(shown(arguments) << "\nexit " << finished.exit_code << "\n"
                                      << finished.err.substr(0, 300));
                check_ended(finished, spelling);
                CHECK_FALSE(databases.changed());
                ++cases;
            }
        }
    CHECK(cases >= (k_sanitized ? 100 : 1000));
    WARN(cases << " command lines");
}

TEST_CASE("no spelling of an option's value ends bench in a crash or makes it remove entries", "[options]") {
    const Parser parser;
    Databases databases;
    const TempDir folder;
    const RunOptions options = run_in(folder, databases);
    std::size_t cases = 0;
    for (const DeclaredOption& option :
         options_of(*parser.app, {"bench", "bench merge", "bench compare", "demo"})) {
        if (option.option->check_lname("demo")) continue; // it would run for long
        for (const Spelling& spelling : spellings_of(option, true)) {
            if (option.command == "demo" && !spelling.malformed) continue;
            Arguments arguments{"bench", "http://127.0.0.1:1/"};
            if (option.command != "bench") {
                arguments.clear();
                for (std::size_t at = 0; at <= option.command.size();) {
                    const std::size_t end = std::min(option.command.find(' ', at), option.command.size());
                    arguments.push_back(option.command.substr(at, end - at));
                    at = end + 1;
                }
                if (option.command != "demo") arguments.insert(arguments.end(), {"old.json", "new.json"});
            }
            arguments.insert(arguments.end(), spelling.arguments.begin(), spelling.arguments.end());
            const Finished finished = run_roacache(arguments, options);
            INFO(shown(arguments) << "\nexit " << finished.exit_code << "\n" << finished.err.substr(0, 300));
            check_ended(finished, spelling);
            CHECK(finished.exit_code != 0);
            CHECK_FALSE(databases.changed());
            ++cases;
        }
    }
    CHECK(cases >= (k_sanitized ? 60 : 500));
    WARN(cases << " command lines");
}

TEST_CASE("every option's type of value is in the table", "[options]") {
    const Parser parser;
    for (const DeclaredOption& option : roacache::commands::option_table(*parser.app)) {
        INFO(option.command << " " << option.option->get_name());
        CHECK((option.type == nullptr || !option.type->name.empty()));
    }
}
