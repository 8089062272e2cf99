#include "commands/bench/users.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

std::string token_of(const std::string& file) {
    const std::string content = core::read_file(file);
    std::string token(core::trimmed(content));
    const auto is_part = [](char c) { return c > ' ' && c < 0x7F; };
    if (token.empty() || !std::all_of(token.begin(), token.end(), is_part))
        throw Error(ExitCode::usage, fmt::format("--as: {}: it holds no token", core::redacted_value(file)),
                    "A bearer token is one word, on a line of its own.");
    return token;
}

bool sets_authorization(const RequestOptions& request) {
    constexpr std::string_view k_name = "authorization";
    return !request.auth.empty() ||
           std::any_of(request.headers.begin(), request.headers.end(), [&](const std::string& header) {
               return core::equal_ignoring_case(core::trimmed(header.substr(0, header.find(':'))), k_name);
           });
}

void check(const BenchOptions& options) {
    const auto refuse = [](const std::string& why, const std::string& remedy) {
        throw Error(ExitCode::usage, "usage: bench: " + why, remedy);
    };
    if (options.users.size() != 2)
        refuse("--as wants two users", "Give it twice, with a file each: --as ana.token --as bob.token.");
    if (options.single)
        refuse("--as and --single do not go together",
               "What users are answered without the cache has to be known.");
    if (options.demo)
        refuse("--as and --demo do not go together", "The reference service asks for no token there.");
    if (options.http2) refuse("--as and --http2 do not go together", "The users ask over HTTP/1.1.");
    if (options.uncached_by == "toggle" && options.toggle != "global")
        refuse(
            "--as and --toggle user do not go together",
            "The switch is of one user, and the other one would go on being answered by the cache: --toggle "
            "global.");
}

} // namespace

std::vector<std::string> take_users(BenchOptions& options) {
    std::vector<std::string> tokens;
    if (options.users.empty()) return tokens;
    check(options);
    for (const std::string& file : options.users)
        tokens.push_back(token_of(file));
    if (tokens[0] == tokens[1])
        throw Error(ExitCode::usage, "--as: both files hold the same token", "Two users have one each.");
    if (!sets_authorization(options.request))
        options.request.headers.push_back("Authorization: Bearer " + tokens[0]);
    return tokens;
}

} // namespace roacache::commands
