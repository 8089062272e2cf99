#pragma once

#include "src/bench/model/json_path.hpp"
#include "src/bench/model/user_check.hpp"
#include "src/http/status_set.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// An answer, decoded.
struct UserAnswer {
    int status = 0;
    std::string body = {};
    std::string location = {};                 ///< of a redirect
    std::vector<std::string> set_cookies = {}; ///< the values of Set-Cookie
};

/// What one user was answered: twice past the cache, then through it.
struct UserAnswers {
    std::array<UserAnswer, 2> uncached;
    UserAnswer cached;
};

/// What a good answer is.
struct GoodAnswer {
    http::StatusSet statuses; ///< those of the default are taken to have been chosen by nobody
    std::string text = {};    ///< that its body has; empty: any
};

/// Whether an answer crossed over. What one user's two uncached answers differ in differs from one answer to
/// the next and is left out, as the `ignored` places are; what then tells the users apart has to be each
/// one's own in the cached answers. Bodies that are no JSON are held against each other as a whole. A part
/// that is the other's has crossed over, too, as has a cookie (see cookies_taken_over()).
///
/// An uncached answer that is none of the user's own proves nothing, so that no pair with one is `own` or
/// `equal`: 401, a redirect, a server's error, a status that was not chosen, a body without the text, a web
/// page where the other user has JSON. A refusal (403, 404) is an answer of one's own.
UserCheck judge_users(const std::array<UserAnswers, 2>& users, const std::vector<JsonPath>& ignored,
                      const GoodAnswer& good = {});

/// Whether a cache's entry is what an answer was made of: the same bytes, or the same JSON as the answer or
/// one of its members.
bool holds_answer(std::string_view entry, std::string_view answer);

} // namespace roacache::bench
