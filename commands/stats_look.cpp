#include "commands/stats_look.hpp"

#include "commands/keys/entry_age.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/progress.hpp"

#include <fmt/core.h>
#include <utility>

namespace roacache::commands {
namespace {

/// Sums keys up as they come.
class Summing {
  public:
    /// `every_key`: others than the profile's come too.
    Summing(const StatsOptions& options, const Walking& walking, bool every_key, StatsReport& report)
        : walking_(walking), report_(report), every_key_(every_key), by_prefix_(options.by_prefix()) {
        report.by_prefix = by_prefix_;
        report.selected = !every_key;
        report.groups.emplace(options.by_tenant(), options.by_resource(),
                              by_prefix_ ? k_most_prefixes : store::Groups::k_most);
        if (every_key) report.others.emplace(false, true, k_most_prefixes);
    }

    void add(const store::FoundKey& key, const store::Description& description) {
        if (description.gone) return;
        if (description.expired) {
            if (!report_.expired) report_.expired.emplace();
            report_.expired->add(description);
            return;
        }
        const layout::DecodedKey& decoded = key.parts();
        const bool other = every_key_ && !key.is_recognised();
        layout::DecodedKey prefix;
        if (other || by_prefix_) prefix.resource = key_prefix(key.bytes());
        const bool exceeds = entry_age(description, granted(decoded.resource)).exceeds_policy.value_or(false);
        if (other)
            report_.others->add(prefix, description);
        else
            report_.total.add(description, exceeds);
        if (const auto one = report_.resources.find(decoded.resource); one != report_.resources.end())
            one->second.add(description, exceeds);
        if (by_prefix_ || !other) report_.groups->add(by_prefix_ ? prefix : decoded, description, exceeds);
    }

  private:
    static constexpr std::size_t k_most_prefixes = 1'000;

    /// What the policy grants; asked anew only when the resource is another than before.
    std::optional<std::chrono::seconds> granted(std::string_view resource) {
        if (resource.empty()) return std::nullopt;
        if (resource != resource_) {
            resource_ = resource;
            granted_ = walking_.policy().of(resource_);
        }
        return granted_;
    }

    const Walking& walking_;
    StatsReport& report_;
    bool every_key_;
    bool by_prefix_;
    std::string resource_;
    std::optional<std::chrono::seconds> granted_;
};

void add_own_lookups(const store::Page& page, StatsReport& report) {
    for (const store::Description& description : page.descriptions) {
        report.own_misses += description.gone ? 1 : 0;
        report.own_hits += description.ttl_ms ? 1 : 0;
    }
}

/// Sums one walk up. Ctrl-C ends it early with what there is.
void scan(const StatsOptions& options, const Context& context, Walking& walking, store::Store& store,
          StatsReport& report) {
    const bool every_key = walking.keys().everything();
    store::WalkRequest request = walking.request();
    request.others_too = every_key;
    request.act = store::Act::describe;
    request.fields = {.type = false, .ttl = true, .bytes = true};
    request.expired_too = true;
    request.max_pause = parse_max_pause(options.max_pause);
    request.load = load_for(options.load, walking, store, request, context);
    Summing summing(options, walking, every_key, report);
    output::ProgressLine line = context.progress_line();
    auto walk = store.walk(std::move(request));
    for (store::Page page; walk->next(page);) {
        for (std::size_t i = 0; i < page.keys.size(); ++i)
            summing.add(page.keys[i], page.descriptions[i]);
        if (store.counts_walks()) add_own_lookups(page, report);
        if (core::Interrupt::requested()) {
            report.complete = false;
            context.streams.cut_short = true;
            walk->stop();
        }
        if (const auto progress = walk->progress())
            line.show(*progress, fmt::format("{} keys", core::format_count(report.total.keys())),
                      walk->parts_done());
    }
    report.resized = walk->resized();
    walk.reset();
    for (std::string& remark : store.remarks(false))
        report.server.remarks.push_back(std::move(remark));
    if (!every_key && report.complete) report.contact = walking.first_contact(store, context);
    if (!every_key) return;
    report.contact = {report.total.keys() + report.others->total().keys(), report.total.keys(), {}};
    if (report.complete && report.total.keys() == 0) report.contact = walking.first_contact(store, context);
}

} // namespace

StatsReport look_at_store(const StatsOptions& options, const Context& context, const WantedFigures& wanted,
                          Walking* walking, store::Store& store) {
    StatsReport report;
    for (const std::string& resource : wanted.resources())
        report.resources[resource];
    report.target = store.name();
    report.why_no_size = store.why_no_size();
    report.profile = context.settings.profile.value;
    report.goals_alone = options.goals;
    report.info = store.info();
    report.server = store.statistics();
    if (walking == nullptr && !report.server.keys) report.server.keys = store.count_entries();
    if (walking != nullptr) scan(options, context, *walking, store, report);
    return report;
}

} // namespace roacache::commands
