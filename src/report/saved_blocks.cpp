#include "src/report/saved_blocks.hpp"

#include "src/output/text.hpp"
#include "src/report/plan_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace roacache::report {
namespace {

using bench::CoarseHistogram;
using bench::Histogram;
using bench::Tally;
using bench::TimeBin;
using bench::TimeBins;

/// The least nanosecond of a bucket, and its count.
using Counts = std::vector<std::pair<std::int64_t, std::uint64_t>>;

std::string counts_text(const Counts& counts) {
    std::string text;
    for (const auto& [low, count] : counts)
        text += fmt::format("{}{}:{}", text.empty() ? "" : " ", low, count);
    return text;
}

Json statuses_json(const std::map<int, std::uint64_t>& statuses) {
    Json json = Json::object();
    for (const auto& [status, count] : statuses)
        json[std::to_string(status)] = count;
    return json;
}

Json tally_json(const Tally& tally) {
    Json json;
    json["requests"] = tally.requests;
    json["errors"] = tally.errors;
    if (!tally.system_errors.empty()) json["system_errors"] = tally.system_errors;
    json["statuses"] = statuses_json(tally.statuses);
    json["bytes"] = tally.bytes;
    json["proven_hits"] = tally.proven_hits;
    json["proven_misses"] = tally.proven_misses;
    json["connects"] = tally.connects;
    json["fillers"] = tally.fillers;
    if (tally.leading_misses != 0) json["leading_misses"] = tally.leading_misses;
    json["sent_again"] = tally.sent_again;
    json["latency"] = histogram_json(tally.latency);
    if (!tally.first_byte.empty()) json["first_byte"] = histogram_json(tally.first_byte);
    for (const auto& [tier, latency] : tally.tiers)
        json["tiers"][tier] = histogram_json(latency);
    if (tally.moved_out != 0) json["moved_out"] = tally.moved_out;
    if (tally.moved_in != 0) json["moved_in"] = tally.moved_in;
    if (!tally.censored.empty()) json["censored"] = histogram_json(tally.censored);
    return json;
}

Json bins_json(const TimeBins& bins) {
    Json json{{"started_s", bins.started_s}, {"bin_seconds", bins.bin_seconds}, {"bins", Json::array()}};
    for (const TimeBin& bin : bins.bins) {
        Counts latency;
        for (const auto& cell : bin.latency.cells())
            latency.emplace_back(CoarseHistogram::low_of(cell.bucket), cell.count);
        json["bins"].push_back({{"requests", bin.requests},
                                {"statuses", statuses_json(bin.statuses)},
                                {"proven_hits", bin.proven_hits},
                                {"proven_misses", bin.proven_misses},
                                {"latency", counts_text(latency)}});
    }
    return json;
}

template <typename Number>
Number number_from(std::string_view text, const char* otherwise) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) throw BadRun(otherwise);
    return number;
}

Counts counts_from(const std::string& text) {
    Counts counts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string_view cell = std::string_view(text).substr(begin, end - begin);
        const std::size_t colon = cell.find(':');
        constexpr const char* k_form = "a histogram's counts are LOW:COUNT";
        if (colon == std::string_view::npos) throw BadRun(k_form);
        counts.emplace_back(number_from<std::int64_t>(cell.substr(0, colon), k_form),
                            number_from<std::uint64_t>(cell.substr(colon + 1), k_form));
        begin = end + 1;
    }
    return counts;
}

std::map<int, std::uint64_t> statuses_from(const Json& json) {
    constexpr const char* k_form = "a status is a number from 0 to 999";
    std::map<int, std::uint64_t> statuses;
    for (const auto& [text, count] : json.items()) {
        const auto status = number_from<unsigned>(text, k_form);
        if (status > 999) throw BadRun(k_form);
        statuses[static_cast<int>(status)] = count_from(count);
    }
    return statuses;
}

std::uint64_t sum_of(const std::map<int, std::uint64_t>& statuses) {
    std::uint64_t sum = 0;
    for (const auto& [status, count] : statuses)
        sum += std::min(count, std::numeric_limits<std::uint64_t>::max() - sum);
    return sum;
}

Tally tally_from(const Json& json) {
    Tally tally;
    tally.requests = count_from(json.at("requests"));
    tally.errors = errors_from(json.at("errors"));
    if (json.contains("system_errors")) tally.system_errors = errors_from(json.at("system_errors"));
    tally.statuses = statuses_from(json.at("statuses"));
    tally.bytes = count_from(json.at("bytes"));
    tally.proven_hits = count_from(json.at("proven_hits"));
    tally.proven_misses = count_from(json.at("proven_misses"));
    tally.connects = count_from(json.at("connects"));
    if (json.contains("fillers")) tally.fillers = count_from(json.at("fillers"));
    if (json.contains("leading_misses")) tally.leading_misses = count_from(json.at("leading_misses"));
    if (json.contains("sent_again")) tally.sent_again = count_from(json.at("sent_again"));
    tally.latency = histogram_from(json.at("latency"));
    if (json.contains("censored")) tally.censored = histogram_from(json.at("censored"));
    if (json.contains("first_byte")) tally.first_byte = histogram_from(json.at("first_byte"));
    if (json.contains("moved_out")) tally.moved_out = count_from(json.at("moved_out"));
    if (json.contains("moved_in")) tally.moved_in = count_from(json.at("moved_in"));
    std::uint64_t of_tiers = 0;
    if (json.contains("tiers"))
        for (const auto& [tier, latency] : json.at("tiers").items())
            of_tiers += (tally.of_tier(output::printable(tier)) = histogram_from(latency)).count();
    if (tally.moved_in > tally.latency.count()) throw BadRun("more was moved into an arm than it holds");
    if (tally.proven_hits + tally.proven_misses > tally.answered())
        throw BadRun("more hits and misses than good responses");
    if (of_tiers > tally.answered()) throw BadRun("more answers of tiers than good responses");
    return tally;
}

