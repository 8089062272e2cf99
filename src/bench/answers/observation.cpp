#include "src/bench/answers/observation.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <xxhash.h>

namespace roacache::bench {
void Observation::Free::operator()(XXH3_state_s* state) const {
    XXH3_freeState(state);
}

Observation::Observation() : hash_(XXH3_createState()) {
    if (!hash_) throw std::bad_alloc();
}

Observation::~Observation() = default;
Observation::Observation(Observation&&) noexcept = default;

void Observation::begin(const Reference* reference, Keep keep) {
    reference_ = reference;
    keep_ = keep;
    length_ = 0;
    difference_.reset();
    found_size_ = 0;
    content_type_.clear();
    content_encoding_.clear();
    location_.clear();
    fields_.clear();
    head_.clear();
    status_ = 0;
    for (Watched& watched : watched_)
        watched.proven = {};
    hashing_ = false;
    wanted_.begin();
    place_.begin();
}

void Observation::watch(const HitHeaders& hits) {
    if (hits_ == &hits) return;
    hits_ = &hits;
    watched_.clear();
    for (const HitHeader& header : hits)
        watched_.push_back({&header, form_of(header), {}});
}

std::string_view Observation::needed_fields() const {
    if (keeps_fields_ || watched_.size() > 1) return http::k_all_fields;
    return watched_.empty() ? std::string_view() : watched_.front().header->name;
}

Proof Observation::proof() {
    Proof proof = Proof::none;
    for (const Watched& watched : watched_)
        if (proof != Proof::hit && watched.proven.proof != Proof::none) proof = watched.proven.proof;
    if (proof == Proof::hit || !place_.value()) return proof;
    return place_.watched()->is_hit(*place_.value()) ? Proof::hit : Proof::miss;
}

void Observation::on_watched(std::string_view value) {
    Watched& only = watched_.front();
    only.proven.read(*only.header, only.form, value);
}

void Observation::on_field(std::string_view name, std::string_view value) {
    for (Watched& watched : watched_)
        if (core::equal_ignoring_case(name, watched.header->name))
            watched.proven.read(*watched.header, watched.form, value);
    if (keeps_fields_) fields_.emplace_back(name, value);
}

void Observation::on_head(const http::ResponseHead& head) {
    status_ = head.status;
    if (wanted_.wanted()) wanted_.set_coding(head.content_encoding);
    if (place_.watching()) place_.set_coding(head.content_encoding);
    if (reference_) {
        content_type_.assign(head.content_type);
        content_encoding_.assign(head.content_encoding);
    }
    if (head.status >= 300 && head.status < 400) location_.assign(head.location);
}

std::size_t Observation::equal_part(std::string_view bytes) const {
    const std::string_view rest =
        std::string_view(reference_->head).substr(static_cast<std::size_t>(length_));
    const std::size_t both = std::min(bytes.size(), rest.size());
    if (both == 0 || std::memcmp(bytes.data(), rest.data(), both) == 0) return both;
    return static_cast<std::size_t>(std::mismatch(bytes.begin(), bytes.end(), rest.begin()).first -
                                    bytes.begin());
}

void Observation::start_hash() {
    hashing_ = true;
    XXH3_64bits_reset(hash_.get());
    XXH3_64bits_update(hash_.get(), reference_->head.data(), static_cast<std::size_t>(length_));
    if (keep_ == Keep::different) head_.assign(reference_->head, 0, static_cast<std::size_t>(length_));
}

void Observation::append_to_head(std::string_view bytes) {
    head_.append(bytes.substr(0, Reference::k_head_limit - head_.size()));
}

void Observation::on_body(std::string_view bytes) {
    wanted_.look(bytes);
    place_.look(bytes);
    if (!reference_) return;
    if (keep_ == Keep::head) append_to_head(bytes);
    if (!hashing_) {
        const std::size_t equal = equal_part(bytes);
        if (equal == bytes.size()) {
            length_ += equal;
            return;
        }
        if (reference_->set && (length_ + equal < reference_->head.size() || reference_->whole()))
            difference_ = length_ + equal;
        start_hash();
    }
    XXH3_64bits_update(hash_.get(), bytes.data(), bytes.size());
    if (keep_ == Keep::different) append_to_head(bytes);
    if (difference_ && found_size_ < k_excerpt) {
        const std::uint64_t skipped = *difference_ > length_ ? *difference_ - length_ : 0;
        const std::string_view found = bytes.substr(static_cast<std::size_t>(skipped));
        found_size_ += found.copy(found_.data() + found_size_, k_excerpt - found_size_);
    }
    length_ += bytes.size();
}

std::uint64_t Observation::hash() const {
    if (hashing_) return XXH3_64bits_digest(hash_.get());
    return XXH3_64bits(reference_->head.data(), static_cast<std::size_t>(length_));
}

std::optional<std::string_view> Observation::body() const {
    if (!hashing_) return std::string_view(reference_->head).substr(0, static_cast<std::size_t>(length_));
    if (head_.size() != length_) return {};
    return head_;
}

bool Observation::same_body() const {
    return length_ == reference_->length && (!hashing_ || hash() == reference_->hash);
}

std::optional<std::uint64_t> Observation::difference() const {
    if (difference_ || hashing_ || !reference_->set || length_ == reference_->length) return difference_;
    return length_; // it ends too early
}

} // namespace roacache::bench
