#pragma once

#include "src/layout/glob.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::layout {

/// One form that keys take, as text.
///
/// The text is cut into parts by the separator. `{name}` stands for one or more bytes without the separator,
/// alone in its part or between literals (`p{page}`); where two are in one part, the first ends at the first
/// place where the literal behind it fits. `{name*}` stands for any number of parts, `{name+}` for at least
/// one; a template has at most one such, and it fills its part. `{{` and `}}` are literal braces. The names
/// tenant, resource and hash have their meaning; all others are segments, by their names.
struct TemplateText {
    std::string text;
    std::string resource; ///< of every such key, when the text has no {resource}
    std::string separator = ":";
    std::string pairs;  ///< between name and value in each part of {name*}; empty: they are no pairs
    std::string origin; ///< where the text is from, for messages; may be empty
};

/// A key taken apart; the views go into the key and into the template.
struct DecodedKey {
    std::optional<std::string_view> tenant;
    std::string_view resource;
    std::optional<std::string_view> hash;
    /// Named segments in the order of the key. Parts of {name*} that are no pair come together under its
    /// name.
    std::vector<std::pair<std::string_view, std::string_view>> where;
};

/// What a key is made of.
struct KeyParts {
    std::string tenant, resource, hash;
    std::vector<std::pair<std::string, std::string>> where;
    bool tenant_must_show = false; ///< a form without {tenant} will not do
    bool hash_must_show = false;   ///< likewise {hash}
};

/// What a glob for keys is narrowed to; what is absent may be anything.
struct Narrowing {
    const Pattern* tenant = nullptr;
    const Pattern* resource = nullptr;
    std::vector<std::pair<std::string_view, const Pattern*>> where; ///< must all be in the key
};

/// A compiled TemplateText.
class KeyTemplate {
  public:
    /// Throws core::Error(usage) `bad layout: ORIGIN: WHY`.
    explicit KeyTemplate(TemplateText text);

    /// Takes `key` apart; false when it does not have this form (`into` is then left as it may be).
    bool decode(std::string_view key, DecodedKey& into) const;

    /// A glob that matches every such key that fits, and few others.
    std::string glob(const Narrowing& narrowing) const;

    /// The key. Absent when a named part of the template is missing, or `where` has one too many.
    std::optional<std::string> build(const KeyParts& parts) const;

    bool has_tenant() const { return has_tenant_; }
    bool has_hash() const { return has_hash_; }
    /// `{name*}` or `{name+}` without pairs: the parts that it takes are one value, separators included.
    bool joins_parts_of(std::string_view name) const;
    /// Keys of this form, with made-up values; at least one.
    std::vector<std::string> sample_keys() const;
    const std::string& text() const { return text_.text; }
    /// The resource of all such keys; empty when it is in the key.
    const std::string& fixed_resource() const { return text_.resource; }
    const std::string& separator() const { return text_.separator; }
    const std::string& pairs() const { return text_.pairs; }
    /// The names of its segments.
    std::vector<std::string> segments() const;
    bool has_segment(std::string_view name) const; ///< whether it is one of segments()
    /// True when any name may be a segment.
    bool open_names() const { return multi_ && !text_.pairs.empty(); }

  private:
    enum class Field { tenant, resource, hash, segment };
    struct Token {
        bool placeholder = false;
        std::string text; ///< the literal, or the placeholder's name
        Field field = Field::segment;
    };
    struct Part {
        bool multi = false;
        bool at_least_one = false;
        std::vector<Token> tokens; ///< of a multi part: the placeholder alone
    };

    [[noreturn]] void fail(const std::string& why) const;
    Part parse_part(std::string_view text);
    Token parse_placeholder(std::string_view inner, Part& part) const;
    void check();
    bool decode_part(const Part& part, std::string_view text, DecodedKey& into) const;
    void decode_multi(const Part& part, std::string_view text, DecodedKey& into) const;
    void store(const Token& token, std::string_view value, DecodedKey& into) const;
    std::string part_glob(const Part& part, const Narrowing& narrowing) const;
    std::string multi_glob(const Part& part, const Narrowing& narrowing, bool first, bool last) const;
    std::optional<std::string> build_multi(const KeyParts& given, std::vector<bool>& used) const;

    TemplateText text_;
    std::vector<Part> parts_;
    std::optional<std::size_t> multi_; ///< the part that is {name*} or {name+}
    bool has_tenant_ = false;
    bool has_hash_ = false;
};

} // namespace roacache::layout
