#pragma once

#include "src/layout/key_template.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roacache::store {

/// What a store tells of an entry beside its key, as a table does in columns.
struct StoredParts {
    std::optional<std::string> resource;
    std::vector<std::pair<std::string, std::string>> segments; ///< name and value
};

/// A key, and its parts where a layout recognises it or the store tells them: decoded once, when it is found.
/// The parts' views go into what this owns, which stays where it is when this is moved.
class FoundKey {
  public:
    explicit FoundKey(std::string bytes, std::unique_ptr<const StoredParts> stored = {})
        : bytes_(std::make_unique<const std::string>(std::move(bytes))), stored_(std::move(stored)) {}

    const std::string& bytes() const { return *bytes_; }
    operator const std::string&() const { return *bytes_; }

    /// Null where the store tells nothing beside the key.
    const StoredParts* stored() const { return stored_.get(); }

    /// The store's own number of the entry, where several may share a key; absent: the key says which.
    const std::optional<std::int64_t>& row() const { return row_; }
    void set_row(std::int64_t row) { row_ = row; }

    /// What distinguishes the entry from others: the key and, where several may share one, what is stored().
    std::string identity() const {
        std::string text = *bytes_;
        if (stored_ == nullptr) return text;
        const auto add = [&](const std::string& part) {
            text += '\0';
            text += part;
        };
        add(stored_->resource.value_or(""));
        for (const auto& [name, value] : stored_->segments) {
            add(name);
            add(value);
        }
        return text;
    }

    /// Empty, without a resource, where no layout recognises the key or none was asked.
    const layout::DecodedKey& parts() const { return parts_; }
    bool is_recognised() const { return !parts_.resource.empty(); }
    /// What a layout made of bytes(), and what is stored().
    void set_parts(layout::DecodedKey parts) { parts_ = std::move(parts); }

  private:
    std::unique_ptr<const std::string> bytes_;
    std::unique_ptr<const StoredParts> stored_;
    layout::DecodedKey parts_;
    std::optional<std::int64_t> row_;
};

} // namespace roacache::store
