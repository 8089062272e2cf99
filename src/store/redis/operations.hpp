#pragma once

#include "src/store/redis/connection.hpp"
#include "src/store/walk.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::store::redis {

/// A key that another node of the cluster is to be asked about.
struct Redirected {
    FoundKey key;
    std::string why; ///< in the server's words: `MOVED SLOT HOST:PORT`, `ASK SLOT HOST:PORT`, or `TRYAGAIN …`
};

/// Takes the elements at these places out of a list; the places rise.
template <typename Element>
void take_out(std::vector<Element>& list, const std::vector<std::size_t>& places) {
    std::size_t at = 0;
    auto next = places.begin();
    std::erase_if(list, [&](const Element&) {
        const bool taken = next != places.end() && *next == at++;
        if (taken) ++next;
        return taken;
    });
}

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
    /// connection is lost in between, begin() may be called anew; page.keys are still those of begin(), but
    /// for those that the functions below give. Of changes, those that were sent and not answered are the
    /// last then.
    virtual void finish(Connection& connection, Page& page, Walk::Tally& tally) = 0;

    /// True as long as finish() may find that it has to ask again, so that no other answers may be under way
    /// behind its own.
    virtual bool converses() const { return false; }

    /// Keys of the last finish() that it took out of the page, to be handed to begin() anew.
    virtual std::vector<FoundKey> take_again() { return {}; }

    /// Keys that the server sent elsewhere since this was called last; no page has them.
    std::vector<Redirected> take_redirected() { return std::exchange(redirected_, {}); }

    /// Keys that were to be changed and were not, as the server answered with an error that is not about
    /// them, since this was called last; no page has them.
    std::vector<FoundKey> take_failed() { return std::exchange(failed_, {}); }

  protected:
    void redirect(FoundKey key, std::string why) { redirected_.push_back({std::move(key), std::move(why)}); }
    void fail(FoundKey key) { failed_.push_back(std::move(key)); }

  private:
    std::vector<Redirected> redirected_;
    std::vector<FoundKey> failed_;
};

/// How keys are acted upon.
struct OperationTerms {
    bool must_exist = false;                   ///< to list, keys that do not exist are dropped from the page
    std::string_view erase_command = "UNLINK"; ///< or DEL, for a server that does not have it
    /// Of a node of a cluster: keys of one command are of one slot, and keys may be sent elsewhere.
    bool by_slot = false;
    bool one_by_one = false; ///< each key is changed by a command of its own
};

std::unique_ptr<Operation> make_operation(const WalkRequest& request, const OperationTerms& terms);

} // namespace roacache::store::redis
