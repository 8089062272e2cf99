#include "commands/bench/suite.hpp"

#include "commands/bench/drill.hpp"
#include "commands/bench/endpoints.hpp"
#include "commands/bench/load.hpp"
#include "commands/bench/methods.hpp"
#include "commands/bench/origin.hpp"
#include "commands/bench/parameters.hpp"
#include "commands/bench/placed.hpp"
#include "commands/bench/suite_answers.hpp"
#include "commands/bench/targets.hpp"
#include "commands/bench/users.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"
#include "src/core/units.hpp"
#include "src/net/url.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"
#include "src/store/selection.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

std::string subject_of_endpoint(const config::SuiteEndpoint& endpoint) {
    return fmt::format("endpoint '{}': ", endpoint.name);
}

/// As they are, and as they are in a URL.
void hide(std::string& text, const std::vector<std::string>& secrets) {
    std::vector<std::string> encoded;
    encoded.reserve(secrets.size());
    for (const std::string& secret : secrets)
        encoded.push_back(net::percent_encode(secret));
    text = config::without_secrets(config::without_secrets(std::move(text), secrets), encoded);
}

void check_usage(const BenchOptions& options) {
    const auto refuse = [](const std::string& what) {
        throw Error(ExitCode::usage, fmt::format("usage: bench: --suite and {} do not go together", what),
                    "The endpoints of a suite say what is asked; --base-url says of whom.");
    };
    if (!options.urls.empty()) refuse("URLs");
    if (options.demo) refuse("--demo");
    if (!options.request.method.empty()) refuse("--method");
    if (!options.request.body.empty()) refuse("--data");
    if (!options.request.type.empty()) refuse("--type");
    if (!options.parameters.empty()) refuse("--param");
    if (!options.urls_from.empty()) refuse("--urls-from");
    if (!options.uncached_urls.empty()) refuse("--uncached-url");
    if (options.selectors.names_keys() || !parse_selectors(options.selectors).empty()) refuse("selectors");
}

std::string name_of_header(const std::string& header) {
    return core::to_lower(header.substr(0, header.find(':')));
}

/// Adds those headers of which there is none of the same name yet.
void add_headers(std::vector<std::string>& headers, const config::NamedTexts& more) {
    const std::size_t known = headers.size();
    for (const auto& [name, value] : more) {
        const std::string wanted = name_of_header(name);
        const bool taken =
            std::any_of(headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(known),
                        [&](const std::string& header) { return name_of_header(header) == wanted; });
        if (!taken) headers.push_back(name + ": " + value);
    }
}

std::string whole_url_of(const std::string& url, const std::string& base) {
    return whole_url(url, base, "Give base_url = \"http://HOST:PORT\" in the suite, or --base-url.");
}

/// Those that an endpoint varies, and those that are known of themselves.
bench::ParameterList names_to_vary(const config::SuiteEndpoint& endpoint) {
    bench::ParameterList names{{"random"}, {"seq"}};
    for (const auto& [name, source] : endpoint.vary)
        names.push_back({name});
    return names;
}

/// Percent-encoded, but for the places of parameters.
std::string encoded_but_places(std::string_view text, const bench::ParameterList& parameters) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = text.find('}');
        const std::string_view place = end == std::string_view::npos ? "" : text.substr(0, end + 1);
        const bool filled = std::any_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
            return place == "{" + parameter.name + "}" || place == "{+" + parameter.name + "}";
        });
        const std::string_view part = filled ? place : text.substr(0, 1);
        result += filled ? std::string(part) : net::percent_encode(part);
        text.remove_prefix(part.size());
    }
    return result;
}

void add_params(std::string& url, const config::SuiteEndpoint& endpoint) {
    const std::size_t fragment = url.find('#');
    if (fragment != std::string::npos) url.erase(fragment);
    for (const auto& [name, value] : endpoint.params)
        url += fmt::format("{}{}={}", url.find('?') == std::string::npos ? '?' : '&',
                           net::percent_encode(name), encoded_but_places(value, names_to_vary(endpoint)));
}

