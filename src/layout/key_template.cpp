#include "src/layout/key_template.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::layout {
namespace {

/// Parts that may be behind {name*}.
constexpr std::size_t k_most_behind = 16;

} // namespace

KeyTemplate::KeyTemplate(TemplateText text) : text_(std::move(text)) {
    if (text_.separator.empty()) fail("the separator is empty");
    std::string_view rest = text_.text;
    for (;;) {
        const std::size_t end = rest.find(text_.separator);
        parts_.push_back(parse_part(rest.substr(0, end)));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + text_.separator.size());
    }
    check();
}

void KeyTemplate::fail(const std::string& why) const {
    throw core::Error(core::ExitCode::usage,
                      fmt::format("bad layout: {}: '{}': {}",
                                  text_.origin.empty() ? "template" : text_.origin, text_.text, why));
}

KeyTemplate::Part KeyTemplate::parse_part(std::string_view text) {
    Part part;
    std::string literal;
    const auto end_literal = [&] {
        if (!literal.empty()) part.tokens.push_back({false, std::exchange(literal, {}), Field::segment});
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
            literal += c;
            ++at;
        } else if (c == '}') {
            fail("a '}' that closes nothing; a literal one is written '}}'");
        } else if (c == '{') {
            const std::size_t close = text.find('}', at);
            if (close == std::string_view::npos) fail("a '{' that is not closed within its part");
            end_literal();
            if (!part.tokens.empty() && part.tokens.back().placeholder)
                fail("two names with nothing between them cannot be told apart");
            part.tokens.push_back(parse_placeholder(text.substr(at + 1, close - at - 1), part));
            at = close;
        } else {
            literal += c;
        }
    }
    end_literal();
    if (part.multi && part.tokens.size() != 1) fail("a name with '*' or '+' must fill its part");
    return part;
}

KeyTemplate::Token KeyTemplate::parse_placeholder(std::string_view inner, Part& part) const {
    if (inner.ends_with('*') || inner.ends_with('+')) {
        part.multi = true;
        part.at_least_one = inner.back() == '+';
        inner.remove_suffix(1);
    }
    const auto belongs = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (inner.empty() || !std::all_of(inner.begin(), inner.end(), belongs))
        fail(fmt::format("'{{{}}}': a name is made of letters, digits and underscores", inner));
    const Field field = inner == "tenant"     ? Field::tenant
                        : inner == "resource" ? Field::resource
                        : inner == "hash"     ? Field::hash
                                              : Field::segment;
    if (part.multi && field != Field::segment)
        fail(fmt::format("{{{}}} is one part and takes no '*' or '+'", inner));
    return {true, std::string(inner), field};
}

void KeyTemplate::check() {
    std::vector<std::string> names;
    bool has_resource = false;
    for (std::size_t at = 0; at < parts_.size(); ++at) {
        if (parts_[at].multi) {
            if (multi_) fail("only one name may have a '*' or '+'");
            multi_ = at;
        }
        for (const Token& token : parts_[at].tokens) {
            if (!token.placeholder) continue;
            if (std::find(names.begin(), names.end(), token.text) != names.end())
                fail(fmt::format("{{{}}} stands twice", token.text));
            names.push_back(token.text);
            has_tenant_ |= token.field == Field::tenant;
            has_hash_ |= token.field == Field::hash;
            has_resource |= token.field == Field::resource;
        }
    }
    if (multi_ && parts_.size() - *multi_ - 1 > k_most_behind)
        fail(fmt::format("more than {} parts behind the name with '*' or '+'", k_most_behind));
    if (!has_resource && text_.resource.empty())
        fail("it has no {resource}: say what such keys are called with resource = \"NAME\"");
    if (has_resource && !text_.resource.empty())
        fail("it has a {resource}, and resource = \"…\" beside it; one of them is enough");
}

bool KeyTemplate::joins_parts_of(std::string_view name) const {
    return multi_ && text_.pairs.empty() && parts_[*multi_].tokens.front().text == name;
}

std::vector<std::string> KeyTemplate::sample_keys() const {
    std::vector<std::string> keys;
    for (const std::string value : {"xq7", "42", "zk.9"}) {
        if (value.find(text_.separator) != std::string::npos) continue;
        for (std::size_t parts = 0; parts <= (multi_ ? 3 : 0); ++parts) {
            KeyParts given;
            given.tenant = given.resource = given.hash = value;
            for (const std::string& name : segments())
                if (!multi_ || name != parts_[*multi_].tokens.front().text)
                    given.where.emplace_back(name, value);
            for (std::size_t i = 0; i < parts; ++i)
                given.where.emplace_back(parts_[*multi_].tokens.front().text, value);
            DecodedKey decoded;
            if (auto key = build(given); key && decode(*key, decoded)) keys.push_back(std::move(*key));
        }
    }
    return keys;
}

