#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/keys/invalidation.hpp"
#include "commands/keys/removal_needs.hpp"
#include "commands/open_store.hpp"
#include "commands/plan/plan.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/store/groups.hpp"
#include "src/store/seen_keys.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <ostream>

namespace roacache::commands {
namespace {

using core::ExitCode;

constexpr const char* k_plan_examples = R"(
A plan is JSON: the selectors as typed (named keys too), the profile, which store it was, how many keys and bytes that
are by tenant and resource, when and by whom. Nothing is removed. roacache apply counts again and removes no more.

Examples:
  roacache plan -e company-changed=123 -O plan.json
      What a change of company 123 makes stale, for somebody else to look at and to apply.
  roacache plan -r invoices_list --all-tenants -o table
      How many keys and bytes, by tenant.)";

struct PlanOptions {
    SelectorOptions selectors;
    std::string file;
    std::string max_pause = "1ms";
    LoadOptions load;
};

/// A walk's keys, summed up.
class Counted {
  public:
    void add(store::Store& store, const store::FoundKey& key, const store::Description& description) {
        groups_.add(key.parts(), description);
        const std::string node = store.node_of(key.bytes());
        if (!node.empty()) nodes_[node].add(description);
    }

    void fill(Plan& plan) const {
        plan.keys = groups_.total().keys();
        plan.bytes = groups_.total().bytes();
        for (const store::Group* group : groups_.largest_first())
            plan.groups.push_back(
                {group->tenant, group->resource, false, group->figures.keys(), group->figures.bytes()});
        if (const store::GroupFigures* rest = groups_.rest())
            plan.groups.push_back({{}, {}, true, rest->keys(), rest->bytes()});
        for (const auto& [node, figures] : nodes_)
            plan.nodes.push_back({node, figures.keys(), figures.bytes()});
    }

