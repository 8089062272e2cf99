#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/keys/key_list.hpp"
#include "commands/keys/walking.hpp"
#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <ostream>

namespace roacache::commands {
namespace {

struct KeysOptions {
    SelectorOptions selectors;
    std::string read_from;
    bool details = false;
    std::string sort;
    std::uint64_t limit = 0; ///< 0: none
    bool count = false;
    std::string max_pause = "1ms";
    LoadOptions load;
};

/// Why figures that were asked for are not known.
void note_unknown(const decltype(store::WalkRequest::fields)& fields, const KeyList& list,
                  const store::Store& store, const Context& context) {
    if (fields.bytes && list.bytes_unknown()) context.note(store.why_no_size() + ": it is n/a");
    if (fields.ttl && list.ttl_unknown())
        context.note("the server does not tell this user the time to live of every key (PTTL): it is n/a");
    if (const std::uint64_t keys = list.ttls_unreadable(); fields.ttl && keys > 0)
        context.note(fmt::format("{} an end that is no time that can be read: the time to live is n/a",
                                 keys == 1 ? "1 key has" : core::format_count(keys) + " keys have"));
}

/// `--sort` needs what it sorts by.
void ask_for_fields(const KeysOptions& options, store::WalkRequest& request) {
    request.fields = {.type = options.details,
                      .ttl = options.details || options.sort == "ttl",
                      .bytes = options.details || options.sort == "bytes"};
    request.act = request.fields.ttl || request.fields.bytes ? store::Act::describe : store::Act::list;
}

/// True when keys are missing in the list.
bool warn_left_out(const KeyList& list, const Context& context) {
    if (const std::uint64_t keys = list.left_out_nul(); keys > 0)
        context.warn(fmt::format("{} NUL, in which -0 ends each key, and {} left out; -o ndjson has {}",
                                 keys == 1 ? "1 key holds" : core::format_count(keys) + " keys hold",
                                 keys == 1 ? "was" : "were", keys == 1 ? "it" : "them"));
    if (list.left_out_empty() > 0)
        context.warn("1 key is empty, which no line shows, and was left out; -0 and -o ndjson have it");
    return list.left_out_nul() + list.left_out_empty() > 0;
}

/// Whether who waits sees keys come, and needs no progress beside them.
bool lists_as_it_goes(const KeysOptions& options, const Context& context) {
    return context.streams.out_is_terminal && !options.count && options.sort.empty();
}

core::ExitCode run_keys(const KeysOptions& options, Context& context) {
    const Format format = context.format(k_entry_formats);
    Walking walking(context, options.selectors);
    walking.read_named();
    context.selector = walking.description();
    store::WalkRequest request = walking.request();
    request.max_pause = parse_max_pause(options.max_pause);
    parse_load(options.load);
    ask_for_fields(options, request);
    const auto fields = request.fields;
    const auto store = open_store_to_read(context, options.read_from);
    request.load = load_for(options.load, walking, *store, request, context);
    KeyList list({.format = format,
                  .details = options.details,
                  .count_only = options.count,
                  .nul_separated = options.selectors.nul_separated,
                  .sort = options.sort,
                  .limit = options.limit,
                  .node_of = [&store](const std::string& key) { return store->node_of(key); }},
                 walking.policy(), document_head("keys", context), context.streams);
    output::ProgressLine line = context.progress_line();
    const bool draws = !lists_as_it_goes(options, context);
    auto walk = store->walk(std::move(request));
    store::Page page;
    bool found = walk->next(page); // a refusal leaves no half answer behind
    list.begin();
    try {
        for (; found; found = walk->next(page)) {
            for (std::size_t i = 0; i < page.keys.size(); ++i)
                list.add(std::move(page.keys[i]),
                         page.descriptions.empty() ? store::Description{} : page.descriptions[i]);
            if (list.full() || core::Interrupt::requested()) walk->stop();
            if (const auto progress = walk->progress(); progress && draws)
                line.show(*progress, fmt::format("{} keys", core::format_count(list.count())),
                          walk->parts_done());
            if (!context.streams.out.good()) return core::ExitCode::done; // the reader went away
        }
    } catch (const core::Error& error) {
        line.clear();
        list.end({{"outcome", outcome_of(error.code())}, {"error", error_json(error)}});
        throw;
    }
    line.clear();
    const bool interrupted = core::Interrupt::requested();
    context.streams.cut_short = interrupted;
    nlohmann::ordered_json tail{{"outcome", interrupted         ? "interrupted"
                                            : list.count() == 0 ? "nothing_found"
                                                                : "done"}};
    const bool resized = walk->resized();
    walk.reset();
    if (const auto contact = interrupted ? std::nullopt : walking.first_contact(*store, context))
        tail.update(contact->json());
    list.end(tail);
    note_unknown(fields, list, *store, context);
    note_remarks(*store, false, context);
    if (resized)
        context.note("the store's table changed its size during the walk: a key may be listed twice");
    const bool left_out = warn_left_out(list, context);
    if (interrupted) return core::ExitCode::interrupted;
    return left_out ? core::ExitCode::partial : core::ExitCode::done;
}

constexpr const char* k_keys_examples = R"(
Examples:
  roacache keys -t client-1
      Every key of a tenant, one a line, as they are found.
  roacache keys -r invoices_list -w company=123 -l
      With type, time to live, age and size; ! marks what lives longer than its policy grants.
  roacache keys --sort bytes --limit 20 -l
      The largest (a sorted list is held until the walk ends, up to 512 MiB of it; with --limit only so many are).
  roacache keys --match 'session:*' --count
      How many raw keys match.
  roacache keys -t old -0 | xargs -0 -n 100 redis-cli unlink
      Keys may hold line breaks; -0 ends each in NUL.)";

} // namespace

Action declare_keys(CLI::App& app) {
    const auto options = std::make_shared<KeysOptions>();
    declare_selectors(app, options->selectors);
    add_read_from_option(app, options->read_from);
    app.add_flag("-l,--long", options->details, "With type, time to live, age and size");
    app.add_option("--sort", options->sort, "By time to live (least first), size (largest first) or key")
        ->type_name("BY")
        ->check(CLI::IsMember({"ttl", "bytes", "key"}));
    app.add_option("--limit", options->limit, "At most so many keys")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62));
    app.add_flag("--count", options->count, "Only how many");
    add_max_pause_option(app, options->max_pause);
    add_load_options(app, options->load);
    app.footer(k_keys_examples);
    return [options](Context& context) { return run_keys(*options, context); };
}

} // namespace roacache::commands
