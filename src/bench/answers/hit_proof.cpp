#include "src/bench/answers/hit_proof.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

namespace roacache::bench {
namespace {

constexpr std::string_view k_blanks = " \t";

// Out of the cache, by the documents of nginx ($upstream_cache_status), Apache, CloudFront and Cloudflare.
// A - counts as _.
constexpr std::string_view k_hits[] = {
    "STALE",     "STALE_WHILE_REVALIDATE", "STALE_IF_ERROR", "UPDATING", "REVALIDATED", "REVALIDATE",
    "REFRESHHIT"};
// Vercel has some of these words too, and REVALIDATED for what it fetched from the origin.
constexpr std::string_view k_vercel_hits[] = {"STALE", "PRERENDER"};
// They only look like hits: the cache remembers not to store the answer, or asked the origin (Apache Traffic
// Server).
constexpr std::string_view k_no_hits[] = {"hit-for-pass", "hit-for-miss", "hit-pass", "hit-miss",
                                          "hit-stale"};
// Of Squid, Akamai and Azure: TCP_HIT, TCP_MEM_HIT, REVALIDATED_HIT …; but NO_HIT, CACHE_NOT_HIT.
constexpr std::string_view k_hit_end = "_HIT";
constexpr std::string_view k_no_hit_ends[] = {"NO_HIT", "NOT_HIT"};

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

/// `HIT for pass`, `hit_for_pass`, `hit-for-pass`.
bool only_looks_like_hit(std::string_view member) {
    std::string text = core::to_lower(member);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '_' || c == ' '; }, '-');
    return std::any_of(std::begin(k_no_hits), std::end(k_no_hits),
                       [&](std::string_view one) { return begins_with_word(text, one); });
}

/// `hit=false`, `Hit: 0`, `hit="no"`: behind the word its value, which says that it is none.
bool is_denied(std::string_view member, std::size_t word) {
    std::string_view rest = core::trimmed(member.substr(word), k_blanks);
    if (rest.empty() || (rest.front() != '=' && rest.front() != ':')) return false;
    rest = core::trimmed(rest.substr(1), " \t\"");
    return is_any_of(rest, std::array<std::string_view, 5>{"0", "?0", "false", "no", "off"});
}

