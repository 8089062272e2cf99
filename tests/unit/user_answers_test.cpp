#include "src/bench/answers/user_answers.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache;
using bench::UserAnswer;
using bench::UserAnswers;
using bench::UserCheck;
using Outcome = bench::UserCheck::Outcome;

namespace {

UserAnswer answer(const std::string& user, int number, int status = 200) {
    return {status,
            R"({"number": )" + std::to_string(number) + R"(, "user": ")" + user + R"(", "list": [1, 2]})"};
}

UserAnswers own(const std::string& user) {
    return {{answer(user, 1), answer(user, 2)}, answer(user, 3)};
}

} // namespace

TEST_CASE("what an answer has of its user tells whose it is", "[users]") {
    const UserAnswers ana = own("ana"), bob = own("bob");
    const UserCheck apart = bench::judge_users({ana, bob}, {});
    CHECK(apart.outcome == Outcome::own);
    CHECK(apart.places == std::vector<std::string>{"/user"});
    UserAnswers crossed = bob;
    crossed.cached = answer("ana", 4);
    const UserCheck over = bench::judge_users({ana, crossed}, {});
    CHECK(over.outcome == Outcome::crossed);
    CHECK(over.served == 2);
    CHECK(bench::judge_users({crossed, ana}, {}).served == 1);
}

TEST_CASE("a part of an answer that is another user's crossed over, too", "[users]") {
    const auto profile = [](const std::string& name, const std::string& mail, int unread) {
        return UserAnswer{200, R"({"name": ")" + name + R"(", "mail": ")" + mail + R"(", "unread": )" +
                                   std::to_string(unread) + "}"};
    };
    const UserAnswer ana = profile("Ana Ionescu", "ana@example.org", 3);
    const UserAnswer bob = profile("Bob Popescu", "bob@example.org", 7);
    const auto judged = [&](const UserAnswer& served) {
        return bench::judge_users({UserAnswers{{ana, ana}, served}, UserAnswers{{bob, bob}, bob}}, {});
    };
    const UserCheck part = judged(profile("Ana Ionescu", "bob@example.org", 3));
    CHECK(part.outcome == Outcome::crossed);
    CHECK(part.in_part);
    CHECK(part.served == 1);
    CHECK(part.places == std::vector<std::string>{"/mail"});
    CHECK_FALSE(judged(bob).in_part);
    CHECK(judged(profile("Ana Ionescu", "ana@example.org", 7)).outcome ==
          Outcome::unknown); // it may be older
    CHECK(judged(profile("Ana Ionescu", "old@example.org", 3)).outcome == Outcome::unknown);
    CHECK(judged(ana).outcome == Outcome::own);
}

TEST_CASE("an answer that is merely old is not another user's", "[users]") {
    const auto judged = [](const std::string& own, const std::string& other, const std::string& old) {
        const UserAnswer ana{200, own}, bob{200, other}, served{200, old};
        return bench::judge_users({UserAnswers{{ana, ana}, served}, UserAnswers{{bob, bob}, bob}}, {})
            .outcome;
    };
    INFO("a list that grew");
    CHECK(judged(R"({"rows": [{"id": 1}, {"id": 2}, {"id": 3}]})", R"({"rows": [{"id": 7}, {"id": 8}]})",
                 R"({"rows": [{"id": 1}, {"id": 2}]})") != Outcome::crossed);
    INFO("a place that was removed");
    CHECK(judged(R"({"name": "Ana Ionescu", "address": null})",
                 R"({"name": "Bob Popescu", "address": {"city": "Iasi"}})",
                 R"({"name": "Ana Ionescu", "address": {"city": "Cluj"}})") != Outcome::crossed);
    INFO("a state that both may have");
    CHECK(judged(R"({"name": "Ana Ionescu", "state": "paid"})",
                 R"({"name": "Bob Popescu", "state": "overdue"})",
                 R"({"name": "Ana Ionescu", "state": "overdue"})") != Outcome::crossed);
}

