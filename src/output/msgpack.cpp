#include "src/output/msgpack.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace roacache::output {
namespace {

constexpr std::size_t k_deepest = 100;

/// Skips over msgpack without storing anything.
class Skimmer {
  public:
    explicit Skimmer(std::string_view bytes) : bytes_(bytes) {}

    bool run() {
        if (bytes_.empty() || !is_container(first())) return false;
        open_.assign(1, 1);
        while (!open_.empty()) {
            if (open_.back() == 0) {
                open_.pop_back();
                continue;
            }
            --open_.back();
            if (!one()) return false;
        }
        return bytes_.empty();
    }

  private:
    unsigned first() const { return static_cast<unsigned char>(bytes_.front()); }
    static bool is_container(unsigned lead) { return (lead >= 0x80 && lead <= 0x9F) || lead >= 0xDC; }

    bool skip(std::uint64_t count) {
        if (count > bytes_.size()) return false;
        bytes_.remove_prefix(static_cast<std::size_t>(count));
        return true;
    }

    /// A big-endian number of 1, 2 or 4 bytes.
    bool number(unsigned width, std::uint64_t& value) {
        if (bytes_.size() < width) return false;
        value = 0;
        for (unsigned i = 0; i < width; ++i)
            value = value << 8U | static_cast<unsigned char>(bytes_[i]);
        return skip(width);
    }

    bool counted(unsigned width, std::uint64_t extra) {
        std::uint64_t size = 0;
        return number(width, size) && skip(size + extra);
    }

    bool enter(std::uint64_t items) {
        if (open_.size() > k_deepest) return false;
        open_.push_back(items);
        return true;
    }

    bool container(unsigned width, unsigned items_each) {
        std::uint64_t size = 0;
        return number(width, size) && enter(size * items_each);
    }

    bool one() {
        if (bytes_.empty()) return false;
        const unsigned lead = first();
        bytes_.remove_prefix(1);
        if (lead < 0x80 || lead >= 0xE0) return true;
        if (lead < 0x90) return enter(std::uint64_t{lead & 0x0FU} * 2);
        if (lead < 0xA0) return enter(lead & 0x0FU);
        if (lead < 0xC0) return skip(lead & 0x1FU);
        if (lead >= 0xDE) return container(lead == 0xDE ? 2 : 4, 2);
        if (lead >= 0xDC) return container(lead == 0xDC ? 2 : 4, 1);
        if (lead >= 0xD9) return counted(1U << (lead - 0xD9), 0);
        if (lead >= 0xD4) return skip((1U << (lead - 0xD4)) + 1);
        if (lead >= 0xCC) return lead < 0xD0 ? skip(1U << (lead - 0xCC)) : skip(1U << (lead - 0xD0));
        if (lead >= 0xCA) return skip(lead == 0xCA ? 4 : 8);
        if (lead >= 0xC7) return counted(1U << (lead - 0xC7), 1);
        if (lead >= 0xC4) return counted(1U << (lead - 0xC4), 0);
        return lead != 0xC1;
    }

    std::string_view bytes_;
    std::vector<std::uint64_t> open_; ///< items still to come, innermost last
};

} // namespace

bool is_msgpack(std::string_view bytes) {
    const unsigned lead = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
    return lead < 0xE0 && Skimmer(bytes).run();
}

std::optional<std::string> msgpack_as_json(std::string_view bytes) {
    if (!is_msgpack(bytes)) return std::nullopt;
    const auto json = nlohmann::ordered_json::from_msgpack(bytes.begin(), bytes.end(), true, false);
    if (json.is_discarded()) return std::nullopt;
    try {
        return json.dump();
    } catch (const nlohmann::ordered_json::exception&) {
        return std::nullopt; // a string that is no UTF-8
    }
}

} // namespace roacache::output
