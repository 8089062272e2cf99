#include "src/config/goals.hpp"
#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using config::GoalQuantity;
using config::parse_goal;
using core::Requirement;

namespace {

std::string refused_goal(const std::string& expr) {
    try {
        parse_goal(expr, "assert");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        CHECK(std::string(error.what()).starts_with("bad assert: "));
        return error.what();
    }
    return "accepted";
}

std::string refused_profile(const std::string& goals) {
    try {
        config::parse_profile("name = \"x\"\nextends = \"hr-portal\"\n" + goals, "my.toml",
                              config::builtin_profiles());
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("a goal has a quantity, perhaps a resource, and a threshold with its unit", "[goals]") {
    for (const char* expr : {"bytes_per_entry <= 2KB", "bytes_per_entry<=2KB", " bytes_per_entry <= 2 KB ",
                             "bytes_per_entry <= 2000", "bytes_per_entry <= 2kb"}) {
        INFO(expr);
        const config::Goal goal = parse_goal(expr, "assert");
        CHECK(goal.quantity == GoalQuantity::bytes_per_entry);
        CHECK(goal.resource.empty());
        CHECK(goal.requirement.unit == Requirement::Unit::bytes);
        CHECK(goal.requirement.threshold == 2000);
        CHECK(goal.requirement.holds(2000));
        CHECK_FALSE(goal.requirement.holds(2000.5));
    }
    CHECK(parse_goal("memory <= 10GB", "assert").requirement.threshold == 10e9);
    CHECK(parse_goal("memory <= 10GiB", "assert").requirement.threshold == 10737418240.0);
    CHECK(parse_goal("hit_rate >= 85%", "assert").requirement.threshold == Approx(0.85));
    CHECK(parse_goal("entries > 0", "assert").quantity == GoalQuantity::entries);
    const config::Goal of_resource = parse_goal("user.roles.hit_rate > 0.9", "assert");
    CHECK(of_resource.resource == "user.roles");
    CHECK(of_resource.requirement.quantity == "hit_rate");
    CHECK(of_resource.requirement.expr == "user.roles.hit_rate > 0.9");
}

TEST_CASE("what is no goal is refused with why", "[goals]") {
    using test::Contains;
    CHECK_THAT(refused_goal("hitrate >= 85%"), Contains("no such quantity: hitrate"));
    CHECK_THAT(refused_goal("user.memory <= 1GB"), Contains("no such quantity: user.memory"));
    CHECK_THAT(refused_goal(".entries > 0"), Contains("no such quantity: .entries"));
    CHECK_THAT(refused_goal("hit_rate >= 85"), Contains("never above 100 %"));
    CHECK_THAT(refused_goal("hit_rate >= much"), Contains("'much' is no percentage"));
    CHECK_THAT(refused_goal("memory <= 10 parsecs"), Contains("'10 parsecs' is no size"));
    CHECK_THAT(refused_goal("memory <= -1"), Contains("'-1' is no size"));
    CHECK_THAT(refused_goal("entries >= 0.5"), Contains("no whole number"));
    CHECK_THAT(refused_goal("bytes_per_entry == 2KB"), Contains("never exactly equal"));
    CHECK_THAT(refused_goal("entries"), Contains("an operator is missing"));
    CHECK_THAT(refused_goal("entries >"), Contains("the threshold is missing"));
    CHECK_THAT(refused_goal("entries => 1"), Contains("no such operator: =>"));
    CHECK_THAT(refused_goal("> 1"), Contains("the quantity is missing"));
    CHECK_THAT(refused_goal(""), Contains("the quantity is missing"));
}

TEST_CASE("a profile's goals are checked when it is read", "[goals][profile]") {
    CHECK(refused_profile("[goals]\noverall = [\"entries > 0\", \"hitrate > 5%\"]\n") ==
          "bad profile: my.toml:4:27: bad goal: hitrate > 5%: no such quantity: hitrate");
    CHECK(refused_profile("[goals.resources]\nuser = [\"memory <= 1GB\"]\n")
              .starts_with("bad profile: my.toml:4:9: bad goal: user.memory <= 1GB: no such quantity"));
    CHECK(refused_profile("[goals.resources]\nusers = [\"hit_rate > 5%\"]\n") ==
          "bad profile: my.toml:4:9: unknown resource: users: profile x has none of that name; did you mean "
          "'user'?");
    CHECK(refused_profile("[goals]\noverall = [\"user.entries > 0\"]\n")
              .starts_with("bad profile: my.toml:4:12: bad goal: user.entries > 0: it is of one resource"));
    CHECK(refused_profile("[goals]\noveral = []\n") ==
          "bad profile: my.toml:4:1: unknown key 'overal'; did you mean 'overall'?");
    CHECK(refused_profile("[goals]\noverall = \"entries > 0\"\n")
              .starts_with("bad profile: my.toml:4:11: overall: expected a list"));
    CHECK(refused_profile("[goals.resources]\nuser = [\"user.entries > 0\"]\n")
              .starts_with("bad profile: my.toml:4:9: bad goal: user.entries > 0: it is of one resource"));
}

TEST_CASE("a profile that extends another keeps the goals that it does not name", "[goals][profile]") {
    const config::Profile own = config::parse_profile(
        "name = \"x\"\nextends = \"hr-portal\"\n[goals.resources]\nuser = [\"entries > 0\"]\n", "my.toml",
        config::builtin_profiles());
    const config::Goals& known = config::builtin_profile("hr-portal").goals;
    CHECK(own.goals.overall.size() == known.overall.size());
    CHECK(own.goals.resources.size() == known.resources.size());
    REQUIRE(own.goals.resources.at("user").size() == 1);
    CHECK(own.goals.resources.at("user").front().quantity == GoalQuantity::entries);
    CHECK(own.goals.resources.at("list").front().requirement.expr == "hit_rate >= 75%");
    CHECK(own.goals.resources.at("list").front().resource == "list");
}
