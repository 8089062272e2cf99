#include "commands/keys/invalidate_run.hpp"

#include "commands/instances.hpp"
#include "commands/keys/confirm.hpp"
#include "commands/keys/invalidate_ends.hpp"
#include "commands/open_store.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/store/everything.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using store::Capability;

/// More keys than this are not removed from a terminal without a question.
constexpr std::uint64_t k_ask_beyond = 1'000;

std::chrono::milliseconds positive_ms(const std::string& text, const char* option) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(core::parse_duration(text, option));
    if (ms.count() <= 0)
        throw Error(ExitCode::usage,
                    fmt::format("{}: '{}': a duration of at least 1ms is needed", option, text));
    return ms;
}

bool is_several(const InvalidateOptions& options, const Context& context) {
    return !options.instances.empty() || !context.settings.tiers.empty();
}

/// With the store's name, where the error does not say it.
Error named_at(const RemovalTarget& target, const Error& error) {
    const std::string name = target.url.redacted(), what = error.what();
    if (what.find(name) != std::string::npos) return error;
    return {error.code(), fmt::format("{} (at {})", what, name), error.remedy()};
}

} // namespace

InvalidateRun::InvalidateRun(const InvalidateOptions& options, Context& context)
    : options_(options), context_(context),
      format_(is_several(options, context) ? context.format(k_document_formats)
                                           : context.format(k_entry_formats)),
      walking_(context, options.selectors, store::Reach::default_tenant), line_(context.progress_line()),
      several_(is_several(options, context)) {
    find_targets();
    settle();
}

void InvalidateRun::find_targets() {
    if (!several_) context_.url(); // says which one it is
    for (config::Settings& settings : target_settings(options_.instances, context_.settings)) {
        RemovalTarget& target = targets_.emplace_back();
        target.url = net::parse_url(settings.url.required());
        target.settings = std::move(settings);
    }
    number_tiers(targets_);
}

void InvalidateRun::settle() {
    const bool names_keys = options_.selectors.names_keys();
    if (!names_keys && walking_.keys().selectors().empty())
        throw Error(ExitCode::usage, "usage: nothing says which keys are to be removed",
                    "Name a tenant (-t), a resource (-r), an event (-e), keys (-k), or --all-tenants.");
    if (!options_.notify.empty() && !options_.soft.empty())
        throw Error(ExitCode::usage, "usage: --soft and --notify do not go together",
                    "What lives on for a while is not stale yet; without --soft it is removed, and told.");
    if (options_.notify.empty() && !options_.notify_url.empty())
        throw Error(ExitCode::usage, "usage: --notify-url goes with --notify CHANNEL");
    if (!options_.notify.empty()) notified_server(options_, targets_);
    terms_.policy = walking_.policy();
    if (!several_) terms_.sees = [this](const store::FoundKey& key, bool meant) { walking_.see(key, meant); };
    terms_.max_pause = parse_max_pause(options_.max_pause);
    terms_.load = parse_load(options_.load);
    if (!options_.soft.empty()) terms_.soft = positive_ms(options_.soft, "--soft");
    if (!options_.settle.empty()) settle_ = positive_ms(options_.settle, "--settle");
    terms_.max_keys = options_.max_keys;
    if (options_.file && options_.file->counts())
        terms_.max_keys = std::min(options_.max_keys.value_or(options_.file->most()), options_.file->most());
    terms_.everything = options_.yes;
    if (!options_.everything_remedy.empty())
        terms_.everything_remedy = options_.everything_remedy;
    else if (std::any_of(targets_.begin(), targets_.end(),
                         [](const auto& target) { return target.is_api(); }))
        terms_.everything_remedy =
            "Say --yes if that is meant. How many keys it is, an API cannot tell beforehand.";
    terms_.begins = [this](std::optional<std::uint64_t> counted) { note_begun(counted); };
    if (options_.selectors.events.size() > 1) {
        for (const std::string& event : options_.selectors.events)
            report_.events.push_back({event, {}});
        terms_.part_of = [this](const store::FoundKey& key) {
            return walking_.keys().selection().event_of(key);
        };
    }
    terms_.progress = [this](double done, const std::string& summary, const auto& parts) {
        line_.show(done, summary, parts);
    };
    report_.dry_run = options_.dry_run;
    report_.soft = terms_.soft;
    report_.selection = walking_.description();
    context_.selector = report_.selection;
    report_.store = targets_.front().url.redacted();
    if (several_) context_.store.reset();
    if (!names_keys && !options_.yes && !options_.dry_run &&
        store::means_everything(walking_.keys().selection(), walking_.keys().layout()))
        throw Error(ExitCode::usage, "usage: this would remove everything of every tenant",
                    terms_.everything_remedy);
    if (!options_.audit_log.empty()) log_ = std::make_unique<AuditLog>(options_.audit_log);
}

