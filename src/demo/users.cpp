#include "src/demo/users.hpp"

#include "src/core/error.hpp"

#include <fmt/core.h>

namespace roacache::demo {
namespace {

bool equal_in_constant_time(std::string_view given, std::string_view wanted) {
    unsigned different = given.size() == wanted.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i)
        different |= static_cast<unsigned char>(given[i]) ^
                     static_cast<unsigned>(static_cast<unsigned char>(wanted[i % wanted.size()]));
    return different == 0;
}

} // namespace

Users::Users(std::vector<User> users) {
    accounts_.reserve(users.size());
    for (User& user : users) {
        for (const auto& known : accounts_)
            if (known->user.name == user.name || known->user.token == user.token)
                throw core::Error(core::ExitCode::usage,
                                  fmt::format("--user: {}: two users have one {}", user.name,
                                              known->user.name == user.name ? "name" : "token"));
        accounts_.push_back(std::make_unique<Account>());
        accounts_.back()->user = std::move(user);
    }
}

std::int64_t Users::number_of(const User& user) const {
    std::int64_t number = 0;
    for (const auto& account : accounts_) {
        if (account->user.name == user.name) break;
        ++number;
    }
    return number;
}

Account* Users::of(std::string_view authorization) const {
    constexpr std::string_view k_scheme = "Bearer ";
    if (!authorization.starts_with(k_scheme)) return nullptr;
    authorization.remove_prefix(k_scheme.size());
    Account* found = nullptr;
    for (const auto& account : accounts_)
        if (equal_in_constant_time(authorization, account->user.token)) found = account.get();
    return found;
}

} // namespace roacache::demo
