#pragma once

#include "src/bench/model/plan.hpp"

#include <cstdint>
#include <string_view>

namespace roacache::bench {

enum class Proof : std::uint8_t { none, hit, miss };

/// How a header tells hits from misses.
enum class HitForm : std::uint8_t {
    words,        ///< X-Cache and its like: a word for each cache on the way, in one line or several
    cache_status, ///< Cache-Status (RFC 9211): the last member is the cache nearest to whom it answers, or
                  ///< the one that the expected value names, as in `OriginCache; hit`
    age,          ///< Age (RFC 9111, 5.1), without a value: above 0 it was stored; 0 tells nothing
    hit_counts,   ///< X-Cache-Hits, without a value: a number above 0 for any cache on the way
    varnish_ids,  ///< X-Varnish, without a value: a second id is of the request that stored the answer
};

/// By the header's name.
HitForm form_of(const HitHeader& header);

/// Whether a header without a value says what a hit is.
bool is_hit_header_alone(std::string_view name);

/// What an answer is proven to be by the lines of one header.
///
/// Words: the value that the header is to have, or what begins with it and a character that is no letter or
/// digit; and where that is HIT, the words that nginx, Apache, Varnish, Squid, Akamai, CloudFront,
/// Cloudflare, Fastly and Vercel have for an answer out of the cache: STALE, UPDATING, REVALIDATED,
/// RefreshHit, TCP_MEM_HIT … but not those that only begin like it, as hit-for-pass. One such word is a hit,
/// whatever the others say.
struct HitProof {
    /// The next line of it.
    void read(const HitHeader& header, HitForm form, std::string_view line);

    Proof proof = Proof::none;
    bool has_named_cache =
        false; ///< of Cache-Status: a line before had the cache that the expected value names
};

} // namespace roacache::bench
