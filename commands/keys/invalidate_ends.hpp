#pragma once

#include "commands/keys/invalidate_report.hpp"
#include "src/core/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// How to go on after a failure that came when some keys were gone. A refusal would only come again.
/// `command`: that goes on; empty: there is nothing to go on with but the same once more.
std::string way_on(const core::Error& failure, const std::string& command = {});

/// For keys of which this user may change none: the server's text and how many they are.
core::Error refused_keys(const store::RemovalFigures& figures);

/// Why the answer was not written, if it was not; a reader that went away wanted no more. Its code is
/// `partial` where keys were changed. `whole`: the answer may take the place of the file that it goes to.
std::optional<core::Error> unwritten_answer(Context& context, const InvalidateReport& report, bool whole);

/// Which of the keys that were named are not there.
std::string absent_text(const store::RemovalFigures& figures, std::uint64_t named);

/// The text with `***` for every place where it holds one of the secrets.
std::string without(const std::vector<std::optional<std::string>>& secrets, std::string text);

/// True when a key seems to be meant as `roacache keys` prints it.
bool named_as_printed(const std::vector<std::string>& keys);

} // namespace roacache::commands
