#pragma once

#include "src/store/redis/topology/redirects.hpp"
#include "src/store/redis/topology/topology.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace roacache::store::redis {

/// A walk over named keys that several primaries hold: some hundred at a time go to all of them at once, and
/// come back in their order. Keys whose primary fails are asked for again where they are then. Changes at a
/// primary that gave way to another are made once more, where the keys can be gone through again.
class NamedNodesWalk : public Walk {
  public:
    /// As of NodesWalk.
    NamedNodesWalk(Topology& topology, WalkRequest request, core::Nanoseconds patience);
    NamedNodesWalk(const NamedNodesWalk&) = delete;
    NamedNodesWalk& operator=(const NamedNodesWalk&) = delete;

    bool next(Page& page) override;
    void stop() override { stopped_ = true; }
    const Tally& tally() const override;
    std::optional<double> progress() const override { return {}; }
    bool resized() const override { return false; }

  private:
    /// Keys of one primary that go to it together.
    struct Errand {
        std::string id;
        Server* server = nullptr; ///< once it was sent
        net::HostPort address;
        std::unique_ptr<Operation> operation;
        std::vector<FoundKey> keys;
        Walk::Tally tally;
        std::optional<core::Error> error; ///< why keys of it are left
    };

    void check_owners();
    void rest(core::Nanoseconds at_work, std::size_t keys);
    bool take_keys(std::vector<FoundKey>& keys);
    std::vector<FoundKey> ask(std::vector<FoundKey> keys, Page& page);
    std::map<std::string, Errand> divide(std::vector<FoundKey> keys, std::vector<FoundKey>& left);
    bool send(Errand& errand);
    void receive(Errand& errand, Page& page, std::vector<FoundKey>& left);
    void ask_again(Errand& errand, Page& page, std::vector<FoundKey>& left);
    void judge(const Errand& errand);
    bool gave_way(const Errand& errand);
    void leave_what_came_back(Page& page);
    bool begins_again();
    std::vector<Node> await_replicas();
    core::Error partly(const std::string& why) const;

    Topology& topology_;
    WalkRequest request_;
    core::Nanoseconds patience_;
    const bool changes_;
    std::vector<Node> primaries_; ///< empty: to be asked for
    std::vector<Node> first_;     ///< the primaries when the round began
    std::size_t rounds_ = 0;      ///< that are over
    SlotSet given_;               ///< of the keys that were named
    SlotSet open_;                ///< in a round after the first: those whose keys are gone through
    Redirects redirects_;
    std::unordered_set<std::string> unconfirmed_; ///< keys that were sent, and the answer never came
    std::optional<core::Error> failure_;
    std::optional<core::Deadline> rests_until_; ///< for the sake of WalkRequest::load
    bool checked_ = false;                      ///< whether the keys' owners let this client in
    bool stopped_ = false;
    Tally own_;
    mutable Tally tally_;
};

} // namespace roacache::store::redis