bool ends_with_word(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && core::equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool is_hit(std::string_view member, const HitHeader& header) {
    const std::string_view expected = header.value;
    // As Apache has it: "cache hit" from host.
    if (member.starts_with('"') && !expected.starts_with('"') &&
        member.find('"', 1) != std::string_view::npos)
        member.remove_prefix(1);
    if (!core::equal_ignoring_case(expected, "HIT")) return begins_with_word(member, expected);
    if (begins_with_word(member, expected))
        return !only_looks_like_hit(member) && !is_denied(member, expected.size());
    std::string word(member.substr(0, member.find_first_of(" \t;(\"")));
    if (core::equal_ignoring_case(header.name, "X-Vercel-Cache")) return is_any_of(word, k_vercel_hits);
    std::replace(word.begin(), word.end(), '-', '_');
    if (is_any_of(word, k_hits)) return true;
    const auto is_end = [&](std::string_view end) { return ends_with_word(word, end); };
    return word.size() > k_hit_end.size() && is_end(k_hit_end) &&
           std::none_of(std::begin(k_no_hit_ends), std::end(k_no_hit_ends), is_end);
}

/// Of a line as Symfony's HttpCache traces requests, `GET /page: miss, store; GET /part: fresh`, what it did
/// for the first of them; of any other all.
std::string_view traced(std::string_view line) {
    for (const std::string_view method : {"GET /", "HEAD /", "POST /"}) {
        const std::size_t colon = line.starts_with(method) ? line.find(": ") : std::string_view::npos;
        if (colon == std::string_view::npos) continue;
        const std::string_view done = line.substr(colon + 2);
        return done.substr(0, done.find("; "));
    }
    return line;
}

std::string without_blanks(std::string_view text) {
    std::string all(text);
    std::erase_if(all, [](char c) { return k_blanks.find(c) != std::string_view::npos; });
    return all;
}

bool has_hit(std::string_view line, const HitHeader& header) {
    const std::string_view expected = header.value;
    if (begins_with_word(line, expected) && line.size() == expected.size()) return true; // nearly always
    if (expected.find(',') != std::string_view::npos)
        return begins_with_word(without_blanks(line), without_blanks(expected));
    bool hit = false;
    for_each_part(traced(line), ',', [&](std::string_view member) { hit = hit || is_hit(member, header); });
    return hit;
}

/// `hit`, `hit=?1` or `hit=?0` of a member's parameters, the last of them where there are several (RFC 8941).
/// An item without any is what a cache makes of its own word, as nginx does: `HIT`, `STALE`.
bool has_parameter(std::string_view member, std::string_view wanted) {
    const bool alone = member.find(';') == std::string_view::npos;
    bool has = alone && is_hit(member, {"Cache-Status", std::string(wanted)}), first = true;
    for_each_part(member, ';', [&](std::string_view part) {
        const std::string_view name = core::trimmed(part.substr(0, part.find('=')), k_blanks);
        if (!first && core::equal_ignoring_case(name, wanted)) has = name == part || part.ends_with("=?1");
        first = false;
    });
    return has;
}

std::string_view name_of_cache(std::string_view member) {
    std::string_view name;
    bool first = true;
    for_each_part(member, ';', [&](std::string_view part) {
        if (std::exchange(first, false)) name = part;
    });
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    return name;
}

/// Of the last member, or of the last one of the cache that is named where there is one: `hit`, `Cache; hit`.
/// A line without that cache changes nothing once another line had it.
Proof proof_of_status(HitProof& proof, std::string_view line, std::string_view expected) {
    std::string_view wanted, last, named;
    for_each_part(expected, ';', [&](std::string_view part) { wanted = part; });
    const std::string_view cache = name_of_cache(expected);
    for_each_part(line, ',', [&](std::string_view member) {
        if (member.empty()) return;
        last = member;
        if (cache != wanted && core::equal_ignoring_case(name_of_cache(member), cache)) named = member;
    });
    if (named.empty() && proof.has_named_cache) return proof.proof;
    proof.has_named_cache = !named.empty();
    return has_parameter(named.empty() ? last : named, wanted) ? Proof::hit : Proof::miss;
}

bool is_above_zero(std::string_view text) {
    text = core::trimmed(text, k_blanks);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos &&
           text.find_first_not_of('0') != std::string_view::npos;
}

bool has_positive_member(std::string_view line) {
    bool has = false;
    for_each_part(line, ',', [&](std::string_view member) { has = has || is_above_zero(member); });
    return has;
}

/// Of any Varnish on the way.
bool has_two_ids(std::string_view line) {
    bool has = false;
    for_each_part(line, ',', [&](std::string_view ids) {
        has = has || (ids.find_first_of(k_blanks) != std::string_view::npos &&
                      ids.find_first_not_of("0123456789 \t") == std::string_view::npos);
    });
    return has;
}

} // namespace

HitForm form_of(const HitHeader& header) {
    if (core::equal_ignoring_case(header.name, "Cache-Status")) return HitForm::cache_status;
    if (!header.value.empty()) return HitForm::words;
    if (core::equal_ignoring_case(header.name, "X-Cache-Hits")) return HitForm::hit_counts;
    return core::equal_ignoring_case(header.name, "Age") ? HitForm::age : HitForm::varnish_ids;
}

bool is_hit_header_alone(std::string_view name) {
    return core::equal_ignoring_case(name, "Age") || core::equal_ignoring_case(name, "X-Varnish") ||
           core::equal_ignoring_case(name, "X-Cache-Hits");
}

void HitProof::read(const HitHeader& header, HitForm form, std::string_view line) {
    const auto add = [&](bool hit) { proof = hit ? Proof::hit : Proof::miss; };
    // Lines are one list: of Cache-Status the last one's last member counts, of the others any.
    if (form == HitForm::cache_status) proof = proof_of_status(*this, line, header.value);
    if (proof == Proof::hit || form == HitForm::cache_status) return;
    switch (form) {
    case HitForm::age:
        if (is_above_zero(line))
            proof = Proof::hit; // 0 is said of a fresh answer and of a hit within a second
        return;
    case HitForm::hit_counts:
        return add(has_positive_member(line));
    case HitForm::varnish_ids:
        return add(has_two_ids(line));
    case HitForm::words:
    case HitForm::cache_status:
        break;
    }
    add(has_hit(line, header));
}

} // namespace roacache::bench
