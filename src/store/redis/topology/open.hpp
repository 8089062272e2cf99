#pragma once

#include "src/store/connect_options.hpp"
#include "src/store/store.hpp"

#include <memory>

namespace roacache::store::redis {

/// The server that the URL names, or the whole cluster where it is a node of one.
std::unique_ptr<Store> open_redis(const net::Url& url, const ConnectOptions& options);

/// The cluster that any of the URL's hosts is a node of.
std::unique_ptr<Store> open_cluster(const net::Url& url, const ConnectOptions& options);

/// The primary that the URL's Sentinels name.
std::unique_ptr<Store> open_sentinel(const net::Url& url, const ConnectOptions& options);

} // namespace roacache::store::redis
