#pragma once

#include "src/store/redis/reply.hpp"
#include "src/store/store.hpp"

#include <map>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// The fields of an INFO or HELLO answer by name.
using Fields = std::map<std::string, std::string, std::less<>>;

/// Takes the lines `name:value` of INFO apart; anything else is passed over.
Fields parse_info(std::string_view text);

/// Takes the flat list of names and values that HELLO gives in RESP 2 apart; anything else gives nothing.
Fields parse_hello(const Reply& reply);

/// `nodes` is left empty. What INFO does not say is taken from HELLO.
Info read_info(const Fields& info, const Fields& hello);

Statistics read_statistics(const Fields& info);

} // namespace roacache::store::redis
