#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/keys/confirm.hpp"
#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct ClearOptions {
    bool yes = false, force = false;
};

ExitCode answer_clear(const char* outcome, const std::optional<core::Untrusted>& message, Context& context) {
    const Format format = context.format(k_document_formats);
    std::ostream& out = context.streams.out;
    if (is_json(format)) {
        nlohmann::ordered_json json = document_head("clear", context);
        json["outcome"] = outcome;
        json["message"] = json_of_text(message);
        out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
    } else {
        out << outcome << (message && !message->bytes().empty() ? ": " + output::printable(*message) : "")
            << "\n";
    }
    return ExitCode::done;
}

ExitCode run_clear(const ClearOptions& options, Context& context) {
    context.format(k_document_formats);
    const net::Url url = context.url();
    context.require_named_store();
    if (url.kind != net::UrlKind::http)
        throw Error(ExitCode::refused,
                    fmt::format("cannot clear: {}: it is no service's management API", url.redacted()),
                    "roacache invalidate --all-tenants --yes removes every key of the profile.");
    const auto& enabled = context.settings.cache_enabled;
    if (!options.force && !enabled.required()) {
        context.note(fmt::format("the cache is switched off ({}); nothing was done; --force overrides",
                                 enabled.origin));
        return answer_clear("switched_off", {}, context);
    }
    const auto store = open_store(context);
    if (!options.yes && !can_ask())
        throw Error(ExitCode::usage, "usage: this would drop everything that the service caches",
                    "Say --yes if that is meant.");
    if (!options.yes &&
        !confirm_on_terminal(context.streams,
                             fmt::format("Drop everything that the service caches, by {}?", store->name()))) {
        if (core::Interrupt::requested()) return ExitCode::interrupted;
        context.note("declined: nothing was dropped; --yes does not ask");
        answer_clear("declined", {}, context);
        return ExitCode::refused;
    }
    return answer_clear("done", store->clear(), context);
}

constexpr const char* k_clear_examples = R"(
Examples:
  roacache clear -u https://portal.internal/api/cache --token-file token --yes
      The service drops all that it caches, whatever the keys look like.)";

} // namespace

Action declare_clear(CLI::App& app) {
    const auto options = std::make_shared<ClearOptions>();
    app.add_flag("-y,--yes", options->yes, "Do not ask; needed where nobody can be asked");
    app.add_flag("--force", options->force, "Even when the service's settings switch the cache off");
    app.footer(k_clear_examples);
    return [options](Context& context) { return run_clear(*options, context); };
}

} // namespace roacache::commands
