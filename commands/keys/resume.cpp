#include "commands/keys/resume.hpp"

#include "commands/keys/invalidate_report.hpp"
#include "commands/keys/walk_places.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// The same process; of a cluster one node that is still there is enough, for their ids are random and stay
/// over restarts and failovers.
bool is_same_store(const store::Identity& then, const store::Identity& now) {
    if (then.parts.empty() || now.parts.empty()) return false;
    if (then.parts == now.parts) return true;
    const auto ids = [](const store::Identity& identity) {
        std::set<std::string> words;
        const auto primaries = identity.parts.find("primaries");
        if (primaries == identity.parts.end()) return words;
        std::istringstream text(primaries->second);
        for (std::string word; text >> word;)
            words.insert(word);
        return words;
    };
    const std::set<std::string> before = ids(then);
    for (const std::string& id : ids(now))
        if (before.contains(id)) return true;
    return false;
}

/// The same address, or one of the same Sentinels, or nodes, among those that are named.
bool reaches_the_same(const net::Url& url, const net::Url& then) {
    if (address_of(url) == address_of(then)) return true;
    if (url.kind != then.kind || url.service != then.service ||
        url.database.value_or(0) != then.database.value_or(0))
        return false;
    if (url.kind != net::UrlKind::sentinel && url.kind != net::UrlKind::cluster) return false;
    return std::find_first_of(url.hosts.begin(), url.hosts.end(), then.hosts.begin(), then.hosts.end()) !=
           url.hosts.end();
}

/// What an earlier run has left.
class LeftToDo final : public RunFile {
  public:
    LeftToDo(std::string file, const RemovalRecord& record, ordered_json runs, bool only_same_store)
        : file_(std::move(file)), record_(record), runs_(std::move(runs)), only_same_store_(only_same_store) {
    }

    const char* command() const override { return "invalidate"; }

    bool only_same_store() const override { return only_same_store_; }

    /// Either is enough: a server that was started anew, or another primary, answers at the same address. But
    /// for what is left of a plan, which was of what one store held.
    void check_store(std::size_t number, const net::Url& url, const store::Identity& identity) override {
        const RecordedStore& store = record_.stores.at(number);
        const bool same = is_same_store(store.identity, identity);
        is_same_ = is_same_ && same;
        if (!same && only_same_store_)
            throw Error(ExitCode::refused,
                        fmt::format("refused: {}: {} is not proven to be the store that was planned; nothing "
                                    "was removed",
                                    file_, url.redacted()),
                        "A server that was started anew, or that took another's place, is another one: plan "
                        "again.");
        if (same || reaches_the_same(url, net::parse_url(store.url))) return;
        throw Error(ExitCode::refused,
                    fmt::format("refused: {}: {} is not the store that the run was of ({})", file_,
                                url.redacted(), store.url),
                    "Leave -u out, or name that one.");
    }

    std::optional<std::vector<store::WalkPlace>> places(std::size_t number) const override {
        return record_.stores.at(number).places;
    }
    void walked(const std::vector<store::Resumption>& servers) override {
        servers_.insert(servers_.end(), servers.begin(), servers.end());
        has_walked_ = true;
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
                  {"walked", has_walked_ ? ordered_json(walked_as()) : ordered_json(nullptr)},
                  {"same_server", is_same_},
                  {"servers", resumptions_json(servers_)},
                  {"file_removed", finished_}}}};
    }
    ordered_json earlier_runs() const override { return runs_; }

  private:
    const char* walked_as() const {
        const auto on = std::count_if(servers_.begin(), servers_.end(),
                                      [](const store::Resumption& server) { return server.anew.empty(); });
        return on == 0 ? "anew" : on == std::ssize(servers_) ? "on" : "in part anew";
    }

    std::string file_;
    RemovalRecord record_;
    ordered_json runs_;
    std::vector<store::Resumption> servers_;
    bool has_walked_ = false;
    const bool only_same_store_;
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
    const bool only_same_store = place.has("same_store") && place.at("same_store").flag();
    by.file = std::make_shared<LeftToDo>(options.resume, record, ordered_json(document.content["runs"]),
                                         only_same_store);
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