ExitCode InvalidateRun::run() {
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
        note_figures();
        return ended(&error);
    }
    note_figures();
    std::optional<Error> failure =
        several_ ? failure_of(targets_, report_.figures.changed_nothing()) : std::nullopt;
    if (!failure && unnotified_)
        failure.emplace(ExitCode::partial, fmt::format("partly done: {}", unnotified_->what()),
                        "The keys are gone; who listens was not told. Run it again.");
    return ended(failure ? &*failure : nullptr);
}

void InvalidateRun::perform() {
    walking_.read_named(store::NamedKeys::Repeated::dropped);
    if (walking_.keys().named() != nullptr && core::Interrupt::requested()) return;
    for (std::size_t i = 0; i < targets_.size(); ++i)
        attempt(targets_[i], [&] { open(targets_[i], i); });
    if (!options_.notify.empty() && !options_.dry_run) {
        try {
            notification_ = std::make_unique<Notification>(options_, context_, targets_);
        } catch (const Error& error) {
            if (error.code() != ExitCode::unreachable) throw;
            unnotified_ = error;
        }
    }
    if (is_lost()) return;
    check_all();
    looked_ = true;
    if (options_.dry_run) {
        count_all();
    } else {
        for (RemovalTarget& target : targets_)
            attempt(target, [&] { target.remover->check(); });
        if (agree()) remove_all();
        note_refused_keys();
    }
    note_figures();
    if (const auto& refusal = report_.figures.refusal; !several_ && refusal && !core::Interrupt::requested())
        throw refused_keys(report_.figures);
    note_first_contact();
}

bool InvalidateRun::is_lost() const {
    return several_ && std::all_of(targets_.begin(), targets_.end(),
                                   [](const RemovalTarget& target) { return target.error.has_value(); });
}

/// Of several stores one that fails is passed over from then on; before anything was changed only one that is
/// away.
void InvalidateRun::attempt(RemovalTarget& target, const std::function<void()>& act) {
    if (target.error) return;
    try {
        act();
    } catch (const Error& error) {
        if (!several_) throw;
        if (!begun_ && error.code() != ExitCode::unreachable) throw named_at(target, error);
        target.error = error;
    }
}

void InvalidateRun::open(RemovalTarget& target, std::size_t number) const {
    Context there{target.settings, context_.streams, {}, {}};
    there.announced = context_.announced;
    if (!options_.dry_run) there.require_named_store();
    target.store = open_store(there);
    if (!options_.file && (options_.dry_run || !options_.keeps_what_is_left)) return;
    target.identity = target.store->identity();
    if (options_.file) options_.file->check_store(number, target.url, target.identity);
}

/// Of several stores it is enough for some wishes that one can serve them.
RemovalNeeds InvalidateRun::needs() const {
    RemovalNeeds needs{terms_.soft.has_value(),     options_.verify,       options_.dry_run,
                       terms_.max_keys.has_value(), options_.fail_if_none, options_.vacuum};
    if (!several_) return needs;
    const auto some_can = [&](Capability capability) {
        return std::any_of(targets_.begin(), targets_.end(), [&](const RemovalTarget& target) {
            return target.store && target.store->of_kind().has(capability);
        });
    };
    if (some_can(Capability::count)) needs.only_counts = needs.has_limit = false;
    if (some_can(Capability::list)) needs.verifies = false;
    const auto is_file = [](const RemovalTarget& target) { return target.url.kind == net::UrlKind::sqlite; };
    if (std::any_of(targets_.begin(), targets_.end(), is_file)) needs.vacuums = false;
    return needs;
}

/// Before anything is changed anywhere.
void InvalidateRun::check_all() {
    for (std::size_t i = 0; i < targets_.size(); ++i)
        attempt(targets_[i], [&] {
            RemovalTarget& target = targets_[i];
            target.counts = check_removal_needs(*target.store, walking_.keys(), needs());
            store::RemovalTerms terms = terms_;
            if (options_.file) terms.places = options_.file->places(i);
            if (!target.counts && several_) terms.max_keys.reset();
            if (!target.store->has_server() && several_) terms.load = {};
            note_remarks(*target.store, !terms_.soft, context_, several_ ? target.url.redacted() + ": " : "");
            target.remover =
                std::make_unique<store::Remover>(*target.store, walking_.keys(), std::move(terms));
        });
    if (options_.max_keys) note_uncounted();
}

