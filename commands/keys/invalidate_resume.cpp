// What an invalidation has left to do when it ends before its end.

#include "commands/document.hpp"
#include "commands/keys/invalidate_run.hpp"
#include "commands/keys/resume.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/shell.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <utility>

namespace roacache::commands {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ExitCode;

/// This user's own folder for what outlives a run; empty where the environment names none.
fs::path state_folder() {
    const auto value = [](const char* name) {
        const char* const text = std::getenv(name);
        return fs::path(text == nullptr ? "" : text);
    };
    fs::path folder;
    if (const fs::path state = value("XDG_STATE_HOME"); state.is_absolute())
        folder = state / "roacache";
    else if (const fs::path home = value("HOME"); home.is_absolute())
        folder = home / ".local/state/roacache";
    else
        return {};
    std::error_code error;
    fs::create_directories(folder.parent_path(), error);
    ::mkdir(folder.c_str(), 0700); // which fails where it is there
    return folder;
}

/// Where what is left may be kept, the best first. Whoever goes on looks at the audit log first.
std::vector<fs::path> places(const InvalidateOptions& options, const std::string& run) {
    if (!options.resume_file.empty()) return {options.resume_file};
    if (!options.resume.empty()) return {options.resume};
    std::vector<fs::path> files;
    const std::string name = fmt::format("roacache-resume-{}.json", run);
    std::error_code error;
    if (!options.audit_log.empty() && fs::is_regular_file(options.audit_log, error))
        files.push_back(fs::absolute(options.audit_log, error).parent_path() / name);
    if (const fs::path folder = state_folder(); !folder.empty()) files.push_back(folder / name);
    return files;
}

} // namespace

/// Of the limit, which is each store's own where there are several; absent: there is none.
std::optional<std::uint64_t> InvalidateRun::keys_left() const {
    if (!terms_.max_keys || several_) return terms_.max_keys;
    const store::RemovalFigures& figures = report_.figures;
    const std::uint64_t gone = figures.removed + figures.shortened; // what is unconfirmed may be there still
    return *terms_.max_keys - std::min(gone, *terms_.max_keys);
}

nlohmann::ordered_json InvalidateRun::what_is_left(ExitCode code) const {
    RemovalRecord record = RemovalRecord::of(options_.selectors, walking_, context_);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const RemovalTarget& target = targets_[i];
        store::Identity identity = target.identity;
        if (identity.parts.empty() && identity.unknown.empty()) identity.unknown = "it was not reached";
        std::optional<std::vector<store::WalkPlace>> places;
        if (target.remover)
            places = target.remover->places();
        else if (options_.file)
            places = options_.file->places(i);
        record.add(target.url, std::move(identity), places.value_or(std::vector<store::WalkPlace>()));
    }
    const store::RemovalFigures& figures = report_.figures;
    nlohmann::ordered_json document = record.json(k_resume_schema);
    document["soft_ms"] = terms_.soft ? nlohmann::ordered_json(terms_.soft->count()) : nullptr;
    document["max_keys"] = json_of(keys_left());
    document["notify"] = options_.notify.empty()
                             ? nlohmann::ordered_json(nullptr)
                             : nlohmann::ordered_json(output::json_bytes(options_.notify));
    document["same_store"] = options_.file && options_.file->only_same_store();
    document["left"] = json_of(figures.remaining);
    document["runs"] = options_.file ? options_.file->earlier_runs() : nlohmann::ordered_json::array();
    nlohmann::ordered_json run{{"run", run_id_},
                               {"ended", core::utc_timestamp()},
                               {"by", person_json(record.by)},
                               {"outcome", report_.outcome},
                               {"exit_code", static_cast<int>(code)},
                               {"matched", figures.matched},
                               {"removed", figures.removed},
                               {"shortened", figures.shortened},
                               {"unconfirmed", figures.unconfirmed}};
    if (several_)
        for (const InvalidateReport& target : report_.targets)
            run["stores"].push_back({{"outcome", target.outcome}, {"removed", target.figures.removed}});
    document["runs"].push_back(std::move(run));
    return document;
}

/// With what is not kept in the file and would be asked for again.
std::string InvalidateRun::resuming_command() const {
    std::string command = "roacache invalidate --resume " + core::shell_quoted(report_.resume_file);
    if (options_.yes) command += " --yes";
    for (const auto& [given, option] : {std::pair(options_.verify, " --verify"),
                                        {options_.force, " --force"},
                                        {options_.vacuum, " --vacuum"},
                                        {keys_left() == 0U, " --max-keys N"}})
        if (given) command += option;
    const auto add = [&](const char* option, const std::string& value) {
        if (!value.empty()) command += fmt::format(" {} {}", option, core::shell_quoted(value));
    };
    add("--max-pause", options_.max_pause == InvalidateOptions().max_pause ? "" : options_.max_pause);
    add("--max-load", options_.load.max_load);
    add("--max-rate", options_.load.max_rate);
    add("--settle", options_.settle);
    add("--audit-log", options_.audit_log);
    add("--reason", options_.reason);
    if (!options_.notify_url.empty()) command += " --notify-url URL";
    const auto has_secret = [](const RemovalTarget& target) {
        return target.settings.url.origin == "--url" && target.url.password.has_value();
    };
    for (const RemovalTarget& target : targets_)
        if (std::any_of(targets_.begin(), targets_.end(), has_secret))
            command += " -u " + core::shell_quoted(target.url.redacted());
    return command;
}

/// In the part that the earlier run had done there may be keys that were set since.
void InvalidateRun::note_resumed() const {
    std::vector<std::string> on;
    for (const RemovalTarget& target : targets_) {
        if (!options_.file || !target.remover) continue;
        for (const store::Resumption& server : target.remover->resumptions()) {
            const std::string name = output::printable(server.server);
            if (server.anew.empty())
                on.push_back(name);
            else
                context_.note(fmt::format("{} is walked anew: {}", name, server.anew));
        }
    }
    if (on.empty()) return;
    context_.note(fmt::format(
        "went on at {} from where the earlier run had stopped: what was set again since then in the "
        "part already done may stay; the same command without --resume removes it too",
        fmt::join(on, ", ")));
}

/// The command that goes on, where keys were removed and the run did not come to its end; else empty.
std::string InvalidateRun::keep_what_is_left(ExitCode code) {
    if (!options_.keeps_what_is_left || options_.dry_run || !report_.figures.acted) return {};
    if (code != ExitCode::partial && code != ExitCode::interrupted) return {};
    std::string why = "neither HOME nor XDG_STATE_HOME is set";
    try {
        const std::string text = sealed_text(what_is_left(code));
        for (const fs::path& file : places(options_, run_id_)) {
            try {
                core::write_file_atomically(file, text);
                report_.resume_file = file.string();
                return resuming_command();
            } catch (const Error& error) {
                why = error.what();
            }
        }
    } catch (const Error& error) {
        why = error.what();
    }
    context_.warn(fmt::format("what is left is not kept in a file: {}", why));
    return {};
}

} // namespace roacache::commands
