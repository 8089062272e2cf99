#include "commands/keys/sealed_document.hpp"

#include "src/config/sha256.hpp"
#include "src/core/error.hpp"
#include "src/core/regular_file.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/output/unprintable.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <set>
#include <string_view>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::json;

constexpr std::size_t k_most_bytes = std::size_t{64} << 20;
constexpr std::size_t k_most_depth = 16;

[[noreturn]] void fail_at(const SealedDocument& document, const std::string& place, const std::string& why) {
    throw Error(
        ExitCode::usage,
        fmt::format("bad {}: {}: {}{}{}", document.kind, output::printable(document.path.string()),
                    output::printable(place), place.empty() ? "" : ": ", why),
        fmt::format("Nothing was done. A {} is used as roacache wrote it; make a new one.", document.kind));
}

std::string digest_of(json content) {
    content.erase("digest");
    return "sha256:" + config::sha256(output::json_text(content));
}

std::string line_and_column(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1; // 0 where there is none
    return fmt::format("line {}, column {}", line, before.size() - line_start + 1);
}

/// Refuses, while a document is read, what a reader could take in two ways or not at all.
class Guard {
  public:
    explicit Guard(const SealedDocument& document) : document_(document) {}

    bool operator()(json::parse_event_t event, const json& parsed) {
        switch (event) {
        case json::parse_event_t::object_start:
        case json::parse_event_t::array_start:
            names_.emplace_back();
            if (names_.size() > k_most_depth) fail_at(document_, "", "it is nested too deeply");
            break;
        case json::parse_event_t::object_end:
        case json::parse_event_t::array_end:
            names_.pop_back();
            break;
        case json::parse_event_t::key:
            if (!names_.back().insert(parsed.get<std::string>()).second)
                fail_at(document_, "",
                        fmt::format("it has '{}' twice", output::printable(parsed.get<std::string>())));
            break;
        case json::parse_event_t::value:
            break;
        }
        return true;
    }

  private:
    const SealedDocument& document_;
    std::vector<std::set<std::string>> names_;
};

} // namespace

SealedDocument::SealedDocument(std::filesystem::path file, std::string called, const std::string& schema)
    : path(std::move(file)), kind(std::move(called)) {
    const std::string text = core::read_regular_file(path, k_most_bytes).content;
    try {
        content =
            json::parse(text, [guard = Guard(*this)](int /*depth*/, json::parse_event_t event,
                                                     json& parsed) mutable { return guard(event, parsed); });
    } catch (const json::parse_error& error) {
        fail_at(*this, line_and_column(text, error.byte), "it is no JSON, or damaged or cut");
    } catch (const json::exception&) {
        fail_at(*this, "", "it has a number that no such file has");
    }
    if (!content.is_object()) fail_at(*this, "", "it is no JSON object");
    const auto found = content.find("schema");
    if (found == content.end() || !found->is_string()) fail_at(*this, "/schema", "it is missing");
    if (*found != schema)
        fail_at(*this, "/schema",
                fmt::format("it is '{}', and only {} is known", output::printable(found->get<std::string>()),
                            schema));
    const auto digest = content.find("digest");
    if (digest == content.end() || *digest != digest_of(content))
        fail_at(*this, "/digest", "it does not fit what the file says: that was changed, or damaged");
}

std::string sealed_text(nlohmann::ordered_json document, int indent) {
    document.erase("digest");
    // As it will be read: what is not UTF-8 is none then either.
    document["digest"] = digest_of(json::parse(output::json_text(document)));
    return output::json_text(document, indent) + "\n";
}

void Place::fail(const std::string& why) const {
    fail_at(document_, pointer_, why);
}

Place Place::at(const std::string& name) const {
    if (!value_->is_object()) fail("it is no object");
    const auto found = value_->find(name);
    if (found == value_->end()) fail(fmt::format("'{}' is missing", name));
    return {document_, &*found, pointer_ + "/" + name};
}

bool Place::has(const std::string& name) const {
    return value_->is_object() && value_->contains(name) && !value_->at(name).is_null();
}

std::vector<Place> Place::list() const {
    if (!value_->is_array()) fail("it is no list");
    std::vector<Place> places;
    places.reserve(value_->size());
    for (std::size_t i = 0; i < value_->size(); ++i)
        places.push_back({document_, &(*value_)[i], fmt::format("{}/{}", pointer_, i)});
    return places;
}

std::string Place::text() const {
    if (!value_->is_string()) fail("it is no text");
    std::string text = value_->get<std::string>();
    const auto is_control = [](char letter) { return static_cast<unsigned char>(letter) < ' '; };
    if (std::any_of(text.begin(), text.end(), is_control)) fail("it holds a control character");
    return text;
}

std::string Place::bytes() const {
    if (value_->is_string()) return value_->get<std::string>();
    if (!value_->is_object() || value_->size() != 1) fail("it is neither text nor base64");
    const auto encoded = value_->find("base64");
    if (encoded == value_->end() || !encoded->is_string()) fail("it is neither text nor base64");
    auto bytes = output::from_base64(encoded->get_ref<const std::string&>());
    if (!bytes) fail("it is no base64");
    return std::move(*bytes);
}

std::uint64_t Place::count() const {
    if (!value_->is_number_unsigned()) fail("it is no whole number of at least 0");
    return value_->get<std::uint64_t>();
}

bool Place::flag() const {
    if (!value_->is_boolean()) fail("it is neither true nor false");
    return value_->get<bool>();
}

std::vector<std::string> Place::member_names() const {
    if (!value_->is_object()) fail("it is no object");
    std::vector<std::string> names;
    for (const auto& member : value_->items())
        names.push_back(member.key());
    return names;
}

void Place::has_only(std::initializer_list<const char*> names) const {
    for (const std::string& name : member_names())
        if (std::find(names.begin(), names.end(), name) == names.end())
            fail(fmt::format("'{}' is not known", output::printable(name)));
}

} // namespace roacache::commands
