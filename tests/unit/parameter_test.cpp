#include "src/bench/load/requests.hpp"
#include "src/bench/load/rotation.hpp"
#include "src/bench/model/plan.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

using namespace roacache;
using namespace roacache::bench;
using Chosen = Parameter::Choice;

namespace {

http::RequestSpec request(const std::string& target, std::string body = {}) {
    http::RequestSpec spec;
    spec.url = net::parse_url("http://h/x");
    spec.url.target = target;
    spec.method = body.empty() ? "GET" : "POST";
    spec.body = std::move(body);
    return spec;
}

Parameter unlisted(const std::string& name, Chosen choice, std::uint64_t first = 1) {
    Parameter parameter;
    parameter.name = name;
    parameter.choice = choice;
    parameter.first = first;
    return parameter;
}

std::string bytes_of(const Requests& requests, Pick pick) {
    http::Request made;
    return requests.at(pick, made).bytes;
}

std::string target_of(const Requests& requests, Pick pick) {
    const std::string bytes = bytes_of(requests, pick);
    const std::size_t begin = bytes.find(' ') + 1;
    return bytes.substr(begin, bytes.find(' ', begin) - begin);
}

} // namespace

TEST_CASE("requests have the values of their parameters in turn, in URL, headers and body", "[parameters]") {
    http::RequestSpec spec = request("/{company}/a?q={query}&{other}", R"({"company": {company}, "{query})");
    spec.headers = {{"X-Query", "is {query}"}};
    const ParameterList parameters{
        {"company", {"1", "22", "3"}}, {"query", {"a b", "{company}"}}, {"none", {"x"}}};
    const Requests requests(spec, parameters, 1, 1, http::Protocol::http1);
    CHECK(requests.differ());
    const std::string first = bytes_of(requests, {0, 0});
    CHECK(first.starts_with("POST /1/a?q=a%20b&{other} HTTP/1.1\r\n"));
    CHECK(first.find("\r\nX-Query: is a b\r\n") != std::string::npos);
    CHECK(first.ends_with("\r\nContent-Length: 19\r\n\r\n{\"company\": 1, \"a b"));
    // A value is no template, and the content's length is that of what is sent.
    const std::string second = bytes_of(requests, {1, 1});
    CHECK(second.starts_with("POST /22/a?q=%7Bcompany%7D&{other} HTTP/1.1\r\n"));
    CHECK(second.find("\r\nContent-Length: 26\r\n") != std::string::npos);
    CHECK(second.ends_with("\r\n\r\n{\"company\": 22, \"{company}"));
    // The shorter list begins anew, and so do both after the longer.
    CHECK(target_of(requests, {2, 2}) == "/3/a?q=a%20b&{other}");
    CHECK(target_of(requests, {3, 3}) == "/1/a?q=a%20b&{other}");
    const Requests same(spec, {}, 1, 1, http::Protocol::http1);
    CHECK_FALSE(same.differ());
    CHECK(target_of(same, {7, 7}) == spec.url.target);
}

TEST_CASE("in HTTP/2 the fields and the content have the values", "[parameters]") {
    http::RequestSpec spec = request("/a?q={query}", "{query}");
    spec.headers = {{"X-Query", "{query}"}};
    const ParameterList parameters{{"query", {"a b", "/"}}};
    const Requests requests(spec, parameters, 1, 1, http::Protocol::http2);
    http::Request made;
    for (const auto& [number, path, value] : {std::tuple{0U, "/a?q=a%20b", "a b"}, {1U, "/a?q=%2F", "/"}}) {
        const http::Request& sent = requests.at({number, 0}, made);
        const std::map<std::string, std::string> fields(sent.fields.begin(), sent.fields.end());
        CHECK(fields.at(":path") == path);
        CHECK(fields.at("x-query") == value);
        CHECK(fields.at("content-length") == std::to_string(sent.body.size()));
        CHECK(sent.body == value);
    }
}

