#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/program.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/store/api/switch_lock.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;
using Scope = store::ManagementSwitch::Scope;

struct ToggleOptions {
    std::string which, state;
    std::string lasts; ///< a duration; empty: until the command ends or, without one, for good
    std::vector<std::string> command;
    std::string instances;
};

const char* on_or_off(bool on) {
    return on ? "on" : "off";
}

/// One service's switch.
struct ToggledInstance {
    net::Url url;
    config::Settings settings;                  ///< with this address
    store::api::LockedToggle* toggle = nullptr; ///< what it guards
    std::optional<bool> before;                 ///< absent: it was not reached
    std::optional<bool> after;                  ///< what it was switched to; absent: it is not known
    std::optional<bool> restored;               ///< absent: there was nothing to be put back
    std::optional<Error> error;                 ///< what came in the way
    std::optional<store::SwitchGuard> guard;    ///< goes first, since it reports to the error
};

/// One run: the switches are changed and, where that is only for a time, put back on every path.
class Toggling {
  public:
    Toggling(const ToggleOptions& options, Context& context)
        : options_(options), context_(context), on_(options.state == "on"),
          format_(context.format(k_document_formats)) {
        for (const Scope each : {Scope::user, Scope::global, Scope::auto_invalidate})
            if (options.which == store::name_of(each)) scope_ = each;
        if (!options.lasts.empty()) lasts_ = core::parse_duration(options.lasts, "--for");
    }

    ExitCode run();

  private:
    bool for_a_time() const { return lasts_ || !options_.command.empty(); }
    bool failed() const;
    void find_instances();
    void open(ToggledInstance& instance);
    void change(ToggledInstance& instance) const;
    void check_workers(ToggledInstance& instance);
    void act();
    void put_back();
    void put_back(ToggledInstance& instance) const;
    ExitCode report();
    ordered_json document(ExitCode code) const;
    std::string text() const;
    std::string lines() const;
    using State = std::optional<bool> ToggledInstance::*;
    std::optional<bool> of_all(State state) const;
    std::string state_text(State state) const;
    std::optional<bool> restored() const;

    const ToggleOptions& options_;
    Context& context_;
    const bool on_;
    const Format format_;
    Scope scope_ = Scope::user;
    std::optional<core::Nanoseconds> lasts_;
    std::vector<std::unique_ptr<ToggledInstance>> instances_;
    std::optional<int> status_; ///< of the command
};

bool Toggling::failed() const {
    return std::any_of(instances_.begin(), instances_.end(),
                       [](const auto& each) { return each->error.has_value(); });
}

void Toggling::find_instances() {
    const auto add = [this](net::Url url, config::Settings settings) {
        auto& made = instances_.emplace_back(std::make_unique<ToggledInstance>());
        made->url = store::api::checked_base(std::move(url));
        made->settings = std::move(settings);
    };
    for (const net::Url& url : parse_instances(options_.instances))
        add(url, settings_for(url, context_.settings));
    if (!instances_.empty()) return;
    const net::Url url = context_.url();
    if (url.kind != net::UrlKind::http)
        throw Error(
            ExitCode::refused,
            fmt::format("cannot toggle: {}: only a service's management API has switches", url.redacted()),
            "Give its base: -u http://HOST/api/cache.");
    context_.require_named_store();
    add(url, context_.settings);
}

/// Every switch is changed or, where that is for a time, as many as there is no failure at.
ExitCode Toggling::run() {
    find_instances();
    for (const auto& instance : instances_) {
        if (core::Interrupt::requested() || (failed() && for_a_time())) break;
        try {
            open(*instance);
            change(*instance);
            check_workers(*instance);
            if (!for_a_time()) instance->toggle->settle();
        } catch (const Error& error) {
            if (instances_.size() == 1) {
                put_back();
                if (instance->error) context_.warn(instance->error->what());
                throw;
            }
            instance->error = error;
        }
    }
    if (for_a_time() && !failed()) {
        try {
            act();
        } catch (const Error&) {
            put_back();
            throw;
        }
    }
    put_back();
    return report();
}

