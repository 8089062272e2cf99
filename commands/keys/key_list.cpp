#include "commands/keys/key_list.hpp"

#include "commands/document.hpp"
#include "src/core/error.hpp"
#include "src/core/long_duration.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/store/key_lines.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

/// Keys without a TTL live longest, those of which nothing is known come last of all.
std::int64_t ttl_order(const store::Description& description) {
    if (!description.ttl_ms) return std::numeric_limits<std::int64_t>::max();
    return *description.ttl_ms == store::k_no_ttl ? std::numeric_limits<std::int64_t>::max() - 1
                                                  : *description.ttl_ms;
}

std::string ttl_text(const store::Description& description) {
    if (!description.ttl_ms) return "n/a";
    if (*description.ttl_ms == store::k_no_ttl) return "none";
    return core::format_long_duration(std::chrono::milliseconds(*description.ttl_ms));
}

std::string bytes_text(const store::Description& description) {
    return description.bytes ? core::format_size(*description.bytes) : "n/a";
}

std::string age_text(const EntryAge& age) {
    return age.age_ms ? core::format_duration(std::chrono::milliseconds(*age.age_ms)) : "n/a";
}

ordered_json where_json(const layout::DecodedKey& parts) {
    ordered_json where = ordered_json::object();
    for (const auto& [name, value] : parts.where)
        where[output::printable(name)] = output::json_bytes(value);
    return where;
}

ordered_json optional_text(const std::optional<std::string_view>& text) {
    return text ? ordered_json(output::json_bytes(*text)) : ordered_json(nullptr);
}

} // namespace

std::size_t KeyList::size_of(const Entry& entry) {
    return sizeof(Entry) + sizeof(std::string) + entry.key.bytes().size();
}

bool KeyList::before(const Entry& a, const Entry& b) const {
    if (options_.sort == "ttl" && ttl_order(a.description) != ttl_order(b.description))
        return ttl_order(a.description) < ttl_order(b.description);
    if (options_.sort == "bytes" && a.description.bytes != b.description.bytes)
        return a.description.bytes > b.description.bytes;
    return a.key.bytes() < b.key.bytes();
}

void KeyList::begin() {
    if (options_.count_only) return;
    if (options_.format == Format::json) streams_.out << open_document(head_, "keys");
    if (options_.format == Format::csv)
        streams_.out << "key,tenant,resource,hash"
                     << (options_.details ? ",type,ttl_ms,bytes,age_ms,exceeds_policy,where,expires\n"
                                          : ",where\n");
    if (options_.format == Format::table && options_.details)
        streams_.out << fmt::format("{:<8}  {:>13}  {:>12}  {:>10}  {}\n", "type", "ttl", "age", "memory",
                                    "key");
}

void KeyList::add(store::FoundKey found, store::Description description) {
    const std::string& key = found.bytes();
    if (description.gone || full()) return;
    if (options_.nul_separated && !options_.count_only && key.find('\0') != std::string::npos) {
        ++left_out_nul_;
        return;
    }
    const bool is_line = options_.format == Format::plain || options_.format == Format::table;
    if (key.empty() && is_line && !options_.details && !options_.nul_separated && !options_.count_only) {
        ++left_out_empty_;
        return;
    }
    ++count_;
    ttls_unreadable_ += description.ttl_unreadable ? 1 : 0;
    ttl_unknown_ |= !description.ttl_ms && !description.ttl_unreadable;
    bytes_unknown_ |= !description.bytes;
    if (options_.count_only) return;
    if (options_.sort.empty())
        print({std::move(found), std::move(description)});
    else
        keep({std::move(found), std::move(description)});
}

void KeyList::keep(Entry entry) {
    buffered_bytes_ += size_of(entry);
    if (buffered_bytes_ > k_most_buffered_bytes)
        throw core::Error(
            core::ExitCode::refused,
            fmt::format("cannot sort: {} keys so far: they take more than {} of memory",
                        core::format_count(buffered_.size()), core::format_size(k_most_buffered_bytes)),
            "Give --limit N, or have sort(1) do it: roacache keys -l | sort -t \"$(printf '\\t')\" -k4,4nr.");
    const auto order = [this](const Entry& a, const Entry& b) { return before(a, b); };
    if (options_.limit == 0) {
        buffered_.push_back(std::move(entry));
        return;
    }
    if (buffered_.size() == options_.limit) {
        if (!before(entry, buffered_.front())) {
            buffered_bytes_ -= size_of(entry);
            return;
        }
        std::pop_heap(buffered_.begin(), buffered_.end(), order);
        buffered_bytes_ -= size_of(buffered_.back());
        buffered_.pop_back();
    }
    buffered_.push_back(std::move(entry));
    std::push_heap(buffered_.begin(), buffered_.end(), order);
}

