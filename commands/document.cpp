#include "commands/document.hpp"

#include "src/core/error.hpp"
#include "src/net/url.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

namespace roacache::commands {

using core::ExitCode;
using nlohmann::ordered_json;

bool is_json(Format format) {
    return format == Format::json || format == Format::ndjson;
}

ordered_json document_head(std::string_view command, const Context& context) {
    const auto text = [](const std::optional<std::string>& content) {
        return content ? ordered_json(output::json_bytes(*content)) : ordered_json(nullptr);
    };
    return {{"schema", "roacache." + std::string(command) + "/1"},
            {"selector", text(context.selector)},
            {"store", text(context.store)},
            {"profile", text(context.settings.profile.value)}};
}

std::string open_document(const ordered_json& head, std::string_view list) {
    std::string text = output::json_text(head);
    text.pop_back();
    return text + ", \"" + std::string(list) + "\": [";
}

std::string close_document(const ordered_json& tail) {
    const std::string members = output::json_text(tail);
    return "], " + members.substr(1) + "\n";
}

const char* outcome_of(ExitCode code) {
    switch (code) {
    case ExitCode::done:
        return "done";
    case ExitCode::negative:
        return "nothing_found";
    case ExitCode::usage:
        return "usage";
    case ExitCode::unreachable:
        return "unreachable";
    case ExitCode::refused:
        return "refused";
    case ExitCode::partial:
        return "partial";
    case ExitCode::inconclusive:
        return "inconclusive";
    case ExitCode::bug:
        return "bug";
    case ExitCode::interrupted:
        return "interrupted";
    }
    return "bug";
}

ordered_json error_json(const core::Error& error) {
    const auto text = [](const std::string& content) { return ordered_json(output::json_bytes(content)); };
    return {{"message", text(error.what())},
            {"remedy", error.remedy().empty() ? ordered_json(nullptr) : text(error.remedy())},
            {"exit_code", static_cast<int>(error.code())}};
}

} // namespace roacache::commands