TEST_CASE("a content's length that the user gives is sent as it is", "[parameters]") {
    http::RequestSpec spec = request("/", "{query}");
    spec.headers = {{"Content-Length", "3"}};
    const ParameterList parameters{{"query", {"abc"}}};
    const Requests requests(spec, parameters, 1, 1, http::Protocol::http1);
    const std::string bytes = bytes_of(requests, {});
    CHECK(bytes.find("Content-Length: 3\r\n") != std::string::npos);
    CHECK(bytes.find("Content-Length", bytes.find("Content-Length") + 1) == std::string::npos);
}

TEST_CASE("counted and random values come once, whatever the number says", "[parameters]") {
    const ParameterList parameters{unlisted("n", Chosen::seq, 100), unlisted("word", Chosen::random)};
    const Requests requests(request("/{n}/{word}"), parameters, 1, 7, http::Protocol::http1);
    std::set<std::string> targets;
    constexpr std::uint64_t k_requests = 10'000;
    for (std::uint64_t i = 0; i < k_requests; ++i) {
        const std::string target = target_of(requests, {i % 3, i});
        REQUIRE(target.size() == 1 + std::to_string(100 + i).size() + 1 + 16);
        REQUIRE(target.starts_with("/" + std::to_string(100 + i) + "/"));
        targets.insert(target.substr(target.rfind('/')));
    }
    CHECK(targets.size() == k_requests);
    const ParameterList two{unlisted("a", Chosen::random), unlisted("b", Chosen::random)};
    const std::string pair =
        target_of(Requests(request("/{a}{b}"), two, 1, 7, http::Protocol::http1), {0, 0});
    CHECK(pair.substr(1, 16) != pair.substr(17));
    // Each run has others.
    const Requests next(request("/{n}/{word}"), parameters, 1, 8, http::Protocol::http1);
    CHECK(target_of(requests, {0, 0}) != target_of(next, {0, 0}));
}

TEST_CASE("by Zipf's law the k-th value comes 1/k as often as the first", "[parameters]") {
    const std::size_t length = GENERATE(1U, 2U, 10U, 1000U);
    Parameter zipf{"id", {}, Chosen::zipf};
    for (std::size_t i = 0; i < length; ++i)
        zipf.values.push_back(std::to_string(i));
    const Choices choices({&zipf}, GENERATE(0U, 1U, 99U));
    constexpr std::uint64_t k_draws = 100'000;
    std::vector<double> times(length);
    for (std::uint64_t i = 0; i < k_draws; ++i)
        ++times[choices.index(0, i)];
    double sum = 0;
    for (std::size_t k = 1; k <= length; ++k)
        sum += 1 / static_cast<double>(k);
    // Chi-square over the values that are expected at least 5 times; its mean is about their number.
    double chi_square = 0;
    std::size_t cells = 0;
    for (std::size_t k = 1; k <= length; ++k) {
        const double expected = static_cast<double>(k_draws) / (sum * static_cast<double>(k));
        if (expected < 5) continue;
        ++cells;
        chi_square += (times[k - 1] - expected) * (times[k - 1] - expected) / expected;
    }
    const auto freedom = static_cast<double>(cells);
    CHECK(chi_square < freedom + 5 * std::sqrt(2 * freedom));
}

TEST_CASE("columns of one file keep their rows, in turn and by Zipf's law", "[parameters]") {
    for (const Chosen choice : {Chosen::turn, Chosen::zipf}) {
        const ParameterList parameters{{"a", {"1", "2", "3", "4"}, choice},
                                       {"b", {"x1", "x2", "x3", "x4"}, choice}};
        const Requests requests(request("/{a}/{b}"), parameters, 5, 1, http::Protocol::http1);
        for (std::uint64_t i = 0; i < 100; ++i) {
            const std::string target = target_of(requests, {i, i});
            CHECK(target == fmt::format("/{0}/x{0}", target[1]));
        }
        CHECK(Choices({&parameters[0], &parameters[1]}, 5).variants() == 4);
    }
}