void KeyList::end(const ordered_json& tail) {
    std::sort(buffered_.begin(), buffered_.end(),
              [this](const Entry& a, const Entry& b) { return before(a, b); });
    for (const Entry& entry : buffered_)
        print(entry);
    buffered_.clear();
    if (options_.count_only) {
        if (!is_json(options_.format)) {
            // A part of the keys is no answer, and would look like one.
            if (!tail.contains("error")) streams_.out << count_ << "\n";
            return;
        }
        head_["count"] = count_;
        head_.update(tail);
        streams_.out << output::json_text(head_) << "\n";
    } else if (options_.format == Format::json) {
        streams_.out << (printed_ > 0 ? "\n" : "") << close_document(tail);
    } else if (options_.format == Format::ndjson && tail.contains("error")) {
        head_.update(tail);
        streams_.out << output::json_text(head_) << "\n";
    }
}

void KeyList::print(const Entry& entry) {
    if (is_json(options_.format))
        print_json(entry);
    else if (options_.format == Format::csv)
        print_csv(entry);
    else
        print_row(entry);
    ++printed_;
}

void KeyList::print_row(const Entry& entry) {
    const store::Description& known = entry.description;
    std::ostream& out = streams_.out;
    const std::string type = known.type ? output::printable(*known.type) : "n/a";
    const bool shows_details = options_.details && !options_.nul_separated;
    const EntryAge age = options_.details ? age_of(entry) : EntryAge{};
    if (options_.details && options_.format == Format::table)
        out << fmt::format("{:<8}  {:>13}  {:>12}  {:>10}  ", type,
                           ttl_text(known) + (age.exceeds_policy.value_or(false) ? " !" : ""), age_text(age),
                           bytes_text(known));
    if (options_.nul_separated)
        out << entry.key.bytes() << '\0';
    else
        out << store::key_line(entry.key.bytes());
    if (shows_details && options_.format == Format::plain)
        out << '\t' << type << '\t'
            << (known.ttl_ms ? *known.ttl_ms == store::k_no_ttl ? "none" : std::to_string(*known.ttl_ms)
                             : "n/a")
            << '\t' << (known.bytes ? std::to_string(*known.bytes) : "n/a") << '\t'
            << (age.age_ms ? std::to_string(*age.age_ms) : "n/a") << '\t'
            << (age.exceeds_policy ? *age.exceeds_policy ? "true" : "false" : "n/a");
    if (!options_.nul_separated) out << '\n';
}

EntryAge KeyList::age_of(const Entry& entry) const {
    if (!entry.key.is_recognised()) return {};
    return entry_age(entry.description, policy_.of(std::string(entry.key.parts().resource)));
}

void KeyList::print_csv(const Entry& entry) {
    const store::Description& known = entry.description;
    const layout::DecodedKey& parts = entry.key.parts();
    const auto field = [](std::string_view text) { return output::csv_field(output::printable(text)); };
    std::ostream& out = streams_.out;
    out << output::csv_field(store::key_line(entry.key.bytes())) << ',' << field(parts.tenant.value_or(""))
        << ',' << field(parts.resource) << ',' << field(parts.hash.value_or(""));
    if (options_.details) {
        const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string(); };
        const EntryAge age = age_of(entry);
        out << ',' << (known.type ? field(known.type->bytes()) : "") << ','
            << (known.expires().value_or(false) ? std::to_string(*known.ttl_ms) : "") << ','
            << number(known.bytes) << ',' << number(age.age_ms) << ','
            << (age.exceeds_policy ? *age.exceeds_policy ? "true" : "false" : "");
    }
    out << ',' << (parts.where.empty() ? "" : output::csv_field(output::json_text(where_json(parts))));
    if (options_.details) {
        const auto expires = known.expires();
        out << ',' << (expires ? *expires ? "true" : "false" : "");
    }
    out << '\n';
}

void KeyList::print_json(const Entry& entry) {
    const layout::DecodedKey& parts = entry.key.parts();
    const bool recognised = entry.key.is_recognised();
    ordered_json json{
        {"key", output::json_bytes(entry.key.bytes())},
        {"tenant", optional_text(parts.tenant)},
        {"resource", recognised ? ordered_json(output::json_bytes(parts.resource)) : ordered_json(nullptr)},
        {"where", where_json(parts)},
        {"hash", optional_text(parts.hash)}};
    if (options_.details) {
        const store::Description& known = entry.description;
        const auto expires = known.expires();
        json["type"] = known.type ? ordered_json(output::json_bytes(*known.type)) : ordered_json(nullptr);
        json["expires"] = expires ? ordered_json(*expires) : ordered_json(nullptr);
        json["ttl_ms"] = expires.value_or(false) ? ordered_json(*known.ttl_ms) : ordered_json(nullptr);
        const EntryAge age = age_of(entry);
        json["age_ms"] = age.age_ms ? ordered_json(*age.age_ms) : ordered_json(nullptr);
        json["exceeds_policy"] =
            age.exceeds_policy ? ordered_json(*age.exceeds_policy) : ordered_json(nullptr);
        json["bytes"] = known.bytes ? ordered_json(*known.bytes) : ordered_json(nullptr);
        const std::string node = options_.node_of ? options_.node_of(entry.key.bytes()) : std::string();
        if (!node.empty()) json["node"] = node;
    }
    if (options_.format == Format::json)
        streams_.out << (printed_ > 0 ? ",\n" : "\n") << output::json_text(json);
    else
        streams_.out << output::json_text(json) << '\n';
}

} // namespace roacache::commands
