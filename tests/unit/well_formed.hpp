#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roacache::test {

/// What is wrong with XML of the plain kind that roacache writes (elements, attributes, text, numeric
/// entities); empty when it is well-formed.
inline std::string xml_fault(std::string_view xml) {
    std::vector<std::string> open;
    bool rooted = false;
    const auto entity_fault = [](std::string_view text) {
        for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
            const std::size_t end = text.find(';', at);
            if (text.substr(at, 2) != "&#" || end == std::string_view::npos || end == at + 2 ||
                text.substr(at + 2, end - at - 2).find_first_not_of("0123456789") != std::string_view::npos)
                return true;
        }
        return false;
    };
    while (!xml.empty()) {
        const std::size_t tag = xml.find('<');
        const std::string_view text = xml.substr(0, tag);
        if (text.find('>') != std::string_view::npos || entity_fault(text))
            return "bad text: " + std::string(text);
        if (open.empty() && text.find_first_not_of("\n ") != std::string_view::npos)
            return "text outside of the root";
        if (tag == std::string_view::npos) break;
        const std::size_t end = xml.find('>', tag);
        if (end == std::string_view::npos) return "a tag without end";
        std::string_view inner = xml.substr(tag + 1, end - tag - 1);
        xml.remove_prefix(end + 1);
        if (inner.starts_with('/')) {
            if (open.empty() || open.back() != inner.substr(1)) return "not open: " + std::string(inner);
            open.pop_back();
            continue;
        }
        const bool closed = inner.ends_with('/');
        if (closed) inner.remove_suffix(1);
        const std::size_t name = inner.find_first_of(" \n");
        if (open.empty() && std::exchange(rooted, true)) return "two roots";
        if (!closed) open.emplace_back(inner.substr(0, name));
        std::string_view rest = name == std::string_view::npos ? std::string_view() : inner.substr(name);
        std::vector<std::string> names;
        while (rest.find_first_not_of(" \n") != std::string_view::npos) {
            rest.remove_prefix(rest.find_first_not_of(" \n"));
            const std::size_t equals = rest.find("=\"");
            const std::size_t quote = equals == std::string_view::npos ? equals : rest.find('"', equals + 2);
            if (quote == std::string_view::npos) return "bad attribute: " + std::string(rest);
            const std::string attribute(rest.substr(0, equals));
            for (const std::string& before : names)
                if (before == attribute) return "attribute twice: " + attribute;
            names.push_back(attribute);
            const std::string_view value = rest.substr(equals + 2, quote - equals - 2);
            if (value.find('<') != std::string_view::npos || entity_fault(value))
                return "bad value: " + std::string(value);
            rest.remove_prefix(quote + 1);
        }
    }
    return open.empty() && rooted ? "" : "not closed";
}

} // namespace roacache::test
