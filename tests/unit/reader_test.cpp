#include "src/core/error.hpp"
#include "src/core/reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child.hpp"

#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using roacache::core::Descriptor;
using roacache::core::Error;
using roacache::core::Reader;

namespace {

std::vector<std::string> lines_of(Reader reader, char separator = '\n') {
    std::vector<std::string> lines;
    for (std::string line; reader.next_line(line, separator);)
        lines.push_back(line);
    return lines;
}

/// What is read from a pipe that is given these pieces, one after the other.
std::vector<std::string> lines_of_pieces(const std::vector<std::string>& pieces, char separator = '\n') {
    auto ends = roacache::test::open_pipe();
    std::thread writer([&] {
        for (const std::string& piece : pieces)
            REQUIRE(::write(ends.write.get(), piece.data(), piece.size()) ==
                    static_cast<ssize_t>(piece.size()));
        ends.write.close();
    });
    auto lines = lines_of(Reader(Descriptor(::dup(ends.read.get())), "pipe"), separator);
    writer.join();
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are put together however they arrive", "[reader]") {
    CHECK(lines_of_pieces({}).empty());
    CHECK(lines_of_pieces({"one\ntwo\n"}) == Lines{"one", "two"});
    CHECK(lines_of_pieces({"o", "ne", "\n", "two"}) == Lines{"one", "two"});
    CHECK(lines_of_pieces({"\n\nlast"}) == Lines{"", "", "last"});
    CHECK(lines_of_pieces({std::string("a\0b\nc\0", 6)}, '\0') == Lines{"a", "b\nc"});
    const std::string much(300'000, 'x');
    CHECK(lines_of_pieces({much, "\n", much, much}) == Lines{much, much + much});
}

TEST_CASE("a pipe with a name is read to its end, also when its writer comes later", "[reader]") {
    const roacache::test::TempDir folder;
    const auto name = folder.path() / "pipe";
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    std::thread writer([&] { std::ofstream(name) << "one\ntwo"; });
    CHECK(lines_of(Reader(name)) == Lines{"one", "two"});
    writer.join();
}

TEST_CASE("what cannot be read says why", "[reader]") {
    const roacache::test::TempDir folder;
    const auto name = [&](const char* file) { return (folder.path() / file).string(); };
    CHECK_THROWS_WITH(Reader(name("none")), "cannot read: " + name("none") + ": no such file or directory");
    CHECK_THROWS_WITH(Reader(folder.path()).read_all(),
                      "cannot read: " + folder.path().string() + ": is a directory");
    std::ofstream(name("file")) << "12345678";
    CHECK(Reader(name("file")).read_all(8) == "12345678");
    CHECK_THROWS_WITH(Reader(name("file")).read_all(7),
                      "cannot read: " + name("file") + ": more than 7 bytes");
}
