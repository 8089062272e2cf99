#include "src/http/status_set.hpp"
#include "tests/support/catch.hpp"

using roacache::http::StatusSet;

TEST_CASE("Answers are to have a status from 200 to 299, or 304", "[status]") {
    const StatusSet usual;
    for (int status = -1; status < 1000; ++status)
        CHECK(usual.has(status) == ((status >= 200 && status < 300) || status == 304));
    CHECK(usual.text() == "200-299,304");
    CHECK(StatusSet::parse(usual.text()) == usual);
}

TEST_CASE("Expected statuses are read as they are written", "[status]") {
    const auto text_of = [](std::string_view text) {
        const auto set = StatusSet::parse(text);
        return set ? set->text() : "none";
    };
    CHECK(text_of("404") == "404");
    CHECK(text_of(" 404 , 200 - 204 ") == "200-204,404");
    CHECK(text_of("300-302,301-303,204") == "204,300-303");
    CHECK(text_of("200-599") == "200-599");
    for (const char* bad :
         {"", ",", "200,", "199", "600", "20", "2xx", "299-200", "200-", "-200", "200-600", "200;204", "1e3",
          "+200", "0x200", "200.5", "99999999999999999999", "200-299-300"})
        CHECK(text_of(bad) == "none");
}
