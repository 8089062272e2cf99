#pragma once

#include "src/store/redis/endless_scan.hpp"
#include "src/store/redis/server.hpp"
#include "src/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// Reads the elements of a list, set, hash, sorted set or stream from its beginning, in steps that bring
/// about 256 KiB each: lists and sorted sets in their order, streams from their oldest entry, sets and hashes
/// in the server's order and each element once.
class ElementReader {
  public:
    /// `type` as the server names it; a value of any other type has no elements.
    ElementReader(Server& server, const std::string& key, const std::string& type);

    /// Elements of at most `max_bytes` together; the last may be cut to fit. Sets value.elements_whole.
    /// Throws core::Error(refused) for answers that are none, and for an element that the server does not
    /// send since it is beyond the server's limit for what a client has outstanding.
    std::vector<Element> read(std::size_t max_bytes, Value& value);

  private:
    struct Kind;
    /// Asks for about `count` more; false when there are no more behind them.
    bool step(std::size_t count, std::vector<Element>& found);
    bool take_scan(Reply reply, std::vector<Element>& found);
    bool take_range(Reply reply, std::vector<Element>& found, std::size_t count);
    Reply ask(std::size_t count);
    void check_tolerates_command();
    bool is_gone();

    Server& server_;
    const std::string& key_;
    const Kind* kind_;
    std::string cursor_;         ///< of a SCAN, or the id from which a stream is read on
    std::uint64_t index_ = 0;    ///< of the next element of a list or sorted set
    std::set<std::string> seen_; ///< names of a hash or set, which a SCAN may give twice
    EndlessScan end_;
    std::uint64_t size_ = 0;
    bool gone_ = false; ///< the key, while it was read
};

} // namespace roacache::store::redis
