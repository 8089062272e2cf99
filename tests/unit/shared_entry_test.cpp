#include "src/bench/answers/shared_entry.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using bench::Answers;
using bench::Body;

namespace {

/// A long body by a number.
Body body(std::uint64_t which) {
    return {1000, which, {}};
}

Answers answers(Body uncached, std::vector<Body> cached) {
    return {true, std::move(uncached), std::move(cached), {}};
}

std::vector<std::vector<std::size_t>> shared(const std::vector<Answers>& all) {
    std::vector<std::vector<std::size_t>> found;
    for (const bench::SharedEntry& entry : bench::find_shared_entries(all))
        found.push_back(entry.endpoints);
    return found;
}

using Found = std::vector<std::vector<std::size_t>>;

Body text_body(const std::string& text) {
    return {text.size(), std::hash<std::string>()(text), text};
}

} // namespace

TEST_CASE("endpoints with the same cached answer and other uncached ones share an entry", "[equality]") {
    CHECK(shared({answers(body(1), {body(1)}), answers(body(2), {body(1)})}) == Found{{0, 1}});
    INFO("an entry that others filled, and all that share one");
    CHECK(shared({answers(body(1), {body(9)}), answers(body(2), {body(2)}), answers(body(3), {body(9)}),
                  answers(body(4), {body(4), body(3)}), answers(body(5), {body(5)})}) == Found{{0, 2}});
    CHECK(shared({answers(body(1), {body(1), body(2)}), answers(body(2), {body(2)}),
                  answers(body(3), {body(4)}), answers(body(4), {body(4)}), answers(body(5), {body(2)})}) ==
          Found{{0, 1, 4}, {2, 3}});
}

TEST_CASE("what looks like a shared entry and is none raises no alarm", "[equality]") {
    CHECK(shared({}).empty());
    CHECK(shared({answers(body(1), {body(1)}), answers(body(1), {body(1)})}).empty()); // one answer
    CHECK(shared({answers(body(1), {body(1)}), answers(body(2), {body(2)})}).empty());
    CHECK(shared({answers(body(1), {body(3)}), answers(body(2), {body(4)})}).empty()); // stale, both
    CHECK(shared({answers(body(1), {}), answers(body(2), {})}).empty());
    Answers varying = answers(body(2), {body(1)});
    varying.steady = false;
    CHECK(shared({answers(body(1), {body(1)}), varying}).empty());
    const Body empty{0, 7, {}}, brackets{2, 8, {}};
    CHECK(shared({answers(body(1), {empty}), answers(body(2), {empty})}).empty());
    CHECK(shared({answers(body(1), {brackets}), answers(body(2), {brackets})}).empty());
    CHECK(shared({answers(brackets, {brackets}), answers(body(2), {brackets})}) == Found{{0, 1}});
}

TEST_CASE("ignored fields neither hide a shared entry nor make one", "[equality]") {
    const auto stamped = [](const std::string& rows, int at) {
        return text_body("{\"at\": " + std::to_string(at) + ", \"rows\": " + rows + "}");
    };
    const auto both = [&](Body uncached, Body cached) {
        return Answers{true, std::move(uncached), {std::move(cached)}, {bench::parse_json_path("at", "")}};
    };
    CHECK(shared({both(stamped("[1]", 1), stamped("[1]", 2)), both(stamped("[2]", 3), stamped("[1]", 4))}) ==
          Found{{0, 1}});
    CHECK(shared({both(stamped("[1]", 1), stamped("[1]", 2)), both(stamped("[1]", 3), stamped("[1]", 2))})
              .empty());
    CHECK(shared({both(stamped("[1]", 1), stamped("[1]", 2)), both(stamped("[2]", 3), stamped("[2]", 2))})
              .empty());
}
