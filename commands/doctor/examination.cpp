#include "commands/doctor/examination.hpp"

#include "commands/doctor/host.hpp"
#include "commands/keys/first_contact.hpp"
#include "commands/keys/walking.hpp"
#include "commands/open_store.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/layout/glob.hpp"
#include "src/output/text.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <poll.h>

namespace roacache::commands {
namespace {

using analysis::Facts;
using core::Error;
using core::ExitCode;

/// Enough to see what one key in a thousand is.
constexpr std::uint64_t k_most_keys = 5'000;
constexpr std::size_t k_most_prefixes = 1'000;

/// `address`: a host, or with its port.
bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address.starts_with("::1") || address.starts_with("[::1]") ||
           address == "localhost" || address.starts_with("localhost:");
}

bool is_loopback(const net::Url& url) {
    if (url.kind == net::UrlKind::unix_socket) return true;
    return !url.hosts.empty() && std::all_of(url.hosts.begin(), url.hosts.end(),
                                             [](const net::HostPort& one) { return is_loopback(one.host); });
}

/// Takes a sample of the keys, in the order in which the server gives them, which is none.
class Sampling {
  public:
    Sampling(const DoctorOptions& options, const Context& context)
        : options_(options), walking_(context, {}) {}

    const store::MeantKeys& keys() const { return walking_.keys(); }
    const config::TtlPolicy& policy() const { return walking_.policy(); }

    store::Told<analysis::KeySample> take(store::Store& store) {
        try {
            return {look(store), {}};
        } catch (const Error& error) {
            // What is away is for the other rules to say.
            const bool is_away = error.code() == ExitCode::unreachable;
            if ((error.code() != ExitCode::refused && !is_away) || core::Interrupt::requested()) throw;
            return {std::nullopt, output::printable(error.what())};
        }
    }

  private:
    analysis::KeySample look(store::Store& store) {
        store::WalkRequest request = walking_.request();
        request.others_too = true;
        request.act = store::Act::describe;
        request.fields = {.type = false, .ttl = true, .bytes = false};
        request.max_pause = parse_max_pause(options_.max_pause);
        analysis::KeySample sample;
        sample.without_ttl = sample.recognised_without_ttl = 0;
        const auto walk = store.walk(std::move(request));
        for (store::Page page; walk->next(page);) {
            for (std::size_t i = 0; i < page.keys.size(); ++i)
                add(page.keys[i], page.descriptions[i], sample);
            if (sample.looked_at >= k_most_keys || core::Interrupt::requested()) walk->stop();
        }
        sample.in_database = sample.looked_at;
        return sample;
    }

    static void add(const store::FoundKey& key, const store::Description& description,
                    analysis::KeySample& sample) {
        if (description.gone) return;
        ++sample.looked_at;
        if (key.is_recognised()) {
            ++sample.recognised;
        } else {
            std::string prefix = output::printable(key_prefix(key.bytes()));
            if (sample.other_prefixes.size() >= k_most_prefixes && !sample.other_prefixes.contains(prefix))
                prefix = "(others)";
            ++sample.other_prefixes[prefix];
        }
        const auto expires = description.expires();
        if (!expires) sample.without_ttl.reset();
        if (!expires && key.is_recognised()) sample.recognised_without_ttl.reset();
        if (expires.value_or(true)) return;
        if (sample.without_ttl) ++*sample.without_ttl;
        if (key.is_recognised() && sample.recognised_without_ttl) ++*sample.recognised_without_ttl;
    }

