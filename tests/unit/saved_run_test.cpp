#include "src/core/error.hpp"
#include "src/report/merge.hpp"
#include "src/report/plan_json.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

using namespace roacache;
using bench::ArmKind;
using test::made_result;
using test::MadeRun;
using test::Reported;

namespace {

report::SavedRun saved(const bench::Result& result) {
    const Reported reported(result);
    return report::read_run(report::to_json(reported.document), "run.json");
}

/// A run whose cached arm, or machine, is slower by a factor than that of MadeRun{}.
bench::Result slower(double cached, double machine, std::uint64_t seed) {
    MadeRun run;
    run.cached_ms *= cached * machine;
    run.uncached_ms *= machine;
    run.seed = seed;
    return made_result(run);
}

/// A run whose block 4 has something in every field.
bench::Result full_result() {
    MadeRun made;
    made.pairs = 3;
    bench::Result result = made_result(made);
    bench::Block& block = result.blocks.at(4);
    block.cpu_seconds = 0.25;
    block.waiting_seconds = 0.125;
    block.wall_seconds = 1.25;
    block.under_way = 9.75;
    bench::Tally& tally = block.endpoints.front();
    tally.errors["timeout"] = 2;
    tally.requests += 102;
    tally.system_errors["ECONNRESET"] = 2;
    tally.statuses[404] = 1;
    tally.proven_hits = 3;
    tally.proven_misses = 4;
    tally.connects = 5;
    tally.fillers = 19;
    tally.leading_misses = 7;
    tally.sent_again = 6;
    tally.moved_in = 1;
    tally.moved_out = 2;
    tally.censored.record(5'000'000'000);
    tally.first_byte.record(700'000);
    block.bins.started_s = 0.5;
    block.bins.bin_seconds = 0.064;
    for (const int status : {200, 503}) {
        bench::TimeBin& bin = block.bins.bins.emplace_back();
        bin.requests = 40;
        bin.note_status(status, 6);
        bin.note_status(304);
        bin.proven_hits = 2;
        bin.proven_misses = 3;
        for (const std::int64_t ms : {1, 90})
            bin.latency.add(bench::CoarseHistogram::bucket_of(ms * 1'000'000), 3);
    }
    result.sum_up_blocks();
    return result;
}

/// Another value of the same kind.
nlohmann::json other_than(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>() + "0"; // a count ten times as high
    if (value.is_number_float()) return value.get<double>() * 2 + 1;
    return value.get<std::uint64_t>() + 1;
}

nlohmann::json blocks_of(const bench::Result& result) {
    return nlohmann::json::parse(report::blocks_json(result).dump());
}

} // namespace

TEST_CASE("every field of a block that is saved is read back", "[saved]") {
    const bench::Result result = full_result();
    const bench::Block& block = result.blocks.at(4);
    const bench::Result again = saved(result).result;
    CHECK(again.blocks.at(4).bins == block.bins);
    CHECK(blocks_of(again) == blocks_of(result));

    // Whatever is changed in the file is refused, or is changed in what is read.
    const Reported reported(result);
    const nlohmann::json whole = reported.as_json();
    const std::string place = "/blocks/4";
    const nlohmann::json fields = whole.at(nlohmann::json::json_pointer(place)).flatten();
    CHECK(fields.size() > 40);
    for (const auto& [name, value] : fields.items()) {
        INFO(name);
        nlohmann::json changed = whole;
        changed[nlohmann::json::json_pointer(place + name)] = other_than(value);
        std::optional<report::SavedRun> read;
        try {
            read = report::read_run(changed.dump(), "run.json");
        } catch (const core::Error&) {
            continue;
        }
        CHECK(blocks_of(read->result).at(4).at(nlohmann::json::json_pointer(name)) == other_than(value));
    }
}

TEST_CASE("runs of older versions are read, later ones refused", "[saved]") {
    nlohmann::json json = Reported(full_result()).as_json();
    CHECK(json.at("saved_version") == report::k_saved_version);
    json["saved_version"] = report::k_saved_version + 1;
    CHECK_THROWS_WITH(report::read_run(json.dump(), "x.json"),
                      "bad run: x.json: a later version of roacache saved it");
    json.erase("saved_version");
    for (nlohmann::json& block : json.at("blocks"))
        block.erase("bins");
    const bench::Result old = report::read_run(json.dump(), "x.json").result;
    CHECK(old.blocks.at(4).bins == bench::TimeBins{});
    CHECK(old.blocks.at(4).endpoints.front().requests ==
          full_result().blocks.at(4).endpoints.front().requests);
}

TEST_CASE("a run comes back from its JSON without loss", "[saved]") {
    MadeRun made;
    made.endpoints = 3;
    bench::Result result = made_result(made);
    result.blocks[4].endpoints[1].censored.record(5'000'000'000);
    result.blocks[4].endpoints[1].errors["timeout"] = 1;
    ++result.blocks[4].endpoints[1].requests;
    for (bench::Block& block : result.blocks)
        block.cpu_seconds = 0.3 * block.seconds, block.waiting_seconds = 0.2 * block.seconds;
    result.stalls.push_back({bench::ArmKind::cached, 0.7, 0.123456});
    result.plan.endpoints[1].hit_headers = {{"CF-Cache-Status", "HIT"}};
    result.plan.endpoints[0].headers = std::vector<std::string>{"accept 8a29", "authorization"};
    result.plan.endpoints[1].headers.emplace();
    result.plan.endpoints[0].keep_alive = false;
    result.plan.endpoints[0].uncached_by = "the URL http://old:8000/a";
    result.plan.endpoints[0].expected_text = "company";
    result.aborted = "The run was ended after 4 blocks.";
    result.sum_up_blocks();
    const Reported before(result);
    const report::SavedRun run = saved(result);
    const Reported after(run.result);
    auto one = before.as_json(), other = after.as_json();
    for (const char* rest : {"environment", "command", "uncached_by", "notes", "plan"})
        one.erase(rest), other.erase(rest);
    CHECK(one == other);
    CHECK(run.command == "roacache bench --demo");
    CHECK(run.uncached_by == "the request header Cache-Control: no-cache");
    CHECK(run.result.plan.seed == result.plan.seed);
}

TEST_CASE("every field of the plan that is saved is read back", "[saved]") {
    bench::Plan open;
    open.requests = 777;
    open.duration = std::chrono::milliseconds(61'500);
    open.duration_cap = 777;
    open.rate = 12.5;
    open.closed_loop = 7;
    open.concurrency = 33;
    open.threads = 3;
    open.http2 = true;
    open.streams = 4;
    open.warmup = 3;
    open.blocks = 44;
    open.seed = 99;
    open.timeout = std::chrono::milliseconds(2'500);
    open.hit_headers = {{"CF-Cache-Status", "HIT"}, {"Age", ""}};
    open.expected = *http::StatusSet::parse("204,404,500-503");
    open.demo_rows = 2000;
    bench::Plan closed;
    closed.spin = true;
    closed.connect_to = {bench::parse_connect_to("[::1]:80:example.com:").value(),
                         bench::parse_connect_to("unix:/run/a:b.sock").value()};
    closed.forced = ArmKind::miss;
    closed.origin_counter = "psql ***";
    closed.stampede = bench::StampedePlan{5, 6};
    bench::Plan uncapped;
    uncapped.duration = std::chrono::seconds(2);

    const nlohmann::ordered_json usual = report::plan_json({});
    std::set<std::string> varied;
    for (const bench::Plan& plan : {open, closed, uncapped}) {
        const nlohmann::ordered_json json = report::plan_json(plan);
        bench::Plan again;
        report::read_plan(json, again);
        CHECK(report::plan_json(again) == json);
        for (const auto& [name, value] : json.items())
            if (value != usual.at(name)) varied.insert(name);
    }
    for (const auto& [name, value] : usual.items()) {
        INFO(name);
        CHECK(varied.contains(name)); // else nothing is known of its reader
    }
}

TEST_CASE("stampedes come back from the JSON, and those of merged runs are reported together", "[saved]") {
    bench::Result result = made_result({});
    result.plan.stampede = bench::StampedePlan{2, 3};
    bench::Stampede stampede{bench::ReachedBy::header, {}};
    for (const std::uint64_t reached : {1U, 2U}) {
        bench::StampedeRound& round = stampede.rounds.emplace_back();
        round.requests = 3;
        round.errors["timeout"] = 1;
        round.latency.record(5'000'000);
        round.latency.record(7'000'000);
        round.reached = reached;
    }
    result.endpoints[0].stampede = stampede;
    const auto stampede_of = [](const bench::Result& of) {
        return Reported(of).as_json().at("endpoints").at(0).at("stampede");
    };
    const report::SavedRun run = saved(result);
    CHECK(stampede_of(run.result) == stampede_of(result));
    const bench::Result both = report::merged({run, run});
    CHECK(both.plan.stampede->rounds == 4);
    CHECK(stampede_of(both).at("rounds") == 4);
    CHECK(stampede_of(both).at("reached") == nlohmann::json{1, 2, 1, 2});
    CHECK(stampede_of(both).at("good") == 8);
}

TEST_CASE("what is no run is refused in one line", "[saved]") {
    const Reported reported(made_result({}));
    const std::string whole = report::to_json(reported.document);
    const auto refused = [](const std::string& text) {
        try {
            report::read_run(text, "x.json");
        } catch (const core::Error& error) {
            CHECK(error.code() == core::ExitCode::usage);
            return std::string(error.what());
        }
        return std::string("read");
    };
    CHECK(refused("") == "bad run: x.json: no JSON at byte 1");
    CHECK(refused("[]").starts_with("bad run: x.json: "));
    CHECK(refused(R"({"schema":"roacache.stats/1"})") ==
          "bad run: x.json: not the JSON of a run of roacache bench");
    CHECK(refused(R"({"schema":"roacache.bench/1"})") == "bad run: x.json: its blocks were not kept");
    CHECK(refused(whole.substr(0, whole.size() / 2)).starts_with("bad run: x.json: no JSON at byte "));
    const auto spoilt = [&](const char* pointer, const nlohmann::json& value) {
        auto json = nlohmann::json::parse(whole);
        json[nlohmann::json::json_pointer(pointer)] = value;
        return refused(json.dump());
    };
    CHECK(spoilt("/blocks/0/arm", "warm") == "bad run: x.json: there is no arm 'warm'");
    CHECK(spoilt("/blocks/0/arm", "single") == "bad run: x.json: a block is of an arm that the run has not");
    CHECK(spoilt("/blocks/0/seconds", -1) == "bad run: x.json: a block's seconds are negative");
    CHECK(spoilt("/blocks/0/endpoints", nlohmann::json::array())
              .starts_with("bad run: x.json: a block has not"));
    CHECK(spoilt("/blocks/0/endpoints/0/latency/counts", "5:1 4:1")
              .starts_with("bad run: x.json: a histogram"));
    CHECK(spoilt("/blocks/0/endpoints/0/latency/counts", "many").starts_with("bad run: x.json: a histogram"));
    CHECK(spoilt("/blocks/0/endpoints/0/latency/max_ns", 1).starts_with("bad run: x.json: a histogram"));
    const auto in_a_bin = [](const char* pointer, const nlohmann::json& value) {
        nlohmann::json bin{{"requests", 4},
                           {"statuses", {{"200", 3}}},
                           {"proven_hits", 1},
                           {"proven_misses", 1},
                           {"latency", "100663296:3"}};
        bin[nlohmann::json::json_pointer(pointer)] = value;
        return nlohmann::json{{"started_s", 0.5}, {"bin_seconds", 0.1}, {"bins", {bin}}};
    };
    REQUIRE(spoilt("/blocks/0/bins", in_a_bin("/requests", 4)) == "read");
    for (const auto& [pointer, value] :
         std::vector<std::pair<const char*, nlohmann::json>>{{"/requests", 2},
                                                             {"/requests", 999'999'999},
                                                             {"/statuses/200", 5},
                                                             {"/proven_hits", 3},
                                                             {"/proven_misses", 3},
                                                             {"/statuses/-5", 1},
                                                             {"/statuses/1000", 1},
                                                             {"/statuses/abc", 1}})
        CHECK(spoilt("/blocks/0/bins", in_a_bin(pointer, value)).starts_with("bad run: x.json: a "));
    CHECK(spoilt("/blocks/0/bins/bins", nlohmann::json::array()).starts_with("bad run: x.json: "));
    for (const char* count : {"requests", "bytes", "proven_hits", "connects", "moved_out", "moved_in",
                              "errors/connect", "statuses/200"})
        for (const nlohmann::json& value : {nlohmann::json(-1), nlohmann::json(2.5), nlohmann::json("x")}) {
            const std::string pointer = std::string("/blocks/0/endpoints/0/") + count;
            INFO(pointer << " = " << value);
            CHECK(spoilt(pointer.c_str(), value) ==
                  "bad run: x.json: what is counted is a whole number from 0 on");
        }
    CHECK(spoilt("/plan/duration_ms", -1) == "bad run: x.json: its duration is none");
    CHECK(spoilt("/plan/duration_ms", 1e300) == "bad run: x.json: its duration is none");
}

TEST_CASE("merged runs have the blocks of all", "[saved]") {
    const report::SavedRun one = saved(made_result({})), other = saved(slower(1, 1, 2));
    const bench::Result both = report::merged({one, other});
    CHECK(both.blocks.size() == one.result.blocks.size() + other.result.blocks.size());
    CHECK(both.pooled(ArmKind::cached).requests ==
          one.result.pooled(ArmKind::cached).requests + other.result.pooled(ArmKind::cached).requests);
    CHECK(both.seconds.at(ArmKind::cached) ==
          Approx(one.result.seconds.at(ArmKind::cached) + other.result.seconds.at(ArmKind::cached)));
    const auto narrow = bench::compare(both, {}).at(bench::Quantity::mean);
    const auto wide = bench::compare(one.result, {}).at(bench::Quantity::mean);
    CHECK(narrow.ci_high - narrow.ci_low < wide.ci_high - wide.ci_low);

    MadeRun more;
    more.endpoints = 2;
    CHECK_THROWS_AS(report::merged({one, saved(made_result(more))}), core::Error);
    CHECK_THROWS_AS(report::merged({one, saved(test::single_result())}), core::Error);
}

TEST_CASE("a regression is found, and a slower machine is none", "[saved][change]") {
    const bench::Result before = made_result({});
    const auto worse = [&](const bench::Result& now, double tolerance = 0.1) {
        const bench::Change change = bench::change_between(before, now);
        return bench::regressions({&change}, tolerance).front().found;
    };
    CHECK(worse(slower(1, 1, 2)).empty());
    CHECK(worse(slower(1, 1.5, 3)).empty());
    CHECK(worse(slower(0.5, 1, 4)).empty());
    const auto found = worse(slower(2, 1, 5));
    CHECK(std::find(found.begin(), found.end(), bench::Quantity::mean) != found.end());
    CHECK(std::find(found.begin(), found.end(), bench::Quantity::p50) != found.end());
    CHECK(worse(slower(2, 1, 5), 3.0).empty());
}

TEST_CASE("of several endpoints the one that got worse is named", "[saved][change]") {
    MadeRun made;
    made.endpoints = 4;
    made.pair_effect = 0.05;
    const bench::Result before = made_result(made);
    made.seed = 2;
    bench::Result now = made_result(made);
    const Reported calm(now);
    bench::Assessment assessment = calm.assessment;
    bench::hold_against(assessment, before, now, "old.json", 0.1);
    CHECK(assessment.verdict == bench::Verdict::pass);

    for (bench::Block& block : now.blocks) {
        if (block.arm != ArmKind::cached) continue;
        bench::Histogram& latency = block.endpoints[2].latency;
        bench::Histogram twice;
        for (const auto& bucket : latency.buckets())
            twice.record(bucket.low_ns * 2, bucket.count);
        latency = twice;
    }
    now.sum_up_blocks();
    assessment = calm.assessment;
    bench::hold_against(assessment, before, now, "old.json", 0.6); // pooled it is a quarter
    CHECK(assessment.verdict == bench::Verdict::fail);
    CHECK(assessment.baseline->regressions.found.empty());
    REQUIRE(assessment.baseline->regressions_by_endpoint.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(assessment.baseline->regressions_by_endpoint[i].found.empty() == (i != 2));
    REQUIRE_FALSE(assessment.reasons.empty());
    CHECK_THAT(assessment.reasons.front(),
               roacache::test::Contains("The cached arm's mean of " + now.endpoints[2].name + " is "));
    const report::Document document{now, assessment, {}, {}, {}, {}, {}};
    const auto json = nlohmann::json::parse(report::to_json(document))["baseline"];
    CHECK(json["regressions"].empty());
    CHECK(json["endpoints"].size() == 4);
    CHECK(json["endpoints"][2]["url"] == now.endpoints[2].name);
    CHECK(json["endpoints"][2]["regressions"][0] == "mean");
    CHECK_THAT(report::to_markdown(document, ""), roacache::test::Contains("company=3, cached mean | "));
}

TEST_CASE("a run with fewer than ten pairs is held against nothing", "[saved][change]") {
    MadeRun made;
    made.pairs = 9;
    bench::Assessment assessment;
    bench::hold_against(assessment, made_result({}), made_result(made), "old.json", 0.1);
    CHECK(assessment.verdict == bench::Verdict::inconclusive);
    CHECK(assessment.reasons.size() == 1);
}

TEST_CASE("the interval of a change holds the true one about as often as it says", "[saved][change]") {
    int held = 0;
    constexpr std::uint64_t k_runs = 20;
    for (std::uint64_t seed = 1; seed <= k_runs; ++seed) {
        const auto change = bench::change_between(slower(1, 1, seed), slower(2, 1, 100 + seed));
        const bench::Ratio& mean = change.arms.at(ArmKind::cached).at(bench::Quantity::mean);
        held += mean.ci_low <= 2 && 2 <= mean.ci_high ? 1 : 0;
    }
    CHECK(held >= 17);
}
