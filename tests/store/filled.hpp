#pragma once

#include "src/store/redis/connection.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <set>
#include <string>

namespace roacache::test {

inline std::unique_ptr<store::Store> open(const std::string& url) {
    return store::open_store(net::parse_url(url));
}

/// Strings under these keys.
inline void fill(const std::string& url, const std::set<std::string>& keys) {
    auto connection = store::redis::Connection::connect(net::parse_url(url));
    for (const std::string& key : keys)
        connection.append({"SET", key, "value of " + key});
    connection.send();
    for (std::size_t left = keys.size(); left > 0; --left)
        connection.checked(connection.receive());
}

/// `prefix` followed by 0 .. count − 1.
inline std::set<std::string> numbered(const std::string& prefix, int count) {
    std::set<std::string> keys;
    for (int i = 0; i < count; ++i)
        keys.insert(prefix + std::to_string(i));
    return keys;
}

} // namespace roacache::test
