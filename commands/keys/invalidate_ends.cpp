#include "commands/keys/invalidate_ends.hpp"

#include "src/core/secret.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <utility>

namespace roacache::commands {
namespace {

/// In quotes where a blank or a comma would not be seen to be the key's own.
std::string with_blanks_seen(const std::string& key) {
    return key.empty() || key.find_first_of(" ,") != std::string::npos ? "'" + key + "'" : key;
}

} // namespace

using core::Error;
using core::ExitCode;

std::string way_on(const Error& failure, const std::string& command) {
    constexpr const char* k_again = "Run it again to go on: what is gone stays gone.";
    std::string first = failure.remedy();
    const bool refused = failure.code() == ExitCode::refused;
    if (refused && first.empty()) first = "The server would refuse it again: see to what it says first.";
    if (command.empty()) return refused ? first : k_again;
    const bool says_more = refused || failure.code() == ExitCode::partial;
    if (says_more && !first.empty() && first != k_again)
        return fmt::format("{} Then go on with: {}", first, command);
    return "What is gone stays gone; go on with: " + command;
}

Error refused_keys(const store::RemovalFigures& figures) {
    const Error& refusal = *figures.refusal; // NOLINT(bugprone-unchecked-optional-access): asked only then
    return {refusal.code(),
            fmt::format("{} ({} {} left alone)", refusal.what(), core::format_count(figures.refused),
                        figures.refused == 1 ? "key" : "keys"),
            refusal.remedy()};
}

std::optional<Error> unwritten_answer(Context& context, const InvalidateReport& report, bool whole) {
    const output::Streams& streams = context.streams;
    std::string why;
    try {
        if (whole && context.deliver) std::exchange(context.deliver, {})();
        if (context.deliver) return std::nullopt; // whoever has it judges what was written
        streams.out.flush();
        const int error = streams.sink != nullptr ? streams.sink->error() : EIO;
        if (streams.out.good() || error == EPIPE || error == ECONNRESET) return std::nullopt;
        why = "cannot write: standard output: " + core::errno_text(error);
    } catch (const Error& error) {
        why = error.what();
    }
    if (report.figures.changed_nothing()) return Error(ExitCode::usage, why);
    return Error(ExitCode::partial,
                 fmt::format("{}: the keys are {} all the same, only the answer is missing", why,
                             report.soft ? "shortened" : "gone"));
}

std::string absent_text(const store::RemovalFigures& figures, std::uint64_t named) {
    std::string examples;
    for (const std::string& key : figures.absent_keys)
        examples += (examples.empty() ? "" : ", ") + with_blanks_seen(output::printable(key));
    return fmt::format("{} of {} named keys {} not there: {}{}", core::format_count(figures.absent),
                       core::format_count(named), figures.absent == 1 ? "is" : "are", examples,
                       figures.absent > figures.absent_keys.size() ? " …" : "");
}

std::string without(const std::vector<std::optional<std::string>>& secrets, std::string text) {
    for (const auto& secret : secrets) {
        if (!secret || secret->empty()) continue;
        for (std::size_t at = text.find(*secret); at != std::string::npos;
             at = text.find(*secret, at + core::k_hidden.size()))
            text.replace(at, secret->size(), core::k_hidden);
    }
    return text;
}

bool named_as_printed(const std::vector<std::string>& keys) {
    return std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
        return key.find("\\x") != std::string::npos || key.find("\\\\") != std::string::npos;
    });
}

} // namespace roacache::commands
