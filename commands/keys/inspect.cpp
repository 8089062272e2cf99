#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/keys/inspection.hpp"
#include "commands/keys/walking.hpp"
#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <ostream>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct InspectOptions {
    SelectorOptions selectors;
    std::string read_from;
    std::vector<std::string> keys;
    bool raw = false;
    std::string max_bytes;
};

constexpr std::size_t k_shown_bytes = std::size_t{1} << 20;
constexpr std::size_t k_most_shown_bytes = std::size_t{16} << 20;
constexpr std::size_t k_raw_step = std::size_t{1} << 20;

bool has_elements(const store::Value& value) {
    constexpr std::array<std::string_view, 5> k_types{"list", "set", "hash", "zset", "stream"};
    return std::any_of(k_types.begin(), k_types.end(),
                       [&](std::string_view type) { return value.description.type == type; });
}

ExitCode cut_short(const Context& context) {
    context.streams.cut_short = true;
    return ExitCode::interrupted;
}

/// The entries of keys that are named, and of those the ones that -w means.
class NamedEntries {
  public:
    /// Takes what -w says out of the options, which then name keys alone.
    NamedEntries(const Context& context, SelectorOptions& options) {
        if (!options.names_keys() || options.where.empty()) return;
        SelectorOptions narrowing;
        narrowing.where = std::exchange(options.where, {});
        narrowing.glob = std::exchange(options.glob, false);
        narrowing_ = std::make_unique<Walking>(context, narrowing);
    }

    std::vector<store::FoundKey> of(const std::string& key, store::Store& store,
                                    const Walking& walking) const {
        std::vector<store::FoundKey> entries = store.entries_of(key);
        for (store::FoundKey& entry : entries)
            walking.keys().decode(entry);
        if (narrowing_)
            std::erase_if(entries, [&](store::FoundKey& entry) { return !narrowing_->keys().take(entry); });
        return entries;
    }

    /// Of a key that has none.
    std::optional<std::chrono::milliseconds> expired_for(const std::string& key, store::Store& store) const {
        return narrowing_ ? std::nullopt : store.expired_for(key);
    }

  private:
    std::unique_ptr<Walking> narrowing_; ///< null: all are meant
};

std::string no_such_key(const std::string& key, const std::optional<std::chrono::milliseconds>& expired_for) {
    const std::string text = "no such key: " + output::printable(key);
    return expired_for ? fmt::format("{}: {}", text, expired_text(*expired_for)) : text;
}

/// Looks at keys one by one and prints them as they come.
class Inspector {
  public:
    Inspector(Context& context, const Walking& walking, store::Store& store, Format format,
              std::size_t max_bytes)
        : context_(context), walking_(walking), store_(store), format_(format), max_bytes_(max_bytes) {}

    /// False when no more are wanted.
    bool look(const store::FoundKey& found) { return show(found, store_.inspect(found, max_bytes_), {}); }

    /// Each of the key's entries.
    bool look_named(const std::string& key, const NamedEntries& named) {
        const std::vector<store::FoundKey> entries = named.of(key, store_, walking_);
        if (entries.empty() && core::Interrupt::requested()) return false;
        if (entries.empty())
            return show(walking_.keys().decoded(key), std::nullopt, named.expired_for(key, store_));
        return std::all_of(entries.begin(), entries.end(),
                           [&](const store::FoundKey& entry) { return look(entry); });
    }

    ExitCode end() {
        if (looked_at_ == 0) begin();
        const ExitCode code = core::Interrupt::requested()   ? cut_short(context_)
                              : all_exist_ && looked_at_ > 0 ? ExitCode::done
                                                             : ExitCode::negative;
        close({{"outcome", exist_ > 0 && code == ExitCode::negative ? "partial" : outcome_of(code)}});
        if (counted_as_use_) {
            context_.streams.out.flush();
            context_.standing_note(
                "the server has no CLIENT NO-TOUCH, so looking at values counted as use: their idle "
                "time begins anew; --max-bytes 0 leaves them alone");
        }
        return code;
    }

    /// The end of an answer that was begun.
    void fail(const Error& error) {
        if (looked_at_ == 0) return;
        const nlohmann::ordered_json tail{{"outcome", outcome_of(error.code())},
                                          {"error", error_json(error)}};
        close(tail);
        if (format_ != Format::ndjson) return;
        nlohmann::ordered_json line = document_head("inspect", context_);
        line.update(tail);
        context_.streams.out << output::json_text(line) << "\n";
    }

