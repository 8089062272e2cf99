#include "commands/service_options.hpp"

#include "commands/open_store.hpp"
#include "commands/trusted_settings.hpp"

namespace roacache::commands {

demo::ServiceOptions service_options(const Context& context, const std::string& cache_url,
                                     std::uint64_t rows) {
    demo::ServiceOptions service;
    service.cache = cache_url;
    service.token = context.settings.token.required();
    if (rows > 0) service.rows = rows;
    if (!cache_url.empty() && cache_url != "none")
        service.redis =
            connect_options(context, net::parse_url(cache_url), address_of_flag("--cache-url", cache_url));
    service.warn = [&context](const std::string& text) { context.warn(text); };
    return service;
}

} // namespace roacache::commands