std::vector<std::string> KeyTemplate::segments() const {
    std::vector<std::string> names;
    for (const Part& part : parts_)
        for (const Token& token : part.tokens)
            if (token.placeholder && token.field == Field::segment) names.push_back(token.text);
    return names;
}

bool KeyTemplate::decode(std::string_view key, DecodedKey& into) const {
    into.tenant.reset();
    into.hash.reset();
    into.resource = text_.resource;
    into.where.clear();
    const std::string_view separator = text_.separator;
    // The fixed parts before the multi part are taken from the front, those behind it from the back.
    const std::size_t before = multi_.value_or(parts_.size());
    std::string_view rest = key;
    bool ended = false;
    const auto take_front = [&](std::string_view& part) {
        if (ended) return false;
        const std::size_t end = rest.find(separator);
        part = rest.substr(0, end);
        ended = end == std::string_view::npos;
        rest.remove_prefix(ended ? rest.size() : end + separator.size());
        return true;
    };
    std::string_view part;
    for (std::size_t at = 0; at < before; ++at)
        if (!take_front(part) || !decode_part(parts_[at], part, into)) return false;
    if (!multi_) return ended;

    std::string_view back[k_most_behind];
    const std::size_t behind = parts_.size() - before - 1;
    for (std::size_t at = behind; at-- > 0;) {
        if (ended) return false;
        const std::size_t begin = rest.rfind(separator);
        ended = begin == std::string_view::npos;
        back[at] = ended ? rest : rest.substr(begin + separator.size());
        rest = ended ? std::string_view() : rest.substr(0, begin);
    }
    const Part& multi = parts_[before];
    if (ended && multi.at_least_one) return false;
    if (!ended) decode_multi(multi, rest, into);
    for (std::size_t at = 0; at < behind; ++at)
        if (!decode_part(parts_[before + 1 + at], back[at], into)) return false;
    return true;
}

bool KeyTemplate::decode_part(const Part& part, std::string_view text, DecodedKey& into) const {
    for (std::size_t at = 0; at < part.tokens.size(); ++at) {
        const Token& token = part.tokens[at];
        if (!token.placeholder) {
            if (!text.starts_with(token.text)) return false;
            text.remove_prefix(token.text.size());
            continue;
        }
        std::size_t size = text.size();
        if (at + 1 < part.tokens.size()) {
            const std::string& literal = part.tokens[at + 1].text;
            if (at + 2 == part.tokens.size()) {
                if (!text.ends_with(literal)) return false;
                size -= literal.size();
            } else {
                size = text.find(literal, 1);
                if (size == std::string_view::npos) return false;
            }
        }
        if (size == 0) return false;
        store(token, text.substr(0, size), into);
        text.remove_prefix(size);
    }
    return text.empty();
}

void KeyTemplate::decode_multi(const Part& part, std::string_view text, DecodedKey& into) const {
    const std::string_view name = part.tokens.front().text;
    if (text_.pairs.empty()) {
        into.where.emplace_back(name, text);
        return;
    }
    for (bool more = true; more;) {
        const std::size_t end = text.find(text_.separator);
        more = end != std::string_view::npos;
        const std::string_view one = text.substr(0, end);
        const std::size_t middle = one.find(text_.pairs);
        if (middle != std::string_view::npos && middle > 0)
            into.where.emplace_back(one.substr(0, middle), one.substr(middle + text_.pairs.size()));
        else
            into.where.emplace_back(name, one);
        if (more) text.remove_prefix(end + text_.separator.size());
    }
}

void KeyTemplate::store(const Token& token, std::string_view value, DecodedKey& into) const {
    switch (token.field) {
    case Field::tenant:
        into.tenant = value;
        break;
    case Field::resource:
        into.resource = value;
        break;
    case Field::hash:
        into.hash = value;
        break;
    case Field::segment:
        into.where.emplace_back(token.text, value);
        break;
    }
}

