#include "src/store/redis/elements.hpp"

#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <optional>

namespace roacache::store::redis {
namespace {

constexpr double k_step_bytes = 256 * 1024;
constexpr std::size_t k_most_elements_a_step = 1000;

std::size_t bytes_of(const Element& element) {
    std::size_t bytes = element.name.size();
    for (const std::string& value : element.values)
        bytes += value.size();
    return bytes;
}

/// So many bytes of the element; false when that is less than it has.
bool cut(Element& element, std::size_t bytes) {
    const bool whole = bytes_of(element) <= bytes;
    const auto take = [&](std::string& text) {
        text.resize(std::min(text.size(), bytes));
        bytes -= text.size();
    };
    take(element.name);
    for (std::string& value : element.values)
        take(value);
    return whole;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
    return number;
}

/// The id behind one, `MS-SEQ`; empty for what is none or the last there is.
std::string id_after(std::string_view id) {
    constexpr std::uint64_t k_last = std::numeric_limits<std::uint64_t>::max(); // of either part
    const std::size_t dash = id.find('-');
    if (dash == std::string_view::npos) return {};
    const auto milliseconds = whole_number(id.substr(0, dash));
    const auto sequence = whole_number(id.substr(dash + 1));
    if (!milliseconds || !sequence) return {};
    if (*sequence != k_last) return fmt::format("{}-{}", *milliseconds, *sequence + 1);
    return *milliseconds == k_last ? "" : fmt::format("{}-0", *milliseconds + 1);
}

} // namespace

struct ElementReader::Kind {
    std::string_view type;
    std::string_view command;
    bool scans;        ///< with a cursor and COUNT
    std::size_t parts; ///< of an answer that make an element
};

ElementReader::ElementReader(Server& server, const std::string& key, const std::string& type)
    : server_(server), key_(key), kind_(nullptr) {
    static constexpr Kind k_kinds[] = {{"list", "LRANGE", false, 1},
                                       {"set", "SSCAN", true, 1},
                                       {"hash", "HSCAN", true, 2},
                                       {"zset", "ZRANGE", false, 2},
                                       {"stream", "XRANGE", false, 1}};
    const auto* const found = std::find_if(std::begin(k_kinds), std::end(k_kinds),
                                           [&](const Kind& kind) { return kind.type == type; });
    if (found != std::end(k_kinds)) kind_ = found;
    cursor_ = type == "stream" ? "-" : "0";
}

std::vector<Element> ElementReader::read(std::size_t max_bytes, Value& value) {
    std::vector<Element> elements;
    value.elements_whole = kind_ != nullptr;
    if (kind_ == nullptr) return elements;
    size_ = value.size.value_or(0);
    const auto entry_bytes = static_cast<double>(value.description.bytes.value_or(0));
    double bytes_each = size_ > 0 ? entry_bytes / static_cast<double>(size_) : 0;
    std::size_t left = max_bytes;
    std::size_t most = k_most_elements_a_step;
    for (bool more = true; more;) {
        const double wanted = std::min(k_step_bytes, static_cast<double>(left)) / std::max(bytes_each, 1.0);
        const auto count = static_cast<std::size_t>(std::clamp(wanted, 1.0, static_cast<double>(most)));
        std::vector<Element> found;
        try {
            more = step(count, found);
            value.elements_whole &= !gone_;
        } catch (const net::ConnectionLost&) {
            server_.reopen();
            check_tolerates_command();
            if (count == 1) throw beyond_output_limit(server_.name());
            most = count / 2;
            continue;
        } catch (const ReplyTooLarge&) {
            server_.reopen();
            value.elements_whole = false;
            return elements;
        }
        std::size_t bytes = 0;
        for (Element& element : found) {
            const std::size_t size = bytes_of(element);
            bytes += size;
            if (left == 0) value.elements_whole = false;
            if (left == 0) break;
            value.elements_whole &= cut(element, left);
            left -= std::min(left, std::max<std::size_t>(size, 1)); // so that empty ones have an end too
            elements.push_back(std::move(element));
        }
        if (!found.empty()) bytes_each = static_cast<double>(bytes) / static_cast<double>(found.size());
        if (left == 0 && more) value.elements_whole = false;
        more = more && left > 0;
    }
    return elements;
}

bool ElementReader::step(std::size_t count, std::vector<Element>& found) {
    Reply reply = server_.converse([&] {
        server_.observes_silently();
        return ask(count);
    });
    reply = server_.connection().checked(std::move(reply));
    if (!reply.is_array()) throw not_understood(server_.name(), kind_->command);
    return kind_->scans ? take_scan(std::move(reply), found) : take_range(std::move(reply), found, count);
}

/// Asks for no element at all.
void ElementReader::check_tolerates_command() {
    if (kind_->scans)
        server_.check_tolerates({kind_->command, key_, "0", "MATCH", "", "COUNT", "1"});
    else if (kind_->type == "stream")
        server_.check_tolerates({kind_->command, key_, "+", "-", "COUNT", "1"});
    else
        server_.check_tolerates({kind_->command, key_, "1", "0"});
}

Reply ElementReader::ask(std::size_t count) {
    Connection& connection = server_.connection();
    const std::string number = fmt::format_int(count).str();
    if (kind_->scans) return connection.ask({kind_->command, key_, cursor_, "COUNT", number});
    if (kind_->type == "stream") return connection.ask({"XRANGE", key_, cursor_, "+", "COUNT", number});
    const std::string first = fmt::format_int(index_).str();
    const std::string last = fmt::format_int(index_ + count - 1).str();
    if (kind_->type == "zset") return connection.ask({"ZRANGE", key_, first, last, "WITHSCORES"});
    return connection.ask({"LRANGE", key_, first, last});
}

/// A key that went away while it was read: some servers give its cursor again and again then.
bool ElementReader::is_gone() {
    const Reply reply = server_.converse([&] { return server_.connection().ask({"EXISTS", key_}); });
    return reply.is_integer() && reply.integer == 0;
}

bool ElementReader::take_scan(Reply reply, std::vector<Element>& found) {
    const bool sound = reply.elements.size() == 2 && reply.elements[0].is_text() &&
                       reply.elements[1].is_array() && reply.elements[1].elements.size() % kind_->parts == 0;
    if (!sound) throw not_understood(server_.name(), kind_->command);
    cursor_ = std::move(reply.elements[0].text);
    std::vector<Reply>& parts = reply.elements[1].elements;
    end_.see(cursor_, std::max<std::size_t>(parts.size(), 1));
    if (end_.in_circles() || end_.exceeds(size_)) {
        gone_ = is_gone();
        if (gone_) return false;
        throw scan_without_end(server_.name(), kind_->command);
    }
    for (std::size_t at = 0; at < parts.size(); at += kind_->parts) {
        if (!seen_.insert(parts[at].text).second) continue;
        if (kind_->parts == 1)
            found.push_back({{}, {std::move(parts[at].text)}});
        else
            found.push_back({std::move(parts[at].text), {std::move(parts[at + 1].text)}});
    }
    return cursor_ != "0";
}

bool ElementReader::take_range(Reply reply, std::vector<Element>& found, std::size_t count) {
    std::vector<Reply>& parts = reply.elements;
    if (parts.size() % kind_->parts != 0) throw not_understood(server_.name(), kind_->command);
    for (std::size_t at = 0; at < parts.size(); at += kind_->parts) {
        if (kind_->type == "list") {
            found.push_back({{}, {std::move(parts[at].text)}});
        } else if (kind_->type == "zset") {
            found.push_back({std::move(parts[at].text), {std::move(parts[at + 1].text)}});
        } else {
            const std::vector<Reply>& entry = parts[at].elements;
            if (entry.size() != 2) throw not_understood(server_.name(), kind_->command);
            Element& element = found.emplace_back(Element{entry[0].text, {}});
            for (const Reply& part : entry[1].elements)
                element.values.push_back(part.text);
        }
    }
    const std::size_t got = parts.size() / kind_->parts;
    index_ += got;
    if (kind_->type == "stream" && got > 0) cursor_ = id_after(found.back().name);
    return got >= count && !cursor_.empty();
}

} // namespace roacache::store::redis
