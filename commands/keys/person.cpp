#include "commands/keys/person.hpp"

#include <array>
#include <climits>
#include <cstdint>
#include <fstream>
#include <limits>
#include <pwd.h>
#include <unistd.h>

namespace roacache::commands {
namespace {

std::string name_of(uid_t user) {
    const passwd* const entry = getpwuid(user);
    return entry != nullptr ? entry->pw_name : std::to_string(user);
}

/// The kernel's audit login id, which a process cannot change back once it is set (proc(5)).
std::string login_name() {
    std::ifstream file("/proc/self/loginuid");
    std::uint64_t id = 0;
    if (!(file >> id) || id >= std::numeric_limits<std::uint32_t>::max()) return {};
    return name_of(static_cast<uid_t>(id));
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
    return name.data();
}

} // namespace

Person current_person() {
    return {name_of(getuid()), login_name(), host_name()};
}

bool may_be_same(const Person& one, const Person& other) {
    const bool both_logged_in = !one.login.empty() && !other.login.empty();
    return one.name() == other.name() || (!both_logged_in && one.user == other.user);
}

nlohmann::ordered_json person_json(const Person& person) {
    using nlohmann::ordered_json;
    return {{"user", person.user},
            {"login", person.login.empty() ? ordered_json(nullptr) : ordered_json(person.login)},
            {"host", person.host}};
}

} // namespace roacache::commands
