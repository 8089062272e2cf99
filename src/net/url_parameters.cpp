#include "src/net/url_parameters.hpp"

#include <algorithm>
#include <array>

namespace roacache::net {
namespace {

struct Known {
    std::string_view name;
    UrlParameter meaning;
};

constexpr std::array k_known{
    Known{"db", UrlParameter::database},
    Known{"virtual_host", UrlParameter::database},
    Known{"dbindex", UrlParameter::database},
    Known{"database", UrlParameter::database},
    Known{"username", UrlParameter::user},
    Known{"password", UrlParameter::password},
    Known{"ssl_cert_reqs", UrlParameter::certificate_check},
    Known{"ssl_ca_certs", UrlParameter::ca_file},
    Known{"socket_timeout", UrlParameter::timeout},
};

constexpr std::string_view k_ignored[] = {
    // redis-py and Celery
    "socket_connect_timeout", "socket_read_size", "socket_type", "socket_keepalive",
    "socket_keepalive_options", "max_connections", "decode_responses", "encoding", "encoding_errors",
    "health_check_interval", "retry_on_timeout", "retry_on_error", "protocol", "client_name", "lib_name",
    "lib_version", "single_connection_client", "timeout", "idle_check_interval", "ssl_check_hostname",
    "ssl_keyfile", "ssl_certfile", "ssl_ca_path", "ssl_ca_data", "ssl_min_version", "ssl_password",
    "visibility_timeout", "global_keyprefix", "key_prefix",
    // ioredis and node-redis
    "family", "keyPrefix", "connectionName", "enableReadyCheck", "enableOfflineQueue", "lazyConnect",
    "maxRetriesPerRequest", "connectTimeout", "commandTimeout", "keepAlive", "noDelay", "readOnly",
    "allowUsernameInURI", "stringNumbers", "showFriendlyErrorStack", "autoResubscribe",
    // Symfony and Predis
    "persistent", "persistent_id", "read_timeout", "retry_interval", "lazy"};

} // namespace

UrlParameter url_parameter(std::string_view name) {
    for (const Known& known : k_known)
        if (known.name == name) return known.meaning;
    return std::find(std::begin(k_ignored), std::end(k_ignored), name) == std::end(k_ignored)
               ? UrlParameter::unknown
               : UrlParameter::ignored;
}

std::size_t begin_of_query(std::string_view text) {
    for (std::size_t mark = text.find('?'); mark != std::string_view::npos; mark = text.find('?', mark + 1)) {
        const std::size_t equals = text.find('=', mark);
        if (equals != std::string_view::npos &&
            url_parameter(text.substr(mark + 1, equals - mark - 1)) != UrlParameter::unknown)
            return mark;
    }
    return text.size();
}

} // namespace roacache::net
