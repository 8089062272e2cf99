#include "src/analysis/permissions.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace roacache;
using analysis::NeedsOf;

namespace {

NeedsOf of_server(const char* version) {
    return {version, false, false, {"cache:t:r:h", "user:1"}, {"cache:*:*:*", "user:*"}, {}};
}

bool holds(const std::string& line, const std::string& word) {
    return (" " + line + " ").find(" " + word + " ") != std::string::npos;
}

} // namespace

TEST_CASE("the smallest rights are those that the commands need, each once", "[doctor][acl]") {
    const std::string all = analysis::minimal_acl(of_server("7.0.15"), true);
    CHECK(all.starts_with("ACL SETUSER roacache reset on >PASSWORD ~cache:*:*:* ~user:* +"));
    for (const char* rule : {"+info", "+scan", "+type", "+pttl", "+memory|usage", "+unlink", "+pexpire",
                             "+hlen", "+hscan", "+xrange", "+object|freq", "+exists"})
        CHECK(holds(all, rule));
    for (const char* rule : {"+del", "+client|no-touch", "+config|get", "+slowlog|get", "+select", "+@all"})
        CHECK_FALSE(holds(all, rule));
    std::set<std::string> rules;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find(' ', at), all.size());
        CHECK(rules.insert(all.substr(at, end - at)).second);
        at = end + 1;
    }
    const std::string read_only = analysis::minimal_acl(of_server("7.0.15"), false);
    CHECK(holds(read_only, "%R~user:*"));
    for (const char* rule : {"+unlink", "+pexpire", "~user:*"})
        CHECK_FALSE(holds(read_only, rule));
    CHECK(holds(analysis::minimal_acl(of_server("6.0.16"), false), "~user:*")); // there is no %R~ yet
    CHECK(holds(analysis::minimal_acl(of_server("7.2.0"), false), "+client|no-touch"));
    NeedsOf cluster = of_server("7.0.0");
    cluster.cluster = true;
    for (const char* rule : {"+readonly", "+cluster|nodes", "+asking", "+wait"}) {
        CHECK(holds(analysis::minimal_acl(cluster, true), rule));
        CHECK_FALSE(holds(all, rule));
    }
    CHECK(analysis::has_acl(of_server("6.0.0")));
    CHECK_FALSE(analysis::has_acl(of_server("5.0.14")));
    CHECK(analysis::has_acl(of_server(""))); // that does not tell
    NeedsOf selecting = of_server("7.0.0");
    selecting.selects_database = true;
    selecting.patterns = {"a b:*"};
    CHECK(holds(analysis::minimal_acl(selecting, true), "+select"));
    CHECK(holds(analysis::minimal_acl(selecting, true), "~a?b:*"));
}

TEST_CASE("what is missing follows from which questions are refused", "[doctor][acl]") {
    const NeedsOf of = of_server("7.0.15");
    const auto questions = analysis::permission_questions(of);
    const auto refusing = [&](const std::set<std::string>& refused, const std::string& key = {}) {
        store::Permissions permissions;
        for (const auto& question : questions) {
            const bool named =
                refused.contains(question.front()) &&
                (key.empty() || std::find(question.begin(), question.end(), key) != question.end());
            permissions.why_not.push_back(named ? question.front() + ": no" : "");
        }
        return analysis::missing_permissions(of, permissions);
    };
    CHECK(refusing({}).empty());
    CHECK(refusing({"UNLINK"}).empty()); // DEL does as well
    const auto erase = refusing({"UNLINK", "DEL"});
    REQUIRE(erase.size() == 3);
    CHECK(erase[0].command == "invalidate");
    CHECK(erase[0].without.empty());
    CHECK(erase[0].why == "UNLINK: no");
    CHECK(erase[1].command == "apply");
    CHECK(erase[2].command == "follow");
    // One form of keys is enough.
    CHECK(refusing({"UNLINK", "DEL"}, "user:1").size() == 3);
    CHECK(refusing({"MEMORY"}).size() == 4);
    for (const auto& missing : refusing({"MEMORY"}))
        CHECK_FALSE(missing.without.empty());
    const std::set<std::string> everything = [&] {
        std::set<std::string> words;
        for (const auto& question : questions)
            words.insert(question.front());
        return words;
    }();
    for (const analysis::Need& need : analysis::all_needs()) {
        const auto all = refusing(everything);
        INFO(need.command << " " << need.words);
        const bool listed = std::any_of(all.begin(), all.end(), [&](const analysis::Missing& missing) {
            return missing.command == need.command && missing.server_command == need.words;
        });
        CHECK(listed ==
              (!need.of_clusters && !need.of_channel && need.words != "CLIENT NO-TOUCH")); // which is of 7.2
    }
    // Answers that are cut leave what was not answered out.
    CHECK(analysis::missing_permissions(of, {}).empty());
}

TEST_CASE("who tells services over a channel may publish there, and nowhere else", "[doctor][acl]") {
    const auto rights = [](const char* version, std::string channel, bool changes = true) {
        NeedsOf of = of_server(version);
        of.channel = std::move(channel);
        return analysis::minimal_acl(of, changes);
    };
    CHECK_FALSE(holds(rights("7.0.15", ""), "+publish"));
    CHECK(rights("7.0.15", "").find('&') == std::string::npos);
    CHECK(holds(rights("7.0.15", "news"), "+publish"));
    CHECK(holds(rights("7.0.15", "news"), "&news"));
    CHECK_FALSE(holds(rights("7.0.15", "news"), "resetchannels"));
    CHECK(rights("6.2.14", "news").find(" resetchannels &news ") != std::string::npos);
    CHECK(holds(rights("6.0.16", "news"), "+publish"));
    CHECK(rights("6.0.16", "news").find('&') == std::string::npos); // there are no rights to channels yet
    CHECK(rights("7.0.15", "a b\"c'd\\e\xff").find(" &a?b?c?d?e? ") != std::string::npos);
    CHECK_FALSE(holds(rights("7.0.15", "news", false), "+publish")); // it reads only

    NeedsOf of = of_server("7.0.15");
    const auto asked = [&] {
        std::size_t times = 0;
        for (const auto& question : analysis::permission_questions(of))
            times += question == store::CommandWords{"PUBLISH", "KEY CHANNEL", "x"} ? 1 : 0;
        return times;
    };
    CHECK(asked() == 0);
    const auto without = analysis::minimal_commands(of, true);
    of.channel = "KEY CHANNEL"; // which is a name like any other
    CHECK(asked() == 1);
    CHECK(analysis::minimal_commands(of, true).size() == without.size() + 1);
    CHECK(analysis::minimal_commands(of, false).size() ==
          analysis::minimal_commands(of_server("7.0.15"), false).size());
}
