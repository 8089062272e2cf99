#pragma once

#include "src/layout/key_template.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::layout {

/// A named segment's value that a key has to have.
struct Condition {
    std::string segment;
    Pattern value;
    bool must_be_present = true; ///< false: a key without the segment fits as well
};

/// Which keys are meant, among those that the layout recognises. All that is given has to hold.
struct Choice {
    std::optional<Pattern> tenant;
    std::vector<Pattern> resources; ///< one of them; empty: any
    std::vector<Condition> where;   ///< all of them
    std::vector<Pattern> keys;      ///< the whole key is one of them; empty: any
};

/// The forms that a system's keys take: key ↔ parts, and choice → glob.
class Layout {
  public:
    /// The first template that fits a key takes it apart. `stored`: segments that a store may tell beside the
    /// key. Throws core::Error(usage) for a bad template.
    explicit Layout(std::vector<TemplateText> templates, std::vector<std::string> stored = {});

    /// False when the key is none of this system's. The views go into `key` and into this layout.
    bool decode(std::string_view key, DecodedKey& into) const;

    /// Whether a decoded key is meant.
    static bool fits(const Choice& choice, std::string_view key, const DecodedKey& decoded);

    /// Throws core::Error(usage) for a choice that no key can fit because a value holds the separator,
    /// because no template has a tenant or the named segment, or because every resource has a fixed name and
    /// the chosen one is none of them.
    void check(const Choice& choice) const;

    /// The narrowest single glob that matches every key that fits one of the choices.
    std::string glob(const std::vector<Choice>& choices) const;

    /// The key made of these parts, in the first form that holds all that must show. Throws
    /// core::Error(usage) when no template can be filled with them, or when a part could not be read back.
    std::string build(const KeyParts& parts) const;

    /// A template, and an earlier one that takes every key of its form, so that it is never chosen; by their
    /// indexes. Found with made-up keys. Absent: there is none.
    std::optional<std::pair<std::size_t, std::size_t>> never_chosen() const;

    bool has_tenant() const;
    const std::vector<KeyTemplate>& templates() const { return templates_; }

  private:
    void check_value(const Pattern& value, std::string_view what) const;
    void check_segment(const Condition& condition) const;
    void check_resource(const Pattern& resource) const;
    void add_globs(const Choice& choice, std::vector<std::string>& globs) const;
    std::string texts() const;

    std::vector<KeyTemplate> templates_;
    std::vector<std::string> stored_;
};

} // namespace roacache::layout
