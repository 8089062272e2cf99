#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace roacache::config {

/// Parses a whole document. Throws core::Error(usage) `bad WHAT: SOURCE:LINE:COLUMN: WHY`.
toml::table parse_toml(std::string_view text, const std::string& what, const std::string& source);

/// Reads one table of a TOML document strictly: what is asked for has to be of the right type, and what is
/// never asked for is an error that names the nearest known key. Messages carry file, line and column.
class TomlReader {
  public:
    /// `what` names the kind of file in messages: `profile`.
    TomlReader(const toml::table& table, std::string what, std::string source)
        : table_(table), what_(std::move(what)), source_(std::move(source)) {}

    /// The value of `key`, or nothing when it is absent. Each throws core::Error(usage) on a wrong type.
    std::optional<std::string> text(const std::string& key);
    std::optional<std::int64_t> integer(const std::string& key, std::int64_t low, std::int64_t high);
    std::optional<bool> boolean(const std::string& key);
    std::optional<std::vector<std::string>> texts(const std::string& key);
    std::optional<double> number(const std::string& key, double low, double high);
    /// A text, number, date or boolean, or a list of them, as texts. A key that is there gives one at least.
    std::optional<std::vector<std::string>> scalars(const std::string& key);
    /// `SOURCE:LINE:COLUMN` of an element of the list at `key`, or of its only value.
    std::string origin_of(const std::string& key, std::size_t element) const;
    std::optional<std::chrono::seconds> seconds(const std::string& key); ///< 300 or "5m"
    std::optional<std::string> one_of(const std::string& key, const std::vector<std::string>& choices);
    std::optional<TomlReader> table(const std::string& key);
    std::optional<std::vector<TomlReader>> tables(const std::string& key);

    /// The file, as messages name it.
    const std::string& source() const { return source_; }

    /// The keys of this table, in the order of the file.
    std::vector<std::string> keys() const;

    /// Call at the end: throws for a key that was never asked for.
    void finish() const;

    /// `SOURCE:LINE:COLUMN` of a key's value, or of the table.
    std::string origin(const std::string& key = {}) const;
    [[noreturn]] void fail(const std::string& key, const std::string& why) const;

  private:
    const toml::node* node(const std::string& key);

    const toml::table& table_;
    std::string what_;
    std::string source_;
    std::vector<std::string> asked_;
};

} // namespace roacache::config
