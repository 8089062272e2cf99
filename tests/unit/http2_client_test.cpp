#include "tests/fuzz/http2_outcome.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using roacache::bench::Http2Exchange;
using roacache::http::ErrorClass;
using roacache::test::Http2Outcome;
using roacache::test::speak;

namespace {

/// What the fuzzer begins with; the first byte is for itself.
std::string server_bytes(const std::string& seed) {
    std::ostringstream text;
    text << std::ifstream(std::filesystem::path(roacache::test::source_dir()) / "tests/fuzz/http2" / seed,
                          std::ios::binary)
                .rdbuf();
    REQUIRE(text.str().size() > 1);
    return text.str().substr(1);
}

} // namespace

TEST_CASE("responses over HTTP/2 are taken apart", "[bench][http2]") {
    const std::string bytes = server_bytes("three");
    const Http2Outcome outcome = speak({bytes}, 3, false);
    CHECK(outcome.settled);
    CHECK_FALSE(outcome.over);
    for (const Http2Outcome::Response& response : outcome.responses) {
        CHECK(response.state == Http2Exchange::State::complete);
        CHECK(response.error == ErrorClass::none);
        CHECK(response.status == 200);
        CHECK(response.heads == "HIT|head 200text/plain \n");
    }
    CHECK(outcome.responses[0].body == "hello");
    CHECK(outcome.responses[1].body.empty());
    CHECK(outcome.responses[2].body == "hello");
    CHECK(outcome.responses[0].received > outcome.responses[1].received);
}

TEST_CASE("requests above the last that a GOAWAY names were refused", "[bench][http2]") {
    const Http2Outcome outcome = speak({server_bytes("goaway")}, 3, true);
    CHECK(outcome.responses[0].state == Http2Exchange::State::complete);
    for (const std::size_t i : {1U, 2U}) {
        CHECK(outcome.responses[i].state == Http2Exchange::State::failed);
        CHECK(outcome.responses[i].error == ErrorClass::closed);
        CHECK(outcome.responses[i].refused);
    }
    CHECK(outcome.over);
}

TEST_CASE("every cut of what a server sends over HTTP/2 has the same outcome", "[bench][http2]") {
    for (const auto& seed : std::filesystem::directory_iterator(
             std::filesystem::path(roacache::test::source_dir()) / "tests/fuzz/http2")) {
        INFO(seed.path());
        const std::string bytes = server_bytes(seed.path().filename());
        const Http2Outcome whole = speak({bytes}, 3, false);
        const std::string_view view = bytes;
        for (std::size_t cut = 0; cut <= view.size(); cut += view.size() > 2000 ? 997 : 1)
            REQUIRE(speak({view.substr(0, cut), view.substr(cut)}, 3, false) == whole);
    }
}