TEST_CASE("what differs from one answer to the next tells nothing of users", "[users]") {
    CHECK(bench::judge_users({own("all"), own("all")}, {}).outcome == Outcome::equal);
    const UserAnswers one{{UserAnswer{200, "a"}, UserAnswer{200, "b"}}, UserAnswer{200, "a"}};
    const UserAnswers other{{UserAnswer{200, "c"}, UserAnswer{200, "d"}}, UserAnswer{200, "a"}};
    CHECK(bench::judge_users({one, other}, {}).outcome == Outcome::unknown);
}

TEST_CASE("places that are left out tell nothing of users", "[users]") {
    UserAnswers crossed = own("bob");
    crossed.cached = answer("ana", 4);
    const auto ignored = {bench::parse_json_path("/user", "path")};
    CHECK(bench::judge_users({own("ana"), crossed}, ignored).outcome == Outcome::equal);
}

TEST_CASE("a refusal is an answer of one's own", "[users]") {
    const UserAnswer denied{403, R"({"detail": "no"})"};
    const UserAnswers bob{{denied, denied}, denied};
    CHECK(bench::judge_users({own("ana"), bob}, {}).outcome == Outcome::own);
    const UserAnswers served{{denied, denied}, answer("ana", 9)};
    CHECK(bench::judge_users({own("ana"), served}, {}).outcome == Outcome::crossed);
}

TEST_CASE("an uncached answer that is none of the user's own proves nothing", "[users]") {
    const UserAnswer denied{403, R"({"detail": "no"})"}, absent{404, ""};
    for (const UserAnswer& refusal : {denied, absent})
        CHECK(bench::judge_users({own("ana"), {{refusal, refusal}, refusal}}, {}).outcome == Outcome::own);
    for (const int status : {401, 301, 302, 303, 307, 308, 500, 502, 503, 504})
        for (const char* body : {"", R"({"detail": "no", "user": "nobody"})", "<html>Sign in</html>"})
            for (const bool second_user : {false, true})
                for (const unsigned which : {1U, 2U, 3U}) { // the first answer, the second, both
                    const UserAnswer none{status, body};
                    std::array<UserAnswers, 2> users{own("ana"), own("bob")};
                    UserAnswers& dead = users.at(second_user ? 1 : 0);
                    if ((which & 1U) != 0) dead.uncached[0] = none;
                    if ((which & 2U) != 0) dead.uncached[1] = none;
                    if (which == 3) dead.cached = none;
                    const UserCheck check = bench::judge_users(users, {});
                    INFO(status << " " << body << " " << second_user << " " << which << ": " << check.why);
                    CHECK(check.outcome == Outcome::unknown);
                    CHECK(check.why.find(std::string("without the cache user ") +
                                         (second_user ? "2" : "1")) == 0);
                    CHECK(check.why.find(std::to_string(status)) != std::string::npos);
                }
    INFO("both are refused: their answers are equal, and no user's own");
    const UserAnswer login{302, ""};
    const UserAnswers both{{login, login}, login};
    CHECK(bench::judge_users({both, both}, {}).outcome == Outcome::unknown);
}

TEST_CASE("who is refused without the cache and served by it has another's answer", "[users]") {
    for (const int status : {401, 302, 403}) {
        const UserAnswer refused{status, ""};
        const UserCheck check = bench::judge_users({own("ana"), {{refused, refused}, answer("ana", 9)}}, {});
        CHECK(check.outcome == Outcome::crossed);
        CHECK(check.served == 2);
    }
    const UserAnswer failed{503, ""};
    CHECK(bench::judge_users({own("ana"), {{failed, failed}, answer("ana", 9)}}, {}).outcome ==
          Outcome::unknown);
}

TEST_CASE("a cached answer that is none is nobody's own", "[users]") {
    for (const int status : {401, 302, 500, 503})
        for (const char* body : {"", "down", R"({"detail": "down"})"}) {
            UserAnswers bob = own("bob");
            bob.cached = {status, body};
            const UserCheck check = bench::judge_users({own("ana"), bob}, {});
            INFO(status << " " << body);
            CHECK(check.outcome == Outcome::unknown);
            CHECK(check.why.find("through the cache user 2") == 0);
        }
    UserAnswers bob = own("bob");
    bob.cached = {200, "another text"};
    CHECK(bench::judge_users({own("ana"), bob}, {}).outcome == Outcome::unknown);
}

