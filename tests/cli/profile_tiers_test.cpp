// The tiers of a cache that a profile names, so that no command has to.

#include "tests/cli/api_services.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Two servers with an entry each, and a folder with the files that name them.
class TwoTiers {
  public:
    TwoTiers() {
        for (const RedisServer* redis : {&deep, &shallow})
            redis->cli({"SET", entry, "old", "EX", "600"});
        shallow.cli({"SET", "cache:default:companies_list:0a1b2c3d4e5f", "old", "EX", "600"});
    }
    std::string list() const {
        return fmt::format("tiers = [{{ url = '{}' }}, {{ url = '{}' }}]\n", deep.url(), shallow.url());
    }
    /// A file of settings that nobody else may write to; its path.
    std::string write(const std::string& name, const std::string& content) const {
        const std::filesystem::path path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << content;
        std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                               std::filesystem::perms::owner_write);
        return path.string();
    }
    /// With the profile shop, whose tiers these are, and what `more` adds to the file.
    Finished shop(std::vector<std::string> words, const std::string& before = {},
                  const RunOptions& options = {}) const {
        const std::string config =
            write("named.toml", before + "[profiles.shop]\nextends = 'roa2web'\n" + list());
        words.insert(words.end(), {"-p", "shop", "--config", config});
        return run_roacache(words, options);
    }

    const std::string entry = "cache:default:invoices_list:0a1b2c3d4e5f";
    RedisServer deep, shallow;
    TempDir folder;
};

} // namespace

TEST_CASE("a profile names the tiers of its cache, deepest first", "[tiers][profile]") {
    const TwoTiers cache;
    const json document = document_of(cache.shop({"invalidate", "-r", "invoices_list", "-o", "json"}));
    REQUIRE(document.at("targets").size() == 2);
    CHECK(document.at("targets").at(0).at("store") == cache.deep.url());
    CHECK(document.at("targets").at(1).at("store") == cache.shallow.url());
    CHECK(document.at("removed") == 2);
    CHECK(cache.deep.cli({"DBSIZE"}) == "0");
    CHECK(cache.shallow.cli({"DBSIZE"}) == "1");
    for (const char* command : {"ping", "stats"})
        CHECK(document_of(cache.shop({command, "-o", "json"})).at("targets").size() == 2);

    INFO("a file that is one profile, and one that extends another");
    const std::string file = cache.write("shop.toml", "name = 'shop'\nextends = 'roa2web'\n" + cache.list());
    CHECK(document_of(run_roacache({"ping", "-p", file, "-o", "json"})).at("targets").size() == 2);
    const std::string heir = cache.write("two.toml", "[profiles.shop]\nextends = 'roa2web'\n" + cache.list() +
                                                         "[profiles.heir]\nextends = 'shop'\n");
    CHECK(document_of(run_roacache({"ping", "-p", "heir", "--config", heir, "-o", "json"}))
              .at("targets")
              .size() == 2);
    const std::string own =
        cache.write("own.toml", "[profiles.shop]\nextends = 'roa2web'\n" + cache.list() +
                                    "[profiles.heir]\nextends = 'shop'\ntiers = [{ url = '" +
                                    cache.shallow.url() + "' }]\n");
    const Finished one = run_roacache({"keys", "-p", "heir", "--config", own});
    CHECK(one.out == "cache:default:companies_list:0a1b2c3d4e5f\n");
    CHECK(one.err.empty());
}

TEST_CASE("commands that look at one store take a profile's deepest tier, and say so", "[tiers][profile]") {
    const TwoTiers cache;
    const std::string note = "note: store: " + cache.deep.url() + " (" + cache.folder.path().string() +
                             "/named.toml: profile shop's tiers), the deepest of 2; -u names another";
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"keys"}, {"inspect", cache.entry}, {"doctor", "--level", "error"}}) {
        std::vector<std::string> as_json = words;
        as_json.insert(as_json.end(), {"-o", "json"});
        const Finished finished = cache.shop(as_json);
        INFO(words.front() << ": " << finished.err);
        CHECK(finished.exit_code <= 1);
        CHECK(finished.err.find(note) != std::string::npos);
        CHECK(finished.err.find("the deepest", finished.err.find(note) + note.size()) == std::string::npos);
        CHECK(json::parse(finished.out).at("store") == cache.deep.url());
        std::vector<std::string> given = words;
        given.insert(given.end(), {"-u", cache.shallow.url()});
        CHECK(cache.shop(given).err.find("deepest") == std::string::npos);
    }
    CHECK(cache.shop({"keys", "--count"}).out == "1\n");
    CHECK(cache.shop({"keys", "--count", "-u", cache.shallow.url()}).out == "2\n");

    INFO("what changes one store chooses none");
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"clear", "--yes"}, {"toggle", "user", "off"}, {"benchmark"}, {"plan", "-r", "invoices_list"}}) {
        const Finished finished = cache.shop(words);
        INFO(words.front() << ": " << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("profile shop's tiers") != std::string::npos);
    }
    CHECK(cache.shop({"stats", "--watch"}).exit_code == 2);
    CHECK(cache.deep.cli({"DBSIZE"}) == "1");
}

