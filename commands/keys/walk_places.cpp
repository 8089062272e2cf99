#include "commands/keys/walk_places.hpp"

#include "src/output/text.hpp"
#include "src/store/redis/cursor.hpp"

#include <algorithm>
#include <utility>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

std::string read_cursor(const Place& place) {
    std::string text = place.text();
    if (!store::redis::place_of(text)) place.fail("it is no cursor (0 to 2^64-1 as text)");
    return text;
}

store::WalkPlace read_place(const Place& place) {
    place.has_only({"server", "identity", "left"});
    store::WalkPlace server;
    server.server = place.at("server").bytes();
    const Place identity = place.at("identity");
    for (const std::string& name : identity.member_names())
        server.identity[name] = identity.at(name).bytes();
    if (server.identity["run_id"].empty()) identity.fail("it has no run_id");
    for (const Place& range : place.at("left").list()) {
        range.has_only({"from", "to"});
        server.left.push_back({read_cursor(range.at("from")), read_cursor(range.at("to"))});
    }
    if (server.left.size() > store::k_most_ranges) place.at("left").fail("it has too many parts");
    return server;
}

} // namespace

ordered_json places_json(const std::vector<store::WalkPlace>& places) {
    ordered_json list = ordered_json::array();
    for (const store::WalkPlace& place : places) {
        ordered_json identity = ordered_json::object(), left = ordered_json::array();
        for (const auto& [name, value] : place.identity)
            identity[name] = output::json_bytes(value);
        for (const store::CursorRange& range : place.left)
            left.push_back({{"from", range.from}, {"to", range.to}});
        list.push_back({{"server", output::json_bytes(place.server)},
                        {"identity", std::move(identity)},
                        {"left", std::move(left)}});
    }
    return list;
}

std::vector<store::WalkPlace> read_places(const Place& list) {
    std::vector<store::WalkPlace> places;
    for (const Place& place : list.list()) {
        store::WalkPlace read = read_place(place);
        const auto same = [&](const store::WalkPlace& one) {
            return one.server == read.server || one.identity == read.identity;
        };
        if (std::any_of(places.begin(), places.end(), same)) place.fail("the same server is there twice");
        places.push_back(std::move(read));
    }
    return places;
}

ordered_json resumptions_json(const std::vector<store::Resumption>& servers) {
    ordered_json list = ordered_json::array();
    for (const store::Resumption& server : servers)
        list.push_back({{"server", output::json_bytes(server.server)},
                        {"walked", server.anew.empty() ? "on" : "anew"},
                        {"why", server.anew.empty() ? ordered_json(nullptr) : ordered_json(server.anew)}});
    return list;
}

} // namespace roacache::commands
