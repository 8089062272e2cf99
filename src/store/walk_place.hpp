#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace roacache::store {

/// A part of a server's table of keys, from one cursor of its SCAN to another.
struct CursorRange {
    std::string from = "0"; ///< "0": the beginning
    std::string to = "0";   ///< "0": the end
};

/// Of a server; walks are split into no more.
inline constexpr std::size_t k_most_ranges = 8;

/// How far a walk that changes keys has come with one server. In front of its cursors every key that was
/// meant, and was there from the beginning, has been changed, and the server has confirmed it.
struct WalkPlace {
    std::string server; ///< as messages name it
    /// Names and values, all of which are the same as long as the cursors are of this server and its keys.
    std::map<std::string, std::string> identity;
    std::vector<CursorRange> left; ///< at most k_most_ranges; still to be walked; empty: the server is done
};

/// How a walk that had the places of an earlier one has begun at a server.
struct Resumption {
    std::string server;
    std::string anew; ///< why it was walked from the beginning; empty: from its place
};

/// The place of a server of that name and identity; null where there is none, and the reason in `why`.
const WalkPlace* find_place(const std::vector<WalkPlace>& places, const std::string& server,
                            const std::map<std::string, std::string>& identity, std::string& why);
/// Puts a place where the one of the same server is, or adds it.
void put_place(std::vector<WalkPlace>& places, WalkPlace place);

} // namespace roacache::store