/// Of params that hold a name in braces that nothing fills: they are sent so, for that may be meant.
void note_literal_params(const config::SuiteEndpoint& endpoint, std::vector<std::string>& notes) {
    std::string held;
    for (const auto& [name, value] : endpoint.params)
        if (!core::names_secret(name)) held += core::redacted_text(value) + "\n";
    for (const std::string& name : bench::unfilled_places(held, names_to_vary(endpoint)))
        notes.push_back(
            fmt::format("The params of endpoint '{}' hold {{{}}}, which is sent as it is: its vary "
                        "has no such name.",
                        output::printable(endpoint.name), name));
}

bench::ParameterList parameters_of(const config::SuiteEndpoint& endpoint, const config::SuiteFile& file) {
    bench::ParameterList parameters;
    for (const auto& [name, source] : endpoint.vary)
        parameters.push_back(parse_source(name, source, "vary." + name, [&](const std::string& named) {
            return config::read_file_of_suite(file, named);
        }));
    return parameters;
}

SelectorOptions selectors_of(const config::SuiteSelector& selector) {
    SelectorOptions options;
    options.tenant = selector.tenant;
    options.resources = selector.resources;
    for (const auto& [name, value] : selector.where)
        options.where.push_back(name + "=" + value);
    options.keys = selector.keys;
    return options;
}

http::RequestSpec request_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                             const config::SuiteFile& file, const BenchOptions& options,
                             const std::string& base) {
    RequestOptions request = options.request;
    request.method = endpoint.method;
    request.type = endpoint.type;
    request.body = endpoint.body;
    if (endpoint.body.starts_with('@'))
        request.body = config::read_file_of_suite(file, endpoint.body.substr(1));
    request.body_is_text = true;
    add_headers(request.headers, endpoint.headers);
    add_headers(request.headers, suite.headers);
    std::string url = whole_url_of(endpoint.url, base);
    add_params(url, endpoint);
    return make_request(request, parse_http_url(url));
}

/// The endpoint's own, or the suite's, unless the command line says how.
bench::UncachedMethods methods_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                  const BenchOptions& options, const std::string& base) {
    bench::UncachedMethods methods = uncached_methods(options);
    if (options.single || leads_past(methods)) return methods;
    const config::SuiteUncached& uncached = endpoint.uncached.empty() ? suite.uncached : endpoint.uncached;
    if (uncached.empty() && methods.empty())
        throw Error(ExitCode::usage, "nothing says how its uncached answer is made",
                    "Give uncached_header, uncached_query or uncached_url, to it or to the suite; or "
                    "--uncached-by invalidate.");
    std::optional<net::Url> elsewhere;
    if (!uncached.url.empty()) {
        std::string url = whole_url_of(uncached.url, base);
        add_params(url, endpoint);
        elsewhere = parse_http_url(url);
    }
    add_change(methods, uncached.headers, uncached.queries, std::move(elsewhere));
    return methods;
}

void check_assert(const config::PlacedText& expr, const bench::Plan& plan, bool of_endpoint) {
    placed(expr.origin, "", [&] {
        const bench::Assert assertion = bench::parse_assert(expr.text);
        if (of_endpoint) check_of_endpoint(assertion, plan);
        bench::check_answerable(assertion, plan);
    });
}

void take_asserts(BenchOptions& options, const config::Suite& suite) {
    if (!options.results.asserts.empty()) return;
    for (const config::PlacedText& expr : suite.asserts)
        options.results.asserts.push_back(
            placed(expr.origin, "", [&] { return bench::parse_assert(expr.text).expr; }));
}

/// What the user gives to a suite that others could have written goes only where the user says himself.
void check_destination(const bench::EndpointSpec& endpoint, const std::optional<net::Url>& origin,
                       const std::string& base_url) {
    constexpr const char* k_remedy =
        "Say with --base-url http://HOST:PORT where all of them go, or make the suite yours alone.";
    if (base_url.empty())
        throw Error(ExitCode::usage, "a suite that is not yours may not say where variables and headers go",
                    k_remedy);
    const net::Url base =
        net::parse_url(base_url.find("://") == std::string::npos ? "http://" + base_url : base_url);
    const http::RequestSpec uncached = bench::prepare_request(endpoint.uncached, endpoint.request);
    std::vector<net::Url> urls{endpoint.request.url, uncached.url};
    if (origin) urls.push_back(*origin);
    for (const net::Url& url : urls)
        if (url.tls != base.tls || url.hosts.front().text() != base.hosts.front().text())
            throw Error(ExitCode::usage,
                        fmt::format("its requests would go to {}, which is not the --base-url",
                                    output::printable(url.hosts.front().text())),
                        k_remedy);
}

