#pragma once

#include "src/store/api/dialect.hpp"
#include "src/store/connect_options.hpp"
#include "src/store/store.hpp"

#include <memory>

namespace roacache::store::api {

/// A cache as its service's management API shows it. Nothing of it is remembered between two questions.
class ApiStore final : public Store {
  public:
    /// Finds the dialect, where it is not given, by asking. Throws as find_dialect() does.
    ApiStore(const net::Url& url, const ConnectOptions& options);

    std::string name() const override { return access_.base.redacted(); }
    Info info() override;
    Identity identity() override;
    core::Nanoseconds ping() override;
    Statistics statistics() override;
    Capabilities capabilities() override { return of_kind(); }
    Capabilities of_kind() const override { return dialect_->capabilities(); }
    bool counts_removals() const override { return dialect_->counts_removals(); }
    bool has_server() const override { return false; } // it is asked a few times alone
    std::unique_ptr<Walk> walk(WalkRequest request) override;
    std::optional<Value> inspect(const FoundKey& entry, std::size_t max_bytes) override;
    std::string read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) override;
    std::string out_of_reach() override;
    core::Untrusted clear() override;
    nlohmann::json benchmark() override;

  private:
    Call stats() const { return {access_, {"cannot read the statistics", "GET", "/stats"}}; }
    bool contradicts_itself(const Call& first) const;
    Call health() const;
    bool misses_changes() const;
    Call first_allowed(const std::vector<Question>& questions) const;

    Access access_;
    std::unique_ptr<Dialect> dialect_;
};

std::unique_ptr<Store> open_api(const net::Url& url, const ConnectOptions& options);

} // namespace roacache::store::api