void Toggling::open(ToggledInstance& instance) {
    Context there{instance.settings, context_.streams, {}, {}};
    there.announced = context_.announced;
    const auto store = open_store(there);
    store::require(*store, store::Capability::switches, "cannot toggle the cache");
    const store::ConnectOptions how = connect_options(there, instance.url, instance.settings.url);
    auto toggle = std::make_unique<store::api::LockedToggle>(
        store::Toggle::Options{{instance.url, scope_, how.token.value_or("")}, how.tls, how.timeout, false});
    if (const auto& left = toggle->left_behind())
        context_.note(
            fmt::format("an earlier run (process {}) was ended before it could put the switch back {}",
                        left->pid, on_or_off(toggle->was_on())));
    if (toggle->toggle().is_overruled())
        context_.warn("the cache is off for everybody, so that a user's switch does nothing");
    instance.toggle = toggle.get();
    instance.before = toggle->was_on();
    instance.guard.emplace(std::move(toggle), [this, &instance](const std::string& state,
                                                                const std::string& why) {
        const std::string name = store::name_of(scope_);
        instance.error =
            Error(ExitCode::partial,
                  fmt::format("partly done: the {} switch could not be put back {}: {}", name, state, why),
                  fmt::format("Put it back: roacache toggle {} {} -u {}", name, state,
                              core::shell_quoted(instance.url.redacted())));
    });
}

/// What the switch is then the service says; that it was asked for proves nothing.
void Toggling::change(ToggledInstance& instance) const {
    try {
        instance.toggle->set(on_);
    } catch (const Error&) {
        instance.after = instance.toggle->toggle().now();
        throw;
    }
    instance.after = on_;
}

/// A switch is of the worker that the request reached.
void Toggling::check_workers(ToggledInstance& instance) {
    constexpr int k_looks = 3;
    for (int i = 0; i < k_looks; ++i) {
        if (instance.toggle->toggle().is_confirmed()) continue;
        instance.after.reset();
        context_.warn(
            fmt::format("{}: another worker of the service answers that the {} switch is still {}: only "
                        "some are switched; --instances URL,URL names all",
                        instance.url.redacted(), store::name_of(scope_), on_or_off(!on_)));
        return;
    }
}

/// Waits, or runs the command; the switches go back at the end of the time even while the command goes on.
void Toggling::act() {
    const core::Deadline deadline = lasts_ ? core::Deadline::in(*lasts_) : core::Deadline::never();
    if (options_.command.empty()) {
        if (context_.streams.err_is_terminal)
            context_.note(fmt::format("{} for {}; Ctrl-C puts it back", on_or_off(on_),
                                      core::format_duration(*lasts_)));
        while (!core::Interrupt::requested() && !deadline.passed())
            core::wait_ready(-1, 0, deadline);
        return;
    }
    context_.streams.out.flush();
    context_.streams.err.flush();
    core::Program program(options_.command);
    if (!program.wait(deadline) && !core::Interrupt::requested()) {
        put_back();
        program.wait();
    }
    status_ = program.end();
}

/// What is for good is left alone.
void Toggling::put_back() {
    std::for_each(instances_.rbegin(), instances_.rend(), [this](const auto& each) { put_back(*each); });
}

void Toggling::put_back(ToggledInstance& instance) const {
    if (!instance.guard) return;
    const bool had_failed = instance.error.has_value();
    instance.guard->restore();
    instance.guard.reset();
    if (for_a_time()) instance.restored = had_failed || !instance.error;
}

/// Absent where they differ, and where one is not known.
std::optional<bool> Toggling::of_all(State state) const {
    const std::optional<bool>& first = *instances_.front().*state;
    const bool alike = std::all_of(instances_.begin(), instances_.end(),
                                   [&](const auto& each) { return (*each).*state == first; });
    return alike ? first : std::nullopt;
}

std::string Toggling::state_text(State state) const {
    if (const auto common = of_all(state)) return on_or_off(*common);
    const bool all_known = std::all_of(instances_.begin(), instances_.end(),
                                       [&](const auto& each) { return ((*each).*state).has_value(); });
    return all_known ? "not the same at all instances" : "not known";
}

std::optional<bool> Toggling::restored() const {
    std::optional<bool> all;
    for (const auto& each : instances_)
        if (each->restored) all = all.value_or(true) && *each->restored;
    return all;
}

ordered_json Toggling::document(ExitCode code) const {
    ordered_json json = document_head("toggle", context_);
    json["outcome"] = outcome_of(code);
    json["switch"] = store::name_of(scope_);
    json["before"] = json_of(of_all(&ToggledInstance::before));
    json["after"] = json_of(of_all(&ToggledInstance::after));
    json["restored"] = json_of(restored());
    if (status_) json["command_exit_code"] = *status_;
    if (options_.instances.empty()) return json;
    json["store"] = nullptr;
    ordered_json& targets = json["targets"] = ordered_json::array();
    for (const auto& each : instances_)
        targets.push_back({{"store", each->url.redacted()},
                           {"outcome", each->error    ? outcome_of(each->error->code())
                                       : each->before ? "done"
                                                      : "not_tried"},
                           {"before", json_of(each->before)},
                           {"after", json_of(each->after)},
                           {"restored", json_of(each->restored)},
                           {"error", each->error ? error_json(*each->error) : ordered_json(nullptr)}});
    return json;
}

