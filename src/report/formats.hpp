#pragma once

#include "src/report/report.hpp"

#include <span>
#include <string>
#include <string_view>

namespace roacache::report {

/// Where a result is written to.
struct Medium {
    std::string stem = {}; ///< of the pictures beside a file (see pictures()); empty: there are none
    int width = 80;        ///< in columns
    bool colour = false;
};

/// A run that came to no result.
struct Failure {
    std::string message;
    std::string remedy;
    std::string json; ///< the document that says so, as --output json has it
};

/// A form that the result of a run is written in.
struct ResultFormat {
    std::string_view name; ///< `markdown`
    std::string (*render)(const Document& document, const Medium& medium);
    bool printed = false;  ///< by --output NAME; `table` also without that
    bool exported = false; ///< by --export NAME FILE, for another tool

    /// The option of `bench` that writes it to a file: `--report`; null: none, as for all that follows.
    const char* option = nullptr;
    const char* value = nullptr; ///< what --help calls the option's value: FILE, or FILE and an ending
    const char* help = nullptr;  ///< one line
    const char* note = nullptr;  ///< what is said once it is written: `NOTE: THE FILE`; null: nothing
    bool pictures = false;       ///< SVG files stand beside it
    /// What a run without a result writes there, so that nobody reads an older one; null: nothing.
    std::string (*failure)(const Failure& failure) = nullptr;
    bool tells_usage = false; ///< also where it is the command line that is wrong
};

/// All there are, in the order of --help. To add one: the function that renders it, and an entry here.
std::span<const ResultFormat> result_formats();

} // namespace roacache::report
