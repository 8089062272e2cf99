#include "src/store/redis/topology/nodes_store.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"
#include "src/store/redis/self_report.hpp"
#include "src/store/redis/server_info.hpp"
#include "src/store/redis/topology/named_nodes_walk.hpp"
#include "src/store/redis/topology/nodes_walk.hpp"
#include "src/store/redis/topology/redirects.hpp"
#include "src/store/redis/topology/sum.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tuple>
#include <utility>

namespace roacache::store::redis {
namespace {

/// A failover takes longer than an answer: until a primary is believed to be gone, and its replica elected.
constexpr int k_answers_of_patience = 4;

Member member_of(const Node& node, const std::vector<Node>& nodes) {
    Member member;
    member.node = node.address.text();
    member.role = node.primary ? "master" : "replica";
    const Node* const primary = find_node(nodes, node.primary_id);
    if (primary != nullptr) member.primary = primary->address.text();
    member.slots = node.slots.count();
    member.slot_ranges = ranges_of(node.slots);
    member.answers = !node.failed && !node.suspected && !node.unreached;
    return member;
}

/// Empty where nothing is known to be wrong with it.
std::string warning_of(const Node& node) {
    const std::string name = output::printable(node.address.text());
    if (!node.unreached)
        return node.failed || node.suspected ? fmt::format("the node {} does not answer", name) : "";
    std::string text = fmt::format("the node {} cannot be asked: {}", name, node.unreached->what());
    if (node.unreached->lasts() && !node.unreached->remedy().empty())
        text += fmt::format(". {}", node.unreached->remedy());
    return text;
}

/// What a primary says of those of its replicas that it sends to, by the addresses that it knows them by.
void note_lags(Server& primary, std::vector<Member>& members) {
    const Fields fields = parse_info(primary.ask_tolerated({{"INFO", "replication"}})[0].text);
    const auto history = number_in(fields, "master_repl_offset");
    for (const Replica& replica : replicas_in(fields))
        for (Member& member : members) {
            if (!history || !replica.online || member.node != replica.address.text()) continue;
            member.linked = true;
            member.lag_bytes = *history - std::min(*history, replica.offset);
        }
}

/// What a replica says of its own link; absent where it does not tell, or is not one.
std::optional<bool> is_linked(Server& replica) {
    const Fields fields = parse_info(replica.ask_tolerated({{"INFO", "replication"}})[0].text);
    const auto status = fields.find("master_link_status");
    return status == fields.end() ? std::nullopt : std::optional(status->second == "up");
}

SelfReport nothing_told(const std::string& why) {
    SelfReport report;
    for (std::string* const one :
         {&report.info.why_not, &report.config.why_not, &report.latency.why_not, &report.slow_log.why_not,
          &report.cluster_info.why_not, &report.cluster_nodes.why_not, &report.user.why_not,
          &report.open_to_all.why_not, &report.permissions.why_not})
        *one = why;
    return report;
}

} // namespace

NodesStore::NodesStore(std::unique_ptr<Topology> topology, core::Nanoseconds timeout)
    : topology_(std::move(topology)), timeout_(timeout) {}

const std::vector<Node>& NodesStore::primaries() {
    if (primaries_.empty()) primaries_ = topology_->primaries();
    return primaries_;
}

/// What `ask` answers: a failover that is under way, or that nobody has begun yet, is waited for.
template <typename Question>
auto NodesStore::through_failover(Question ask) {
    const core::Deadline deadline = core::Deadline::in(timeout_ * k_answers_of_patience);
    for (;;) {
        try {
            return ask();
        } catch (const core::Error& error) {
            const std::vector<Node>& members = topology_->members();
            const bool may_pass = std::any_of(members.begin(), members.end(), [](const Node& node) {
                return !node.primary && !node.failed && !node.suspected;
            });
            if (error.code() != core::ExitCode::unreachable || error.lasts() || !may_pass) throw;
            if (deadline.passed() || core::Interrupt::requested()) throw;
        }
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
        topology_->forget_readers();
    }
}

const Node& NodesStore::any_node() {
    for (const Node& node : primaries())
        if (node.asked) return node;
    for (const Node& node : topology_->members()) // that own nothing yet
        if (node.asked) return node;
    if (const Node* const node = refusing(primaries())) throw core::Error(*node->unreached);
    throw unanswered(fmt::format("cannot connect: {}: it answers, but no primary does", name()), primaries_);
}

RedisStore& NodesStore::of(const std::string& key) {
    const std::size_t slot = slot_of(key);
    const Node* const owner = owner_of(slot, primaries());
    if (owner != nullptr && owner->asked) return topology_->reader_of(*owner, SlotSet().set(slot));
    if (owner != nullptr && owner->unreached && owner->unreached->lasts())
        throw core::Error(*owner->unreached);
    throw unanswered(
        fmt::format("cannot connect: {}: no primary answers for the key's slot {}", name(), slot), primaries_,
        SlotSet().set(slot));
}

template <typename Conversation>
auto NodesStore::with_primary_of(const std::string& key, Conversation conversation) {
    const core::Deadline deadline = core::Deadline::in(timeout_ * k_answers_of_patience);
    for (std::size_t times = 1;;) {
        try {
            try {
                return conversation(of(key));
            } catch (const KeyElsewhere& elsewhere) {
                // A key that is on its way is asked for where it goes; the slot's owner stays the same.
                const auto address = address_in(elsewhere.words(), {});
                if (!elsewhere.words().starts_with("ASK ") || !address || address->host.empty()) throw;
                const auto taker = topology_->connect(*address);
                taker->server().connection().set_asking(true);
                return conversation(*taker);
            }
        } catch (const core::Error& error) {
            const bool elsewhere = dynamic_cast<const KeyElsewhere*>(&error) != nullptr;
            if ((error.code() != core::ExitCode::unreachable || error.lasts()) && !elsewhere) throw;
            if (deadline.passed() || core::Interrupt::requested()) throw;
            // A slot that nobody owns is no failover under way, but it may have moved while the nodes were
            // asked.
            if (owner_of(slot_of(key), topology_->members()) == nullptr && times++ >= k_asks_of_nobodys)
                throw;
        }
        core::wait_ready(-1, 0, core::Deadline::in(k_ask_nodes_again));
        topology_->forget_readers();
        primaries_.clear(); // to be asked for anew
    }
}

core::Nanoseconds NodesStore::ping() {
    return any().ping();
}

Info NodesStore::info() {
    primaries_ = topology_->primaries();
    RedisStore& first = any();
    Info info = first.info();
    info.topology = core::Untrusted(std::string(topology_->kind()));
    const std::vector<Node>& all = topology_->members();
    std::erase(info.nodes, first.name());
    for (const Node& node : all) {
        Member member = member_of(node, all);
        if (node.primary)
            info.nodes.insert(info.nodes.begin(), member.node);
        else
            info.nodes.push_back(member.node);
        info.members.push_back(std::move(member));
    }
    for (const Node& node : primaries_)
        if (node.asked) note_lags(topology_->at(node).server(), info.members);
    note_links(info);
    for (const std::string& warning : topology_->warnings())
        info.warnings.push_back(warning);
    for (const Node& node : all)
        if (const std::string warning = warning_of(node); !warning.empty()) info.warnings.push_back(warning);
    std::sort(info.members.begin(), info.members.end(), [](const Member& a, const Member& b) {
        const auto place = [](const Member& member) {
            const bool primary = member.role == "master";
            return std::tuple(primary ? member.node : member.primary, !primary, member.node);
        };
        return place(a) < place(b);
    });
    const std::size_t served = served_by(primaries_).count();
    info.whole = served == k_slots;
    if (!info.whole)
        info.warnings.push_back(
            fmt::format("no primary answers for {} of {} slots", k_slots - served, k_slots));
    return info;
}

/// Of replicas that no primary says it sends to: it may know them by another address.
void NodesStore::note_links(Info& info) {
    for (const Node& node : topology_->members()) {
        const std::string name = node.address.text();
        const auto member = std::find_if(info.members.begin(), info.members.end(),
                                         [&](const Member& one) { return one.node == name; });
        if (node.primary || member == info.members.end() || member->linked || !member->answers) continue;
        try {
            member->linked = is_linked(topology_->at(node).server());
        } catch (const core::Error&) {
            continue; // of the link nothing is known
        }
        if (!member->linked.value_or(true))
            info.warnings.push_back(fmt::format(
                "the replica {} is not linked to its primary{}: what is written there does not reach it",
                output::printable(name),
                member->primary.empty() ? "" : " " + output::printable(member->primary)));
    }
}

Identity NodesStore::identity() {
    Identity identity;
    std::vector<std::string> ids;
    std::map<std::string, std::string> epochs;
    const bool by_node = topology_->kind() == "cluster";
    if (primaries_.empty()) primaries_ = through_failover([&] { return topology_->primaries(); });
    for (const Node& node : primaries_) {
        // What Sentinels know of a server may be as old as its last process.
        const std::string& id = by_node ? node.id : node.run_id;
        if (id.empty()) {
            identity.unknown = fmt::format("the id of {} is not known", node.address.text());
            return identity;
        }
        ids.push_back(id);
        epochs.emplace(id, std::to_string(node.epoch));
    }
    std::sort(ids.begin(), ids.end());
    identity.parts = topology_->settings();
    identity.parts.emplace("kind", std::string(topology_->kind()));
    identity.parts.emplace(by_node ? "primaries" : "run_id", fmt::format("{}", fmt::join(ids, " ")));
    if (by_node) identity.state = std::move(epochs);
    return identity;
}

std::string NodesStore::node_of(const std::string& key) {
    if (topology_->kind() != "cluster") return {};
    if (topology_->members().empty()) primaries();
    const Node* const owner = owner_of(slot_of(key), topology_->members());
    return owner == nullptr ? std::string() : owner->address.text();
}

Statistics NodesStore::statistics() {
    return through_failover([&] { return statistics_now(); });
}

Statistics NodesStore::statistics_now() {
    primaries_ = topology_->primaries();
    std::optional<Statistics> sum;
    std::vector<std::string> full;
    if (const Node* const node = refusing(primaries_)) throw core::Error(*node->unreached);
    for (const Node& node : primaries_) {
        if (!node.asked)
            throw unanswered(fmt::format("cannot connect: {}: a primary does not answer, so that the "
                                         "figures of all are not known",
                                         name()),
                             primaries_, node.slots);
        Statistics part = topology_->at(node).statistics(); // a replica evicts nothing, and counts no expiry
        if (part.refuses_writes.value_or(false)) full.push_back(output::printable(node.address.text()));
        sum = sum ? add(std::move(*sum), part) : std::move(part);
    }
    if (sum && !full.empty() && primaries_.size() > 1)
        sum->remarks.push_back(fmt::format("the memory of {} is full", fmt::join(full, ", ")));
    return sum.value_or(Statistics());
}

std::vector<SelfReport> NodesStore::self_reports(const std::vector<CommandWords>& asked) {
    primaries_ = topology_->primaries();
    std::vector<Node> nodes = topology_->members();
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](const Node& a, const Node& b) { return a.primary && !b.primary; });
    std::vector<SelfReport> reports;
    reports.reserve(nodes.size());
    for (const Node& node : nodes) {
        try {
            reports.push_back(self_report(topology_->at(node).server(), asked));
        } catch (const core::Error& error) {
            if (error.code() != core::ExitCode::unreachable) throw;
            reports.push_back(nothing_told(error.what()));
        }
        reports.back().server = output::printable(node.address.text());
    }
    const auto tells = [](const SelfReport& report) { return report.info.value.has_value(); };
    if (std::none_of(reports.begin(), reports.end(), tells)) any();
    std::stable_partition(reports.begin(), reports.end(), tells);
    if (!reports.empty()) reports.front().sentinels = topology_->sentinel_reports();
    return reports;
}

