#include "src/config/address_layers.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::config {
namespace {

constexpr std::string_view k_default_url = "redis://127.0.0.1:6379/0";

/// As a service's variable may hold it: Docker keeps the quotes of its --env-file, and people leave blanks.
std::string without_quotes(std::string text) {
    const auto trim = [&] {
        text.erase(text.find_last_not_of(" \t\r\n") + 1);
        text.erase(0, text.find_first_not_of(" \t\r\n"));
    };
    trim();
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
        text = text.substr(1, text.size() - 2);
        trim();
    }
    return text;
}

/// Kubernetes tells every pod of every service of its namespace: REDIS_PORT=tcp://10.0.0.11:6379.
bool is_service_link(const std::string& port) {
    return port.starts_with("tcp://") || port.starts_with("udp://") || port.starts_with("sctp://");
}

/// Nothing where nothing stands between the quotes.
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
    setting.trust = found.trust;
    setting.layer = found.layer;
    return setting;
}

class Search {
  public:
    Search(const ServiceVariables& names, std::vector<std::string>& warnings)
        : names_(names), warnings_(warnings) {}

    /// True once the address is whole.
    bool look_into(const Layer& layer) {
        const bool parts_first = names_.names_parts && !names_.names_url;
        if (parts_first) take_parts(layer);
        if (const auto url = unquoted(layer.setting("url", names_.url))) {
            if (parts_first && url->of_service && address.host) {
                pass_over(*url, fmt::format("{} does not read it, and {} is set", names_.profile,
                                            address.host->origin));
                return false;
            }
            take_url(*url);
            if (!parts_first) tell_unused_parts(layer, *url);
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
        warnings_.emplace_back(problem->what());
        if (!problem_) problem_ = std::move(problem);
    }

    void take_url(const Found& found) {
        address.url = as_setting(found);
        address.by_service = found.of_service;
        if (!found.malformed.empty()) malformed(found);
    }

    void take_parts(const Layer& layer) {
        take_part(address.host, unquoted(layer.variable(names_.host)));
        auto port = unquoted(layer.variable(names_.port));
        if (port && is_service_link(port->value)) {
            pass_over(*port, "it is a link that Kubernetes sets for every service, not a port");
            port.reset();
        }
        take_part(address.port, port, 65535);
        take_part(address.database, unquoted(layer.variable(names_.database)), 1'000'000);
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
            warnings_.emplace_back(error.what());
            if (!problem_) problem_ = std::make_shared<core::Error>(error);
        }
    }

    void tell_unused_parts(const Layer& layer, const Found& url) {
        if (!url.of_service) return;
        for (const ServiceNames& names : {names_.host, names_.port, names_.database})
            if (const auto part = unquoted(layer.variable(names)); part && !is_service_link(part->value))
                pass_over(*part, fmt::format("{} is a whole address", url.origin));
    }

  public:
    std::shared_ptr<const core::Error> problem() const { return problem_; }

  private:
    const ServiceVariables& names_;
    std::vector<std::string>& warnings_;
    std::shared_ptr<const core::Error> problem_;
};

} // namespace

Address find_address(const Layers& layers, const ServiceVariables& names,
                     std::vector<std::string>& warnings) {
    Search search(names, warnings);
    search.address.url.value = k_default_url;
    for (const Layer& layer : layers.layers)
        if (search.look_into(layer)) break;
    search.address.url.problem = search.problem();
    return std::move(search.address);
}

} // namespace roacache::config