    const DoctorOptions& options_;
    Walking walking_;
};

/// Waits, and draws how far that is where somebody looks. Throws core::Error(interrupted).
void wait_for(core::Nanoseconds duration, const Context& context) {
    const core::Deadline end = core::Deadline::in(duration);
    output::ProgressLine line = context.progress_line();
    while (!end.passed()) {
        pollfd interrupt{core::Interrupt::fd(), POLLIN, 0};
        poll(&interrupt, 1, std::min(end.poll_ms(), 250));
        if (core::Interrupt::requested())
            throw Error(ExitCode::interrupted, "interrupted: nothing was found out yet");
        const double left =
            static_cast<double>(end.poll_ms()) / core::to_ms(static_cast<double>(duration.count()));
        line.show(1 - left, "measuring");
    }
}

std::uint64_t grown(const Facts& before, const Facts& after, std::string_view name) {
    const std::uint64_t from = before.count(name).value_or(0), to = after.count(name).value_or(0);
    return to - std::min(from, to);
}

std::uint64_t lookups_of_metadata(const Facts& facts) {
    return facts.server.info.value
               ? store::redis::count_metadata_lookups(*facts.server.info.value).value_or(0)
               : 0;
}

store::Told<analysis::Window> window_between(const Facts& before, const Facts& after,
                                             core::Nanoseconds duration) {
    if (!before.count("keyspace_hits") || !after.count("keyspace_hits"))
        return {std::nullopt, after.why_no_info("keyspace_hits")};
    if (before.info("run_id") != after.info("run_id"))
        return {std::nullopt, "the server was started anew while it was measured"};
    analysis::Window window;
    window.seconds = static_cast<double>(duration.count()) / 1e9;
    window.hits = grown(before, after, "keyspace_hits");
    window.misses = grown(before, after, "keyspace_misses");
    window.evictions = grown(before, after, "evicted_keys");
    window.rejected = grown(before, after, "rejected_connections");
    const std::uint64_t from = lookups_of_metadata(before), to = lookups_of_metadata(after);
    window.metadata_lookups = to - std::min(from, to);
    const std::uint64_t refused_before = before.figure("errorstat_OOM", "count=").value_or(0);
    const std::uint64_t refused_after = after.figure("errorstat_OOM", "count=").value_or(0);
    window.refused_writes = refused_after - std::min(refused_before, refused_after);
    return {window, {}};
}

std::string version_of(const Facts& facts) {
    return facts.info("valkey_version").value_or(facts.info("redis_version").value_or(""));
}

/// Since the same server was asked before.
store::Told<analysis::Window> window_of(const std::vector<Facts>& before, const Facts& after,
                                        core::Nanoseconds duration) {
    for (const Facts& facts : before)
        if (facts.server.server == after.server.server) return window_between(facts, after, duration);
    return {std::nullopt, "the server came while it was measured"};
}

/// Globs of the forms that the profile's keys have, without those that another one covers, and a key of each.
analysis::NeedsOf needs_of(const Facts& facts, const layout::Layout& layout, const net::Url& url) {
    analysis::NeedsOf of;
    of.version = version_of(facts);
    of.cluster = facts.is_cluster();
    of.selects_database = url.database.value_or(0) != 0;
    std::vector<std::string> globs;
    for (const layout::KeyTemplate& form : layout.templates()) {
        of.sample_keys.push_back(form.sample_keys().front());
        globs.push_back(form.glob({}));
    }
    for (std::size_t i = 0; i < globs.size(); ++i) {
        bool covered = false;
        for (std::size_t j = 0; j < globs.size(); ++j)
            covered = covered ||
                      (i != j && layout::glob_matches(globs[j], globs[i]) && (globs[i] != globs[j] || j < i));
        if (!covered) of.patterns.push_back(globs[i]);
    }
    return of;
}

/// The rights may differ from server to server: what is missing at any of them is.
AclReport acl_report(const std::vector<Facts>& servers, const analysis::NeedsOf& of, store::Store& store) {
    AclReport report;
    report.user = servers.front().server.user.value;
    for (const Facts& facts : servers) {
        const auto& told = facts.server.permissions.value;
        if (!told) continue;
        report.basis = told->basis == store::Permissions::Basis::dry_run ? "dry_run" : "transaction";
        for (analysis::Missing& one : analysis::missing_permissions(of, *told)) {
            const bool known = std::any_of(
                report.missing.begin(), report.missing.end(), [&](const analysis::Missing& other) {
                    return other.command == one.command && other.server_command == one.server_command;
                });
            if (!known) report.missing.push_back(std::move(one));
        }
    }
    if (*report.basis == '\0') {
        report.basis = "probes";
        report.missing = analysis::missing_capabilities(store.capabilities());
    }
    const bool has_users = std::all_of(servers.begin(), servers.end(),
                                       [](const Facts& facts) { return facts.server.has_users; });
    if (!analysis::has_acl(of))
        report.why_no_users = "users with fewer rights begin with Redis 6.0, and this server is older";
    else if (!has_users)
        report.why_no_users = "the server has no users with fewer rights of its own: it refuses ACL";
    if (!report.why_no_users.empty()) return report;
    report.minimal = analysis::minimal_acl(of, true);
    report.minimal_for = analysis::minimal_commands(of, true);
    report.read_only = analysis::minimal_acl(of, false);
    report.read_only_for = analysis::minimal_commands(of, false);
    return report;
}

std::vector<Facts> facts_of(store::Store& store, const std::vector<store::CommandWords>& asked) {
    std::vector<Facts> servers;
    for (store::SelfReport& report : store.self_reports(asked))
        servers.emplace_back().server = std::move(report);
    return servers;
}

/// In the cache's database, of several servers at all primaries: the sample is of these.
std::uint64_t keys_of(const std::vector<Facts>& servers, unsigned database) {
    std::uint64_t keys = 0;
    for (const Facts& facts : servers) {
        if (servers.size() > 1 && facts.info("role") != "master") continue;
        const auto databases = facts.databases();
        const auto found = databases.find(database);
        keys += found == databases.end() ? 0 : found->second;
    }
    return keys;
}

} // namespace

