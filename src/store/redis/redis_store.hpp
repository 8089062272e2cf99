#pragma once

#include "src/store/redis/probe.hpp"
#include "src/store/redis/router.hpp"
#include "src/store/store.hpp"

namespace roacache::store::redis {

/// One Redis or Valkey server.
class RedisStore : public Store {
  public:
    /// `one_of_several`: it holds a part of the keys, and is asked for that alone.
    explicit RedisStore(Server server, bool one_of_several = false);

    Server& server() { return router_.any(); }

    std::string name() const override { return router_.any().name(); }
    Info info() override;
    Identity identity() override;
    core::Nanoseconds ping() override;
    Statistics statistics() override;
    Capabilities capabilities() override { return probe(router_); }
    /// As capabilities(), by a key of that name.
    Capabilities capabilities_by(const std::string& key) { return probe(router_, key); }
    std::unique_ptr<Walk> walk(WalkRequest request) override;
    std::optional<Value> inspect(const FoundKey& entry, std::size_t max_bytes) override;
    std::vector<SelfReport> self_reports(const std::vector<CommandWords>& asked) override;
    std::uint64_t publish(const std::string& channel, const std::string& message) override;
    /// Those of its replicas, of whom it knows nothing.
    Listeners listeners_elsewhere(const std::string& channel) override;
    /// Who listens to the channel here: more where others listen to patterns, or where it does not tell.
    Listeners listeners(const std::string& channel);
    std::string read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) override;

  private:
    std::optional<Value> describe(const std::string& key);
    std::optional<std::uint64_t> size_of(const std::string& key, std::string_view type);
    std::string read_piece(const std::string& key, std::uint64_t offset, std::size_t size);

    Router router_;
    std::size_t piece_; ///< of a string, that is asked for at once
};

} // namespace roacache::store::redis
