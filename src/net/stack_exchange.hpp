#pragma once

#include <string>
#include <string_view>

namespace roacache::net {

/// Whether a text is a connection string of StackExchange.Redis, as .NET services and Azure spell an address:
/// `host:6380,password=TEXT,ssl=True,abortConnect=False,defaultDatabase=2`.
bool is_stack_exchange(std::string_view text);

/// The same as a redis URL, secrets included.
struct StackExchange {
    std::string url;
    std::string error; ///< why there is none, without anything of the text but names of options; else empty
    std::string remedy;
};
StackExchange translate_stack_exchange(std::string_view text);

} // namespace roacache::net