Examination examine(const DoctorOptions& options, const Context& context) {
    const core::Nanoseconds duration = options.measured_for.empty()
                                           ? core::Nanoseconds::zero()
                                           : core::parse_duration(options.measured_for, "--for");
    Sampling sampling(options, context);
    const net::Url url = context.url();
    const auto store = open_store(context);
    const std::vector<Facts> before = facts_of(*store, {});
    analysis::NeedsOf of = needs_of(before.front(), sampling.keys().layout(), url);
    of.channel = options.notify;
    if (duration.count() > 0) wait_for(duration, context);
    std::vector<Facts> servers = facts_of(*store, analysis::permission_questions(of));
    auto keys = sampling.take(*store);
    if (keys.value)
        keys.value->in_database = std::max(keys.value->looked_at, keys_of(servers, url.database.value_or(0)));
    Facts common; // to all servers
    common.database = url.database.value_or(0);
    common.tls = url.tls;
    const auto password = connect_options(context, url, context.settings.url).password;
    common.with_password = password && !password->empty();
    common.today = core::utc_timestamp().substr(0, 10);
    common.now_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    common.profile = sampling.keys().profile().name;
    common.goals = sampling.keys().profile().goals.overall;
    common.standard_ttl = sampling.policy().standard.value_or(common.standard_ttl);
    common.keys = std::move(keys);
    Examination done;
    for (Facts& facts : servers) {
        const store::SelfReport report = std::move(facts.server);
        facts = common;
        facts.server = report;
        facts.same_host = report.server.empty() ? is_loopback(url) : is_loopback(report.server);
        facts.window = duration.count() > 0
                           ? window_of(before, facts, duration)
                           : store::Told<analysis::Window>{std::nullopt, "--for DUR measures it"};
        facts.host = read_host(options.host_root, facts);
        if (!report.server.empty()) done.servers.push_back(report.server);
        const std::string version = output::printable(version_of(facts));
        if (done.version.find(version) == std::string::npos)
            done.version += (done.version.empty() ? "" : ", ") + version;
    }
    if (core::Interrupt::requested())
        throw Error(ExitCode::interrupted, "interrupted: not all was looked at");
    done.target = store->name();
    done.keys = common.keys.value;
    if (!done.keys) done.untold = common.keys.why_not;
    for (const Facts& facts : servers)
        if (!facts.server.info.value) done.untold = facts.server.info.why_not;
    done.window = servers.front().window.value;
    done.diagnosis = analysis::diagnose(servers);
    done.acl = acl_report(servers, of, *store);
    return done;
}

} // namespace roacache::commands