  private:
    bool show(const store::FoundKey& found, std::optional<store::Value> value,
              std::optional<std::chrono::milliseconds> expired_for) {
        Inspection inspection{.key = found.bytes(),
                              .parts = found.parts(),
                              .policy_ttl = {},
                              .value = std::move(value),
                              .expired_for = expired_for,
                              .content = {}};
        if (found.is_recognised())
            inspection.policy_ttl = walking_.policy().of(std::string(inspection.parts.resource));
        if (!inspection.value) {
            all_exist_ = false;
            if (format_ != Format::table) context_.warn(no_such_key(found.bytes(), expired_for));
        } else if (max_bytes_ > 0 && inspection.value->is_string && inspection.value->not_here.empty()) {
            const std::string& head = inspection.value->head;
            const bool whole = inspection.value->size.value_or(head.size()) <= head.size();
            inspection.content = output::decode_value(head, whole, std::max(max_bytes_, k_shown_bytes));
        } else {
            inspection.shows_elements = max_bytes_ > 0 && has_elements(*inspection.value);
        }
        if (inspection.value) counted_as_use_ |= inspection.value->counted_as_use;
        print(inspection);
        exist_ += inspection.value ? 1 : 0;
        ++looked_at_;
        return context_.streams.out.good() && !core::Interrupt::requested();
    }

    void close(const nlohmann::ordered_json& tail) {
        if (format_ == Format::json)
            context_.streams.out << (looked_at_ > 0 ? "\n" : "") << close_document(tail);
    }

    void begin() {
        std::ostream& out = context_.streams.out;
        if (format_ == Format::json) out << open_document(document_head("inspect", context_), "entries");
        if (format_ == Format::csv) out << k_inspection_columns << "\n";
    }

    void print(const Inspection& inspection) {
        if (looked_at_ == 0) begin();
        std::ostream& out = context_.streams.out;
        if (format_ == Format::json)
            out << (looked_at_ > 0 ? ",\n" : "\n") << inspection_json(inspection);
        else if (format_ == Format::ndjson)
            out << inspection_json(inspection) << "\n";
        else if (format_ == Format::csv)
            out << inspection_csv(inspection);
        else
            out << (looked_at_ > 0 ? "\n" : "")
                << inspection_text(inspection, format_, context_.streams.out_colour);
        out.flush();
    }

    Context& context_;
    const Walking& walking_;
    store::Store& store_;
    Format format_;
    std::size_t max_bytes_;
    std::uint64_t looked_at_ = 0;
    std::uint64_t exist_ = 0;
    bool all_exist_ = true;
    bool counted_as_use_ = false;
};

/// How to say which of several entries of a key is meant: by what tells the first two apart.
std::string way_to_one(const std::vector<store::FoundKey>& entries) {
    for (const auto& [name, value] : entries[0].parts().where)
        for (const auto& [other_name, other] : entries[1].parts().where)
            if (name == other_name && value != other)
                return fmt::format("Say which, as -w {}={}.", output::printable(name),
                                   output::printable(value));
    return "Without --raw each of them is shown.";
}

/// Throws core::Error where it is not one string that is there.
store::FoundKey entry_to_print(const std::string& key, store::Store& store, const Walking& walking,
                               const NamedEntries& named) {
    std::vector<store::FoundKey> entries = named.of(key, store, walking);
    const auto value = entries.empty() ? std::nullopt : store.inspect(entries.front(), 0);
    if (!value) throw Error(ExitCode::negative, no_such_key(key, named.expired_for(key, store)));
    if (entries.size() > 1)
        throw Error(ExitCode::refused,
                    fmt::format("cannot print raw: {}: {} entries share this key", output::printable(key),
                                core::format_count(entries.size())),
                    way_to_one(entries));
    if (!value->not_here.empty())
        throw Error(ExitCode::refused,
                    fmt::format("cannot print raw: {}: {}", output::printable(key), value->not_here));
    if (!value->is_string)
        throw Error(ExitCode::usage,
                    fmt::format("cannot print raw: {}: it is no string but a {}", output::printable(key),
                                value->description.type ? output::printable(*value->description.type)
                                                        : "value of no known type"));
    return std::move(entries.front());
}

/// The value's bytes, a piece at a time, so that a large one is never held whole.
ExitCode print_raw(const InspectOptions& options, Context& context, const Walking& walking,
                   const NamedEntries& named) {
    const auto store = open_store_to_read(context, options.read_from);
    const store::FoundKey entry = entry_to_print(options.selectors.keys.front(), *store, walking, named);
    std::uint64_t left =
        options.max_bytes.empty() ? ~std::uint64_t{0} : core::parse_size(options.max_bytes, "--max-bytes");
    for (std::uint64_t offset = 0; left > 0 && context.streams.out.good();) {
        if (core::Interrupt::requested()) return cut_short(context);
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left, k_raw_step));
        const std::string piece = store->read(entry, offset, step);
        context.streams.out << piece;
        offset += piece.size();
        left -= piece.size();
        if (piece.size() < step) break;
    }
    return ExitCode::done;
}

