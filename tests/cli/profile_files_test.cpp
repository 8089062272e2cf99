#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A folder with files that profiles are read from.
class Profiles {
  public:
    std::string write(const std::string& file, const std::string& text) const {
        std::ofstream(folder_.path() / file) << text;
        return file;
    }
    Finished operator()(const std::vector<std::string>& arguments) const {
        RunOptions options;
        options.cwd = folder_.path();
        return run_roacache(arguments, options);
    }

  private:
    TempDir folder_;
};

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

/// `NAME=VALUE` for each part that `keys -o json` shows.
std::string parts_of(const json& entry) {
    std::string parts;
    const auto add = [&](const std::string& name, const json& value) {
        if (!value.is_null()) parts += (parts.empty() ? "" : " ") + name + "=" + value.get<std::string>();
    };
    add("tenant", entry.at("tenant"));
    add("resource", entry.at("resource"));
    for (const auto& [name, value] : entry.at("where").items())
        add(name, value);
    add("hash", entry.at("hash"));
    return parts;
}

} // namespace

TEST_CASE("a file that profile check calls good is one that -p takes", "[profile]") {
    const Profiles profiles;
    const std::string shop = "layouts = [{ template = 'shop:{tenant}:{resource}:{hash}' }]\n";
    for (const std::string& file :
         {profiles.write("alone.toml", "name = 'shop'\nhash = { digits = 12 }\n" + shop),
          profiles.write("extended.toml", "name = 'shop'\nextends = 'roa2web'\n" + shop),
          profiles.write("one.toml", "[profiles.shop]\nextends = 'roa2web'\n" + shop)}) {
        INFO(file);
        const Finished checked = profiles({"profile", "check", file});
        CHECK(checked.out == file + ": good: shop\n");
        for (const std::string& name : {file, "./" + file}) {
            const Finished shown = profiles({"profile", "show", name, "-o", "json"});
            INFO(shown.err);
            CHECK(json::parse(shown.out).at("name") == "shop");
            CHECK(profiles({"key", "basket", "-p", name, "-t", "t"}).out.find("shop:t:basket") == 0);
        }
    }
    profiles.write("two.toml", "[profiles.a]\nextends = 'roa2web'\n[profiles.b]\nextends = 'a'\n");
    CHECK(profiles({"profile", "check", "two.toml"}).out == "two.toml: good: a, b\n");
    const Finished several = profiles({"profile", "show", "two.toml"});
    CHECK(several.exit_code == 2);
    CHECK(several.err.find("--config two.toml -p a") != std::string::npos);
    CHECK(profiles({"profile", "show", "./absent.toml"}).exit_code == 2);
}

TEST_CASE("a layout that is never chosen is found by profile check", "[profile]") {
    const Profiles profiles;
    const auto check = [&](const std::vector<std::pair<std::string, std::string>>& layouts) {
        std::string text = "name = 'p'\n";
        for (const auto& [templ, more] : layouts)
            text += "[[layouts]]\ntemplate = " + quoted(templ) + "\n" + more + "\n";
        profiles.write("p.toml", text);
        return profiles({"profile", "check", "p.toml"});
    };
    const std::string named = "resource = 'r'";
    using Layouts = std::vector<std::pair<std::string, std::string>>;
    for (const Layouts& shadowed : {Layouts{{"{resource}:{id}", ""}, {"user:{id}", named}},
                                    {{"cache:{rest*}", named}, {"cache:{tenant}:{resource}", ""}},
                                    {{"{a}-{b}", named}, {"{a}-x-{b}", named}},
                                    {{"{rest+}", named}, {"single", named}},
                                    {{"x:{resource}", ""}, {"x:{id}", named}},
                                    {{"a/{rest}", named + "\nseparator = '/'"}, {"a/{b}:{c}", named}},
                                    {{"q", named}, {"{resource}:{rest+}", ""}, {"user:{id}:roles", named}}}) {
        const Finished finished = check(shadowed);
        INFO(shadowed.back().first << finished.out << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("'" + shadowed.back().first + "': it is never chosen") != std::string::npos);
        CHECK(finished.err.find("p.toml:") != std::string::npos);
    }
    for (const Layouts& well : {Layouts{{"user:{id}", named}, {"{resource}:{id}", ""}},
                                {{"{resource}:{id}", ""}, {"{resource}:{id}:{more}", ""}},
                                {{"{rest+}", named + "\nseparator = '/'"}, {"{resource}:{x}", ""}}}) {
        const Finished finished = check(well);
        INFO(well.back().first << finished.err);
        CHECK((finished.exit_code == 0 || well.front().first == "{rest+}"));
    }
    for (const char* name : {"roa2web", "hr-portal", "salonos", "tally-portal"}) {
        profiles.write("p.toml", "name = 'p'\nextends = " + quoted(name) + "\n");
        CHECK(profiles({"profile", "check", "p.toml"}).exit_code == 0);
    }
}

