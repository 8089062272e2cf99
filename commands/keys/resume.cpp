#include "commands/keys/resume.hpp"

#include "commands/keys/invalidate_report.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <filesystem>
#include <fmt/core.h>
#include <limits>
#include <system_error>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// What an earlier run has left.
class LeftToDo final : public RunFile {
  public:
    LeftToDo(std::string file, const RemovalRecord& record, ordered_json runs)
        : file_(std::move(file)), record_(record), runs_(std::move(runs)) {}

    const char* command() const override { return "invalidate"; }

    /// Either is enough: a server that was started anew, or another primary, answers at the same address.
    void check_store(std::size_t number, const net::Url& url, const store::Identity& identity) override {
        const RecordedStore& store = record_.stores.at(number);
        const bool same = !identity.parts.empty() && identity.parts == store.identity.parts;
        is_same_ = is_same_ && same;
        if (same || address_of(url) == address_of(net::parse_url(store.url))) return;
        throw Error(ExitCode::refused,
                    fmt::format("refused: {}: {} is not the store that the run was of ({})", file_,
                                url.redacted(), store.url),
                    "Leave -u out, or name that one.");
    }

    void ends(ExitCode code, const InvalidateReport& report) override {
        const bool all_done = code == ExitCode::done || code == ExitCode::negative;
        if (!all_done || report.dry_run || report.outcome == "switched_off" || !report.error.is_null())
            return;
        std::error_code error;
        finished_ = std::filesystem::remove(file_, error) && !error;
    }

    ordered_json members() const override {
        return {{"resumed",
                 {{"file", output::json_bytes(file_)},
                  {"by", person_json(record_.by)},
                  {"runs", runs_.size()},
                  {"walked", "anew"},
                  {"same_server", is_same_},
                  {"file_removed", finished_}}}};
    }
    ordered_json earlier_runs() const override { return runs_; }

  private:
    std::string file_;
    RemovalRecord record_;
    ordered_json runs_;
    bool is_same_ = true;
    bool finished_ = false;
};

void check_alone(const InvalidateOptions& options) {
    const char* given = nullptr;
    if (options.selectors.names_keys() || !parse_selectors(options.selectors).empty()) given = "selectors";
    if (!options.soft.empty()) given = "--soft";
    if (!options.instances.empty()) given = "--instances";
    if (given == nullptr) return;
    throw Error(ExitCode::usage, fmt::format("usage: --resume and {} do not go together", given),
                "The file has what the run was of.");
}

} // namespace

ExitCode resume(const InvalidateOptions& options, Context& context) {
    check_alone(options);
    const SealedDocument document(options.resume, "resume file", k_resume_schema);
    const RemovalRecord record = RemovalRecord::read(document);
    const Place place(document);
    InvalidateOptions by = options;
    if (place.has("soft_ms")) by.soft = fmt::format("{}ms", place.at("soft_ms").count());
    if (place.has("max_keys") && !by.max_keys) by.max_keys = place.at("max_keys").count();
    if (place.has("notify") && by.notify.empty()) by.notify = place.at("notify").bytes();
    place.at("runs").list();
    by.file = std::make_shared<LeftToDo>(options.resume, record, ordered_json(document.content["runs"]));
    return invalidate_by(record, options.resume, std::move(by), context);
}

ExitCode invalidate_by(const RemovalRecord& record, const std::string& file, InvalidateOptions options,
                       Context& context) {
    options.selectors = record.selectors;
    const config::Settings settings = settings_by(record, file, context.settings);
    const std::size_t stores = settings.tiers.empty() ? 1 : settings.tiers.size();
    if (stores != record.stores.size())
        throw Error(
            ExitCode::usage,
            fmt::format("usage: {} stores are named, and {} is of {}", stores, file, record.stores.size()),
            "Leave -u out, or name them all in the same order.");
    Context there{settings, context.streams, context.arguments, context.command, record.selector};
    if (settings.tiers.empty()) there.store = net::parse_url(settings.url.required()).redacted();
    there.announced = context.announced;
    there.deliver = context.deliver;
    context.selector = there.selector;
    context.store = there.store;
    check_profile(record, file, there.profile());
    return invalidate(options, there);
}

} // namespace roacache::commands
