#include "src/http/status_set.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

namespace roacache::http {
namespace {

std::optional<int> number_in(std::string_view text) {
    text = core::trimmed(text);
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return {};
    return number;
}

} // namespace

StatusSet::StatusSet() {
    for (std::size_t status = 200; status < 300; ++status)
        statuses_.set(status);
    statuses_.set(304);
}

std::optional<StatusSet> StatusSet::parse(std::string_view text) {
    StatusSet set;
    set.statuses_.reset();
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view part = text.substr(begin, end - begin);
        const std::size_t dash = part.find('-');
        const auto first = number_in(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number_in(part.substr(dash + 1));
        if (!first || !last || *first < k_begin || *last < *first || *last >= k_end) return {};
        for (int status = *first; status <= *last; ++status)
            set.statuses_.set(static_cast<std::size_t>(status));
        begin = end + 1;
    }
    return set;
}

std::string StatusSet::text() const {
    std::string text;
    for (int status = k_begin; status < k_end; ++status) {
        if (!has(status)) continue;
        const int first = status;
        while (has(status + 1))
            ++status;
        text += fmt::format("{}{}", text.empty() ? "" : ",", first);
        if (status > first) text += fmt::format("-{}", status);
    }
    return text;
}

} // namespace roacache::http
