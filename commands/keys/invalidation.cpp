#include "commands/keys/invalidation.hpp"

#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/keys/audit_log.hpp"
#include "commands/keys/confirm.hpp"
#include "commands/keys/invalidate_ends.hpp"
#include "commands/keys/invalidate_report.hpp"
#include "commands/keys/removal_needs.hpp"
#include "commands/keys/walking.hpp"
#include "commands/open_store.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"
#include "src/store/everything.hpp"
#include "src/store/remover.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <unistd.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

/// More keys than this are not removed from a terminal without a question.
constexpr std::uint64_t k_ask_beyond = 1'000;

std::chrono::milliseconds positive_ms(const std::string& text, const char* option) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(core::parse_duration(text, option));
    if (ms.count() <= 0)
        throw Error(ExitCode::usage,
                    fmt::format("{}: '{}': a duration of at least 1ms is needed", option, text));
    return ms;
}

/// One run, from what was typed to what is reported.
class Run {
  public:
    Run(const InvalidateOptions& options, Context& context)
        : options_(options), context_(context), format_(context.format(k_entry_formats)),
          walking_(context, options.selectors, store::Reach::default_tenant), url_(context.url()),
          line_(context.progress_line()) {
        settle();
    }

    ExitCode run();

  private:
    void settle();
    void perform();
    bool asks() const { return options_.may_ask && !options_.yes && !options_.dry_run && can_ask(); }
    bool confirmed(const std::string& what);
    void remove(store::Remover& remover);
    void note_figures(const store::Remover& remover);
    void note_begun(std::optional<std::uint64_t> counted);
    ExitCode finish(const Error* failure);
    void note_details(const Error* failure);
    nlohmann::ordered_json log_entry(const char* event) const;
    std::optional<Error> keep_log(ExitCode code) const;
    void note_memory_tier();

    const InvalidateOptions& options_;
    Context& context_;
    Format format_;
    Walking walking_;
    net::Url url_;
    output::ProgressLine line_;
    store::RemovalTerms terms_;
    std::optional<std::chrono::milliseconds> settle_;
    std::unique_ptr<AuditLog> log_;
    bool counts_ = true; ///< the store can tell beforehand how many keys are meant
    const std::string run_id_ = random_run_id();
    InvalidateReport report_;
};

void Run::settle() {
    const bool names_keys = options_.selectors.names_keys();
    if (!names_keys && walking_.keys().selectors().empty())
        throw Error(ExitCode::usage, "usage: nothing says which keys are to be removed",
                    "Name a tenant (-t), a resource (-r), an event (-e), keys (-k), or --all-tenants.");
    terms_.policy = walking_.policy();
    terms_.sees = [this](const store::FoundKey& key, bool meant) { walking_.see(key, meant); };
    terms_.max_pause = parse_max_pause(options_.max_pause);
    if (!options_.soft.empty()) terms_.soft = positive_ms(options_.soft, "--soft");
    if (!options_.settle.empty()) settle_ = positive_ms(options_.settle, "--settle");
    terms_.max_keys = options_.max_keys;
    terms_.everything = options_.yes;
    terms_.begins = [this](std::optional<std::uint64_t> counted) { note_begun(counted); };
    terms_.progress = [this](double done, const std::string& summary) { line_.show(done, summary); };
    report_.dry_run = options_.dry_run;
    report_.soft = terms_.soft;
    report_.selection = walking_.description();
    context_.selector = report_.selection;
    report_.store = url_.redacted();
    if (!names_keys && !options_.yes && !options_.dry_run &&
        store::means_everything(walking_.keys().selection(), walking_.keys().layout()))
        throw Error(ExitCode::usage, "usage: this would remove everything of every tenant",
                    "Say --yes if that is meant; --dry-run tells how many keys it is.");
    if (!options_.audit_log.empty()) log_ = std::make_unique<AuditLog>(options_.audit_log);
}

ExitCode Run::run() {
    const std::int64_t begun = core::now_ns();
    const auto ended = [&](const Error* failure) {
        report_.elapsed = core::Nanoseconds(core::now_ns() - begun);
        return finish(failure);
    };
    const auto& enabled = context_.settings.cache_enabled;
    if (!options_.force && !enabled.required()) {
        context_.note(fmt::format("the cache is switched off ({}); nothing was done; --force overrides",
                                  enabled.origin));
        report_.outcome = "switched_off";
        return ended(nullptr);
    }
    try {
        perform();
    } catch (const Error& error) {
        return ended(&error);
    }
    return ended(nullptr);
}

/// Asks; notes a no.
bool Run::confirmed(const std::string& what) {
    const std::string question = (terms_.soft ? "Shorten the time to live of " : "Remove ") + what;
    if (confirm_on_terminal(context_.streams, question)) return true;
    report_.outcome = core::Interrupt::requested() ? "interrupted" : "declined";
    if (report_.outcome == "declined") context_.note("declined: nothing was removed; --yes does not ask");
    return false;
}

