// Settings of every layer at once: what is settled is an address that can be printed without its secrets, or
// a usage error; the file of the current directory leads nowhere; and no message holds a password.

#include "src/config/layers.hpp"
#include "src/core/error.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/store/address.hpp"

#include <cstdlib>
#include <string_view>

namespace {

using namespace roacache;

/// The part of the input up to the next line of `%`; the rest stays in `input`.
std::string_view take_part(std::string_view& input) {
    constexpr std::string_view k_border = "\n%\n";
    const std::size_t end = std::min(input.find(k_border), input.size());
    const std::string_view part = input.substr(0, end);
    input.remove_prefix(std::min(end + k_border.size(), input.size()));
    return part;
}

void check(const config::Settings& settings) {
    const auto address = store::put_together(settings.address);
    if (address.problem) {
        if (address.problem->code() != core::ExitCode::usage) std::abort();
        return;
    }
    if (address.trust == config::Trust::directory) std::abort();
    try {
        const net::Url url = net::parse_url(address.value);
        if (net::parse_url(net::url_text(url)) != url) std::abort();
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::usage) std::abort();
    }
    for (const auto* setting : {&settings.cacert, &settings.password, &settings.token, &settings.key_file})
        if (setting->trust == config::Trust::directory && !setting->problem) std::abort();
    settings.explain("url");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    try {
        config::Layers layers;
        config::EnvFile environment;
        environment.variables = config::parse_env_file(take_part(input), "environment").variables;
        // Files that secrets would be read from are not of this test.
        config::Variables& values = environment.variables;
        values.erase("ROACACHE_PASSWORD_FILE");
        values.erase("ROACACHE_TOKEN_FILE");
        layers.add_variables("environment ", environment, config::Trust::environment);
        const config::EnvFile file = config::parse_env_file(take_part(input), ".env", values);
        layers.add_variables(".env: ", file, config::Trust::env_file);
        layers.add_toml({"roacache.toml", std::string(take_part(input)), config::Trust::directory});
        check(config::settle(std::move(layers)));
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::usage) std::abort();
    }
    return 0;
}