TEST_CASE("an answer has the status and the text that are asked for", "[users]") {
    const UserAnswer page{200, "<!doctype html><title>Sign in</title>"};
    const UserAnswers login{{page, page}, page};
    CHECK(bench::judge_users({own("ana"), login}, {}).outcome == Outcome::unknown);
    const UserAnswer words{200, R"({"login_required": true, "user": null})"};
    const UserAnswers said{{words, words}, words};
    CHECK(bench::judge_users({own("ana"), said}, {}).outcome == Outcome::own);
    CHECK(bench::judge_users({own("ana"), said}, {}, {{}, R"("list")"}).outcome == Outcome::unknown);
    CHECK(bench::judge_users({own("ana"), own("bob")}, {}, {{}, R"("list")"}).outcome == Outcome::own);

    const UserAnswer denied{403, R"({"detail": "no"})"};
    const UserAnswers refused{{denied, denied}, denied};
    const auto chosen = [](const char* text) {
        return bench::GoodAnswer{http::StatusSet::parse(text).value(), ""};
    };
    CHECK(bench::judge_users({own("ana"), refused}, {}, {{}, R"("list")"}).outcome == Outcome::own);
    CHECK(bench::judge_users({own("ana"), refused}, {}, chosen("200")).outcome == Outcome::unknown);
    CHECK(bench::judge_users({own("ana"), refused}, {}, chosen("200,403")).outcome == Outcome::own);
    const UserAnswer unknown{401, ""};
    CHECK(bench::judge_users({own("ana"), {{unknown, unknown}, unknown}}, {}, chosen("200,401")).outcome ==
          Outcome::own);
}

TEST_CASE("texts are held against each other as a whole", "[users]") {
    const auto text = [](const std::string& of) { return UserAnswer{200, of}; };
    const UserAnswers ana{{text("ana"), text("ana")}, text("ana")},
        bob{{text("bob"), text("bob")}, text("bob")};
    CHECK(bench::judge_users({ana, bob}, {}).outcome == Outcome::own);
    CHECK(bench::judge_users({ana, {{text("bob"), text("bob")}, text("ana")}}, {}).outcome ==
          Outcome::crossed);
    CHECK(bench::judge_users({ana, {{text("bob"), text("bob")}, text("stale")}}, {}).outcome ==
          Outcome::unknown);
}

TEST_CASE("lists of different length are each user's own", "[users]") {
    const auto listed = [](int count, int number) {
        nlohmann::json list = nlohmann::json::array();
        for (int i = 0; i < count; ++i)
            list.push_back({{"id", i}});
        return UserAnswer{200, nlohmann::json{{"items", list}, {"at", number}}.dump()};
    };
    const UserAnswers ana{{listed(5, 1), listed(5, 2)}, listed(5, 3)},
        bob{{listed(2, 1), listed(2, 2)}, listed(2, 3)};
    CHECK(bench::judge_users({ana, bob}, {}).outcome == Outcome::own);
    CHECK(bench::judge_users({ana, {bob.uncached, listed(5, 4)}}, {}).outcome == Outcome::crossed);
}

TEST_CASE("an entry holds an answer as a whole or as one of its members", "[users]") {
    CHECK(bench::holds_answer("text", "text"));
    CHECK(bench::holds_answer(R"({"a": 1, "b": 2})", R"({ "b":2, "a":1.0 })"));
    CHECK(bench::holds_answer(R"({"a": 1})", R"({"data": {"a": 1}, "metadata": {}})"));
    CHECK_FALSE(bench::holds_answer("1", R"({"a": 1})"));
    CHECK_FALSE(bench::holds_answer("", ""));
    CHECK_FALSE(bench::holds_answer("{}", R"({"data": {}})"));
    CHECK_FALSE(bench::holds_answer(R"({"a": 1})", R"({"a": 2})"));
}
