#include "src/analysis/facts.hpp"

#include "src/core/units.hpp"
#include "src/store/redis/server_info.hpp"

#include <charconv>
#include <fmt/format.h>

namespace roacache::analysis {
namespace {

std::optional<std::string> value_of(const store::Told<store::SelfReport::Fields>& told,
                                    std::string_view name) {
    if (!told.value) return std::nullopt;
    const auto found = told.value->find(name);
    return found == told.value->end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> whole_number(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

} // namespace

bool KeySample::has_others() const {
    const auto others = static_cast<double>(looked_at - recognised);
    return looked_at > 0 && others >= k_most_others * static_cast<double>(looked_at);
}

std::optional<std::string> Facts::info(std::string_view name) const {
    auto text = value_of(server.info, name);
    if (text && text->empty()) text.reset();
    return text;
}

std::optional<std::uint64_t> Facts::count(std::string_view name) const {
    return whole_number(info(name));
}

std::optional<double> Facts::number(std::string_view name) const {
    const auto text = info(name);
    return text ? core::read_number(*text) : std::nullopt;
}

std::optional<std::uint64_t> Facts::figure(std::string_view name, std::string_view part) const {
    const auto text = info(name);
    const std::size_t at = text ? text->find(part) : std::string::npos;
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text->data() + at + part.size(), text->data() + text->size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<std::string> Facts::setting(std::string_view name) const {
    return value_of(server.config, name);
}

std::string Facts::why_no_info(std::string_view name) const {
    if (!server.info.value) return server.info.why_not;
    const auto text = info(name);
    if (!text || count(name)) return fmt::format("INFO has no {}", name);
    return number(name) ? fmt::format("INFO has {} as {}", name, *text)
                        : fmt::format("what INFO has as {} is no figure", name);
}

std::string Facts::why_no_setting(std::string_view name) const {
    return server.config.value ? fmt::format("CONFIG GET shows no {}", name) : server.config.why_not;
}

std::optional<core::Untrusted> Facts::kind() const {
    return server.info.value ? store::redis::read_info(*server.info.value, {}).kind : std::nullopt;
}

std::optional<core::Untrusted> Facts::version() const {
    return server.info.value ? store::redis::read_info(*server.info.value, {}).version : std::nullopt;
}

std::optional<std::uint64_t> Facts::memory_limit() const {
    const auto limit = count("maxmemory");
    return limit ? limit : whole_number(setting("maxmemory"));
}

bool Facts::is_cluster() const {
    return info("redis_mode") == "cluster" || info("cluster_enabled") == "1";
}

std::optional<bool> Facts::writes_to_disk() const {
    const auto save = setting("save");
    const auto log = count("aof_enabled");
    if (log == 1U || (save && !save->empty())) return true;
    return save && log ? std::optional(false) : std::nullopt;
}

std::optional<bool> Facts::forks() const {
    return count("connected_slaves").value_or(0) > 0 ? true : writes_to_disk();
}

std::vector<std::string> Facts::other_databases() const {
    std::vector<std::string> names;
    for (const auto& [number, keys] : databases())
        if (number != database && keys > 0) names.push_back(fmt::format("db{}", number));
    return names;
}

bool Facts::is_shared() const {
    return (keys.value && keys.value->has_others()) || !other_databases().empty();
}

std::map<unsigned, std::uint64_t> Facts::databases() const {
    return server.info.value ? store::redis::read_statistics(*server.info.value).databases
                             : std::map<unsigned, std::uint64_t>();
}

bool Facts::profile_fits() const {
    return keys.value && keys.value->recognised > 0;
}

std::int64_t Facts::server_now_s() const {
    const auto microseconds = count("server_time_usec");
    return microseconds ? static_cast<std::int64_t>(*microseconds / 1'000'000) : now_s;
}

} // namespace roacache::analysis