/// A name that no key has, of a slot whose primary answers, if there is one: another would be waited for.
std::string NodesStore::served_name() {
    constexpr int k_most_names = 1000;
    std::string name = unused_name();
    try {
        const SlotSet served = served_by(primaries());
        for (int more = k_most_names; more > 0 && served.any() && !served[slot_of(name)]; --more)
            name = unused_name();
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable || error.lasts()) throw;
    }
    return name;
}

Capabilities NodesStore::capabilities() {
    const std::string key = served_name();
    try {
        return with_primary_of(key, [&](RedisStore& store) { return store.capabilities_by(key); });
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::unreachable || served_by(primaries()).all()) throw;
        Capabilities none; // of a cluster that is down, or whose slots nobody owns yet
        for (const auto& [capability, name] : k_capabilities)
            none.missing.emplace(capability, error.what());
        return none;
    }
}

std::unique_ptr<Walk> NodesStore::walk(WalkRequest request) {
    const bool changes = request.act == Act::erase || request.act == Act::shorten;
    if (changes && reads_replicas())
        throw core::Error(core::ExitCode::refused,
                          fmt::format("refused: {}: opened to read replicas", name()));
    const core::Nanoseconds patience = timeout_ * k_answers_of_patience;
    if (!request.names_keys()) return std::make_unique<NodesWalk>(*topology_, std::move(request), patience);
    if (request.meant != nullptr && request.meant->named() != nullptr) request.meant->named()->rewind();
    return std::make_unique<NamedNodesWalk>(*topology_, std::move(request), patience);
}

std::optional<Value> NodesStore::inspect(const FoundKey& entry, std::size_t max_bytes) {
    return with_primary_of(entry.bytes(), [&](RedisStore& store) { return store.inspect(entry, max_bytes); });
}

std::string NodesStore::read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) {
    return with_primary_of(entry.bytes(),
                           [&](RedisStore& store) { return store.read(entry, offset, max_bytes); });
}

std::uint64_t NodesStore::publish(const std::string& channel, const std::string& message) {
    return any().publish(channel, message);
}

/// A message goes on to all nodes, replicas too, and each counts its own clients alone.
Listeners NodesStore::listeners_elsewhere(const std::string& channel) {
    const std::string told = any_node().id;
    Listeners sum;
    for (const Node& node : topology_->members()) {
        if (node.id == told || node.failed) continue;
        try {
            const Listeners there = topology_->at(node).listeners(channel);
            sum.count += there.count;
            sum.all = sum.all && there.all;
        } catch (const core::Error&) {
            sum.all = false;
        }
    }
    return sum;
}

} // namespace roacache::store::redis