std::size_t shown_bytes(const InspectOptions& options) {
    if (options.max_bytes.empty()) return k_shown_bytes;
    const std::uint64_t size = core::parse_size(options.max_bytes, "--max-bytes");
    if (size > k_most_shown_bytes)
        throw Error(ExitCode::usage,
                    fmt::format("--max-bytes: '{}': at most 16MiB are shown", options.max_bytes),
                    "--raw writes values of any size.");
    return static_cast<std::size_t>(size);
}

/// Walks on a connection of its own, since a store that is walked answers nothing else.
void inspect_selected(Context& context, const std::string& read_from, Walking& walking,
                      Inspector& inspector) {
    const auto walked = open_store_to_read(context, read_from);
    auto walk = walked->walk(walking.request());
    for (store::Page page; walk->next(page);)
        for (const store::FoundKey& key : page.keys)
            if (!inspector.look(key)) return;
    walk.reset();
    walking.first_contact(*walked, context);
}

void inspect_named(const store::MeantKeys& keys, const NamedEntries& named, Inspector& inspector) {
    std::vector<std::string> batch;
    for (bool more = true; more && keys.named()->next(batch); batch.clear())
        for (std::size_t i = 0; more && i < batch.size(); ++i)
            more = inspector.look_named(batch[i], named);
}

ExitCode run_inspect(const InspectOptions& given, Context& context) {
    InspectOptions options = given;
    options.selectors.keys.insert(options.selectors.keys.begin(), options.keys.begin(), options.keys.end());
    const Format format = context.format(k_entry_formats);
    const bool named = options.selectors.names_keys();
    const NamedEntries entries(context, options.selectors);
    if (!named && parse_selectors(options.selectors).empty())
        throw Error(ExitCode::usage, "usage: no key given",
                    "Name keys, or selectors; see roacache inspect --help.");
    const bool one_key = options.selectors.keys.size() == 1 && options.selectors.keys_from.empty();
    if (options.raw && !one_key)
        throw Error(ExitCode::usage, "usage: --raw writes the value of one key, which has to be named");
    const std::size_t max_bytes = options.raw ? 0 : shown_bytes(options);
    Walking walking(context, options.selectors);
    if (options.raw) return print_raw(options, context, walking, entries);
    walking.read_named();
    context.selector = walking.description();
    const auto store = open_store_to_read(context, options.read_from);
    Inspector inspector(context, walking, *store, format, max_bytes);
    try {
        if (named)
            inspect_named(walking.keys(), entries, inspector);
        else
            inspect_selected(context, options.read_from, walking, inspector);
    } catch (const Error& error) {
        inspector.fail(error);
        throw;
    }
    const ExitCode code = inspector.end();
    note_remarks(*store, false, context);
    return code;
}

constexpr const char* k_inspect_examples = R"(
Examples:
  roacache inspect cache:client-1:treasury_data:0a1b2c3d4e5f
      The key taken apart, and its value: JSON is laid out, compressed values are unpacked.
  roacache inspect -r invoices_list -w company=123 -o ndjson
      Every such entry, a line of JSON each.
  roacache inspect --max-bytes 0 -r invoices_list
      Type, TTL, size and idle time, without looking at the values.
  roacache inspect --raw cache:client-1:report:77 > report.json.gz
      The bytes as they are.
  roacache inspect -p roa2web-hybrid -u sqlite:cache.db dashboard:1 -w user=ana
      Of the entries of several users that an SQLite file has under one key, this user's.
  printf 'cache:client-1:report:\\x00\\xff\n' | roacache inspect --keys-from -
      A key with bytes that no argument can hold, as keys prints it; KEY and -k are taken literally.)";

} // namespace

Action declare_inspect(CLI::App& app) {
    const auto options = std::make_shared<InspectOptions>();
    app.add_option("KEY", options->keys, "Keys to look at")->type_name("");
    declare_selectors(app, options->selectors);
    add_read_from_option(app, options->read_from);
    app.add_flag("--raw", options->raw, "The value's bytes alone");
    app.add_option(
           "--max-bytes", options->max_bytes,
           "Show at most so much of a value (default 1MiB; with --raw all of it; 0: do not look at it)")
        ->type_name("SIZE");
    app.footer(k_inspect_examples);
    return [options](Context& context) { return run_inspect(*options, context); };
}

} // namespace roacache::commands
