#include "src/net/stack_exchange.hpp"

#include "src/core/ascii.hpp"
#include "src/net/url.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <vector>

namespace roacache::net {
namespace {

/// Options that do not say where the store is nor who asks.
constexpr std::string_view k_ignored_options[] = {"abortconnect",
                                                  "allowadmin",
                                                  "asynctimeout",
                                                  "channelprefix",
                                                  "checkcertificaterevocation",
                                                  "configchannel",
                                                  "connectretry",
                                                  "connecttimeout",
                                                  "heartbeatconsistencychecks",
                                                  "heartbeatinterval",
                                                  "highintegrity",
                                                  "keepalive",
                                                  "libraryname",
                                                  "name",
                                                  "protocol",
                                                  "resolvedns",
                                                  "responsetimeout",
                                                  "setclientlibrary",
                                                  "sslprotocols",
                                                  "synctimeout",
                                                  "tiebreaker",
                                                  "version",
                                                  "writebuffer",
                                                  "preservasyncorder",
                                                  "clientname",
                                                  "configcheckseconds",
                                                  "defaultversion"};

struct Parts {
    std::vector<std::string_view> endpoints;
    std::string user, password, database, service, error, remedy;
    bool tls = false;
};

void take_option(Parts& parts, const std::string& name, std::string_view value) {
    if (name == "password")
        parts.password = value;
    else if (name == "user" || name == "username")
        parts.user = value;
    else if (name == "defaultdatabase")
        parts.database = value;
    else if (name == "servicename")
        parts.service = value;
    else if (name == "ssl" || name == "tls")
        parts.tls = core::to_lower(value) == "true";
    else if (std::find(std::begin(k_ignored_options), std::end(k_ignored_options), name) ==
             std::end(k_ignored_options))
        parts.error = "it is a StackExchange string with an option that is not known";
    if ((name == "ssl" || name == "tls") && !parts.tls && core::to_lower(value) != "false")
        parts.error = "ssl is not true or false";
    if (!parts.error.empty()) parts.remedy = "Write it as redis://[USER]:PASSWORD@HOST:PORT/DATABASE.";
}

Parts taken_apart(std::string_view text) {
    Parts parts;
    while (!text.empty()) {
        const std::string_view item = core::trimmed(text.substr(0, text.find(',')));
        text.remove_prefix(std::min(text.find(','), text.size() - 1) + 1);
        if (item.empty()) continue;
        const std::size_t equals = item.find('=');
        if (equals == std::string_view::npos)
            parts.endpoints.push_back(item);
        else
            take_option(parts, core::to_lower(core::trimmed(item.substr(0, equals))),
                        core::trimmed(item.substr(equals + 1)));
    }
    return parts;
}

} // namespace

bool is_stack_exchange(std::string_view text) {
    const std::size_t comma = text.find(',');
    const std::string_view first = text.substr(0, comma);
    return comma != std::string_view::npos && text.find('=', comma) != std::string_view::npos &&
           first.find("//") == std::string_view::npos &&
           first.find_first_of("=@?/") == std::string_view::npos;
}

StackExchange translate_stack_exchange(std::string_view text) {
    Parts parts = taken_apart(text);
    if (!parts.error.empty()) return {"", parts.error, parts.remedy};
    if (parts.endpoints.size() > 1 && parts.service.empty())
        return {"", "it is a StackExchange string with several servers",
                "Write redis+cluster://HOST,HOST, redis+sentinel://HOST,HOST/SERVICE, or one server alone."};
    std::string hosts;
    for (const std::string_view endpoint : parts.endpoints)
        if (endpoint.find_first_of("@/?#") != std::string_view::npos)
            return {"", "it is a StackExchange string with something that is no server", ""};
    if (parts.database.find_first_not_of("0123456789") != std::string::npos)
        return {"", "it is a StackExchange string whose defaultDatabase is not a number", ""};
    for (const std::string_view endpoint : parts.endpoints)
        hosts += (hosts.empty() ? "" : ",") + std::string(endpoint);
    // Port 6380 is the default of this notation where it is encrypted.
    if (parts.tls && parts.service.empty() && hosts.find(':', hosts.rfind(']') + 1) == std::string::npos)
        hosts += ":6380";
    std::string credentials;
    if (!parts.user.empty() || !parts.password.empty())
        credentials = percent_encode(parts.user) + ":" + percent_encode(parts.password) + "@";
    return {fmt::format("redis{}{}://{}{}{}{}{}{}", parts.tls ? "s" : "",
                        parts.service.empty() ? "" : "+sentinel", credentials, hosts,
                        parts.service.empty() ? "" : "/", percent_encode(parts.service),
                        parts.database.empty() ? "" : "/", parts.database),
            "", ""};
}

} // namespace roacache::net
