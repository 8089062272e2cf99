#include "commands/demo_service.hpp"

#include "commands/open_store.hpp"

#include <CLI/CLI.hpp>

namespace roacache::commands {

demo::ServiceOptions demo_service_options(const Context& context, const std::string& cache_url,
                                          std::uint64_t rows) {
    demo::ServiceOptions service;
    service.cache = cache_url;
    if (rows > 0) service.rows = rows;
    if (!cache_url.empty() && cache_url != "none")
        service.redis = connect_options(context, net::parse_url(cache_url));
    service.warn = [&context](const std::string& text) { context.warn(text); };
    return service;
}

CLI::Option* add_rows_option(CLI::App& app, std::uint64_t& rows, const char* help) {
    return app.add_option("--rows", rows, help)
        ->type_name("N")
        ->check(
            CLI::Range(std::uint64_t{demo::k_least_ledger_rows}, std::uint64_t{demo::k_most_ledger_rows}));
}

} // namespace roacache::commands