TEST_CASE("an address of any other place goes before a profile's tiers", "[tiers][profile]") {
    const TwoTiers cache;
    const RedisServer other;
    const std::vector<std::string> ping{"ping", "-o", "json"};
    const auto reached = [](const Finished& finished) {
        INFO(finished.err);
        return json::parse(finished.out).at("store").get<std::string>();
    };
    CHECK(reached(cache.shop({"ping", "-o", "json", "-u", other.url()})) == other.url());
    const Finished by_file = cache.shop(ping, "url = '" + other.url() + "'\n");
    CHECK(reached(by_file) == other.url());
    CHECK(by_file.err.find("profile shop's tiers are not used: ") != std::string::npos);
    for (const char* variable : {"REDIS_URL", "ROACACHE_URL"}) {
        RunOptions options;
        options.env = {{variable, other.url()}};
        const Finished by_variable = cache.shop(ping, {}, options);
        CHECK(reached(by_variable) == other.url());
        CHECK(by_variable.err.find(fmt::format("are not used: environment {} goes before", variable)) !=
              std::string::npos);
    }
}

TEST_CASE("a .env file without an address keeps a profile's tiers from being changed", "[tiers][profile]") {
    const TwoTiers cache;
    const std::string file = cache.write("prod.env", "REDIS_ULR=redis://prod:6379\n");
    const Finished refused = cache.shop({"invalidate", "-r", "invoices_list", "--env-file", file});
    INFO(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("names no address") != std::string::npos);
    CHECK(cache.deep.cli({"DBSIZE"}) == "1");
    CHECK(cache.shallow.cli({"DBSIZE"}) == "2");
    CHECK(cache.shop({"keys", "--count", "--env-file", file}).out == "1\n");
    CHECK(cache
              .shop({"invalidate", "-r", "invoices_list", "--env-file", file, "-u", cache.deep.url(), "-u",
                     cache.shallow.url()})
              .exit_code == 0);
}

TEST_CASE("a profile's tiers are trusted as the file that names them", "[tiers][profile]") {
    const TwoTiers cache;
    const std::string profile = "[profiles.shop]\nextends = 'roa2web'\n" + cache.list();
    cache.write("here/roacache.toml", profile);
    RunOptions there;
    there.cwd = cache.folder.path() / "here";
    for (const char* command : {"ping", "keys", "stats"}) {
        const Finished untrusted = run_roacache({command, "-p", "shop"}, there);
        INFO(untrusted.err);
        CHECK(untrusted.exit_code == 2);
        CHECK(untrusted.err.find("not trusted") != std::string::npos);
        CHECK(untrusted.out.find("cache:") == std::string::npos);
        CHECK(run_roacache({command, "-p", "shop", "-u", cache.deep.url()}, there).exit_code == 0);
    }
    INFO("the user's own file is not trusted with a secret of the environment");
    cache.write("home/roacache/config.toml", profile);
    RunOptions secret;
    secret.env = {{"XDG_CONFIG_HOME", (cache.folder.path() / "home").string()}};
    CHECK(run_roacache({"keys", "--count", "-p", "shop"}, secret).out == "1\n");
    secret.env["REDISCLI_AUTH"] = "hush-hush";
    const Finished refused = run_roacache({"keys", "-p", "shop"}, secret);
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("is not sent to an address of a less trusted place") != std::string::npos);
    CHECK(refused.err.find("hush") == std::string::npos);

    INFO("a profile of an untrusted file that another one extends stays untrusted");
    const std::string heir = cache.write("heir.toml", "name = 'heir'\nextends = 'shop'\n");
    CHECK(run_roacache({"ping", "-p", heir}, there).err.find("not trusted") != std::string::npos);
}

TEST_CASE("tiers of a profile that are none are refused, and their secrets are not shown",
          "[tiers][profile]") {
    const TwoTiers cache;
    for (const char* bad :
         {"tiers = ['sqlite:x']", "tiers = 'sqlite:x'", "tiers = [{ name = 'x' }]", "tiers = [{ url = '' }]",
          "tiers = [{ url = 'sqlite:x', name = 'x' }]", "tiers = [{ url = 7 }]"}) {
        INFO(bad);
        const std::string file =
            cache.write("bad.toml", std::string("name = 'bad'\nextends = 'roa2web'\n") + bad + "\n");
        const Finished finished = run_roacache({"profile", "check", file});
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("bad profile: " + file + ":3:") != std::string::npos);
    }
    const std::string no_url = cache.write(
        "bad.toml", "name = 'bad'\nextends = 'roa2web'\ntiers = [{ url = 'gopher://:hush-hush@h' }]\n");
    const Finished checked = run_roacache({"profile", "check", no_url});
    CHECK(checked.exit_code == 2);
    CHECK(checked.err.find("hush") == std::string::npos);

    const std::string file = cache.write("shop.toml", "name = 'shop'\nextends = 'roa2web'\ntiers = [{ url = "
                                                      "'redis://:hush-hush@h:1' }, { url = 'sqlite:x' }]\n");
    CHECK(run_roacache({"profile", "check", file}).exit_code == 0);
    const Finished shown = run_roacache({"profile", "show", file});
    CHECK(shown.out.find("redis://:***@h:1") != std::string::npos);
    const Finished as_json = run_roacache({"profile", "show", file, "-o", "json"});
    CHECK(document_of(as_json).at("tiers").at(0).at("url") == "redis://:***@h:1");
    CHECK(document_of(as_json).at("tiers").at(1).at("url") == "sqlite:x");
    CHECK((shown.out + as_json.out).find("hush") == std::string::npos);
}
