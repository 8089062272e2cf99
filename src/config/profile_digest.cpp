#include "src/config/profile_digest.hpp"

#include "src/config/sha256.hpp"

#include <fmt/core.h>

namespace roacache::config {
namespace {

/// Texts one behind another, each behind its length, so that no two lists of them are alike.
class Parts {
  public:
    void add(const std::string& text) { all_ += fmt::format("{}:{}", text.size(), text); }
    void add(const std::vector<std::string>& list) {
        add(std::to_string(list.size()));
        for (const std::string& text : list)
            add(text);
    }
    void add(const std::map<std::string, std::string>& map) {
        add(std::to_string(map.size()));
        for (const auto& [name, value] : map) {
            add(name);
            add(value);
        }
    }
    const std::string& all() const { return all_; }

  private:
    std::string all_;
};

} // namespace

std::string selection_digest(const Profile& profile) {
    Parts parts;
    parts.add(std::to_string(profile.layouts.size()));
    for (const LayoutSpec& layout : profile.layouts)
        for (const std::string* text : {&layout.templ, &layout.resource, &layout.separator, &layout.pairs})
            parts.add(*text);
    parts.add(profile.default_tenant);
    parts.add(std::to_string(profile.events.size()));
    for (const Event& event : profile.events) {
        parts.add(event.name);
        parts.add(std::to_string(static_cast<int>(event.value)));
        parts.add(event.resources);
        parts.add(event.keys);
        parts.add(event.where);
    }
    const SqliteNames& names = profile.sqlite;
    for (const std::string* text :
         {&names.table, &names.key, &names.expires, &names.created, &names.ttl, &names.resource})
        parts.add(*text);
    parts.add(names.segments);
    if (!names.times.empty()) parts.add(names.times);
    return "sha256:" + sha256(parts.all());
}

} // namespace roacache::config
