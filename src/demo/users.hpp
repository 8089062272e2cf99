#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// Who may ask the service.
struct User {
    std::string name;  ///< letters, digits and _
    std::string token; ///< what he sends as bearer
    bool administrator = false;
};

/// A user, and whether his reads may use the cache.
struct Account {
    User user;
    std::atomic<bool> cached{true};
};

/// The service's users. The first is its administrator, as whom those read who send no token.
class Users {
  public:
    /// Throws core::Error(usage) where two have the same name or token.
    explicit Users(std::vector<User> users);

    /// By `Bearer TOKEN`; null for nobody's. Takes as long for a guess that is nearly right as for another.
    Account* of(std::string_view authorization) const;
    Account& administrator() const { return *accounts_.front(); }
    bool several() const { return accounts_.size() > 1; }
    /// In the order in which they were given, the administrator's is 0.
    std::int64_t number_of(const User& user) const;

  private:
    std::vector<std::unique_ptr<Account>> accounts_;
};

} // namespace roacache::demo
