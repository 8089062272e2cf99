#pragma once

#include "src/store/redis/operations.hpp"

#include <memory>

namespace roacache::store::redis {

/// Removes keys by UNLINK or DEL as the terms say, and by DEL where the server does not have UNLINK.
std::unique_ptr<Operation> make_erase(const WalkRequest& request, const OperationTerms& terms);

/// Cuts times to live, and lengthens none.
std::unique_ptr<Operation> make_shorten(const WalkRequest& request, const OperationTerms& terms);

} // namespace roacache::store::redis
