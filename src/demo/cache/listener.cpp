#include "src/demo/cache/listener.hpp"

#include "src/core/error.hpp"
#include "src/layout/glob.hpp"
#include "src/store/redis/connection.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <optional>

namespace roacache::demo {
namespace {

using store::redis::Connection;
using store::redis::Reply;

constexpr Milliseconds k_look{200}; ///< between two looks at whether it is to end
constexpr Milliseconds k_pause{500};
/// A server that has said nothing for so long is asked whether it is still there.
constexpr Milliseconds k_silence{5000};

/// The parts of `cache:default:invoices_list:`.
struct NamedGroup {
    std::string text, tenant, resource;
};

NamedGroup parts_of_group(const std::string& text) {
    const std::size_t tenant = text.find(':') + 1, resource = text.find(':', tenant) + 1;
    return {text, text.substr(tenant, resource - tenant - 1),
            text.substr(resource, text.size() - resource - 1)};
}

layout::Pattern pattern_of(const nlohmann::json& json) {
    if (json.is_object()) return {json.at("glob").get<std::string>(), true};
    return {json.get<std::string>(), false};
}

/// Whether a key of the group may fit; a glob with a sign of its own before the group's end may fit anything.
bool may_hold(const NamedGroup& group, const layout::Pattern& key) {
    if (!key.glob) return key.text.starts_with(group.text);
    const std::string fixed = key.text.substr(0, key.text.find_first_of("*?[\\"));
    return fixed.starts_with(group.text) || group.text.starts_with(fixed);
}

bool selection_takes(const nlohmann::json& selection, const NamedGroup& group) {
    const auto any_of = [&](const char* name, const auto& fits) {
        const auto list = selection.find(name);
        return list == selection.end() || std::any_of(list->begin(), list->end(), fits);
    };
    const auto resource = [&](const nlohmann::json& each) {
        return pattern_of(each).matches(group.resource);
    };
    const auto key = [&](const nlohmann::json& each) { return may_hold(group, pattern_of(each)); };
    const auto match = [&](const nlohmann::json& each) {
        return may_hold(group, {each.get<std::string>(), true});
    };
    if (const auto tenant = selection.find("tenant");
        tenant != selection.end() && !pattern_of(*tenant).matches(group.tenant))
        return false;
    return any_of("resources", resource) && any_of("keys", key) && any_of("match", match);
}

} // namespace

std::vector<std::string> stale_groups(std::string_view message, std::span<const std::string> groups) {
    std::vector<std::string> all(groups.begin(), groups.end());
    std::vector<std::string> stale;
    try {
        const nlohmann::json json = nlohmann::json::parse(message);
        if (json.at("everything").get<bool>()) return all;
        const nlohmann::json& selections = json.at("selections");
        for (const std::string& text : groups) {
            const NamedGroup group = parts_of_group(text);
            if (std::any_of(selections.begin(), selections.end(), [&](const nlohmann::json& selection) {
                    return selection_takes(selection, group);
                }))
                stale.push_back(text);
        }
    } catch (const nlohmann::json::exception&) {
        return all;
    }
    return stale;
}

Listener::Listener(net::Url url, store::ConnectOptions options, std::string channel,
                   std::vector<std::string> groups, Told told, Warn warn)
    : url_(std::move(url)), options_(std::move(options)), channel_(std::move(channel)),
      groups_(std::move(groups)), told_(std::move(told)), warn_(std::move(warn)) {
    thread_ = std::thread([this] { keep_listening(); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (!tried_ && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(Milliseconds(2));
}

Listener::~Listener() {
    stopping_ = true;
    thread_.join();
}

void Listener::keep_listening() {
    while (!stopping_) {
        try {
            listen();
        } catch (const core::Error& error) {
            if (!std::exchange(away_, true))
                warn_(fmt::format("{}; what is invalidated meanwhile is not heard of", error.what()));
        }
        tried_ = true;
        for (Milliseconds waited{0}; !stopping_ && waited < k_pause; waited += k_look)
            std::this_thread::sleep_for(k_look);
    }
}

void Listener::listen() {
    Connection connection = Connection::connect(url_, options_);
    connection.call({"SUBSCRIBE", channel_});
    told_(groups_);
    if (std::exchange(away_, false)) warn_(fmt::format("listening again: {}", connection.peer()));
    tried_ = true;
    Milliseconds silent{0};
    bool asked = false;
    while (!stopping_) {
        const auto message = connection.receive_within(k_look);
        if (!message && (silent += k_look) >= k_silence) {
            silent = Milliseconds(0);
            if (std::exchange(asked, true))
                throw core::Error(core::ExitCode::unreachable,
                                  fmt::format("cannot read: {}: timed out", connection.peer()));
            connection.append({"PING"});
            connection.send();
        }
        if (!message) continue;
        silent = Milliseconds(0);
        asked = false;
        if (message->is_array() && message->elements.size() == 3 && message->elements[0].text == "message")
            told_(stale_groups(message->elements[2].text, groups_));
    }
}

} // namespace roacache::demo
