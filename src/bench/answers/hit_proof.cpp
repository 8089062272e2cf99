#include "src/bench/answers/hit_proof.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace roacache::bench {
namespace {

constexpr std::string_view k_blanks = " \t";

// Out of the cache, by the documents of nginx ($upstream_cache_status), Squid, Akamai, CloudFront, Cloudflare
// and Fastly.
constexpr std::string_view k_hits[] = {
    "STALE",       "UPDATING",    "REVALIDATED",     "REFRESHHIT",       "TCP_HIT",        "TCP_MEM_HIT",
    "TCP_IMS_HIT", "TCP_INM_HIT", "TCP_REFRESH_HIT", "TCP_NEGATIVE_HIT", "TCP_REMOTE_HIT", "TCP_OFFLINE_HIT"};
// They only look like hits: the cache remembers not to store the answer.
constexpr std::string_view k_no_hits[] = {"HIT-FOR-PASS", "HIT-FOR-MISS"};

/// Calls `visit` with each part between separators that stand in no quotes, without blanks around it.
template <typename Visit>
void for_each_part(std::string_view text, char separator, Visit visit) {
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && quoted && text[i] == '\\') {
            ++i;
            continue;
        }
        if (i < text.size() && text[i] == '"') quoted = !quoted;
        if (i < text.size() && (quoted || text[i] != separator)) continue;
        visit(core::trimmed(text.substr(begin, std::min(i, text.size()) - begin), k_blanks));
        begin = i + 1;
    }
}

bool is_any_of(std::string_view word, const auto& words) {
    return std::any_of(std::begin(words), std::end(words),
                       [&](std::string_view one) { return core::equal_ignoring_case(word, one); });
}

bool begins_with_word(std::string_view text, std::string_view expected) {
    return text.size() >= expected.size() &&
           core::equal_ignoring_case(text.substr(0, expected.size()), expected) &&
           (text.size() == expected.size() || !core::is_alnum(text[expected.size()]));
}

bool is_hit(std::string_view member, std::string_view expected) {
    if (!core::equal_ignoring_case(expected, "HIT")) return begins_with_word(member, expected);
    const std::string_view word = member.substr(0, member.find_first_of(" \t;("));
    return (begins_with_word(member, expected) && !is_any_of(word, k_no_hits)) || is_any_of(word, k_hits);
}

bool has_hit(std::string_view line, std::string_view expected) {
    if (begins_with_word(line, expected) && line.size() == expected.size()) return true; // nearly always
    if (expected.find(',') != std::string_view::npos) return begins_with_word(line, expected);
    bool hit = false;
    for_each_part(line, ',', [&](std::string_view member) { hit = hit || is_hit(member, expected); });
    return hit;
}

/// Of the last member: whether it has the parameter that is expected, the last of `Cache; hit`.
bool last_has_parameter(std::string_view line, std::string_view expected) {
    std::string_view last, wanted;
    for_each_part(line, ',', [&](std::string_view member) {
        if (!member.empty()) last = member;
    });
    for_each_part(expected, ';', [&](std::string_view part) { wanted = part; });
    bool has = false, first = true;
    for_each_part(last, ';', [&](std::string_view part) {
        const bool is_true = part.size() == wanted.size() + 3 && part.ends_with("=?1") &&
                             core::equal_ignoring_case(part.substr(0, wanted.size()), wanted);
        has = has || (!first && (is_true || core::equal_ignoring_case(part, wanted)));
        first = false;
    });
    return has;
}

bool is_above_zero(std::string_view text) {
    text = core::trimmed(text, k_blanks);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos &&
           text.find_first_not_of('0') != std::string_view::npos;
}

bool has_two_ids(std::string_view text) {
    text = core::trimmed(text, k_blanks);
    const std::size_t blank = text.find_first_of(k_blanks);
    return blank != std::string_view::npos &&
           text.find_first_not_of("0123456789 \t") == std::string_view::npos;
}

} // namespace

HitForm form_of(const HitHeader& header) {
    if (core::equal_ignoring_case(header.name, "Cache-Status")) return HitForm::cache_status;
    if (!header.value.empty()) return HitForm::words;
    return core::equal_ignoring_case(header.name, "Age") ? HitForm::age : HitForm::varnish_ids;
}

bool is_hit_header_alone(std::string_view name) {
    return core::equal_ignoring_case(name, "Age") || core::equal_ignoring_case(name, "X-Varnish");
}

Proof proof_after(Proof before, const HitHeader& header, HitForm form, std::string_view line) {
    const auto either = [](bool hit) { return hit ? Proof::hit : Proof::miss; };
    switch (form) {
    case HitForm::cache_status: // lines are one list: the last one's last member counts
        return either(last_has_parameter(line, header.value));
    case HitForm::age:
        return before == Proof::hit ? before : either(is_above_zero(line));
    case HitForm::varnish_ids:
        return before == Proof::hit ? before : either(has_two_ids(line));
    case HitForm::words:
        break;
    }
    return before == Proof::hit ? before : either(has_hit(line, header.value));
}

} // namespace roacache::bench
