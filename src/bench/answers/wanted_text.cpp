#include "src/bench/answers/wanted_text.hpp"

#include "src/http/content_coding.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

constexpr std::size_t k_most_kept = std::size_t{4} << 20; // of what is encoded
constexpr std::size_t k_longest_body = std::size_t{64} << 20;

bool has(std::string_view body, std::string_view text) {
    return body.find(text) != std::string_view::npos;
}

} // namespace

void WantedText::begin() {
    found_ = false;
    coding_.clear();
    kept_.clear();
}

void WantedText::look(std::string_view bytes) {
    if (text_.empty() || found_) return;
    if (!coding_.empty()) {
        kept_ += bytes.substr(0, k_most_kept - kept_.size());
        return;
    }
    const std::size_t most_kept = text_.size() - 1;
    kept_ += bytes.substr(0, most_kept);
    found_ = has(kept_, text_) || has(bytes, text_);
    if (bytes.size() >= most_kept)
        kept_ = bytes.substr(bytes.size() - most_kept);
    else
        kept_.erase(0, kept_.size() - std::min(kept_.size(), most_kept));
}

bool WantedText::found() {
    if (text_.empty() || coding_.empty()) return found_ || text_.empty();
    const auto body = http::decoded(kept_, coding_, k_longest_body);
    return (body && has(*body, text_)) || has(kept_, text_); // it may be plain, whatever its header says
}

} // namespace roacache::bench