void InvalidateRun::note_uncounted() const {
    std::vector<const RemovalTarget*> uncounted;
    for (const RemovalTarget& target : targets_)
        if (!target.error && !target.counts) uncounted.push_back(&target);
    if (!uncounted.empty())
        context_.note(
            fmt::format("--max-keys is held against the other stores; how many keys go at {} is not "
                        "told beforehand",
                        names_of(uncounted)));
}

bool InvalidateRun::asks() const {
    return options_.may_ask && !options_.yes && !options_.dry_run && can_ask();
}

void InvalidateRun::count_all() {
    for (RemovalTarget& target : targets_) {
        if (!target.counts) continue;
        attempt(target, [&] {
            target.remover->count();
            if (core::Interrupt::requested()) return;
            if (options_.file) options_.file->check_count(target.remover->figures().matched);
            target.remover->check_limit();
        });
    }
}

/// Asks; notes a no.
bool InvalidateRun::confirmed(const std::string& what) {
    line_.clear();
    const std::string question = (terms_.soft ? "Shorten the time to live of " : "Remove ") + what;
    if (confirm_on_terminal(context_.streams, question)) return true;
    report_.outcome = core::Interrupt::requested() ? "interrupted" : "declined";
    if (report_.outcome == "declined") context_.note("declined: nothing was removed; --yes does not ask");
    return false;
}

/// Of several stores one that has left keys alone has failed.
void InvalidateRun::note_refused_keys() {
    if (!several_) return;
    for (RemovalTarget& target : targets_)
        if (!target.error && target.remover && target.remover->figures().refusal)
            target.error = refused_keys(target.remover->figures());
}

/// Guards, then the question; of what is removed then there is no more than the question named.
bool InvalidateRun::agree() {
    const bool by_file = options_.file && options_.file->counts();
    if (!asks() && !by_file && (!several_ || !options_.max_keys)) return true;
    count_all();
    if (core::Interrupt::requested()) return false;
    if (is_lost()) return false;
    if (!asks()) return true;
    std::uint64_t most = 0;
    bool counted = false;
    std::vector<const RemovalTarget*> there;
    for (RemovalTarget& target : targets_) {
        if (target.error) continue;
        there.push_back(&target);
        if (!target.counts) continue;
        counted = true;
        most = std::max(most, target.remover->figures().matched);
        target.agreed = std::max(target.remover->figures().matched, k_ask_beyond);
    }
    const std::string where = names_of(there);
    if (!counted)
        return confirmed(fmt::format("{} from {}? How many keys that is the service does not tell.",
                                     report_.selection, where));
    return most <= k_ask_beyond ||
           confirmed(fmt::format("{} keys ({}) in {}?", core::format_count(most), report_.selection, where));
}

/// Of the stores, and of those who are told last.
std::size_t InvalidateRun::tiers() const {
    const RemovalTarget& last = targets_.back();
    const bool told_apart = notification_ && !(last.is_api() && last.depth > 1);
    return last.depth + (told_apart ? 1 : 0);
}

/// The deepest first, so that none is filled again from one that is still stale. What a reader had got from
/// one tier may reach the next one later; so after each pause there is one tier less to do.
void InvalidateRun::remove_all() {
    for (RemovalTarget& target : targets_) {
        if (core::Interrupt::requested()) return;
        attempt(target, [&] { target.remover->remove(target.agreed); });
    }
    publish();
    for (std::size_t depth = 1; settle_ && depth <= tiers(); ++depth) {
        core::wait_ready(-1, 0, core::Deadline::in(*settle_));
        if (core::Interrupt::requested()) return;
        remove_again(depth);
        publish();
    }
    for (RemovalTarget& target : targets_) {
        if (core::Interrupt::requested()) return;
        const bool lists = target.store && target.store->of_kind().has(Capability::list);
        if (options_.verify && lists) attempt(target, [&] { target.remover->verify(); });
        const bool vacuums = !several_ || target.url.kind == net::UrlKind::sqlite;
        if (options_.vacuum && vacuums && target.remover && target.remover->figures().acted)
            attempt(target, [&] { target.store->give_back_space(); });
    }
}

void InvalidateRun::remove_again(std::size_t from_depth) {
    for (RemovalTarget& target : targets_) {
        if (target.depth < from_depth) continue;
        if (core::Interrupt::requested()) return;
        attempt(target, [&] {
            const std::uint64_t again = target.remover->remove_again();
            target.settled = target.settled.value_or(0) + again;
        });
    }
}

/// What failed everywhere is nothing to tell.
void InvalidateRun::publish() {
    if (!notification_ || unnotified_ || is_lost() || core::Interrupt::requested()) return;
    try {
        notification_->publish(walking_.keys(), run_id_);
    } catch (const Error& error) {
        unnotified_ = error;
    }
}

} // namespace roacache::commands