TEST_CASE("names in an event's keys are known or refused", "[profile]") {
    const RedisServer redis;
    const Profiles profiles;
    redis.cli(
        {"MSET", "cache:a:list:1", "x", "cache:a:item:1", "x", "cache:b:list:1", "x", "cache:*:list:1", "x"});
    const auto file = [&](const std::string& key, const std::string& value) {
        return profiles.write("p.toml", "name = 'p'\ndefault_tenant = 'a'\nlayouts = [{ template = "
                                        "'cache:{tenant}:{resource}:{id}' }]\n[events.changed]\nvalue = '" +
                                            value + "'\nkeys = [" + quoted(key) + "]\n");
    };
    const auto keys_of = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"keys", "-u", redis.url(), "-p", "p.toml", "--count", "-q"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return profiles(arguments).out;
    };
    file("cache:{tenant}:list:*", "none");
    CHECK(profiles({"profile", "check", "p.toml"}).exit_code == 0);
    CHECK(keys_of({"-e", "changed", "-t", "a"}) == "1\n");
    CHECK(keys_of({"-e", "changed", "-t", "*"}) == "1\n");
    CHECK(keys_of({"-e", "changed", "-t", "*", "-g"}) == "3\n");
    CHECK(keys_of({"-e", "changed"}) == "3\n");
    file("cache:{tenant}:{value}:*", "required");
    CHECK(keys_of({"-e", "changed=list", "-t", "b"}) == "1\n");
    CHECK(keys_of({"-e", "changed={tenant}", "-t", "b"}) == "0\n");
    for (const char* name : {"resource", "hash", "id"}) {
        file("cache:a:{" + std::string(name) + "}", "none");
        const Finished checked = profiles({"profile", "check", "p.toml"});
        CHECK(checked.exit_code == 2);
        CHECK(checked.err.find("{" + std::string(name) + "} means nothing here") != std::string::npos);
        CHECK(profiles({"keys", "-u", redis.url(), "-p", "p.toml", "-e", "changed"}).exit_code == 2);
    }
}

TEST_CASE("profile show lists separator, pairs, hash and the rule of each event", "[profile]") {
    const Profiles profiles;
    profiles.write("p.toml",
                   "name = 'p'\nlayouts = [{ template = 'a/{resource}/{more*}', separator = '/', "
                   "pairs = '~' }]\nhash = { algorithm = 'sha1', digits = 7, exclude = ['me'] }\n"
                   "memory_tier = { ttl = '94s' }\n[events.e]\nvalue = 'optional'\nresources = ['r']\n"
                   "where = { company = '{value}' }\ncaveat = 'leaves s'\ndescription = 'd'\n");
    const json shown = json::parse(profiles({"profile", "show", "p.toml", "-o", "json"}).out);
    CHECK(shown.at("layouts")[0].at("separator") == "/");
    CHECK(shown.at("layouts")[0].at("pairs") == "~");
    CHECK(shown.at("hash") == json{{"algorithm", "sha1"}, {"digits", 7}, {"exclude", {"me"}}});
    CHECK(shown.at("memory_tier").at("ttl_ms") == 94000);
    CHECK(shown.at("events")[0].at("value") == "optional");
    CHECK(shown.at("events")[0].at("caveat") == "leaves s");
    CHECK(shown.at("events")[0].at("where").at("company") == "{value}");
    const std::string table = profiles({"profile", "show", "p.toml"}).out;
    for (const char* word :
         {"'/'", "NAME~VALUE", "sha1", "first 7", "me", "94.0 s", "caveat: leaves s", "company"}) {
        INFO(table);
        CHECK(table.find(word) != std::string::npos);
    }
    const std::string roa2web = run_roacache({"profile", "show"}).out;
    for (const char* stale :
         {"invoices_summary", "dashboard_trends", "dashboard_maturity", "dashboard_performance"})
        CHECK(roa2web.find(stale, roa2web.find("caveat: ")) != std::string::npos);
}