TimeBin bin_from(const Json& json) {
    TimeBin bin;
    bin.requests = count_from(json.at("requests"));
    bin.statuses = statuses_from(json.at("statuses"));
    bin.proven_hits = count_from(json.at("proven_hits"));
    bin.proven_misses = count_from(json.at("proven_misses"));
    for (const auto& [low, count] : counts_from(json.at("latency"))) {
        const std::uint32_t bucket = CoarseHistogram::bucket_of(low);
        if (CoarseHistogram::low_of(bucket) != low) throw BadRun("a bin's latencies are in no bucket");
        bin.latency.add(bucket, count);
    }
    const std::uint64_t good = bin.latency.count();
    if (bin.statuses.size() > TimeBin::k_most_statuses + 1 || sum_of(bin.statuses) > bin.requests ||
        good > bin.requests || bin.proven_hits > good || bin.proven_misses > good - bin.proven_hits)
        throw BadRun("a bin of a block's time contradicts itself");
    return bin;
}

/// Older runs have none.
TimeBins bins_from(const Json& json) {
    TimeBins bins;
    bins.started_s = json.at("started_s");
    bins.bin_seconds = json.at("bin_seconds");
    for (const Json& bin : json.at("bins"))
        bins.bins.push_back(bin_from(bin));
    if (!(bins.bin_seconds > 0) || !std::isfinite(bins.bin_seconds) || bins.bins.empty() ||
        bins.bins.size() > TimeBins::k_most)
        throw BadRun("a block's time is in more bins than there can be, or in none");
    return bins;
}

} // namespace

std::uint64_t count_from(const Json& json) {
    const bool counts =
        json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
    if (!counts) throw BadRun("what is counted is a whole number from 0 on");
    return json.get<std::uint64_t>();
}

bench::Errors errors_from(const Json& json) {
    bench::Errors errors;
    for (const auto& [name, count] : json.items())
        errors[name] = count_from(count);
    return errors;
}

Json histogram_json(const Histogram& histogram) {
    const Histogram::State state = histogram.state();
    return {{"counts", counts_text(state.counts)},
            {"sum_ns", state.sum_ns},
            {"sum_of_squares", state.sum_of_squares},
            {"min_ns", state.min_ns},
            {"max_ns", state.max_ns}};
}

Histogram histogram_from(const Json& json) {
    Histogram::State state;
    state.sum_ns = json.at("sum_ns");
    state.sum_of_squares = json.at("sum_of_squares");
    state.min_ns = json.at("min_ns");
    state.max_ns = json.at("max_ns");
    state.counts = counts_from(json.at("counts"));
    const auto histogram = Histogram::restored(state);
    if (!histogram) throw BadRun("a histogram contradicts itself");
    return *histogram;
}

Json block_json(const bench::Block& block) {
    Json json{{"pair", block.pair},
              {"arm", bench::name_of(block.arm)},
              {"started_s", block.started_s},
              {"seconds", block.seconds},
              {"endpoints", Json::array()}};
    if (block.cpu_seconds) json["cpu_seconds"] = *block.cpu_seconds;
    if (block.waiting_seconds) json["waiting_seconds"] = *block.waiting_seconds;
    if (block.wall_seconds) json["wall_seconds"] = *block.wall_seconds;
    if (block.under_way) json["under_way"] = *block.under_way;
    if (block.origin_queries) json["origin_queries"] = *block.origin_queries;
    for (const Tally& tally : block.endpoints)
        json["endpoints"].push_back(tally_json(tally));
    if (!block.bins.bins.empty()) json["bins"] = bins_json(block.bins);
    return json;
}

bench::Block block_from(const Json& json, std::size_t endpoints) {
    bench::Block block;
    block.pair = json.at("pair");
    block.arm = arm_from(json.at("arm"));
    block.started_s = json.at("started_s");
    block.seconds = json.at("seconds");
    if (json.contains("cpu_seconds")) block.cpu_seconds = json.at("cpu_seconds");
    if (json.contains("waiting_seconds")) block.waiting_seconds = json.at("waiting_seconds");
    if (json.contains("wall_seconds")) block.wall_seconds = json.at("wall_seconds");
    if (json.contains("under_way")) block.under_way = json.at("under_way");
    if (json.contains("origin_queries")) block.origin_queries = count_from(json.at("origin_queries"));
    for (const Json& tally : json.at("endpoints"))
        block.endpoints.push_back(tally_from(tally));
    if (json.contains("bins")) block.bins = bins_from(json.at("bins"));
    std::uint64_t counted = 0, in_bins = 0;
    for (const Tally& tally : block.endpoints)
        counted += tally.requests;
    for (const TimeBin& bin : block.bins.bins)
        in_bins += bin.requests;
    if (in_bins > counted) throw BadRun("a block has fewer requests than its bins of time");
    if (block.endpoints.size() != endpoints) throw BadRun("a block has not as many endpoints as the run");
    const auto at_least_nothing = [](std::optional<double> value) { return value.value_or(0) >= 0; };
    if (!at_least_nothing(block.seconds) || !at_least_nothing(block.wall_seconds))
        throw BadRun("a block's seconds are negative");
    if (!at_least_nothing(block.under_way)) throw BadRun("less than nothing was under way in a block");
    return block;
}

} // namespace roacache::report