TEST_CASE("a variant is a request, and its description has its values", "[parameters]") {
    const ParameterList parameters{{"a", {"1", "2", "3"}},
                                   {"b", {"x", "y"}},
                                   {"c", {"p", "q", "r", "s"}, Chosen::zipf},
                                   {"token", {"hunter2", "hunter3"}, Chosen::zipf}};
    std::vector<const Parameter*> used;
    for (const Parameter& parameter : parameters)
        used.push_back(&parameter);
    const Choices choices(used, 3);
    CHECK(choices.variants() == 3U * 4 * 2);
    const Requests requests(request("/{a}/{b}/{c}"), parameters, 3, 1, http::Protocol::http1);
    for (std::uint64_t i = 0; i < 500; ++i) {
        const std::uint64_t variant = choices.variant(i);
        REQUIRE(variant < choices.variants());
        const std::string target = target_of(requests, {i, i});
        CHECK(choices.describe(variant) ==
              fmt::format("a={}, b={}, c={}, token=***", target[1], target[3], target[5]));
    }
    const Parameter word = unlisted("w", Chosen::random);
    used.push_back(&word);
    CHECK_FALSE(Choices(used, 3).variants());
    CHECK(Choices({}, 3).variants() == 1);
}

TEST_CASE("whole paths go into a URL as they are, and a query behind them is joined", "[parameters]") {
    const Parameter path{"path", {"a?x=1", "b", "c%20d?"}};
    const ParameterList parameters{path, {"cb", {"7"}}};
    const Requests requests(request("/{+path}?nocache={cb}&y=?"), parameters, 1, 1, http::Protocol::http1);
    CHECK(target_of(requests, {0, 0}) == "/a?x=1&nocache=7&y=?");
    CHECK(target_of(requests, {1, 0}) == "/b?nocache=7&y=?");
    CHECK(target_of(requests, {2, 0}) == "/c%20d?&nocache=7&y=?");
}

TEST_CASE("what a URL may have stays as it is in the place of {+name}", "[parameters]") {
    const ParameterList parameters{{"p", {"a/b", "a%20b", "a b\xc3\xa4", "{+p}"}}};
    const Requests requests(request("/{+p}/{p}"), parameters, 1, 1, http::Protocol::http1);
    CHECK(target_of(requests, {0, 0}) == "/a/b/a%2Fb");
    CHECK(target_of(requests, {1, 0}) == "/a%20b/a%2520b");
    CHECK(target_of(requests, {2, 0}) == "/a%20b%C3%A4/a%20b%C3%A4");
    CHECK(target_of(requests, {3, 0}) == "/{+p}/%7B%2Bp%7D");
}

TEST_CASE("a value that would end a header is refused, and only there", "[parameters]") {
    const ParameterList parameters{{"value", {"a", "b\r\nX-Injected: 1"}}};
    http::RequestSpec spec = request("/{value}", "{value}");
    CHECK_NOTHROW(Requests(spec, parameters, 1, 1, http::Protocol::http1));
    spec.headers = {{"X-Value", "{value}"}};
    CHECK_THROWS_AS(Requests(spec, parameters, 1, 1, http::Protocol::http1), core::Error);
}

TEST_CASE("a filler asks again for what was asked last, but has a serial of its own", "[parameters]") {
    Rotation rotation(1);
    CHECK(rotation.again(ArmKind::cached, 0, 5).number == 0);
    std::set<std::uint64_t> serials;
    for (std::uint64_t i = 0; i < 10; ++i) {
        const Pick pick = rotation.next(ArmKind::cached, 0);
        CHECK(pick.number == i);
        serials.insert(pick.serial);
    }
    std::set<std::uint64_t> again;
    for (int i = 0; i < 20; ++i) {
        const Pick pick = rotation.again(ArmKind::cached, 0, 5);
        again.insert(pick.number);
        serials.insert(pick.serial);
    }
    CHECK(again == std::set<std::uint64_t>{5, 6, 7, 8, 9});
    CHECK(serials.size() == 30);
    CHECK(rotation.next(ArmKind::uncached, 0).number == 0);
}

TEST_CASE("a place that no parameter fills is told from braces that are meant", "[parameters]") {
    const ParameterList known{{"company", {"1"}}, {"page", {"1"}}};
    const auto names = [&](const char* text) { return unfilled_places(text, known); };
    for (const char* text :
         {"", "/a", "/{company}/{+page}", "/%7Bother%7D", "{}", "{", "}", "{other", "other}", "{a b}", "{-a}",
          R"({"a": 1})", "{id:int}", "{+}", "{{}}", R"({"a":{"b":[1]}})"}) {
        INFO(text);
        CHECK(names(text).empty());
    }
    using Names = std::vector<std::string>;
    CHECK(names("/{other}") == Names{"other"});
    CHECK(names("/{+other}") == Names{"other"});
    CHECK(names("/{Company}") == Names{"Company"});
    CHECK(names("/{company}/{b}?c={a-1}&d={b}") == Names{"b", "a-1"});
    CHECK(names("{{other}}") == Names{"other"});
    CHECK(names("{x {other}") == Names{"other"});
}

