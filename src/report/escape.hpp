#pragma once

#include <string>
#include <string_view>

namespace roacache::report {

/// What users and servers sent, made harmless: none of these (but for elided) lets it change the document's
/// structure, inject HTML, or reach a terminal with a control character. All start from output::printable().

/// Inline Markdown that shows the text as it is, in a table cell too.
std::string markdown_text(std::string_view bytes);

/// The same in the font of code.
std::string markdown_code(std::string_view bytes);

/// A fenced block around lines that are shown as they are; control characters other than newline are made
/// visible. The fence is longer than any run of backticks inside.
std::string markdown_block(std::string_view lines, std::string_view language);

/// Text or attribute value of XML.
std::string xml_text(std::string_view bytes);

/// At most `columns` characters: the middle is left out, marked by `…`. Harmless only after one of the above.
std::string elided(std::string_view bytes, std::size_t columns);

} // namespace roacache::report
