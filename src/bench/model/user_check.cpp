#include "src/bench/model/user_check.hpp"

namespace roacache::bench {

const char* name_of(UserCheck::Outcome outcome) {
    switch (outcome) {
    case UserCheck::Outcome::own:
        return "own";
    case UserCheck::Outcome::crossed:
        return "crossed";
    case UserCheck::Outcome::equal:
        return "equal";
    case UserCheck::Outcome::unknown:
        break;
    }
    return "unknown";
}

} // namespace roacache::bench
