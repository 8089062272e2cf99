#include "commands/declarations.hpp"
#include "commands/keys/resume.hpp"
#include "commands/plan/planned_removal.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr const char* k_apply_examples = R"(
Counts again and removes what the plan's selectors name, or refuses (exit 4) and removes nothing: another store, which a
server that was started anew is too; another profile; a plan that is too old, from the future, or was applied; more keys
than were planned and --tolerance allows. Fewer are told. No more than were planned and allowed are ever removed.

The address is the plan's, its password that of the settings, or -u names it again. --require-reason wants a --reason,
and another login name than that of whoever planned, as the two systems tell them: of the login where the kernel keeps
it (sudo does not change it), else of the process's user. Nothing more is proven.

Examples:
  roacache plan -e company-changed=123 -O plan.json && roacache apply plan.json
      What was planned, at most an hour ago.
  roacache apply plan.json --require-reason --reason 'ticket 4711' --audit-log /var/log/roacache.jsonl
      By a second person; both are in the audit log.
  roacache apply plan.json --max-age 1d --tolerance 0 --dry-run
      Whether not one key has come since yesterday.)";

struct ApplyOptions {
    InvalidateOptions removal;
    std::string plan, tolerance, max_age = "1h";
    PlanTerms terms;
};

std::optional<double> percent_of(const std::string& given) {
    if (given.empty()) return std::nullopt;
    std::string text = given;
    if (text.back() == '%') text.pop_back();
    const auto percent = core::read_number(text);
    if (percent && *percent >= 0 && *percent <= 10'000) return percent;
    throw Error(ExitCode::usage,
                fmt::format("--tolerance: '{}': a percentage from 0 to 10000 is needed, such as 5%", given));
}

ExitCode apply(const ApplyOptions& options, Context& context) {
    PlanTerms terms = options.terms;
    terms.max_age = core::parse_duration(options.max_age, "--max-age");
    terms.tolerance_percent = percent_of(options.tolerance);
    if (terms.second_person && options.removal.reason.find_first_not_of(" \t\n") == std::string::npos)
        throw Error(ExitCode::usage, "usage: --require-reason wants to know why", "Say it: --reason TEXT.");
    InvalidateOptions removal = options.removal;
    const auto plan = std::make_shared<PlannedRemoval>(options.plan, terms, context);
    removal.file = plan;
    return invalidate_by(plan->record(), options.plan, std::move(removal), context);
}

} // namespace

Action declare_apply(CLI::App& app) {
    const auto options = std::make_shared<ApplyOptions>();
    app.add_option("plan", options->plan, "The plan, as roacache plan wrote it")
        ->required()
        ->type_name("FILE");
    app.add_option("--max-age", options->max_age, "Refuse an older plan")
        ->type_name("DUR")
        ->capture_default_str();
    app.add_option(
           "--tolerance", options->tolerance,
           "Refuse more keys than planned and this part of them (default 5%, or 100 keys where that is "
           "more)")
        ->type_name("PCT");
    app.add_flag("--require-reason", options->terms.second_person,
                 "Refuse whoever made the plan, and a run without --reason");
    app.add_flag("--again", options->terms.again, "Also a plan that was applied already");
    app.add_flag("--unproven", options->terms.unproven,
                 "Also where the server does not tell which one it is, by the plan's address");
    add_planned_removal_options(app, options->removal);
    add_single_run_options(app, options->removal);
    app.footer(k_apply_examples);
    return [options](Context& context) { return apply(*options, context); };
}

} // namespace roacache::commands
