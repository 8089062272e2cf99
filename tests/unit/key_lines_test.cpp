#include "src/core/error.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/output/unprintable.hpp"
#include "src/store/key_lines.hpp"
#include "src/store/key_spool.hpp"
#include "src/store/named_keys.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sanitized.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

using namespace roacache;

namespace {

/// Texts that are likely to be mistaken for something else.
std::string random_key(std::mt19937& random) {
    static const std::vector<std::string> pieces{
        "\\", "\\x", "\\x4",        "\\x41",        "\\\\",       "x", "{",  "{\"key\": \"a\"}",
        "}",  "[",   "1) ",         "\"",           "'",          ",", "\n", "\r",
        "\t", " ",   "\xff",        "\xEF\xBB\xBF", "\x1b",       "é", "=",  "-",
        ":",  "key", "key,tenant,", "\xff\xfe",     "cache:t:r:h"};
    std::string key;
    for (std::size_t n = random() % 5; n + 1 > 0 && key.size() < 40; --n) {
        if (random() % 3 == 0)
            key += static_cast<char>(random() % 256);
        else
            key += pieces[random() % pieces.size()];
        if (n == 0) break;
    }
    return key;
}

std::vector<std::string> read_all(const std::string& text, bool raw = false) {
    static const test::TempDir folder;
    const std::string path = (folder.path() / "keys").string();
    std::ofstream(path, std::ios::binary) << text;
    store::NamedKeys named({{}, path, raw});
    std::vector<std::string> keys, batch;
    for (named.rewind(); named.next(batch); batch.clear())
        keys.insert(keys.end(), batch.begin(), batch.end());
    return keys;
}

bool is_refused(const std::string& text, const std::string& with, bool raw = false) {
    try {
        read_all(text, raw);
    } catch (const core::Error& error) {
        INFO(error.what());
        return error.code() == core::ExitCode::usage && !error.remedy().empty() &&
               std::string(error.what()).find(with) != std::string::npos;
    }
    return false;
}

} // namespace

TEST_CASE("bytes that were made printable, or base64, are read back exactly", "[text]") {
    std::mt19937 random(20240501);
    for (int i = 0; i < 20'000; ++i) {
        const std::string key = random_key(random);
        REQUIRE(output::unprintable(output::printable(key)) == key);
        REQUIRE(output::from_base64(output::base64(key)) == key);
    }
    for (const char* text : {"\\", "\\n", "\\x", "\\x4", "\\xg1", "\\x+1", "\\X41", "a\\u0041"})
        CHECK_FALSE(output::unprintable(text).has_value());
    for (const char* text : {"a", "=", "ab=", "YQ=", "YR==", "Y Q=", "YQ==YQ=="})
        CHECK_FALSE(output::from_base64(text).has_value());
}

TEST_CASE("a list of keys is read back exactly in every form, whatever the keys and their order", "[keys]") {
    std::mt19937 random(7);
    for (int round = 0; round < (test::k_sanitized ? 80 : 500); ++round) {
        std::vector<std::string> keys;
        for (std::size_t n = 1 + random() % 4; n > 0; --n)
            if (std::string key = random_key(random); !key.empty()) keys.push_back(std::move(key));
        std::vector<std::string> without_nul;
        std::string lines, details, ndjson, csv = "key,tenant,resource,hash\n", nul;
        std::string json = R"({"schema":"roacache.keys/1","store":"s", "keys": [)";
        for (const std::string& key : keys) {
            const std::string entry =
                nlohmann::json{{"key", output::json_bytes(key)}, {"tenant", "t"}}.dump();
            lines += store::key_line(key) + "\n";
            details += store::key_line(key) + "\tstring\tnone\t72\tn/a\tfalse\n";
            ndjson += entry + "\n";
            json += (json.ends_with('[') ? "\n" : ",\n") + entry;
            // The last field needs quotes too, so that some rows begin and end with one.
            csv += output::csv_field(store::key_line(key)) + ",t,r,\"{\"\"a\"\":1}\"\n";
            if (key.find('\0') == std::string::npos) {
                nul += key + '\0';
                without_nul.push_back(key);
            }
        }
        INFO(lines);
        REQUIRE(read_all(lines) == keys);
        REQUIRE(read_all("\xEF\xBB\xBF" + lines) == keys);
        REQUIRE(read_all(details) == keys);
        REQUIRE(read_all(ndjson) == keys);
        REQUIRE(read_all(json + "\n], \"outcome\":\"done\"}\n") == keys);
        REQUIRE(read_all(csv) == keys);
        const auto document = nlohmann::json::parse(json + "\n], \"outcome\":\"done\"}");
        for (const int indent : {-1, 0, 4})
            REQUIRE(read_all(document.dump(indent)) == keys);
        std::string pretty;
        for (const auto& entry : document["keys"])
            pretty += entry.dump(2) + "\n";
        REQUIRE(read_all(pretty) == keys);
        REQUIRE(read_all(document["keys"].dump(2)) == keys);
        REQUIRE(read_all(nul, true) == without_nul);
    }
}

