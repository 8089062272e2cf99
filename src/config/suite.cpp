#include "src/config/suite.hpp"

#include "src/config/toml_reader.hpp"
#include "src/config/toml_variables.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <limits>

namespace roacache::config {
namespace {

constexpr std::int64_t k_most_requests = 1'000'000'000'000;
constexpr unsigned k_heaviest = 1000;
constexpr std::size_t k_most_endpoints = 1000;

using Texts = std::vector<std::string>;

NamedTexts read_named(TomlReader& reader, const std::string& key) {
    NamedTexts named;
    auto table = reader.table(key);
    if (!table) return named;
    for (const std::string& name : table->keys()) {
        auto values = table->scalars(name).value_or(Texts{});
        for (std::string& value : values)
            named.emplace_back(name, std::move(value));
    }
    return named;
}

/// A source, or a list of values.
NamedTexts read_vary(TomlReader& reader) {
    NamedTexts vary;
    auto table = reader.table("vary");
    if (!table) return vary;
    for (const std::string& name : table->keys()) {
        const auto values = table->scalars(name).value_or(Texts{});
        for (const std::string& value : values)
            if (values.size() > 1 && value.find(',') != std::string::npos)
                reader.fail("vary", fmt::format("vary: {}: '{}': a comma parts values", name, value));
        vary.emplace_back(name, fmt::format("{}", fmt::join(values, ",")));
    }
    return vary;
}

NamedTexts read_headers(TomlReader& reader) {
    NamedTexts headers = read_named(reader, "headers");
    for (const auto& [name, value] : headers) {
        if (name.empty() || name.find_first_of(": \t\r\n") != std::string::npos)
            reader.fail("headers", fmt::format("headers: '{}': not a header's name", name));
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            reader.fail("headers", fmt::format("headers: {}: a header's value has no line breaks", name));
    }
    return headers;
}

std::vector<PlacedText> placed(std::optional<Texts> texts, const TomlReader& reader, const std::string& key) {
    std::vector<PlacedText> all;
    if (!texts) return all;
    for (std::string& text : *texts)
        all.push_back({std::move(text), reader.origin_of(key, all.size())});
    return all;
}

std::vector<PlacedText> read_placed(TomlReader& reader, const std::string& key) {
    return placed(reader.texts(key), reader, key);
}

/// One text will do in place of a list.
std::vector<PlacedText> read_one_or_more(TomlReader& reader, const std::string& key) {
    return placed(reader.scalars(key), reader, key);
}

std::string read_text(TomlReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    if (text && text->empty()) reader.fail(key, fmt::format("{}: it is empty", key));
    return text.value_or("");
}

SuiteUncached read_uncached(TomlReader& reader) {
    SuiteUncached uncached;
    uncached.headers = reader.scalars("uncached_header").value_or(Texts{});
    for (const std::string& header : uncached.headers)
        if (header.find(':') == std::string::npos)
            reader.fail("uncached_header",
                        fmt::format("uncached_header: '{}': expected \"Name: value\"", header));
    uncached.queries = reader.scalars("uncached_query").value_or(Texts{});
    return uncached;
}

/// A duration above 0, as it was written.
std::string read_duration(TomlReader& reader, const std::string& key) {
    std::string text = read_text(reader, key);
    if (text.empty()) return text;
    try {
        if (core::parse_duration(text, key).count() > 0) return text;
    } catch (const core::Error& error) {
        reader.fail(key, error.what());
    }
    reader.fail(key, fmt::format("{}: '{}': it has to be above 0", key, text));
}

SuiteSelector read_selector(TomlReader& reader) {
    SuiteSelector selector;
    selector.tenant = read_text(reader, "tenant");
    selector.resources = reader.scalars("resource").value_or(Texts{});
    selector.where = read_named(reader, "where");
    selector.keys = reader.scalars("key").value_or(Texts{});
    const auto has_empty = [](const Texts& texts) {
        return std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text.empty(); });
    };
    if (has_empty(selector.resources)) reader.fail("resource", "resource: it is empty");
    if (has_empty(selector.keys)) reader.fail("key", "key: it is empty");
    if (!selector.keys.empty() &&
        (!selector.tenant.empty() || !selector.resources.empty() || !selector.where.empty()))
        reader.fail("key", "key: it goes with no other selector");
    return selector;
}