TEST_CASE("what the help of profile says of templates is so", "[profile]") {
    const RedisServer redis;
    const Profiles profiles;
    const std::string help = run_roacache({"profile", "--help"}).out;
    CHECK(run_roacache({"profile", "show", "--help"}).out.find("Templates. ") != std::string::npos);
    std::istringstream lines(help);
    const std::regex layout("  template = .*");
    const std::regex example("      (\\S+)  is  (.*)");
    std::smatch found;
    int examples = 0;
    for (std::string line; std::getline(lines, line);) {
        if (std::regex_match(line, layout)) {
            std::string entry = line;
            for (std::size_t at = entry.find("\"  "); at != std::string::npos; at = entry.find("\"  "))
                entry.replace(at, 3, "\", ");
            profiles.write("p.toml", "name = 'p'\nlayouts = [{" + entry + " }]\n");
            INFO(line);
            CHECK(profiles({"profile", "check", "p.toml"}).exit_code == 0);
        } else if (std::regex_match(line, found, example)) {
            ++examples;
            redis.cli({"SET", found[1], "x"});
            const Finished keys =
                profiles({"keys", "-u", redis.url(), "-p", "p.toml", "-k", found[1], "-o", "ndjson", "-q"});
            INFO(line << keys.err);
            CHECK(parts_of(json::parse(keys.out)) == found[2]);
        }
    }
    CHECK(examples >= 7);
}

TEST_CASE("key answers with a key that carries all that is given, or not at all", "[key]") {
    const Profiles profiles;
    profiles.write("p.toml", "name = 'p'\ndefault_tenant = 'main'\n[hash]\ndigits = 4\n"
                             "[[layouts]]\ntemplate = 'plain:{resource}'\n"
                             "[[layouts]]\ntemplate = 'hashed:{resource}:{hash}'\n"
                             "[[layouts]]\ntemplate = 'all:{tenant}:{resource}:{hash}'\n"
                             "[[layouts]]\ntemplate = 'fixed'\nresource = 'only'\n");
    const auto key = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"key", "-p", "p.toml"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return profiles(arguments);
    };
    CHECK(key({"r"}).out == "plain:r\n");
    CHECK(key({"r", "x:=1"}).out.find("hashed:r:") == 0);
    CHECK(key({"r", "-t", "t"}).out.find("all:t:r:") == 0);
    CHECK(key({"r", "-t", "t", "x:=1"}).out.find("all:t:r:") == 0);
    CHECK(key({"r", "-t", "main"}).out.find("all:main:r:") == 0);
    CHECK(run_roacache({"key", "user", "id=1", "-t", "t", "-p", "hr-portal"}).exit_code == 2);
    CHECK(run_roacache({"key", "user", "id=1", "-t", "t", "-p", "hr-portal"}).err.find("tell no tenant") !=
          std::string::npos);
    profiles.write("p.toml",
                   "name = 'p'\n[hash]\ndigits = 4\n[[layouts]]\ntemplate = 'fixed'\nresource = 'only'\n"
                   "[[layouts]]\ntemplate = 'all:{tenant}:{resource}:{hash}'\n");
    CHECK(key({"only"}).out == "fixed\n");
    CHECK(key({"only", "-t", "t"}).out.find("all:t:only:") == 0);
    RunOptions lines;
    CHECK(key({"only", "x:=1"}).exit_code == 2);
}
