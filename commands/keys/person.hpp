#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace roacache::commands {

/// Who runs roacache, as the system tells it.
struct Person {
    std::string user;  ///< login name of the process's real user, or the number of one without a name
    std::string login; ///< of whoever logged in, whatever became of the user since (sudo, su); empty: the
                       ///< system does not keep that
    std::string host;

    const std::string& name() const { return login.empty() ? user : login; }
};

Person current_person();

/// Whether nothing shows that these are two. Names are compared and hosts are not: one name on two hosts is
/// one person.
bool may_be_same(const Person& one, const Person& other);

/// `user`, `login` (null where it is not kept) and `host`.
nlohmann::ordered_json person_json(const Person& person);

} // namespace roacache::commands
