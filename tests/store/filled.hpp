#pragma once

#include "src/config/profile.hpp"
#include "src/store/meant_keys.hpp"
#include "src/store/redis/connection.hpp"
#include "src/store/store.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace roacache::test {

inline std::unique_ptr<store::Store> open(const std::string& url) {
    return store::open_store(net::parse_url(url));
}

inline store::MeantKeys meant_by(store::Selectors selectors) {
    return {config::builtin_profile("roa2web"), std::move(selectors), store::Reach::every_tenant};
}

/// Keys of any system.
inline store::MeantKeys matching(const std::string& glob) {
    store::Selectors selectors;
    selectors.matches = {glob};
    return meant_by(std::move(selectors));
}

/// Sends `command` with each of the keys, some thousands at a time, and `more` behind it.
inline void send_each(const std::string& url, std::string_view command, const std::set<std::string>& keys,
                      const std::function<std::string(const std::string& key)>& more = {}) {
    constexpr std::size_t k_at_once = 5000;
    auto connection = store::redis::Connection::connect(net::parse_url(url));
    std::size_t sent = 0;
    const auto receive = [&] {
        connection.send();
        for (; sent > 0; --sent)
            connection.checked(connection.receive());
    };
    for (const std::string& key : keys) {
        if (more)
            connection.append({command, key, more(key)});
        else
            connection.append({command, key});
        if (++sent == k_at_once) receive();
    }
    receive();
}

/// Strings under these keys.
inline void fill(const std::string& url, const std::set<std::string>& keys) {
    send_each(url, "SET", keys, [](const std::string& key) { return "value of " + key; });
}

/// `prefix` followed by 0 .. count − 1.
inline std::set<std::string> numbered(const std::string& prefix, int count) {
    std::set<std::string> keys;
    for (int i = 0; i < count; ++i)
        keys.insert(prefix + std::to_string(i));
    return keys;
}

} // namespace roacache::test