TEST_CASE("a place in a URL that no parameter fills is refused in either arm", "[parameters]") {
    EndpointSpec spec;
    spec.request = request("/{a}?b={b}");
    const auto why = [&] {
        try {
            make_plan({spec}, {});
        } catch (const core::Error& error) {
            CHECK(error.code() == core::ExitCode::usage);
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(why() == "no value for {a}: http://h/{a}?b={b}");
    spec.parameters = {{"a", {"1"}}};
    CHECK(why() == "no value for {b}: http://h/{a}?b={b}");
    spec.parameters.push_back({"b", {"1"}});
    CHECK(why().empty());
    ChangedRequest elsewhere;
    elsewhere.queries = {"c={c}"};
    spec.uncached = {elsewhere};
    CHECK(why() == "no value for {c}: http://h/{a}?b={b}&c={c}");
    elsewhere.queries.clear();
    elsewhere.url = request("/{d}").url;
    spec.uncached = {elsewhere};
    CHECK(why() == "no value for {d}: http://h/{d}");
    spec.uncached.clear();
    spec.request.url.target = "/{a}?b={b}&token={c}";
    CHECK(why() == "no value for what is in braces: http://h/{a}?b={b}&token=***");
    // Elsewhere it may well be meant.
    spec.request = request("/{a}/{b}", "{c}");
    spec.request.headers = {{"X-Filter", "{d}"}};
    CHECK(why().empty());
}

TEST_CASE("names of parameters", "[parameters]") {
    for (const char* name : {"company", "a-b", "A_1", "1"})
        CHECK(is_parameter_name(name));
    for (const char* name : {"", "-a", "a b", "a}", "\xc3\xa4"})
        CHECK_FALSE(is_parameter_name(name));
}

TEST_CASE("how many requests were asked before is told by their values", "[parameters]") {
    const auto repeated = [](const ParameterList& parameters, std::uint64_t count) {
        std::vector<const Parameter*> used;
        for (const Parameter& parameter : parameters)
            used.push_back(&parameter);
        return Choices(used, 7).repeated(count);
    };
    const auto listed = [](const std::string& name, std::vector<std::string> values,
                           Chosen choice = Chosen::turn) {
        return Parameter{name, std::move(values), choice};
    };
    CHECK(repeated({}, 5) == 4U);
    CHECK(repeated({listed("a", {"1", "2", "3"})}, 0) == 0U);
    CHECK(repeated({listed("a", {"1", "2", "3"})}, 3) == 0U);
    CHECK(repeated({listed("a", {"1", "2", "3"})}, 10) == 7U);
    CHECK(repeated({listed("a", {"1", "2", "1"})}, 3) == 1U); // a list may have one twice, as a log has
    CHECK(repeated({listed("a", {"1", "2"}), listed("b", {"1", "2", "3", "4"})}, 6) == 2U);
    CHECK(repeated({listed("a", {"1"}), unlisted("b", Chosen::seq)}, 50) == 0U);
    CHECK(repeated({unlisted("b", Chosen::random)}, 50) == 0U);
    std::vector<std::string> many;
    for (int i = 0; i < 2'000'000; ++i)
        many.push_back(std::to_string(i));
    CHECK_FALSE(repeated({listed("a", many)}, 2'000'000));
    CHECK(repeated({listed("a", many)}, 1000) == 0U);
    many.resize(500);
    const Parameter zipf = listed("a", many, Chosen::zipf);
    const Choices choices({&zipf}, 7);
    std::set<std::uint64_t> different;
    for (std::uint64_t number = 0; number < 300; ++number)
        different.insert(choices.variant(number));
    CHECK(choices.repeated(300) == 300 - different.size());
}
