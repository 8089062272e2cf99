#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::report {

/// Where a run was made; name and value, in the order in which they are shown: `cpu`, `cores`, `memory`,
/// `kernel`, `os`, `roacache`, `host`, `service` …
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A finished run with all that its report says besides the figures. The functions below only turn it into
/// bytes.
struct Document {
    const bench::Result& result;
    const bench::Assessment& assessment;
    Environment environment;
    std::string command; ///< to reproduce the run, secrets redacted
    std::string title;   ///< of the report; empty: a general one
    /// How the uncached arm was made: "the request header `Cache-Control: no-cache`".
    std::string uncached_by;
    std::vector<std::string> notes; ///< warnings for the reader, each with its remedy
};

/// The JSON of the command line contract, `roacache.bench/1`, indented, ending in a newline.
std::string to_json(const Document& document);

enum class Theme { light, dark };

/// The latency distribution of every arm (all endpoints pooled) on a logarithmic axis.
std::string latency_svg(const Document& document, Theme theme);

/// The run over time: every block at its moment, median and spread by arm, and the stalls with their lengths.
std::string timeline_svg(const Document& document, Theme theme);

/// The latency at each share of the answers (all endpoints pooled), further nines with room of their own:
/// each arm's curve as far as it is known, and the improvement at the named percentiles.
std::string percentiles_svg(const Document& document, Theme theme);

/// How many times as fast the cached arm is in each quantity, and in each endpoint's mean, with the intervals
/// drawn. Nothing to draw where nothing was compared: see has_improvement().
std::string improvement_svg(const Document& document, Theme theme);
bool has_improvement(const Document& document);

/// A picture that the Markdown refers to; the file is next to the report.
struct Picture {
    std::string file; ///< name without folder
    std::string content;
};

/// Markdown for GitHub. The pictures are referred to as `STEM.latency.light.svg` and so on; see pictures().
/// With an empty stem there are none: for a stream, which has no files next to it.
std::string to_markdown(const Document& document, const std::string& stem);

/// The pictures that to_markdown() with the same stem refers to.
std::vector<Picture> pictures(const Document& document, const std::string& stem);

/// The names of all that pictures() can give.
std::vector<std::string> picture_names(const std::string& stem);

/// Their place in the Markdown of to_markdown(), `stem` not empty.
std::string pictures_markdown(const Document& document, const std::string& stem);

/// Whether a file that begins so is a picture of roacache's.
bool is_own_picture(std::string_view beginning);

/// The run on a terminal or in a pipe: verdict, figures, asserts. `width` in columns.
std::string to_text(const Document& document, int width, bool colour);

/// JUnit XML as CI servers read it: a test case for each assert, for equality, for the proof of the hits and
/// for the baseline; what cannot be decided is an error, what is missed a failure.
std::string to_junit(const Document& document);

/// The same of a run that came to no result: one test case with an error.
std::string failure_junit(const std::string& message, const std::string& remedy);

/// A list as github-action-benchmark reads it (tool `customSmallerIsBetter`): `name`, `unit`, `value`, and
/// where known `range` and `extra`; of all endpoints together, then of each of several.
std::string to_benchmark_action(const Document& document);

/// One line for each arm and endpoint (and for the pool, endpoint `*`), with a header line.
std::string to_csv(const Document& document);

} // namespace roacache::report