void Run::perform() {
    walking_.read_named(store::NamedKeys::Repeated::dropped);
    if (walking_.keys().named() != nullptr && core::Interrupt::requested()) return;
    if (!options_.dry_run) context_.require_named_store();
    const auto store = open_store(context_);
    counts_ = check_removal_needs(*store, walking_.keys(),
                                  {terms_.soft.has_value(), options_.verify, options_.dry_run,
                                   options_.max_keys.has_value(), options_.fail_if_none, options_.vacuum});
    store::Remover remover(*store, walking_.keys(), terms_);
    try {
        remove(remover);
    } catch (const Error&) {
        note_figures(remover);
        throw;
    }
    note_figures(remover);
    if (options_.vacuum && report_.figures.acted && !core::Interrupt::requested()) store->give_back_space();
    if (const auto& refusal = report_.figures.refusal; refusal && !core::Interrupt::requested())
        throw refused_keys(report_.figures);
    if (!core::Interrupt::requested() && store->of_kind().has(store::Capability::list))
        report_.contact = walking_.first_contact(*store, context_);
}

/// Guards, then the question, then the removal of no more than the question named.
void Run::remove(store::Remover& remover) {
    if (options_.dry_run) {
        remover.count();
        if (!core::Interrupt::requested()) remover.check_limit();
        return;
    }
    remover.check();
    std::optional<std::uint64_t> agreed;
    if (asks() && !counts_) {
        line_.clear();
        if (!confirmed(fmt::format("{} from {}? How many keys that is the service does not tell.",
                                   report_.selection, report_.store)))
            return;
    } else if (asks()) {
        remover.count();
        if (core::Interrupt::requested()) return;
        remover.check_limit();
        agreed = std::max(remover.figures().matched, k_ask_beyond);
        line_.clear();
        const std::uint64_t matched = remover.figures().matched;
        if (matched > k_ask_beyond &&
            !confirmed(fmt::format("{} keys ({}) in {}?", core::format_count(matched), report_.selection,
                                   report_.store)))
            return;
    }
    remover.remove(agreed);
    if (settle_) core::wait_ready(-1, 0, core::Deadline::in(*settle_));
    if (settle_ && !core::Interrupt::requested()) report_.settled = remover.remove_again();
    if (options_.verify && !core::Interrupt::requested()) remover.verify();
}

void Run::note_figures(const store::Remover& remover) {
    report_.counted = true;
    report_.figures = remover.figures();
    report_.groups = remover.groups().sorted();
}

ExitCode Run::finish(const Error* failure) {
    const store::RemovalFigures& figures = report_.figures;
    ExitCode code = ExitCode::done;
    if (report_.dry_run && report_.outcome == "done") report_.outcome = "dry_run";
    const auto end = [&](const char* outcome, ExitCode with) {
        report_.outcome = outcome;
        code = with;
    };
    const bool down = failure && failure->code() == ExitCode::unreachable;
    if (core::Interrupt::requested()) {
        end("interrupted", ExitCode::interrupted);
    } else if (failure && (!figures.changed_nothing() || failure->code() == ExitCode::partial)) {
        end("partial", ExitCode::partial);
    } else if (failure) {
        end(outcome_of(failure->code()), failure->code());
    } else if (report_.outcome == "declined") {
        code = ExitCode::refused;
    } else if (figures.remaining.value_or(0) > 0) {
        end("incomplete", ExitCode::partial);
    } else if (report_.outcome == "done" && report_.counted && figures.counts && figures.matched == 0) {
        end("nothing_found", options_.fail_if_none ? ExitCode::negative : ExitCode::done);
    }
    const bool allowed = down && options_.allow_unreachable && code != ExitCode::interrupted;
    if (allowed) code = ExitCode::done;
    line_.clear();
    const bool silent = failure && figures.changed_nothing() && figures.refused == 0 && !allowed &&
                        code != ExitCode::interrupted && code != ExitCode::partial;
    if (failure) report_.error = error_json(*failure);
    note_memory_tier();
    if (!silent) print_invalidate(report_, document_head("invalidate", context_), format_, context_.streams);
    note_details(failure);
    const auto unwritten = unwritten_answer(context_, report_, !failure && code != ExitCode::interrupted);
    if (unwritten && code == ExitCode::done) code = unwritten->code();
    const auto unlogged = keep_log(code);
    if (unwritten && unlogged) context_.warn(unlogged->what());
    if (unwritten && !failure) throw Error(code, unwritten->what(), unwritten->remedy());
    if (unwritten) context_.warn(unwritten->what());
    if (allowed)
        context_.warn(
            fmt::format("{}; going on without{}", failure->what(),
                        figures.changed_nothing() ? "" : ", though stale keys may be left: run it again"));
    if (unlogged && code == ExitCode::done) throw Error(*unlogged);
    if (unlogged) context_.warn(unlogged->what());
    if (!failure || allowed) return code;
    if (code == ExitCode::partial && failure->code() != ExitCode::partial)
        throw Error(code, fmt::format("partly done: {}", failure->what()), way_on(*failure));
    throw Error(code, failure->what(), failure->remedy());
}

