#include "commands/keys/walking.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/store/profile_layout.hpp"

#include <CLI/CLI.hpp>

namespace roacache::commands {

Walking::Walking(const Context& context, const SelectorOptions& options, store::Reach reach)
    : profile_(context.profile()), layout_(store::layout_of(profile_)), selectors_(parse_selectors(options)),
      selection_(selectors_, profile_, layout_, reach), seen_(selectors_),
      description_(options.names_keys() ? describe_keys(options) : selection_.description()) {
    if (const auto standard = context.settings.default_ttl.value)
        profile_.ttl.standard = std::chrono::duration_cast<std::chrono::seconds>(*standard);
    if (options.names_keys()) named_ = std::make_unique<store::NamedKeys>(named_source(options));
}

std::optional<FirstContact> Walking::first_contact(store::Store& store, const Context& context) const {
    if (named_) return std::nullopt;
    return commands::first_contact({selectors_, selection_, profile_, layout_}, seen_, store, context);
}

store::WalkRequest Walking::request() {
    store::WalkRequest request;
    seen_ = KeysSeen(selectors_);
    request.glob = selection_.glob();
    request.wanted = [this, decoded = layout::DecodedKey{}](std::string_view key) mutable {
        const bool meant = selection_.matches(key, decoded);
        seen_.see(decoded, meant);
        return meant;
    };
    if (named_) {
        named_->rewind();
        request.keys = [this](std::vector<std::string>& keys) { return named_->next(keys); };
    }
    return request;
}

layout::DecodedKey Walking::decode(std::string_view key) const {
    layout::DecodedKey decoded;
    return layout_.decode(key, decoded) ? decoded : layout::DecodedKey{};
}

void add_max_pause_option(CLI::App& app, std::string& max_pause) {
    app.add_option("--max-pause", max_pause, "No command holds the server longer than about this")
        ->type_name("DUR")
        ->capture_default_str();
}

core::Nanoseconds parse_max_pause(const std::string& text) {
    const core::Nanoseconds pause = core::parse_duration(text, "--max-pause");
    if (pause.count() <= 0)
        throw core::Error(core::ExitCode::usage, "--max-pause: '0': a duration above 0 is needed");
    return pause;
}

} // namespace roacache::commands
