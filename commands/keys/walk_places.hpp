#pragma once

#include "commands/keys/sealed_document.hpp"
#include "src/store/walk_place.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace roacache::commands {

/// `servers` of a store in a resume file: of each its name, its identity, and what is left, as ranges of
/// cursors in decimal text (a JSON reader may not keep 64 bits); none left: it is done.
nlohmann::ordered_json places_json(const std::vector<store::WalkPlace>& places);
/// Throws core::Error(usage) for cursors that no server gives, and for a server that is named twice.
std::vector<store::WalkPlace> read_places(const Place& list);

/// How the walk went: `server, walked (on, anew), why`.
nlohmann::ordered_json resumptions_json(const std::vector<store::Resumption>& servers);

} // namespace roacache::commands
