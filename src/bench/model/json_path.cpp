#include "src/bench/model/json_path.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

class PathReader {
  public:
    PathReader(std::string_view text, std::string_view what) : text_(text), what_(what) {}

    JsonPath read() const {
        if (text_.empty()) refuse("it names the whole body");
        const bool pointer = text_.front() == '/';
        JsonPath path{std::string(text_), {}};
        std::string_view rest = pointer ? text_.substr(1) : text_;
        for (bool more = true; more;) {
            const std::size_t end = rest.find(pointer ? '/' : '.');
            more = end != std::string_view::npos;
            const std::string_view part = rest.substr(0, end);
            if (part == "*")
                path.parts.emplace_back();
            else
                path.parts.emplace_back(pointer ? unescaped(part) : checked(part));
            if (more) rest.remove_prefix(end + 1);
        }
        return path;
    }

  private:
    [[noreturn]] void refuse(const std::string& why) const {
        throw core::Error(
            core::ExitCode::usage, fmt::format("{}: '{}': {}", what_, output::printable(text_), why),
            "Write it as /meta/generated_at or meta.generated_at; * is any member or element, as "
            "in /items/*/id.");
    }

    std::string unescaped(std::string_view part) const {
        std::string name;
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (part[i] != '~') {
                name += part[i];
                continue;
            }
            if (++i == part.size() || (part[i] != '0' && part[i] != '1'))
                refuse("a ~ is written ~0, a slash in a name ~1");
            name += part[i] == '0' ? '~' : '/';
        }
        return name;
    }

    std::string checked(std::string_view part) const {
        if (part.empty()) refuse("a name is missing beside a dot");
        if (part == "$") refuse("there is no sign for the root");
        if (part.find_first_of("[]") != std::string_view::npos)
            refuse("an index is a part like a name, without brackets");
        return std::string(part);
    }

    std::string_view text_;
    std::string_view what_;
};

} // namespace

JsonPath parse_json_path(std::string_view text, std::string_view what) {
    return PathReader(text, what).read();
}

} // namespace roacache::bench
