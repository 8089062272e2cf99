#include "commands/bench/users.hpp"

#include "commands/bench/placed.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

/// The one word of a text that `named` holds. Throws core::Error(usage) where it is none.
std::string token_in(const std::string& content, const std::string& named) {
    std::string token(core::trimmed(content));
    const auto is_part = [](char c) { return c > ' ' && c < 0x7F; };
    if (token.empty() || !std::all_of(token.begin(), token.end(), is_part))
        throw Error(ExitCode::usage, fmt::format("{}: it holds no token", named),
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

void check(const BenchOptions& options, std::size_t users) {
    const auto refuse = [](const std::string& why, const std::string& remedy) {
        throw Error(ExitCode::usage, "usage: bench: " + why, remedy);
    };
    if (users != 2)
        refuse("--as wants two users", "Give it twice, with a file each: --as ana.token --as bob.token; in a "
                                       "suite as = [\"@ana.token\", \"@bob.token\"].");
    if (options.drill)
        refuse("--as and --drill do not go together",
               "What users are answered without the cache has to be known, and a drill has one question.");
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

/// All is measured as the first user, unless the requests have an Authorization already.
std::vector<std::string> measured_as_first(std::vector<std::string> tokens, BenchOptions& options) {
    if (tokens[0] == tokens[1])
        throw Error(ExitCode::usage, "--as: both files hold the same token", "Two users have one each.");
    if (!sets_authorization(options.request))
        options.request.headers.push_back("Authorization: Bearer " + tokens[0]);
    return tokens;
}

} // namespace

std::vector<std::string> take_users(BenchOptions& options) {
    if (options.users.empty()) return {};
    check(options, options.users.size());
    std::vector<std::string> tokens;
    for (const std::string& file : options.users)
        tokens.push_back(token_in(core::read_file(file), "--as: " + core::redacted_value(file)));
    return measured_as_first(std::move(tokens), options);
}

std::vector<std::string> take_users(BenchOptions& options, const config::Suite& suite,
                                    const config::SuiteFile& file) {
    if (!options.users.empty() || suite.users.empty()) return take_users(options);
    check(options, suite.users.size());
    std::vector<std::string> tokens;
    for (const config::PlacedText& user : suite.users)
        tokens.push_back(placed(user.origin, "", [&] {
            const bool is_file = user.text.starts_with('@');
            return token_in(is_file ? config::read_file_of_suite(file, user.text.substr(1)) : user.text,
                            is_file ? "as: " + user.text : "as");
        }));
    return measured_as_first(std::move(tokens), options);
}

} // namespace roacache::commands
