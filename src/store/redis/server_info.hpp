#pragma once

#include "src/store/redis/reply.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// The fields of an INFO or HELLO answer by name.
using Fields = std::map<std::string, std::string, std::less<>>;

/// Takes the lines `name:value` of INFO apart; anything else is passed over.
Fields parse_info(std::string_view text);

/// Takes the flat list of names and values that HELLO gives in RESP 2 apart; anything else gives nothing.
Fields parse_hello(const Reply& reply);

/// `nodes` is left empty. What INFO does not say is taken from HELLO; `cluster` is of CLUSTER INFO.
Info read_info(const Fields& info, const Fields& hello, const Fields& cluster = {});

/// Of INFO commandstats: how often anybody asked for a time to live, a type or an OBJECT's facts, which the
/// server counts among its hits and misses; absent when it lists no command.
std::optional<std::uint64_t> count_metadata_lookups(const Fields& commandstats);

/// A field that is a whole number of at least 0 and fits.
std::optional<std::uint64_t> number_in(const Fields& fields, std::string_view name);

Statistics read_statistics(const Fields& info);

} // namespace roacache::store::redis