SuiteEndpoint read_endpoint(TomlReader& reader) {
    SuiteEndpoint endpoint;
    endpoint.origin = reader.origin();
    endpoint.name = read_text(reader, "name");
    if (endpoint.name.empty()) reader.fail("", "an endpoint needs a name");
    endpoint.url = read_text(reader, "url");
    if (endpoint.url.empty()) reader.fail("", fmt::format("endpoint '{}' needs a url", endpoint.name));
    endpoint.method = read_text(reader, "method");
    endpoint.headers = read_headers(reader);
    endpoint.params = read_named(reader, "params");
    endpoint.vary = read_vary(reader);
    endpoint.body = reader.text("body").value_or("");
    endpoint.type = read_text(reader, "type");
    endpoint.weight = static_cast<unsigned>(reader.integer("weight", 1, k_heaviest).value_or(1));
    endpoint.uncached = read_uncached(reader);
    endpoint.uncached.url = read_text(reader, "uncached_url");
    endpoint.hit_headers = read_one_or_more(reader, "hit_header");
    endpoint.hit_json = {read_text(reader, "hit_json"), reader.origin_of("hit_json", 0)};
    endpoint.expect_body_contains = read_text(reader, "expect_body_contains");
    endpoint.ignore_json = read_placed(reader, "ignore_json");
    endpoint.asserts = read_placed(reader, "asserts");
    endpoint.selector = read_selector(reader);
    reader.finish();
    return endpoint;
}

void read_load(TomlReader& reader, Suite& suite) {
    const auto whole = [&](const char* key, std::int64_t low, std::int64_t high) {
        return reader.integer(key, low, high);
    };
    if (const auto number = whole("concurrency", 1, 10'000))
        suite.concurrency = static_cast<unsigned>(*number);
    if (const auto number = whole("threads", 1, 256)) suite.threads = static_cast<unsigned>(*number);
    if (const auto number = whole("streams", 1, 1000)) suite.streams = static_cast<unsigned>(*number);
    suite.http2 = reader.boolean("http2").value_or(false);
    if (const auto number = whole("both_loops", 1, 10'000)) suite.both_loops = static_cast<unsigned>(*number);
    if (const auto number = whole("requests", 1, k_most_requests)) suite.requests = *number;
    suite.duration = read_duration(reader, "duration");
    suite.timeout = read_duration(reader, "timeout");
    suite.rate = reader.number("rate", 1e-6, 1e6);
    if (const auto number = whole("blocks", 1, 10'000)) suite.blocks = static_cast<unsigned>(*number);
    if (const auto number = whole("warmup", 0, 1'000'000'000)) suite.warmup = *number;
    if (const auto number = whole("seed", 0, std::numeric_limits<std::int64_t>::max())) suite.seed = *number;
}

Suite read_suite(TomlReader& reader) {
    Suite suite;
    suite.base_url = read_text(reader, "base_url");
    suite.headers = read_headers(reader);
    suite.uncached = read_uncached(reader);
    suite.hit_headers = read_one_or_more(reader, "hit_header");
    suite.hit_json = {read_text(reader, "hit_json"), reader.origin_of("hit_json", 0)};
    suite.users = read_placed(reader, "as");
    suite.drill = reader.boolean("drill").value_or(false);
    suite.origin_counter = read_text(reader, "origin_counter");
    suite.expect = read_text(reader, "expect");
    suite.expect_body_contains = read_text(reader, "expect_body_contains");
    suite.ignore_json = read_placed(reader, "ignore_json");
    suite.asserts = read_placed(reader, "asserts");
    suite.profile = read_text(reader, "profile");
    if (suite.profile.find('/') != std::string::npos)
        reader.fail("profile", "profile: a suite names a profile, not a file");
    read_load(reader, suite);
    auto endpoints = reader.tables("endpoints");
    reader.finish();
    if (!endpoints || endpoints->empty())
        reader.fail("endpoints", "a suite needs an endpoint: [[endpoints]]");
    if (endpoints->size() > k_most_endpoints)
        reader.fail("endpoints", fmt::format("a suite has at most {} endpoints", k_most_endpoints));
    for (TomlReader& endpoint : *endpoints) {
        suite.endpoints.push_back(read_endpoint(endpoint));
        const std::string& name = suite.endpoints.back().name;
        const auto same = [&](const SuiteEndpoint& one) { return one.name == name; };
        if (std::count_if(suite.endpoints.begin(), suite.endpoints.end(), same) > 1)
            endpoint.fail("name", fmt::format("name: there is another endpoint '{}'", name));
    }
    return suite;
}

/// Longest first, so that one which begins another does not show the rest of it.
Texts longest_first(Texts secrets) {
    constexpr std::size_t k_least = 3; // what is shorter is in every sentence
    std::erase_if(secrets, [](const std::string& secret) { return secret.size() < k_least; });
    std::stable_sort(secrets.begin(), secrets.end(),
                     [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    return secrets;
}

} // namespace

std::string without_secrets(std::string text, const Texts& secrets) {
    for (const std::string& secret : secrets)
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
            text.replace(at, secret.size(), "***");
    return text;
}

Suite parse_suite(std::string_view text, const std::string& source, const VariableLookup& environment) {
    toml::table document = parse_toml(text, "suite", source);
    Texts secrets = longest_first(replace_variables(document, "suite", source, environment));
    try {
        TomlReader reader(document, "suite", source);
        Suite suite = read_suite(reader);
        suite.secrets = std::move(secrets);
        return suite;
    } catch (const core::Error& error) {
        throw core::Error(error.code(), without_secrets(error.what(), secrets),
                          without_secrets(error.remedy(), secrets));
    }
}

} // namespace roacache::config
