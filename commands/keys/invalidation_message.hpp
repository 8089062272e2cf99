#pragma once

#include "src/store/meant_keys.hpp"

#include <functional>
#include <string>

namespace roacache::commands {

/// What was invalidated, as `--notify` tells a service's instances: `roacache.invalidation/1`, JSON.
///
///     {"schema": "roacache.invalidation/1", "run": "5f…", "profile": "roa2web", "everything": false,
///      "selections": [{"tenant": "client-1", "resources": ["invoices_list", {"glob": "dashboard_*"}],
///                      "segments": [{"name": "company", "value": "5", "or_absent": true}],
///                      "keys": ["user:7", {"glob": "user:7:*"}], "match": ["session:*"]}]}
///
/// An entry is stale when one of the selections takes it: all that the selection has must hold, and of
/// `resources`, `keys` and `match` one each. A text is meant literally, `{"glob": …}` and `match` are globs.
/// With `or_absent` an entry without the segment is taken as well. With `everything` there are no selections:
/// all is stale. A text that is not UTF-8 is `{"base64": …}`.
///
/// Named keys come in several messages where they are many. `tell` is handed one after the other.
void each_invalidation_message(const store::MeantKeys& meant, const std::string& run,
                               const std::function<void(const std::string& message)>& tell);

} // namespace roacache::commands
