#include "commands/bench/demo.hpp"

#include "commands/service_options.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

/// The dashboards that the portal's users open first, and its longest list of money.
constexpr const char* k_targets[] = {"/api/dashboard/summary?company=1", "/api/dashboard/trends?company=1",
                                     "/api/dashboard/cashflow?company=1", "/api/treasury?company=1"};
constexpr std::uint64_t k_requests = 250; ///< for each of them: some 20 s on 2 cores

demo::ServiceOptions checked_options(const BenchOptions& options, const Context& context) {
    if (!options.urls.empty())
        throw core::Error(core::ExitCode::usage, "usage: bench: --demo measures its own URLs",
                          "Leave the URLs away, or run roacache demo and give its URLs without --demo.");
    return service_options(context, options.cache_url, options.rows);
}

/// Serves from construction on.
class DemoInProcess final : public BenchedDemo {
  public:
    DemoInProcess(BenchOptions& options, const Context& context)
        : service_(checked_options(options, context)) {
        for (const char* target : k_targets)
            options.urls.push_back(service_.base_url() + target);
        if (options.requests == 0 && options.duration.empty()) options.requests = k_requests;
        if (options.uncached_by == "toggle" && options.toggle_url.empty()) {
            options.toggle_url = service_.base_url() + "/api/cache";
            options.toggle_token = service_.token();
        }
        const bool open = options.uncached_by != "toggle" && options.uncached_urls.empty() &&
                          options.uncached_headers.empty() && options.uncached_queries.empty() &&
                          options.hook_uncached.empty();
        if (open && !options.single) options.uncached_headers.emplace_back("Cache-Control: no-cache");
        if (options.hit_header.empty()) options.hit_header = "X-Cache: HIT";
    }

    void find_entries() override {}
    /// Of all endpoints: only whole groups can be dropped.
    void remove(std::size_t) override { service_.empty_cache(); }
    bench::StoreCounters counters() override {
        const demo::Counters counters = service_.counters();
        return {counters.l1_hits + counters.l2_hits, counters.misses, counters.l1_bytes, counters.computed};
    }
    std::vector<std::string> notes() const override {
        const demo::Counters counters = service_.counters();
        return {
            "The service ran in the process of the load generator, so both shared this machine's cores.",
            fmt::format("The service's own count: {} hits in memory, {} in the second tier, {} misses, {} "
                        "requests past the cache, {} database queries.",
                        core::format_count(counters.l1_hits), core::format_count(counters.l2_hits),
                        core::format_count(counters.misses), core::format_count(counters.bypasses),
                        core::format_count(counters.origin_queries))};
    }

  private:
    demo::Service service_;
};

} // namespace

std::unique_ptr<BenchedDemo> start_benched_demo(BenchOptions& options, const Context& context) {
    return std::make_unique<DemoInProcess>(options, context);
}

} // namespace roacache::commands