void fill_settings(config::Settings& settings, const config::Suite& suite, const std::string& file) {
    if (!suite.timeout.empty() && settings.timeout.origin != "--timeout")
        settings.timeout = {core::parse_duration(suite.timeout, "timeout"), file + ": timeout"};
    if (!suite.profile.empty() && settings.profile.origin != "--profile")
        settings.profile = {suite.profile, file + ": profile"};
}

std::optional<std::string> environment_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

} // namespace

BenchedSuite::BenchedSuite(BenchOptions& options, config::Settings& settings, const Context& given) {
    check_usage(options);
    own_asserts_ = options.results.asserts.empty();
    file_ = config::read_suite_file(options.suite);
    bool has_variables = false;
    const config::VariableLookup environment =
        config::variables_of_suite(options.allow_env, file_.foreign, environment_variable);
    suite_ = config::parse_suite(file_.text, options.suite, [&](const std::string& name) {
        has_variables = true;
        return environment(name);
    });
    try {
        take_course(options);
        carries_secrets_ = has_variables || !options.request.headers.empty() ||
                           !options.request.auth.empty() || !options.request.cookies.empty();
        take_asserts(options, suite_);
        fill_settings(settings, suite_, options.suite);
        load_ = make_load(options, &suite_, settings);
        check_selectors({settings, given.streams, given.arguments, given.command});
        make_endpoints(options);
        make_plan();
    } catch (const Error& error) {
        std::string message = error.what(), remedy = error.remedy();
        hide(message, suite_.secrets);
        hide(remedy, suite_.secrets);
        throw Error(error.code(), message, remedy);
    }
}

/// Who asks, in which phases, and by which protocol, which users have to know of.
void BenchedSuite::take_course(BenchOptions& options) {
    options.drill = options.drill || suite_.drill;
    if (suite_.drill && (options.cache_down.empty() || options.cache_up.empty()))
        throw Error(ExitCode::usage, "drill: nothing says how the cache is stopped and started again",
                    "A suite runs no commands: give --cache-down CMD and --cache-up CMD.");
    options.http2 = options.http2 || suite_.http2;
    users_ = take_users(options, suite_, file_);
    drill_ = take_drill(options);
}

void BenchedSuite::check_selectors(const Context& context) const {
    const auto has_selector = [](const config::SuiteEndpoint& endpoint) {
        return !endpoint.selector.empty();
    };
    if (std::none_of(suite_.endpoints.begin(), suite_.endpoints.end(), has_selector)) return;
    const config::Profile profile = context.profile();
    const layout::Layout layout = store::layout_of(profile);
    for (const config::SuiteEndpoint& endpoint : suite_.endpoints) {
        const config::SuiteSelector& selector = endpoint.selector;
        if (selector.empty() || !selector.keys.empty()) continue;
        placed(endpoint.origin, subject_of_endpoint(endpoint), [&] {
            store::Selection(parse_selectors(selectors_of(selector)), profile, layout,
                             store::Reach::default_tenant);
        });
    }
}

