#include "commands/keys/invalidation_message.hpp"

#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

ordered_json pattern_json(const layout::Pattern& pattern) {
    if (!pattern.glob) return output::json_bytes(pattern.text);
    return {{"glob", output::json_bytes(pattern.text)}};
}

ordered_json list_of(const std::vector<layout::Pattern>& patterns) {
    ordered_json list = ordered_json::array();
    for (const layout::Pattern& pattern : patterns)
        list.push_back(pattern_json(pattern));
    return list;
}

ordered_json selection_json(const layout::Choice& choice) {
    ordered_json selection = ordered_json::object();
    if (choice.tenant) selection["tenant"] = pattern_json(*choice.tenant);
    if (!choice.resources.empty()) selection["resources"] = list_of(choice.resources);
    if (!choice.where.empty()) {
        ordered_json& segments = selection["segments"] = ordered_json::array();
        for (const layout::Condition& condition : choice.where)
            segments.push_back({{"name", condition.segment},
                                {"value", pattern_json(condition.value)},
                                {"or_absent", !condition.must_be_present}});
    }
    if (!choice.keys.empty()) selection["keys"] = list_of(choice.keys);
    return selection;
}

ordered_json head(const store::MeantKeys& meant, const std::string& run) {
    return {{"schema", "roacache.invalidation/1"},
            {"run", run},
            {"profile", output::json_bytes(meant.profile().name)},
            {"everything", meant.everything()}};
}

ordered_json selections_of(const store::Selection& selection) {
    ordered_json list = ordered_json::array();
    for (const layout::Choice& choice : selection.choices())
        list.push_back(selection_json(choice));
    if (selection.raw_globs().empty()) return list;
    if (list.empty()) list.push_back(ordered_json::object());
    for (ordered_json& each : list)
        for (const std::string& glob : selection.raw_globs())
            each["match"].push_back(ordered_json(output::json_bytes(glob)));
    return list;
}

} // namespace

void each_invalidation_message(const store::MeantKeys& meant, const std::string& run,
                               const std::function<void(const std::string& message)>& tell) {
    ordered_json message = head(meant, run);
    message["selections"] = ordered_json::array();
    if (store::NamedKeys* const named = meant.named()) {
        named->rewind();
        for (std::vector<std::string> keys; named->next(keys); keys.clear()) {
            ordered_json list = ordered_json::array();
            for (const std::string& key : keys)
                list.push_back(ordered_json(output::json_bytes(key)));
            ordered_json selection = ordered_json::object();
            selection["keys"] = std::move(list);
            message["selections"] = ordered_json::array();
            message["selections"].push_back(std::move(selection));
            tell(output::json_text(message));
        }
        return;
    }
    if (!meant.everything()) message["selections"] = selections_of(meant.selection());
    tell(output::json_text(message));
}

} // namespace roacache::commands
