#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::commands {

/// A JSON file that a later run goes by. Its `digest` is over all of its values, whatever the blanks and the
/// order of members: it shows damage and thoughtless edits, not intent.
struct SealedDocument {
    std::filesystem::path path;
    std::string kind; ///< `plan`, as messages call it
    nlohmann::json content;

    /// Throws core::Error(usage) `bad KIND: FILE: PLACE: WHY` for what is not such a file, of this schema, as
    /// roacache wrote it: no JSON, cut, over 64 MiB, deeply nested, a member twice, another digest.
    SealedDocument(std::filesystem::path path, std::string kind, const std::string& schema);
};

/// The document with its `digest`, indented.
std::string sealed_text(nlohmann::ordered_json document, int indent = 2);

/// A value of a SealedDocument and where it stands. Everything that does not fit is a core::Error(usage)
/// `bad KIND: FILE: /place: WHY`. The document must outlive it.
class Place {
  public:
    explicit Place(const SealedDocument& document) : document_(document), value_(&document.content) {}

    [[noreturn]] void fail(const std::string& why) const;

    Place at(const std::string& name) const;       ///< a member
    bool has(const std::string& name) const;       ///< there is such a member, and it is not null
    std::vector<Place> list() const;               ///< the elements of an array
    std::string text() const;                      ///< without control characters
    std::string bytes() const;                     ///< as output::json_bytes() wrote them
    std::uint64_t count() const;                   ///< a whole number of at least 0
    bool flag() const;                             ///< true or false
    std::vector<std::string> member_names() const; ///< of an object
    /// Fails where there are other members than these.
    void has_only(std::initializer_list<const char*> names) const;

  private:
    Place(const SealedDocument& document, const nlohmann::json* value, std::string pointer)
        : document_(document), value_(value), pointer_(std::move(pointer)) {}

    const SealedDocument& document_;
    const nlohmann::json* value_;
    std::string pointer_;
};

} // namespace roacache::commands