void BenchedSuite::hide_secrets(bench::Result& result) const {
    const auto hide_redirects = [&](bench::Tally& tally) {
        std::map<std::string, std::uint64_t> redirects;
        for (auto& [location, count] : tally.redirects) {
            std::string hidden = location;
            hide(hidden, suite_.secrets);
            redirects[hidden] += count;
        }
        tally.redirects = std::move(redirects);
    };
    for (bench::Block& block : result.blocks)
        for (bench::Tally& tally : block.endpoints)
            hide_redirects(tally);
    if (result.not_restored) hide(result.not_restored->why, suite_.secrets);
    if (result.closed_loop) hide_secrets(*result.closed_loop);
    if (result.alone) hide_secrets(*result.alone);
    for (bench::EndpointResult& endpoint : result.endpoints) {
        for (auto& [arm, tally] : endpoint.arms)
            hide_redirects(tally);
        for (bench::Mismatch& mismatch : endpoint.equality.mismatches) {
            hide(mismatch.expected, suite_.secrets);
            hide(mismatch.found, suite_.secrets);
            if (!mismatch.difference) continue;
            hide(mismatch.difference->expected, suite_.secrets);
            hide(mismatch.difference->found, suite_.secrets);
        }
    }
}

std::vector<SelectorOptions> BenchedSuite::selectors() const {
    std::vector<SelectorOptions> all;
    for (const config::SuiteEndpoint& endpoint : suite_.endpoints)
        all.push_back(selectors_of(endpoint.selector));
    return all;
}

bench::EndpointSpec BenchedSuite::make_endpoint(const config::SuiteEndpoint& endpoint,
                                                const BenchOptions& options) const {
    const std::string& base = options.base_url.empty() ? suite_.base_url : options.base_url;
    bench::EndpointSpec spec;
    spec.label = endpoint.name;
    spec.weight = endpoint.weight;
    spec.request = request_of(endpoint, suite_, file_, options, base);
    spec.uncached = methods_of(endpoint, suite_, options, base);
    spec.parameters = parameters_of(endpoint, file_);
    add_own_parameters(spec);
    const bool removes = bench::forced_arm(spec.uncached).has_value();
    check_methods(options, spec.uncached, removes ? selectors_of(endpoint.selector) : options.selectors,
                  load_);
    spec.expected_text = !options.expect_text.empty()             ? options.expect_text
                         : !endpoint.expect_body_contains.empty() ? endpoint.expect_body_contains
                                                                  : suite_.expect_body_contains;
    for (const config::PlacedText& expr : endpoint.asserts)
        spec.asserts.push_back(expr.text);
    if (!file_.foreign.empty() && carries_secrets_)
        check_destination(spec, origin_url_of_suite(options, suite_), options.base_url);
    return spec;
}

void BenchedSuite::make_endpoints(const BenchOptions& options) {
    for (const config::SuiteEndpoint& endpoint : suite_.endpoints) {
        const bench::HitHeaders hit_headers = hit_headers_of(endpoint, suite_, options);
        const auto hit_json = hit_json_of(endpoint, suite_, options);
        placed(endpoint.origin, subject_of_endpoint(endpoint), [&] {
            endpoints_.push_back(make_endpoint(endpoint, options));
            note_literal_params(endpoint, notes_);
            endpoints_.back().hit_headers = hit_headers;
            endpoints_.back().hit_json = hit_json;
            bench::make_plan({endpoints_.front(), endpoints_.back()}, load_); // throws where they differ
        });
        if (load_.compare && !options.single)
            endpoints_.back().ignored = ignored_of(endpoint, suite_, options);
    }
}

void BenchedSuite::make_plan() {
    plan_ = bench::make_plan(endpoints_, load_);
    bench::check_connect_to(plan_);
    for (bench::EndpointPlan& endpoint : plan_.endpoints) {
        hide(endpoint.name, suite_.secrets);
        hide(endpoint.label, suite_.secrets);
        hide(endpoint.uncached_by, suite_.secrets);
    }
    for (std::size_t i = 0; i < plan_.endpoints.size(); ++i)
        for (const config::PlacedText& expr : suite_.endpoints[i].asserts)
            check_assert(expr, plan_.only(i), true);
    if (own_asserts_)
        for (const config::PlacedText& expr : suite_.asserts)
            check_assert(expr, plan_, false);
}

std::vector<std::string> BenchedSuite::notes() const {
    std::vector<std::string> notes = notes_;
    for (std::string& note : notes)
        hide(note, suite_.secrets);
    return notes;
}

std::string BenchedSuite::describe_uncached() const {
    std::string text = commands::describe_uncached(endpoints_);
    hide(text, suite_.secrets);
    return text;
}

} // namespace roacache::commands