TEST_CASE("lists of keys that cannot be read exactly are refused by their line", "[keys]") {
    CHECK(read_all("a\r\n\r\n{user1}:cart\r\nlast") == std::vector<std::string>{"a", "{user1}:cart", "last"});
    CHECK(read_all("{tag}:a\n{\"key\":\"b\"}") == std::vector<std::string>{"{tag}:a", "{\"key\":\"b\"}"});
    CHECK(
        read_all("{\"schema\":\"roacache.keys/1\", \"keys\": [], \"outcome\":\"nothing_found\"}\n").empty());
    CHECK(is_refused("a\nb\\q\n", "line 2"));
    CHECK(is_refused("1) \"cache:t:r:h\"\n", "redis-cli"));
    CHECK(is_refused("a\n12) \"b\"\n", "line 2"));
    CHECK(is_refused(" 1) \"0\"\n", "redis-cli"));
    CHECK(is_refused("2)  1) \"b\"\n", "redis-cli"));
    CHECK(is_refused("\"cache:t:r:h\"\n", "redis-cli"));
    CHECK(is_refused("\xFF\xFE" + std::string("a\0\n\0", 4), "UTF-16"));
    CHECK(is_refused("\xFE\xFF" + std::string("\0a\0\n", 4), "UTF-16"));
    CHECK(is_refused(std::string("a\0b\0", 4), "NUL"));
    CHECK(is_refused("{\"key\":\"a\"}\nb\n", "line 2"));
    CHECK(is_refused("{\n  \"keys\": [\n", "cut"));
    CHECK(is_refused("{\"schema\":\"roacache.keys/1\", \"keys\": 7}", "key"));
    CHECK(is_refused(
        "{\"schema\":\"roacache.keys/1\", \"keys\": [{\"key\":\"a\"}], \"error\":{\"message\":\"x\"}}",
        "missing"));
    CHECK(is_refused("{\"keys\": [\"a\"], \"outcome\":\"interrupted\"}", "missing"));
    CHECK(is_refused("[\"a\", 7]", "key"));
    CHECK(is_refused("[\"a\"]\nb\n", "line 2"));
    CHECK(read_all("[]").empty());
    CHECK(read_all("[\"a\", \"b\\u00e9\"]\n") == std::vector<std::string>{"a", "b\xc3\xa9"});
}

TEST_CASE("a list of keys that is cut is refused, wherever it is", "[keys]") {
    const std::string csv = "key,tenant,resource,hash,where\n"
                            "cache:t:r:h1,t,r,h1,\n"
                            "\"cache:t:r:a,b\",t,r,\"a,b\",\"{\"\"c\"\":1}\"\n";
    const std::size_t second = csv.find("\"cache");
    for (std::size_t size = second + 1; size < csv.size() - 1; ++size) {
        INFO(csv.substr(0, size));
        // Where the last field alone is cut the key is not.
        const bool refused = is_refused(csv.substr(0, size), "line 3");
        CHECK((refused || read_all(csv.substr(0, size)) == read_all(csv)));
        CHECK((refused || size > csv.rfind(",\"")));
    }
    CHECK(read_all(csv.substr(0, csv.size() - 1)).size() == 2);
    const std::string json =
        R"({"schema":"roacache.keys/1", "keys": [{"key":"a"},{"key":{"base64":"/w=="}}], "outcome":"done"})";
    for (std::size_t size = 1; size < json.size(); ++size) {
        INFO(json.substr(0, size));
        CHECK(is_refused(json.substr(0, size), "cut"));
    }
    CHECK(read_all(json) == std::vector<std::string>{"a", "\xff"});
    CHECK(is_refused(std::string("a\0b", 3), "NUL", true));
    CHECK(read_all(std::string("a\0\0", 3), true) == std::vector<std::string>{"a", ""});
}

TEST_CASE("keys that are stored come back in order as often as wanted, in memory and beyond it", "[keys]") {
    for (const std::size_t in_memory : {std::size_t{0}, std::size_t{100}, std::size_t{1} << 20}) {
        store::KeySpool spool(in_memory);
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < 3'000; ++i)
            keys.push_back(std::string(i % 50, static_cast<char>(i)) + std::to_string(i));
        keys.push_back(std::string(200'000, 'x'));
        keys.emplace_back();
        for (const std::string& key : keys)
            spool.add(key);
        for (int pass = 0; pass < 2; ++pass) {
            std::vector<std::string> read, batch;
            for (spool.rewind(); spool.next(batch, 200); batch.clear())
                read.insert(read.end(), batch.begin(), batch.end());
            CHECK(read == keys);
        }
        CHECK(spool.size() == keys.size());
    }
}
