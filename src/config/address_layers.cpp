#include "src/config/address_layers.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::config {
namespace {

constexpr std::string_view k_default_url = "redis://127.0.0.1:6379/0";

/// Kubernetes gives every pod a variable for every service of its namespace: REDIS_PORT=tcp://10.0.0.11:6379.
bool is_service_link(const std::string& port) {
    return port.starts_with("tcp://") || port.starts_with("udp://") || port.starts_with("sctp://");
}

bool is_socket(const std::string& host) {
    return host.starts_with('/') || host.starts_with("unix:");
}

/// A switch, or a scheme such as REDIS_SCHEME holds. Throws core::Error(usage) for anything else.
bool says_tls(const Found& found) {
    const std::string scheme = core::to_lower(found.value);
    for (const char* secure : {"tls", "ssl", "rediss", "valkeys"})
        if (scheme == secure) return true;
    for (const char* plain : {"tcp", "redis", "valkey"})
        if (scheme == plain) return false;
    return parse_switch(found);
}

/// Nothing where the quotes are empty.
std::optional<Found> unquoted(std::optional<Found> found) {
    if (!found) return found;
    found->value = without_quotes(std::move(found->value));
    if (found->value.empty() && found->malformed.empty()) found.reset();
    return found;
}

Setting<std::string> as_setting(const Found& found) {
    Setting<std::string> setting;
    setting.value = found.value;
    setting.origin = found.origin;
    setting.trust = found.all_from_environment ? Trust::environment : found.trust;
    setting.layer = found.layer;
    return setting;
}

class Search {
  public:
    Search(const ServiceVariables& names, const Layers& layers, std::vector<std::string>& warnings)
        : names_(names), layers_(layers), warnings_(warnings) {}

    /// True once the address is whole.
    bool look_into(const Layer& layer) {
        const bool parts_first = names_.names_parts && !names_.names_url;
        if (parts_first) take_parts(layer);
        if (const auto url = unquoted(layer.address("url", names_.url))) {
            if (parts_first && url->of_service && address.host) {
                pass_over(*url, fmt::format("{} does not read it, and {} is set", names_.profile,
                                            address.host->origin));
                return false;
            }
            take_url(*url);
            if (!parts_first) note_unused_parts(layer, *url);
            return true;
        }
        if (!parts_first) take_parts(layer);
        return false;
    }

    Address address;

  private:
    void pass_over(const Found& found, const std::string& why) {
        address.notes.push_back(fmt::format("{} is not used: {}", found.origin, why));
    }

    void malformed(const Found& found) {
        auto problem = std::make_shared<core::Error>(
            core::ExitCode::usage, fmt::format("bad address: {}: {}", found.origin, found.malformed));
        const auto& known = layers_.warnings;
        if (std::find(known.begin(), known.end(), found.malformed) == known.end())
            warnings_.emplace_back(problem->what());
        if (!problem_) problem_ = std::move(problem);
    }

    /// A secret of the environment, which the file would send to an address that it names itself.
    void check_credentials(const Found& found) {
        if (found.from_environment == std::string::npos || found.all_from_environment) return;
        const std::size_t at = found.value.rfind('@');
        const bool before_host = at != std::string::npos && at >= found.from_environment;
        const bool parameter = found.value.find("password=") != std::string::npos ||
                               found.value.find("username=") != std::string::npos;
        if (!before_host && !parameter) return;
        problem_ = std::make_shared<core::Error>(
            core::ExitCode::usage,
            fmt::format("not trusted: the password of the environment in {} is not sent to an address of a "
                        "less trusted place ({})",
                        found.origin, found.origin),
            "Name the address with -u, or in the file of --config.");
    }

    void take_url(const Found& found) {
        address.url = as_setting(found);
        address.by_service = found.of_service;
        if (!found.malformed.empty()) return malformed(found);
        check_credentials(found);
    }

    void take_parts(const Layer& layer) {
        take_part(address.host, unquoted(layer.address_part(names_.host)));
        auto port = part_of(layer, names_.port);
        if (port && is_service_link(port->value)) {
            pass_over(*port, "it is a link that Kubernetes sets for every service, not a port");
            port.reset();
        }
        // Clients of a socket are given port 0.
        if (port && port->value == "0" && address.host && is_socket(address.host->value)) port.reset();
        take_part(address.port, port, 65535);
        take_part(address.database, part_of(layer, names_.database), 1'000'000);
        if (address.tls) return;
        for (const std::string& name : names_.tls)
            take_tls(part_of(layer, {name}));
    }

    /// All that a layer has of them must say the same.
    void take_tls(const std::optional<Found>& found) {
        if (!found) return;
        const auto before = std::exchange(address.tls, Setting<bool>{});
        address.tls->origin = found->origin;
        try {
            if (!found->malformed.empty()) return malformed(*found);
            address.tls->value = says_tls(*found);
            if (before && before->value != address.tls->value)
                throw core::Error(core::ExitCode::usage,
                                  fmt::format("bad address: {} and {} contradict each other", before->origin,
                                              found->origin));
        } catch (const core::Error& error) {
            add_problem(error);
        }
    }

    /// Also under a name in another case, as malformed: the default would hide what was meant.
    static std::optional<Found> part_of(const Layer& layer, const ServiceNames& names) {
        auto found = unquoted(layer.address_part(names));
        return found ? found : layer.miscased(names);
    }

    void take_part(std::optional<Setting<std::string>>& part, const std::optional<Found>& found,
                   std::int64_t highest = 0) {
        if (part || !found) return;
        part = as_setting(*found);
        address.by_service = true;
        if (!found->malformed.empty()) return malformed(*found);
        if (highest == 0) return;
        try {
            core::parse_integer(part->value, found->origin, highest == 65535 ? 1 : 0, highest);
        } catch (const core::Error& error) {
            add_problem(error);
        }
    }

    void add_problem(const core::Error& error) {
        warnings_.emplace_back(error.what());
        if (!problem_) problem_ = std::make_shared<core::Error>(error);
    }

    void note_unused_parts(const Layer& layer, const Found& url) {
        if (!url.of_service) return;
        for (const ServiceNames& names : {names_.host, names_.port, names_.database, names_.tls})
            if (const auto part = unquoted(layer.variable(names)); part && !is_service_link(part->value))
                pass_over(*part, fmt::format("{} is a whole address", url.origin));
    }

  public:
    std::shared_ptr<const core::Error> problem() const { return problem_; }

  private:
    const ServiceVariables& names_;
    const Layers& layers_;
    std::vector<std::string>& warnings_;
    std::shared_ptr<const core::Error> problem_;
};

std::string joined(const ServiceNames& url, const ServiceNames& host) {
    std::string list;
    for (const ServiceNames& names : {url, host})
        for (const std::string& name : names)
            list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// A file that was named but says nothing of the address is most often a mistake.
std::string passed_env_file(const Address& address, const Layers& layers, const ServiceVariables& names) {
    const std::size_t used = address.host ? address.host->layer : address.url.layer;
    if (layers.env_file.empty() || used <= layers.env_file_layer) return {};
    return fmt::format("{} names no address ({})", layers.env_file, joined(names.url, names.host));
}

} // namespace

Address find_address(const Layers& layers, const ServiceVariables& names,
                     std::vector<std::string>& warnings) {
    Search search(names, layers, warnings);
    search.address.url.value = k_default_url;
    for (const Layer& layer : layers.layers)
        if (search.look_into(layer)) break;
    search.address.url.problem = search.problem();
    search.address.passed_env_file = passed_env_file(search.address, layers, names);
    return std::move(search.address);
}

} // namespace roacache::config
