#include "src/bench/json_path.hpp"
#include "src/bench/verdict.hpp"
#include "src/config/suite.hpp"
#include "src/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace roacache;

namespace {

constexpr const char* k_secret = "hunter2hunter2";

std::optional<std::string> variable(const std::string& name) {
    if (name == "NAME") return "value";
    if (name == "SECRET_TOKEN") return k_secret;
    return {};
}

void read_texts(const std::vector<config::PlacedText>& asserts,
                const std::vector<config::PlacedText>& paths) {
    for (const config::PlacedText& expr : asserts)
        bench::parse_assert(expr.text);
    for (const config::PlacedText& path : paths)
        if (bench::parse_json_path(path.text, "ignore_json").parts.empty()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const bool holds_it = text.find(k_secret) != std::string::npos;
    try {
        const config::Suite suite = config::parse_suite(text, "suite.toml", variable);
        if (suite.endpoints.empty()) std::abort();
        read_texts(suite.asserts, suite.ignore_json);
        for (const config::SuiteEndpoint& endpoint : suite.endpoints) {
            if (endpoint.name.empty() || endpoint.url.empty() || endpoint.weight == 0) std::abort();
            read_texts(endpoint.asserts, endpoint.ignore_json);
        }
    } catch (const core::Error& error) {
        const std::string message = error.what() + error.remedy();
        const bool placed = message.find("suite.toml") != std::string::npos;
        if (placed && !holds_it && message.find(k_secret) != std::string::npos) std::abort();
    }
    return 0;
}
