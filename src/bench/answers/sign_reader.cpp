#include "src/bench/answers/sign_reader.hpp"

#include "src/bench/answers/hit_proof.hpp"
#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <iterator>

namespace roacache::bench {
namespace {

constexpr std::size_t k_longest_shown = 200;

/// Those that name hits before those that only tell how old an answer is.
const HitHeader k_known[] = {
    {"Cache-Status", "hit"},
    {"X-Cache", "HIT"},
    {"X-Cache-Status", "HIT"},
    {"CF-Cache-Status", "HIT"},
    {"X-Proxy-Cache", "HIT"},
    {"X-Varnish-Cache", "HIT"},
    {"X-FastCGI-Cache", "HIT"},
    {"X-Nginx-Cache", "HIT"},
    {"X-Nginx-Cache-Status", "HIT"},
    {"X-Vercel-Cache", "HIT"},
    {"X-Drupal-Cache", "HIT"},
    {"X-LiteSpeed-Cache", "HIT"},
    {"X-Proxy-Cache-Status", "HIT"},
    {"X-Nextjs-Cache", "HIT"},
    {"X-FastAPI-Cache", "HIT"},
    {"CDN-Cache", "HIT"},
    {"X-Rack-Cache", "fresh"},
    {"X-Symfony-Cache", "fresh"},
    {"X-Magento-Cache-Debug", "HIT"},
    {"X-Cache-Remote", "HIT"},
    {"X-QC-Cache", "HIT"},
    {"X-LSADC-Cache", "HIT"},
    {"X-Kinsta-Cache", "HIT"},
    {"X-Sucuri-Cache", "HIT"},
    {"X-Cache-Hits", ""},
    {"X-Varnish", ""},
    {"Age", ""},
};

constexpr std::string_view k_told[] = {"cache-control", "pragma",      "vary",        "set-cookie",
                                       "server",        "via",         "x-varnish",   "cf-ray",
                                       "x-amz-cf-id",   "x-vercel-id", "x-azure-ref", "x-fastly-request-id"};

std::string shown(std::string_view value) {
    std::string text = output::printable(value.substr(0, k_longest_shown));
    return value.size() > k_longest_shown ? text + "…" : text;
}

void join(std::string& all, const std::string& one) {
    constexpr std::size_t k_longest = 1000;
    if (all.size() > k_longest) return;
    all += (all.empty() ? "" : ", ") + one;
}

} // namespace

CacheSigns signs_in(const HeaderFields& fields) {
    CacheSigns found;
    for (const HitHeader& known : k_known) {
        HitProof proven;
        CacheSigns::Sign sign{known, false, {}};
        for (const auto& [name, value] : fields) {
            if (!core::equal_ignoring_case(name, known.name)) continue;
            proven.read(known, form_of(known), value);
            join(sign.value, shown(value));
        }
        sign.hit = proven.proof == Proof::hit;
        if (proven.proof != Proof::none) found.signs.push_back(std::move(sign));
    }
    for (const auto& [name, value] : fields) {
        const std::string lower = core::to_lower(name);
        if (std::find(std::begin(k_told), std::end(k_told), lower) == std::end(k_told)) continue;
        const bool is_cookie = lower == "set-cookie";
        join(found.fields[lower], shown(is_cookie ? value.substr(0, value.find('=')) : value));
    }
    return found;
}

} // namespace roacache::bench
