#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roacache::commands {

/// The values of a column of comma-separated values (RFC 4180) whose first line has the columns' names;
/// `column` is a name or else a number from 1 on. Empty lines are passed over. Throws core::Error(usage) for
/// a column that is not there, naming those that are, for a line that has not got it, and for a file without
/// values.
std::vector<std::string> csv_column(std::string_view text, const std::string& column);

} // namespace roacache::commands
