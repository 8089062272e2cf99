#pragma once

#include "src/bench/answers/hit_proof.hpp"
#include "src/bench/answers/json_place.hpp"
#include "src/bench/answers/references.hpp"
#include "src/bench/answers/sign_reader.hpp"
#include "src/bench/answers/wanted_text.hpp"
#include "src/bench/model/plan.hpp"
#include "src/http/response_sink.hpp"

#include <array>
#include <memory>
#include <optional>

struct XXH3_state_s;

namespace roacache::bench {

/// What one response was seen to be, gathered while it streams in. Belongs to one connection at a time and is
/// used again and again; allocates nothing once warm.
///
/// A body is compared with the reference byte by byte, and hashed only from where it differs from what is
/// stored of that: an equal body costs one memcmp.
class Observation final : public http::ResponseSink {
  public:
    Observation();
    ~Observation();
    Observation(Observation&&) noexcept;

    /// What proves a hit, from now on. They must outlive this.
    void watch(const HitHeaders& hits);
    /// Likewise a place in the body; null: none.
    void watch(const HitJson* place) { place_.watch(place); }

    /// What a good body has somewhere, from now on; empty: anything. It must outlive this.
    void want_text(const std::string& text) { wanted_.want(text); }
    /// When the response is whole.
    bool has_wanted_text() { return wanted_.found(); }

    enum class Keep : std::uint8_t {
        nothing,
        head,      ///< so that it can become the reference
        different, ///< what differs from the reference, with all that is before it
    };
    /// Before each request. `reference` null: bodies are not looked at.
    void begin(const Reference* reference, Keep keep);
    /// When the response is whole: what it is compared with, if nothing was settled yet when it began.
    void hold_against(const Reference& reference) { reference_ = &reference; }

    /// Keeps every field of the header of the answers from now on, where the parser gives it.
    void keep_fields(bool kept) { keeps_fields_ = kept; }
    /// The name of the header field that the parser is to give; http::k_all_fields; empty: none.
    std::string_view needed_fields() const;

    void on_watched(std::string_view value) override;
    void on_field(std::string_view name, std::string_view value) override;
    void on_head(const http::ResponseHead& head) override;
    void on_body(std::string_view bytes) override;

    int status() const { return status_; }
    /// A hit by one of the headers that prove them, or by the place in the body; else a miss if there was one
    /// of them. When the response is whole.
    Proof proof();
    /// What is at the place in the body, likewise; absent where there is none.
    const std::optional<std::string>& tier() { return place_.value(); }
    const std::string& content_type() const { return content_type_; }
    const std::string& content_encoding() const { return content_encoding_; }
    const std::string& location() const { return location_; } ///< of a 3xx; empty when absent
    const HeaderFields& fields() const { return fields_; }    ///< those that are kept
    std::uint64_t length() const { return length_; }
    std::uint64_t hash() const;
    const std::string& head() const { return head_; } ///< with Keep::head: of the body
    /// With Keep::different: the whole body; absent when it is longer than what is stored.
    std::optional<std::string_view> body() const;

    /// The whole body is the reference's.
    bool same_body() const;
    /// Where the body first differs from the reference; absent when it does not, or beyond what is stored.
    std::optional<std::uint64_t> difference() const;
    /// What is at the difference, at most k_excerpt bytes.
    std::string_view found() const { return {found_.data(), found_size_}; }
    static constexpr std::size_t k_excerpt = 20;

  private:
    struct Free {
        void operator()(XXH3_state_s* state) const;
    };
    /// Hashes from here on, beginning with what was equal to the reference.
    void start_hash();
    void append_to_head(std::string_view bytes);
    /// How many of the bytes are still the reference's.
    std::size_t equal_part(std::string_view bytes) const;

    struct Watched {
        const HitHeader* header;
        HitForm form;
        HitProof proven;
    };
    const HitHeaders* hits_ = nullptr;
    std::vector<Watched> watched_; // of these
    const Reference* reference_ = nullptr;
    std::unique_ptr<XXH3_state_s, Free> hash_;
    std::uint64_t length_ = 0;
    std::optional<std::uint64_t> difference_;
    std::string content_type_;
    std::string content_encoding_;
    std::string location_;
    std::string head_;
    std::array<char, k_excerpt> found_{};
    std::size_t found_size_ = 0;
    int status_ = 0;
    Keep keep_ = Keep::nothing;
    HeaderFields fields_;
    WantedText wanted_;
    JsonPlace place_;
    bool keeps_fields_ = false;
    bool hashing_ = false;
};

} // namespace roacache::bench
