#include "commands/bench/demo.hpp"

#include "commands/bench/endpoints.hpp"
#include "commands/bench/methods.hpp"
#include "commands/bench/parameters.hpp"
#include "commands/service_options.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/demo/service_process.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

/// The dashboards that the portal's users open first, and its longest list of money.
constexpr const char* k_targets[] = {"/api/dashboard/summary?company=1", "/api/dashboard/trends?company=1",
                                     "/api/dashboard/cashflow?company=1", "/api/treasury?company=1"};

/// In the ledger: so many that an uncached answer takes some milliseconds.
constexpr std::uint64_t k_rows = 6'000;

std::uint64_t rows_of(const BenchOptions& options) {
    return options.rows > 0 ? options.rows : k_rows;
}

demo::ServiceOptions checked_options(const BenchOptions& options, const Context& context) {
    if (!options.urls.empty() || !options.urls_from.empty())
        throw core::Error(core::ExitCode::usage, "usage: bench: --demo measures its own URLs",
                          "Leave the URLs away, or run roacache demo and give its URLs without --demo.");
    if (!options.uncached_urls.empty())
        throw core::Error(core::ExitCode::usage, "usage: bench: --demo and --uncached-url do not go together",
                          "The reference service goes past its cache when it is asked to.");
    demo::ServiceOptions service = service_options(context, options.cache_url, rows_of(options));
    service.logs_lookups = false; // which would take time of what is measured
    return service;
}

/// Serves from construction on.
class DemoInOwnProcess final : public BenchedDemo {
  public:
    DemoInOwnProcess(const BenchOptions& options, const Context& context)
        : rows_(rows_of(options)), service_(checked_options(options, context)) {}

    std::vector<bench::EndpointSpec> endpoints(const BenchOptions& options,
                                               const bench::LoadSpec& load) const override {
        const store::ManagementSwitch own{.base = parse_http_url(service_.base_url() + "/api/cache"),
                                          .token = service_.token()};
        std::vector<bench::EndpointSpec> endpoints;
        for (const char* target : k_targets) {
            bench::EndpointSpec& endpoint = endpoints.emplace_back();
            endpoint.request = make_request(options.request, parse_http_url(service_.base_url() + target));
            endpoint.parameters = parse_parameters(options.parameters);
            endpoint.uncached = uncached_methods(options, {}, &own);
            if (!options.single && !leads_past(endpoint.uncached))
                add_change(endpoint.uncached, {"Cache-Control: no-cache"}, {}, {});
            complete_endpoint(endpoint, options, load);
            if (endpoint.hit_headers.empty()) endpoint.hit_headers = {{"X-Cache", "HIT"}};
        }
        return endpoints;
    }

    void find_entries() override {}
    /// Of all endpoints: only whole groups can be dropped.
    void remove(std::size_t) override { service_.empty_cache(); }
    bench::StoreCounters counters() override {
        const demo::Counters counters = service_.counters();
        return {counters.l1_hits + counters.l2_hits, counters.misses, counters.l1_bytes, counters.computed};
    }
    std::uint64_t rows() const override { return rows_; }
    std::vector<std::string> notes() const override {
        try {
            return {"The service ran on this machine too, in a process of its own, so it shared the "
                    "cores with the load generator.",
                    own_counts()};
        } catch (const core::Error& error) { // what was measured is reported all the same
            return {fmt::format("Before the end of the run {}.", error.what())};
        }
    }

  private:
    std::string own_counts() const {
        const demo::Counters counters = service_.counters();
        return fmt::format(
            "The service's own count: {} hits in memory, {} in the second tier, {} misses, {} requests past "
            "the cache, {} database queries.",
            core::format_count(counters.l1_hits), core::format_count(counters.l2_hits),
            core::format_count(counters.misses), core::format_count(counters.bypasses),
            core::format_count(counters.origin_queries));
    }

    std::uint64_t rows_;
    demo::ServiceProcess service_;
};

} // namespace

std::unique_ptr<BenchedDemo> start_benched_demo(const BenchOptions& options, const Context& context) {
    return std::make_unique<DemoInOwnProcess>(options, context);
}

} // namespace roacache::commands