  private:
    store::Groups groups_{true, true, 10'000};
    std::map<std::string, store::GroupFigures> nodes_;
};

/// Counts what would go, a key once that the server gives again. What cannot be described is counted without
/// its size.
void count(Walking& walking, store::Store& store, const PlanOptions& options, Plan& plan, Context& context) {
    Counted counted;
    store::WalkRequest request = walking.request();
    request.max_pause = parse_max_pause(options.max_pause);
    request.lists_forbidden = true;
    if (store.of_kind().has(store::Capability::describe)) {
        request.act = store::Act::describe;
        request.fields.bytes = true;
    }
    request.load = load_for(options.load, walking, store, request, context);
    output::ProgressLine line = context.progress_line();
    std::uint64_t found = 0, names = 0;
    std::optional<std::string> name; // several entries of one come together
    store::SeenKeys seen;
    {
        const auto walk = store.walk(std::move(request));
        for (store::Page page; walk->next(page);) {
            if (core::Interrupt::requested()) walk->stop();
            for (std::size_t i = 0; i < page.keys.size(); ++i) {
                const auto description =
                    i < page.descriptions.size() ? page.descriptions[i] : store::Description();
                if (description.gone || !seen.is_new(page.keys[i].identity())) continue;
                counted.add(store, page.keys[i], description);
                ++found;
                if (name != page.keys[i].bytes()) ++names;
                name = page.keys[i].bytes();
            }
            if (const auto done = walk->progress())
                line.show(*done, fmt::format("found {}", core::format_count(found)), walk->parts_done());
        }
        plan.exact = seen.remembers_all() || !walk->resized();
    }
    line.clear();
    counted.fill(plan);
    note_remarks(store, true, context);
    if (const store::NamedKeys* const named = walking.keys().named())
        plan.absent = named->size() - std::min(names, named->size());
    if (!plan.exact)
        context.note("the store's table changed its size during the walk: a key may be counted twice");
}

std::string size_text(const std::optional<std::uint64_t>& bytes) {
    return bytes ? core::format_size(*bytes) : "n/a";
}

void print_summary(const Plan& plan, const std::string& file, const Context& context) {
    std::ostream& out = context.streams.out;
    if (!context.streams.out_is_terminal && context.settings.output.value.empty()) {
        out << "keys\t" << plan.keys << "\nbytes\t" << (plan.bytes ? std::to_string(*plan.bytes) : "n/a")
            << "\nfile\t" << (file.empty() ? "n/a" : output::printable(file)) << "\n";
        return;
    }
    out << fmt::format("{}: {} {} ({}) in {}\n",
                       output::style(output::printable(plan.record.selector), output::Style::bold,
                                     context.streams.out_colour),
                       core::format_count(plan.keys), plan.keys == 1 ? "key" : "keys", size_text(plan.bytes),
                       output::printable(plan.record.stores.front().url));
    output::Table table(
        {{"tenant"}, {"resource"}, {"keys", output::Align::right}, {"size", output::Align::right}});
    constexpr std::size_t k_rows = 40;
    for (std::size_t i = 0; i < std::min(plan.groups.size(), k_rows); ++i) {
        const PlannedGroup& group = plan.groups[i];
        const std::string none = group.others ? "(others)" : "";
        table.add({group.tenant ? output::printable(*group.tenant) : none,
                   group.resource ? output::printable(*group.resource) : none, core::format_count(group.keys),
                   size_text(group.bytes)});
    }
    if (!plan.groups.empty()) out << table.text();
    if (plan.groups.size() > k_rows)
        out << fmt::format("and {} more groups; -o json has them all\n",
                           core::format_count(plan.groups.size() - k_rows));
    if (!file.empty()) out << "to remove them: roacache apply " << core::shell_quoted(file) << "\n";
}

ExitCode run_plan(const PlanOptions& options, Context& context) {
    const bool to_file = !options.file.empty() && options.file != "-";
    const Format format = context.format(k_document_formats, to_file ? Format::table : Format::json);
    const net::Url url = context.url();
    InvalidateOptions removal; // with the same selectors
    removal.selectors = options.selectors;
    removal.dry_run = true;
    removal.max_pause = options.max_pause;
    removal.load = options.load;
    check_invalidation(removal, context);
    if (to_file) core::check_writable(options.file);
    Walking walking(context, options.selectors, store::Reach::default_tenant);
    walking.read_named(store::NamedKeys::Repeated::dropped);
    if (core::Interrupt::requested()) return ExitCode::interrupted;
    const auto store = open_store(context);
    RemovalNeeds needs;
    needs.only_counts = true;
    check_removal_needs(*store, walking.keys(), needs);
    Plan plan;
    plan.record = RemovalRecord::of(options.selectors, walking, context);
    plan.record.add(url, store->identity());
    count(walking, *store, options, plan, context);
    if (core::Interrupt::requested()) return ExitCode::interrupted;
    const bool summary = format == Format::table || (format == Format::plain && to_file);
    const std::string text = sealed_text(plan.json(), format == Format::ndjson ? -1 : 2);
    if (to_file) core::write_file_atomically(options.file, text);
    if (summary)
        print_summary(plan, to_file ? options.file : "", context);
    else
        context.streams.out << text;
    if (const auto& unknown = plan.record.stores.front().identity.unknown; !unknown.empty())
        context.warn(
            fmt::format("{}: {}; only apply --unproven will take this plan", url.redacted(), unknown));
    if (plan.absent > 0)
        context.warn(fmt::format("{} of {} named keys are not there", core::format_count(plan.absent),
                                 core::format_count(walking.keys().named()->size())));
    if (plan.keys == 0) context.note("no key matches");
    return ExitCode::done;
}

} // namespace

Action declare_plan(CLI::App& app) {
    const auto options = std::make_shared<PlanOptions>();
    declare_selectors(app, options->selectors);
    app.add_option("-O,--out", options->file, "Write the plan to this file, and a summary to standard output")
        ->type_name("FILE");
    add_max_pause_option(app, options->max_pause);
    add_load_options(app, options->load);
    app.footer(k_plan_examples);
    return [options](Context& context) { return run_plan(*options, context); };
}

} // namespace roacache::commands