std::string Toggling::text() const {
    std::string sentence =
        fmt::format("{} switch: {}, it was {}", store::name_of(scope_), state_text(&ToggledInstance::after),
                    state_text(&ToggledInstance::before));
    if (const auto back = restored()) sentence += *back ? "; put back" : "; not put back";
    return sentence;
}

std::string Toggling::lines() const {
    const auto was = of_all(&ToggledInstance::before), is = of_all(&ToggledInstance::after),
               back = restored();
    return fmt::format("switch\t{}\nbefore\t{}\nafter\t{}\nrestored\t{}\n", store::name_of(scope_),
                       was ? on_or_off(*was) : "n/a", is ? on_or_off(*is) : "n/a",
                       back ? *back ? "true" : "false" : "n/a");
}

/// A command has standard output for itself, but where a document was asked for.
ExitCode Toggling::report() {
    const Error* first = nullptr;
    std::size_t failures = 0;
    for (const auto& each : instances_) {
        if (!each->error) continue;
        if (first == nullptr) first = &*each->error;
        ++failures;
    }
    ExitCode code = ExitCode::done;
    if (first != nullptr) code = failures < instances_.size() ? ExitCode::partial : first->code();
    if (core::Interrupt::requested()) code = ExitCode::interrupted;
    if (is_json(format_))
        context_.streams.out << output::json_text(document(code), format_ == Format::json ? 2 : -1) << "\n";
    else if (!options_.command.empty())
        context_.note(text());
    else
        context_.streams.out << (format_ == Format::plain ? lines() : text() + "\n");
    context_.streams.out.flush();
    if (first != nullptr && instances_.size() == 1) throw Error(*first);
    for (const auto& each : instances_)
        if (each->error) context_.warn(fmt::format("{}: {}", each->url.redacted(), each->error->what()));
    if (first != nullptr)
        throw Error(code,
                    fmt::format("partly done: {} of {} instances have failed", failures, instances_.size()),
                    first->remedy());
    return code == ExitCode::done && status_ ? static_cast<ExitCode>(*status_) : code;
}

constexpr const char* k_toggle_examples = R"(
With --for or a command the switch is put back as it was: after that time, when the command has ended, on Ctrl-C and
SIGTERM, and when something fails. With both it is whichever comes first. The service has --timeout for it, after a
signal too; a second signal ends roacache at once. A second roacache that would work the same switch meanwhile is
refused (4). Where a run was killed (SIGKILL) before it could put the switch back, ping and stats of that URL say so.
With a command its exit code is passed on.

Examples:
  roacache toggle user off -u https://portal.internal/api/cache --token-file token
      The cache is off for the token's user, until it is switched on again.
  roacache toggle global off --for 5m -u https://portal.internal/api/cache --token-file token
      Off for everybody, for five minutes.
  roacache toggle user off -u https://portal.internal/api/cache --token-file token -- ./measure.sh
      Off for as long as the command runs.
  roacache toggle global off --for 1m --instances http://w1:8001/api/cache,http://w2:8001/api/cache --token-file token
      At every worker of a service, each of which has switches of its own.)";

} // namespace

Action declare_toggle(CLI::App& app) {
    const auto options = std::make_shared<ToggleOptions>();
    app.add_option("SWITCH", options->which, "user, global or auto-invalidate")
        ->type_name("")
        ->required()
        ->check(CLI::IsMember({"user", "global", "auto-invalidate"}));
    app.add_option("STATE", options->state, "on or off")
        ->type_name("")
        ->required()
        ->check(CLI::IsMember({"on", "off"}));
    app.add_option("COMMAND", options->command, "Behind --: the switch is put back when it has ended")
        ->type_name("");
    app.add_option("--for", options->lasts, "Put the switch back after this time")->type_name("DUR");
    add_instances_option(app, options->instances);
    app.footer(k_toggle_examples);
    return [options](Context& context) { return Toggling(*options, context).run(); };
}

} // namespace roacache::commands
