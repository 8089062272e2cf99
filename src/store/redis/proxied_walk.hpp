#pragma once

#include "src/store/redis/redis_walk.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// A walk over one server, or over a proxy before it that ends the connection at commands that it does not
/// have: where that happens before the first page, what is looked up of keys is left absent, and a command
/// that the walk cannot do without is named in a core::Error(refused).
class ProxiedWalk : public Walk {
  public:
    /// As of RedisWalk.
    ProxiedWalk(Server& server, WalkRequest request);
    ProxiedWalk(const ProxiedWalk&) = delete;
    ProxiedWalk& operator=(const ProxiedWalk&) = delete;

    bool next(Page& page) override;
    void stop() override { walk_->stop(); }
    const Tally& tally() const override { return walk_->tally(); }
    std::optional<double> progress() const override { return walk_->progress(); }
    bool resized() const override { return walk_->resized(); }
    std::vector<WalkPlace> places() const override { return walk_->places(); }
    std::vector<Resumption> resumptions() const override { return walk_->resumptions(); }

  private:
    std::unique_ptr<RedisWalk> attempt();
    bool does_without();

    Server& server_;
    WalkRequest request_;
    bool began_ = false;                          ///< a page was handed out
    std::vector<std::vector<std::string>> taken_; ///< batches of request_.keys before that
    std::unique_ptr<RedisWalk> walk_;
};

} // namespace roacache::store::redis