std::string KeyTemplate::part_glob(const Part& part, const Narrowing& narrowing) const {
    std::string glob;
    for (const Token& token : part.tokens) {
        if (!token.placeholder) {
            glob += escape_glob(token.text);
            continue;
        }
        const Pattern* pattern = token.field == Field::tenant     ? narrowing.tenant
                                 : token.field == Field::resource ? narrowing.resource
                                                                  : nullptr;
        // Where any name may be a segment, the same name may be elsewhere in the key.
        if (token.field == Field::segment && !open_names())
            for (const auto& [name, value] : narrowing.where)
                if (name == token.text) pattern = value;
        glob += pattern ? pattern->as_glob() : "*";
    }
    return glob;
}

/// With the separators on both sides; {name*} that may be no part at all takes one of them with it. One pair
/// that has to be there narrows the glob; of several the order is not known.
std::string KeyTemplate::multi_glob(const Part& part, const Narrowing& narrowing, bool first,
                                    bool last) const {
    const std::string separator = escape_glob(text_.separator);
    const std::string before = first ? "" : separator;
    const std::string after = last ? "" : separator;
    const std::string& own_name = part.tokens.front().text;
    for (const auto& [name, value] : narrowing.where) {
        if (text_.pairs.empty() && name == own_name) return before + value->as_glob() + after;
        if (!text_.pairs.empty() && !has_segment(name))
            return before + "*" + escape_glob(name) + escape_glob(text_.pairs) + value->as_glob() +
                   (last ? "*" : separator + "*");
    }
    if (part.at_least_one) return before + "*" + after;
    return last ? "*" : before + "*";
}

bool KeyTemplate::has_segment(std::string_view name) const {
    const auto names = segments();
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string KeyTemplate::glob(const Narrowing& narrowing) const {
    std::string glob;
    bool separated = true;
    for (std::size_t at = 0; at < parts_.size(); ++at) {
        const bool first = at == 0;
        if (parts_[at].multi) {
            glob += multi_glob(parts_[at], narrowing, first, at + 1 == parts_.size());
        } else {
            if (!first && separated) glob += escape_glob(text_.separator);
            glob += part_glob(parts_[at], narrowing);
        }
        separated = !parts_[at].multi;
    }
    std::string collapsed;
    for (std::size_t at = 0; at < glob.size(); ++at) {
        const bool star = glob[at] == '*';
        if (star && at > 0 && glob[at - 1] == '*' && (at < 2 || glob[at - 2] != '\\')) continue;
        collapsed += glob[at];
    }
    return collapsed;
}

std::optional<std::string> KeyTemplate::build_multi(const KeyParts& given, std::vector<bool>& used) const {
    const Part& part = parts_[*multi_];
    std::string multi;
    for (std::size_t at = 0; at < given.where.size(); ++at) {
        if (used[at]) continue;
        used[at] = true;
        const auto& [name, value] = given.where[at];
        if (!multi.empty()) multi += text_.separator;
        if (name == part.tokens.front().text)
            multi += value;
        else if (!text_.pairs.empty())
            multi += name + text_.pairs + value;
        else
            return std::nullopt;
    }
    if (multi.empty() && part.at_least_one) return std::nullopt;
    return multi;
}

std::optional<std::string> KeyTemplate::build(const KeyParts& given) const {
    std::string key;
    std::vector<bool> used(given.where.size(), false);
    const auto named = [&](const std::string& name) -> const std::string* {
        for (std::size_t at = 0; at < given.where.size(); ++at) {
            if (given.where[at].first != name) continue;
            used[at] = true;
            return &given.where[at].second;
        }
        return nullptr;
    };
    std::size_t place_of_multi = std::string::npos;
    bool first = true;
    for (const Part& part : parts_) {
        if (part.multi) {
            place_of_multi = key.size();
            continue;
        }
        if (!std::exchange(first, false)) key += text_.separator;
        for (const Token& token : part.tokens) {
            const std::string* value = &token.text;
            if (token.placeholder)
                value = token.field == Field::tenant     ? &given.tenant
                        : token.field == Field::resource ? &given.resource
                        : token.field == Field::hash     ? &given.hash
                                                         : named(token.text);
            if (!value || value->empty()) return std::nullopt;
            key += *value;
        }
    }
    if (multi_) {
        const auto multi = build_multi(given, used);
        if (!multi) return std::nullopt;
        if (parts_.size() == 1)
            key = *multi;
        else if (!multi->empty())
            key.insert(place_of_multi, *multi_ == 0 ? *multi + text_.separator : text_.separator + *multi);
    }
    if (std::find(used.begin(), used.end(), false) != used.end()) return std::nullopt;
    return key;
}

} // namespace roacache::layout
