#pragma once

#include "src/store/redis/connection.hpp"
#include "src/store/walk.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// One act of a walk as commands in a pipeline: begin() appends what has to be sent for some keys, finish()
/// receives the answers. Where a server lacks a command, or does not let this user run it, the act uses
/// another or leaves the figure absent, and remembers that.
class Operation {
  public:
    virtual ~Operation() = default;

    /// Appends the commands for `keys`, which it may sort and which then stay as they are until finish().
    /// Keys that are to be changed are uncertain from now on.
    virtual void begin(Connection& connection, std::vector<FoundKey>& keys, Walk::Tally& tally) = 0;

    /// Receives all answers to begin() and fills in `page`, whose keys are those of begin(). Every answer has
    /// been received, and the tally is right, when a RefusedOperation for an error reply is thrown. When the
    /// connection is lost in between, page.keys are still those of begin(), and begin() may be called anew.
    virtual void finish(Connection& connection, Page& page, Walk::Tally& tally) = 0;

    /// True as long as finish() may find that it has to ask again, so that no other answers may be under way
    /// behind its own.
    virtual bool converses() const { return false; }

    /// Keys of the last finish() that it took out of the page, to be handed to begin() anew.
    virtual std::vector<FoundKey> take_again() { return {}; }
};

/// `must_exist`: to list, keys that do not exist are dropped from the page. `erase_command`: UNLINK, or DEL
/// for a server that does not have it.
std::unique_ptr<Operation> make_operation(const WalkRequest& request, bool must_exist,
                                          std::string_view erase_command = "UNLINK");

} // namespace roacache::store::redis
