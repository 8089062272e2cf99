#pragma once

#include "src/report/report.hpp"

#include <string>

namespace roacache::report {

/// The parts of the Markdown report behind its figures; each ends in an empty line, or is empty when it has
/// nothing to say.
std::string redirect_warning(const Document& document);
std::string warnings_section(const Document& document); ///< the warnings of the assessment
std::string hits_section(const Document& document);
std::string miss_cost_section(const Document& document);
std::string origin_section(const Document& document);
std::string stampede_section(const Document& document);
std::string equality_section(const Document& document);
std::string users_section(const Document& document);
std::string errors_section(const Document& document);
std::string method_section(const Document& document);
std::string environment_section(const Document& document);
std::string notes_section(const Document& document);

} // namespace roacache::report
