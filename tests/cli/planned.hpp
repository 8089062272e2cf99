#pragma once

#include "tests/cli/cache_of_names.hpp"
#include "tests/cli/served_commands.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace roacache::test {

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::trunc) << text;
}

inline nlohmann::json json_in(const std::filesystem::path& file) {
    return nlohmann::json::parse(content_of(file));
}

/// The document with the digest that roacache would give it: SHA-256 over its values, by another program.
inline std::string with_digest(nlohmann::json document) {
    document.erase("digest");
    RunOptions options;
    options.input = document.dump(-1, ' ', true);
    document["digest"] = "sha256:" + run({"sha256sum"}, options).out.substr(0, 64);
    return document.dump(2);
}

/// A server with entries of two tenants and keys of nobody's, and a folder for plans of them.
struct Planned {
    CacheOfNames cache{{"--enable-debug-command", "yes"}};
    TempDir folder;
    std::filesystem::path plan = folder.path() / "plan.json";

    /// `count` entries of tenant t, a third as many of u.
    explicit Planned(int count = 30) { fill(0, count); }

    void fill(int from, int count) const {
        Keys keys{"session:1", "cache:other"};
        for (int i = from; i < from + count; ++i) {
            keys.insert("cache:t:invoices_list:h" + std::to_string(i));
            if (i % 3 == 0) keys.insert("cache:u:invoices_list:h" + std::to_string(i));
        }
        cache.pour(keys, 0);
    }

    std::string digest() const { return cache.redis.cli({"debug", "digest"}); }

    Finished make(std::vector<std::string> selectors = {"-t", "t"}, const RunOptions& options = {}) const {
        selectors.insert(selectors.begin(), {"plan", "-O", plan.string()});
        return run_at(cache.redis.unix_url(), selectors, options);
    }

    /// Without an address: that is the plan's.
    Finished apply(std::vector<std::string> more = {}, const RunOptions& options = {}) const {
        more.insert(more.begin(), {"apply", plan.string(), "-o", "json"});
        return run_roacache(more, options);
    }

    /// Changes the plan, as somebody could who knows how its digest is made.
    template <typename Change>
    void alter(Change change) const {
        nlohmann::json document = json_in(plan);
        change(document);
        write_file(plan, with_digest(document));
    }
};

} // namespace roacache::test
