// The invalidations of those who follow: of one value, and of several in one walk.

#include "commands/document.hpp"
#include "commands/follow/follower.hpp"
#include "commands/follow/together.hpp"
#include "commands/keys/walking.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <iterator>
#include <sstream>
#include <utility>

namespace roacache::commands::follow {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// False where it failed, which has been said; it is tried again at the next poll.
bool Follower::try_invalidation(const RowValue& value, ordered_json& document) {
    try {
        std::string answer;
        invalidate_now(selectors_.with(value), answer);
        document = ordered_json::parse(answer);
    } catch (const Error& error) {
        if (core::Interrupt::requested()) return false;
        store_is_away_ = error.code() == ExitCode::unreachable;
        // A value that no key can have, or a file that cannot be written now, stops none of the others.
        const ExitCode code = error.code() == ExitCode::usage ? ExitCode::refused : error.code();
        fail(store_is_away_ ? "store" : "value " + text_of(value), Error(code, error.what(), error.remedy()));
        return false;
    }
    succeeded(value, document);
    return true;
}

/// The answers for each; none where they do not go together, or fail together, which the one that is the
/// cause says when each is invalidated alone.
std::vector<ordered_json> Follower::try_together(const std::vector<RowValue>& values) {
    if (values.size() < 2) return {};
    std::string answer;
    try {
        invalidate_now(selectors_.with_all(values), answer);
    } catch (const Error& error) {
        if (core::Interrupt::requested()) return {};
        store_is_away_ = error.code() == ExitCode::unreachable;
        if (store_is_away_) fail("store", error);
        const auto documents = told_apart(answer, values);
        for (std::size_t i = 0; i < documents.size(); ++i) {
            const ordered_json& document = documents[i];
            if (const auto keys = document.value(count_of_changed(document), std::uint64_t{0}); keys > 0)
                untold_[values[i]] += keys;
        }
        return {};
    }
    auto documents = told_apart(answer, values);
    for (std::size_t i = 0; i < documents.size(); ++i)
        succeeded(values[i], documents[i]);
    return documents;
}

std::vector<ordered_json> Follower::told_apart(const std::string& answer,
                                               const std::vector<RowValue>& values) const {
    const ordered_json joined = ordered_json::parse(answer, nullptr, false);
    if (!joined.is_object()) return {};
    std::vector<std::string> descriptions;
    std::transform(
        values.begin(), values.end(), std::back_inserter(descriptions), [&](const RowValue& value) {
            return Walking(context_, selectors_.with(value), store::Reach::default_tenant).description();
        });
    return follow::told_apart(joined, descriptions);
}

void Follower::succeeded(const RowValue& value, ordered_json& document) {
    if (const auto untold = untold_.find(value); untold != untold_.end()) {
        add_removed(document, untold->second);
        untold_.erase(untold);
    }
    succeed("store");
    succeed("value " + text_of(value));
    ++done_;
}

/// `answer` is what was printed, even where it throws.
void Follower::invalidate_now(SelectorOptions selectors, std::string& answer) {
    InvalidateOptions removal = options_.removal;
    removal.selectors = std::move(selectors);
    removal.may_ask = removal.keeps_what_is_left = false; // who follows goes on by itself
    std::ostringstream out;
    output::Streams streams{.out = out, .err = context_.streams.err};
    streams.err_colour = context_.streams.err_colour;
    Context there{settings_, streams, context_.arguments, context_.command, {}, context_.store};
    there.announced = context_.announced;
    ExitCode code = ExitCode::done;
    try {
        code = invalidate(removal, there);
    } catch (const Error&) {
        answer = out.str();
        throw;
    }
    answer = out.str();
    settings_.quiet = true; // its notes are said once
    if (code != ExitCode::done) throw Error(code, fmt::format("not invalidated: {}", outcome_of(code)));
}

} // namespace roacache::commands::follow
