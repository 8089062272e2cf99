#pragma once

#include "src/store/redis/operations.hpp"

#include <memory>
#include <string_view>

namespace roacache::store::redis {

/// Removes keys by `command`, UNLINK or DEL, and by DEL where the server does not have UNLINK.
std::unique_ptr<Operation> make_erase(const WalkRequest& request, std::string_view command);

/// Cuts times to live, and lengthens none.
std::unique_ptr<Operation> make_shorten(const WalkRequest& request);

} // namespace roacache::store::redis
