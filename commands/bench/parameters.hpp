#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/plan.hpp"

#include <functional>
#include <string>

namespace roacache::commands {

/// The content of the file of this name; throws core::Error(usage) where it cannot be read.
using FileReading = std::function<std::string(const std::string& name)>;

/// Where a parameter's values come from: `1,2,3` (blanks around a value are none of it), `@FILE` (a value a
/// line), `FILE.csv#COLUMN`, any of these behind `zipf:` (where a FILE needs no @), `seq`, `seq:FIRST` or
/// `random`. Throws core::Error(usage) that begins with `subject`.
bench::Parameter parse_source(const std::string& name, const std::string& source, const std::string& subject,
                              const FileReading& read);

/// What `--param` says. Throws core::Error(usage).
bench::ParameterList parse_parameters(const std::vector<std::string>& texts);

/// What is known without being given, in the request of either arm: `{random}` and `{seq}`.
void add_own_parameters(bench::EndpointSpec& endpoint);

/// What the requests of a plan hold in headers and bodies as if a parameter filled it, `{company}`, though
/// none does: a sentence for each endpoint.
void note_unfilled_places(const bench::Plan& plan, std::vector<std::string>& notes);

/// The paths of URLs of a file, of standard input (`-`), or of either behind `zipf:`; and the URL that has
/// them in its place `{path}`. URLs are whole, or what follows `base`, and all of one server; empty lines and
/// those that begin with # are passed over. Throws core::Error(usage).
bench::Parameter urls_of(const std::string& source, const std::string& base, net::Url& url);

} // namespace roacache::commands