/// What is worth knowing besides the summary.
void Run::note_details(const Error* failure) {
    const store::RemovalFigures& figures = report_.figures;
    if (figures.absent > 0) context_.warn(absent_text(figures, walking_.keys().named()->size()));
    if (figures.absent > 0 && named_as_printed(options_.selectors.keys))
        context_.note("-k takes a key as it is; --keys-from takes it as roacache keys prints it, with \\xHH");
    if (!failure && report_.counted && walking_.keys().selection().by_default())
        context_.note(fmt::format("only the profile's default tenant was meant ({}); name one with -t, or "
                                  "--all-tenants",
                                  output::printable(walking_.keys().profile().default_tenant)));
    if (figures.ttls_unknown)
        context_.note("the server does not tell this user the times to live (PTTL): not verified");
    if (figures.resized)
        context_.note("the store's table changed its size during the walk: a key may be counted twice");
    if (!failure && report_.memory_tier_stale &&
        (options_.verify || context_.streams.err_is_terminal || context_.settings.verbose))
        context_.note(
            fmt::format("removed from the store is not yet fresh: where the service has a memory tier of its "
                        "own, which no command reaches, it may answer from there for up to {} more",
                        core::format_duration(*report_.memory_tier_stale)));
}

nlohmann::ordered_json Run::log_entry(const char* event) const {
    nlohmann::ordered_json entry{{"event", event},
                                 {"run", run_id_},
                                 {"pid", getpid()},
                                 {"store", report_.store},
                                 {"profile", walking_.keys().profile().name},
                                 {"selector", report_.selection}};
    const std::string reason = without({url_.password, context_.settings.password.value}, options_.reason);
    entry["reason"] =
        reason.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(output::json_bytes(reason));
    entry["max_keys"] =
        options_.max_keys ? nlohmann::ordered_json(*options_.max_keys) : nlohmann::ordered_json(nullptr);
    return entry;
}

/// Before the first key goes; nothing is removed when the line cannot be written.
void Run::note_begun(std::optional<std::uint64_t> counted) {
    if (!log_) return;
    nlohmann::ordered_json entry = log_entry("begun");
    entry["soft_ms"] = terms_.soft ? nlohmann::ordered_json(terms_.soft->count()) : nullptr;
    entry["matched"] = counted ? nlohmann::ordered_json(*counted) : nlohmann::ordered_json(nullptr);
    try {
        log_->append(entry);
    } catch (const Error& error) {
        log_.reset();
        throw Error(ExitCode::usage, error.what(), "Nothing was removed.");
    }
}

/// Gone from the store is not gone from the service's own memory.
void Run::note_memory_tier() {
    const config::Profile& profile = walking_.keys().profile();
    if (!counts_ || !profile.memory_tier || report_.figures.changed_nothing()) return;
    std::optional<std::chrono::seconds> longest;
    for (const store::KeyGroup& group : report_.groups)
        if (group.resource) longest = std::max(longest, profile.stale_at_most(*group.resource));
    if (!longest) return;
    report_.memory_tier_stale = longest;
}

/// Why the line was not written, if it was not.
std::optional<Error> Run::keep_log(ExitCode code) const {
    if (!log_) return std::nullopt;
    nlohmann::ordered_json entry = log_entry("ended");
    entry.update(invalidate_figures(report_));
    entry["exit_code"] = static_cast<int>(code);
    context_.streams.out.flush();
    try {
        log_->append(entry);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

} // namespace

void add_removal_options(CLI::App& app, InvalidateOptions& options) {
    app.add_flag("-n,--dry-run", options.dry_run, "Count what would go, and change nothing");
    app.add_option("--max-keys", options.max_keys,
                   "Remove nothing when more keys than this match (exit 4), and never more than this")
        ->type_name("N");
    app.add_option("--soft", options.soft,
                   "Do not remove: cut times to live to random moments within this; none gets longer")
        ->type_name("DUR");
    app.add_option("--audit-log", options.audit_log,
                   "Add lines of JSON about this run to the file, before and after it")
        ->type_name("FILE");
    app.add_option("--reason", options.reason, "Why, for the audit log")->type_name("TEXT");
    add_max_pause_option(app, options.max_pause);
    app.add_flag("--force", options.force, "Even when the service's settings switch the cache off");
    add_instances_option(app, options.instances);
}

ExitCode invalidate(const InvalidateOptions& options, Context& context) {
    const auto run = [&options](Context& there) { return Run(options, there).run(); };
    return run_on_instances(options.instances, "invalidate", context, run);
}

} // namespace roacache::commands
