#include "src/output/escaping_buffer.hpp"
#include "src/output/progress.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <regex>
#include <sstream>

using namespace roacache;

namespace {

/// A progress line as a command has it, and what it has drawn.
class Drawn {
  public:
    int columns = 120;
    output::ProgressLine line{stream_, true, [this] { return columns; }};
    std::string text() const { return sink_.str(); }
    /// What was drawn since this was asked for last.
    std::string more() {
        const std::string all = text();
        return all.substr(std::exchange(seen_, all.size()));
    }

    /// Shows it until it is drawn, which is not at once; what was drawn since more() was asked for last.
    std::string wait_until_drawn(double fraction, const std::string& shown,
                                 const std::vector<core::PartDone>& parts = {}) {
        std::string drawn;
        REQUIRE(test::eventually([&] {
            line.show(fraction, shown, parts);
            return (drawn += more()).find(shown) != std::string::npos;
        }));
        return drawn;
    }

  private:
    std::ostringstream sink_;
    output::EscapingBuffer buffer_{*sink_.rdbuf()};
    std::ostream stream_{&buffer_};
    std::size_t seen_ = 0;
};

/// What a terminal shows after it was sent this: of the sequences that a progress line has.
std::vector<std::string> screen(const std::string& sent) {
    std::vector<std::string> lines(1);
    std::size_t row = 0;
    for (std::size_t at = 0; at < sent.size();) {
        const std::string rest = sent.substr(at);
        if (rest.starts_with("\x1b[A")) {
            REQUIRE(row > 0);
            --row;
            at += 3;
        } else if (rest.starts_with("\r\x1b[2K")) {
            lines[row].clear();
            at += 5;
        } else if (rest[0] == '\n') {
            if (++row == lines.size()) lines.emplace_back();
            ++at;
        } else {
            lines[row] += rest[0];
            ++at;
        }
    }
    return lines;
}

/// Seconds that are said to be left; absent where nothing is said.
std::optional<double> seconds_left(const std::string& drawn) {
    std::smatch found;
    if (!std::regex_search(drawn, found, std::regex(", ([0-9.]+) s left"))) return {};
    return std::stod(found[1]);
}

} // namespace

TEST_CASE("the lines of a progress are drawn over themselves, however many there are", "[progress]") {
    for (std::size_t parts = 0; parts <= 10; ++parts) {
        INFO(parts);
        Drawn drawn;
        std::vector<core::PartDone> done;
        for (std::size_t part = 0; part < parts; ++part)
            done.push_back({"node " + std::to_string(part), 0.5});
        drawn.line.show(0.5, "1 key", done);
        drawn.wait_until_drawn(0.5, "2 keys", done);
        const std::vector<std::string> shown = screen(drawn.text());
        CHECK(shown.size() == 1 + std::min<std::size_t>(parts, 8));
        CHECK(shown[0].ends_with(" 2 keys"));
        if (parts > 0) CHECK_THAT(shown[1], Catch::Matchers::EndsWith("   node 0"));
        if (parts > 8) CHECK(shown[8] == "and " + std::to_string(parts - 7) + " more");
        drawn.line.clear();
        for (const std::string& line : screen(drawn.text()))
            CHECK(line.empty());
    }
}

TEST_CASE("a progress stays within a terminal that is made narrower", "[progress]") {
    Drawn drawn;
    const std::string name(50, 'x');
    drawn.wait_until_drawn(0.5, name + " 1", {{"node", 0.5}});
    drawn.columns = 40; // which shows the first line in two rows: 77 columns
    drawn.line.clear();
    CHECK(drawn.more() == "\r\x1b[2K\x1b[A\r\x1b[2K\x1b[A\r\x1b[2K");
    drawn.line.show(0.5, name);
    const std::string shown = screen(drawn.more()).front();
    CHECK_THAT(shown, Catch::Matchers::EndsWith(" " + name.substr(0, 14))); // behind the bar's 24 columns
}

TEST_CASE("what a node is called cannot move the cursor of a progress", "[progress]") {
    Drawn drawn;
    drawn.line.show(0.5, "1 key", {{"node\x1b[A\r\x1b[2K", 0.5}, {"other\n", 0}});
    CHECK(screen(drawn.text()).size() == 3);
}

TEST_CASE("a progress is drawn ten times a second at most", "[progress]") {
    Drawn drawn;
    drawn.line.show(0.1, "first");
    for (int time = 0; time < 100; ++time)
        drawn.line.show(0.2, "next");
    CHECK(drawn.text().find("next") == std::string::npos);
    drawn.line.clear();
    drawn.line.show(0.3, "after something else");
    CHECK(drawn.text().find("after something else") != std::string::npos);
}

TEST_CASE("the time that is left goes by what was done since it began", "[progress]") {
    Drawn drawn;
    drawn.line.show(0.80, "taken up again");
    drawn.more();
    std::optional<double> left;
    REQUIRE(test::eventually([&] {
        drawn.line.show(0.85, "a quarter of what was left");
        return (left = seconds_left(drawn.more())).has_value();
    }));
    CHECK(*left >= 6); // at least 2 s for a quarter
    CHECK_FALSE(seconds_left(drawn.wait_until_drawn(0.03, "a second walk")));
}
