#pragma once

#include "commands/cli_app.hpp"
#include "src/config/profile.hpp"
#include "src/config/settings.hpp"
#include "src/core/exit_code.hpp"
#include "src/net/url.hpp"
#include "src/output/progress.hpp"
#include "src/output/streams.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace roacache::commands {

/// How the answer is written. `plain` is what a pipe gets when nothing else is asked for.
enum class Format { table, plain, json, ndjson, csv, markdown, prometheus, junit };

/// What commands write their answers in, besides the plain lines of a pipe.
inline constexpr std::array k_entry_formats{Format::table, Format::json, Format::ndjson, Format::csv};
inline constexpr std::array k_document_formats{Format::table, Format::json, Format::ndjson};
inline constexpr std::array k_stats_formats{Format::table, Format::json, Format::ndjson, Format::csv,
                                            Format::prometheus};
inline constexpr std::array k_doctor_formats{Format::table, Format::json, Format::ndjson, Format::junit};

/// As --output takes it; empty for plain lines, which have no name.
std::string format_name(Format format);
/// Nothing for a name that there is not.
std::optional<Format> format_called(std::string_view name);
/// All that have a name, in the order in which they are listed.
std::vector<std::string> format_names();

/// What a command is given when it runs.
struct Context {
    const config::Settings& settings;
    output::Streams& streams;
    std::vector<std::string> arguments;    ///< the command line as given, program name included
    std::string command;                   ///< the same as the parser understood it, safe to print
    std::optional<std::string> selector{}; ///< the keys that are meant, described; absent: none were selected
    std::optional<std::string> store{};    ///< the URL in use, without secrets; absent: none
    /// Whether url() and profile() have said what is said once.
    struct Announced {
        bool store = false, profile = false;
    };
    std::shared_ptr<Announced> announced = std::make_shared<Announced>();
    /// Lets a whole answer take the place of the file that it goes to (--output-file), for a command that has
    /// to know before it ends whether that can be done; empty where there is no such file. Throws
    /// core::Error(usage) when it cannot.
    std::function<void()> deliver{};

    /// The format asked for, or `on_terminal` / `plain` by the stream. Throws core::Error(usage) when it is
    /// not among `supported`.
    Format format(std::span<const Format> supported, Format on_terminal = Format::table) const;

    /// A line on stderr, `roacache: note: TEXT`; nothing with --quiet.
    void note(const std::string& text) const;
    /// A note on what will be the same at the next run, such as a server without a memory limit: only for a
    /// terminal or with --verbose, so that cron does not mail it each time.
    void standing_note(const std::string& text) const;
    /// Draws on stderr where it is a terminal that takes escape sequences (no NO_COLOR, no --color never).
    output::ProgressLine progress_line() const;
    /// A line on stderr, `roacache: warning: TEXT`, even with --quiet.
    void warn(const std::string& text) const;

    /// The address of the store that the settings name. Says on stderr, once, which one that is where it was
    /// not given as one URL. Throws core::Error(usage) when there is none, and when there are several.
    net::Url url() const;
    /// For what changes the store: throws core::Error(usage) when a .env file was named and the address is
    /// only in a place of a lower precedence, or in none.
    void require_named_store() const;

    /// Every profile: the built-in ones and those of the settings files. Throws core::Error(usage) for a
    /// malformed file.
    config::Profiles profiles() const;
    /// The profile that the settings name, the user's own profiles (of the settings files) included.
    /// Throws core::Error(usage) for an unknown name or a malformed file.
    config::Profile profile() const { return profile(settings.profile.required()); }
    /// Likewise, by its name or by the path of its file: what holds a slash or ends in `.toml` is a file.
    config::Profile profile(const std::string& name) const;
};

using Action = std::function<core::ExitCode(Context&)>;

/// One subcommand. `declare` adds its options to the parser and returns what to do once they are parsed; it
/// opens nothing.
struct Command {
    const char* name;
    const char* summary; ///< one line for the list of commands
    Action (*declare)(CLI::App& app);
    std::span<const Format> formats{}; ///< of its answers; empty: it has but one
    bool opens_store = false;          ///< uses the store that the settings name
    bool looks_at_one = false;         ///< and only reads it: one of several tiers will do
};

/// Every subcommand, in the order of --help. To add one: a file of its own and a line in commands.cpp.
std::span<const Command> all_commands();

} // namespace roacache::commands
