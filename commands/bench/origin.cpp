#include "commands/bench/origin.hpp"

#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <string_view>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

bool is_url(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

/// Secrets as they are, and as they are in a URL.
std::string hidden(std::string text, const std::vector<std::string>& secrets) {
    std::vector<std::string> all;
    all.reserve(2 * secrets.size());
    for (const std::string& secret : secrets) {
        all.push_back(secret);
        all.push_back(net::percent_encode(secret));
    }
    return config::without_secrets(std::move(text), all);
}

/// `URL#PATH`
bench::CounterUrl counter_url(const std::string& text) {
    const std::size_t mark = std::min(text.find('#'), text.size());
    return {parse_http_url(text.substr(0, mark)), text.substr(std::min(mark + 1, text.size()))};
}

bench::CounterUrl counter_of_suite(const BenchOptions& options, const config::Suite& suite) {
    const std::string& given = suite.origin_counter;
    if (!is_url(given) && !given.starts_with('/'))
        throw Error(ExitCode::usage, "origin_counter: a suite runs no commands",
                    "Give a URL, or a path behind base_url, as /metrics.json#/db/queries; a command is given "
                    "by --origin-counter.");
    bench::CounterUrl at =
        counter_url(whole_url(given, options.base_url.empty() ? suite.base_url : options.base_url,
                              "Give base_url = \"http://HOST:PORT\" in the suite, or --base-url."));
    at.name = hidden(at.url.redacted() + (at.path.empty() ? "" : "#" + at.path), suite.secrets);
    return at;
}

} // namespace

std::unique_ptr<bench::OriginCounter> origin_counter(const BenchOptions& options, const config::Suite* suite,
                                                     const config::Settings& settings) {
    const core::Nanoseconds timeout = settings.timeout.required();
    const std::string& given = options.origin_counter;
    if (!given.empty() && !is_url(given)) return bench::make_command_counter(given, timeout);
    if (given.empty() && (suite == nullptr || suite->origin_counter.empty())) return nullptr;
    return bench::make_url_counter(given.empty() ? counter_of_suite(options, *suite) : counter_url(given),
                                   tls_options(settings, address_of_flag("--origin-counter")), timeout);
}

std::optional<net::Url> origin_url_of_suite(const BenchOptions& options, const config::Suite& suite) {
    if (!options.origin_counter.empty() || suite.origin_counter.empty()) return {};
    return counter_of_suite(options, suite).url;
}

} // namespace roacache::commands
