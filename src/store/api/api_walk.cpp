#include "src/store/api/api_walk.hpp"

#include "src/core/interrupt.hpp"

#include <algorithm>
#include <utility>

namespace roacache::store::api {
namespace {

constexpr const char* k_unanswered_remedy = "Whether the service has removed it is not known: run it again.";

/// A key that stands for all of a resource, so that they are counted as a group.
FoundKey key_for(const std::optional<std::string>& resource) {
    if (!resource) return FoundKey("");
    FoundKey key("", std::make_unique<const StoredParts>(StoredParts{resource, {}}));
    layout::DecodedKey parts;
    parts.resource = *key.stored()->resource;
    key.set_parts(std::move(parts));
    return key;
}

} // namespace

ApiWalk::ApiWalk(const Access& access, const Dialect& dialect, WalkRequest request)
    : access_(access), dialect_(dialect), request_(std::move(request)) {
    tally_.counts = dialect.counts_removals();
    if (!request_.names_keys()) {
        removals_ = dialect.removals(request_.meant->selection(), request_.meant->selectors());
        return;
    }
    NamedKeys* named = request_.meant != nullptr ? request_.meant->named() : nullptr;
    if (named == nullptr || request_.keys) return;
    named->rewind();
    for (std::vector<std::string> keys; named->next(keys); keys.clear())
        for (const std::string& key : keys)
            dialect.removal_of(key);
    named->rewind();
}

bool ApiWalk::next(Page& page) {
    page = {};
    if (stopped_ || core::Interrupt::requested()) return false;
    return request_.names_keys() ? next_named(page) : next_removal(page);
}

bool ApiWalk::next_removal(Page& page) {
    if (done_ == removals_.size()) return false;
    const Removal& removal = removals_[done_];
    const std::uint64_t removed = ask(removal);
    ++done_;
    const FoundKey key = key_for(removal.resource);
    page.changed = removed;
    page.parts.push_back({request_.group ? request_.group(key) : 0, removed, removed, 0});
    return true;
}

bool ApiWalk::next_named(Page& page) {
    std::vector<std::string> keys;
    while (named_.empty()) {
        if (!request_.next_named(keys)) return false;
        std::move(keys.begin(), keys.end(), std::back_inserter(named_));
        keys.clear();
    }
    FoundKey key =
        request_.meant != nullptr ? request_.meant->decoded(named_.front()) : FoundKey(named_.front());
    const std::size_t group = request_.group ? request_.group(key) : 0;
    const std::uint64_t removed = std::min<std::uint64_t>(ask(dialect_.removal_of(named_.front())), 1);
    named_.pop_front();
    page.changed = removed;
    page.parts.push_back({group, 1, removed, 0});
    page.keys.push_back(std::move(key));
    return true;
}

/// How many entries went; 0 where the service does not tell.
std::uint64_t ApiWalk::ask(const Removal& removal) {
    try {
        const Call call(access_, removal.question);
        ++tally_.calls;
        tally_.left = removal.leaves.empty() ? tally_.left : removal.leaves;
        if (!tally_.counts) return 0;
        const auto removed = call.count("deleted_count");
        if (!removed)
            throw call.refusal(": the answer has no deleted_count, so that it is not known what was removed",
                               access_.base_remedy);
        tally_.sent += *removed;
        tally_.changed += *removed;
        return *removed;
    } catch (const StatusError&) {
        throw;
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable || !error.remedy().empty()) throw;
        throw core::Error(error.code(), error.what(), k_unanswered_remedy);
    }
}

std::optional<double> ApiWalk::progress() const {
    if (removals_.empty()) return std::nullopt;
    return static_cast<double>(done_) / static_cast<double>(removals_.size());
}

} // namespace roacache::store::api
