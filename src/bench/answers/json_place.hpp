#pragma once

#include "src/bench/model/hit_json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace roacache::bench {

/// Reads what is at one place of a JSON body that comes in pieces; the body is looked into when it is whole,
/// decoded where it is encoded. At most 4 MiB are kept of it: nothing is known of a longer one.
class JsonPlace {
  public:
    /// From now on; null: nothing is read. It must outlive this.
    void watch(const HitJson* at) { at_ = at; }
    bool watching() const { return at_ != nullptr; }
    const HitJson* watched() const { return at_; }

    /// Before each body.
    void begin();
    /// Of the body; empty: as it is.
    void set_coding(std::string_view coding) { coding_ = coding; }
    void look(std::string_view bytes);
    /// When the body is whole: the text that is there, or the number, `true`, `false` or `null` as JSON has
    /// it. Nothing where the body is no JSON, has nothing there, or an object or array. Printable, and no
    /// longer than k_longest bytes; the same text for the same value.
    const std::optional<std::string>& value();

    static constexpr std::size_t k_longest = 40;

  private:
    const HitJson* at_ = nullptr;
    std::string coding_;
    std::string kept_;
    std::optional<std::string> value_;
    bool read_ = false;
};

/// The first value at the place of a document, as JsonPlace::value().
std::optional<std::string> value_at_place(std::string_view document, const JsonPath& place);

} // namespace roacache::bench
