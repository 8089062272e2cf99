#include "src/bench/model/parameter.hpp"

#include "src/core/ascii.hpp"
#include "src/core/mixed.hpp"
#include "src/net/redact.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <limits>

namespace roacache::bench {
namespace {

std::string describe_one(const Parameter& parameter) {
    const std::size_t count = parameter.values.size();
    const std::string values = fmt::format("{} {}", count, count == 1 ? "value" : "values");
    switch (parameter.choice) {
    case Parameter::Choice::turn:
        return count == 1 ? values : values + " in turn";
    case Parameter::Choice::zipf:
        return "one of " + values + " by Zipf's law";
    case Parameter::Choice::seq:
        return fmt::format("counted from {}", parameter.first);
    case Parameter::Choice::random:
        break;
    }
    return "another one for each request";
}

} // namespace

bool has_place_for(const Parameter& parameter, std::string_view text) {
    return text.find("{" + parameter.name + "}") != std::string_view::npos ||
           text.find("{+" + parameter.name + "}") != std::string_view::npos;
}

bool is_parameter_name(std::string_view name) {
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
        return core::is_letter(c) || core::is_digit(c) || c == '_' || c == '-';
    });
}

std::vector<const Parameter*> used_by(const http::RequestSpec& request, const ParameterList& parameters) {
    std::vector<const Parameter*> used;
    for (const Parameter& parameter : parameters) {
        const bool in_header =
            std::any_of(request.headers.begin(), request.headers.end(),
                        [&](const auto& header) { return has_place_for(parameter, header.second); });
        if (in_header || has_place_for(parameter, request.url.target) ||
            has_place_for(parameter, request.body))
            used.push_back(&parameter);
    }
    return used;
}

std::vector<std::string> unfilled_places(std::string_view text, const ParameterList& parameters) {
    std::vector<std::string> names;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const std::size_t begin = open + (text.substr(open).starts_with("{+") ? 2 : 1);
        const std::size_t end = text.find_first_of("{}", begin);
        if (end == std::string_view::npos || text[end] == '{') continue;
        const std::string name(text.substr(begin, end - begin));
        const auto fills = [&](const Parameter& parameter) { return parameter.name == name; };
        if (is_parameter_name(name) && std::none_of(parameters.begin(), parameters.end(), fills) &&
            std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
    return names;
}

std::string describe(const std::vector<const Parameter*>& parameters) {
    std::string text;
    for (const Parameter* parameter : parameters)
        text +=
            fmt::format("{}{{{}}}: {}", text.empty() ? "" : "; ", parameter->name, describe_one(*parameter));
    return text;
}

Choices::Choices(std::vector<const Parameter*> parameters, std::uint64_t seed)
    : parameters_(std::move(parameters)), seed_(seed) {
    const auto multiply = [&](std::uint64_t by) {
        if (variants_ && *variants_ > std::numeric_limits<std::uint64_t>::max() / by)
            variants_.reset();
        else if (variants_)
            *variants_ *= by;
    };
    for (const Parameter* parameter : parameters_) {
        const std::size_t length = parameter->values.size();
        if (!parameter->has_values()) variants_.reset();
        if (parameter->choice == Parameter::Choice::turn) round_ = std::max<std::uint64_t>(round_, length);
        if (parameter->choice != Parameter::Choice::zipf) continue;
        if (std::any_of(zipfs_.begin(), zipfs_.end(),
                        [&](const Zipf& known) { return known.up_to.size() == length; }))
            continue;
        Zipf& zipf = zipfs_.emplace_back();
        double sum = 0;
        for (std::size_t rank = 1; rank <= length; ++rank)
            zipf.up_to.push_back(sum += 1 / static_cast<double>(rank));
        for (double& share : zipf.up_to)
            share /= sum;
        multiply(std::max<std::uint64_t>(length, 1));
    }
    multiply(round_);
}

std::size_t Choices::Zipf::index(double draw) const {
    const auto found = std::upper_bound(up_to.begin(), up_to.end(), draw);
    return std::min(static_cast<std::size_t>(found - up_to.begin()), up_to.size() - 1);
}

/// At least 0, below 1.
double Choices::draw(std::uint64_t number) const {
    const std::uint64_t random = core::mixed(core::mixed(number + core::k_mixed_step) ^ seed_);
    return static_cast<double>(random >> 11U) * 0x1p-53;
}

const Choices::Zipf& Choices::zipf_of(std::size_t length) const {
    return *std::find_if(zipfs_.begin(), zipfs_.end(),
                         [&](const Zipf& zipf) { return zipf.up_to.size() == length; });
}

std::size_t Choices::index(std::size_t parameter, std::uint64_t number) const {
    const Parameter& which = *parameters_[parameter];
    if (which.choice == Parameter::Choice::zipf) return zipf_of(which.values.size()).index(draw(number));
    return number % round_ % which.values.size();
}

std::uint64_t Choices::variant(std::uint64_t number) const {
    if (!variants_) return 0;
    std::uint64_t variant = number % round_;
    for (const Zipf& zipf : zipfs_)
        variant = variant * zipf.up_to.size() + zipf.index(draw(number));
    return variant;
}

std::optional<std::uint64_t> Choices::repeated(std::uint64_t count) const {
    constexpr std::uint64_t k_most = 1'000'000;
    const auto has_values = [](const Parameter* parameter) { return parameter->has_values(); };
    if (!std::all_of(parameters_.begin(), parameters_.end(), has_values)) return 0;
    const std::uint64_t looked_at = zipfs_.empty() ? std::min(count, round_) : count; // then all over again
    if (looked_at > k_most) return {};
    std::vector<std::uint64_t> requests; // told by their values, for a list may have one twice
    requests.reserve(static_cast<std::size_t>(looked_at));
    for (std::uint64_t number = 0; number < looked_at; ++number) {
        std::uint64_t request = 0;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const std::string& value = parameters_[i]->values[index(i, number)];
            request = core::mixed(request + core::k_mixed_step) ^ std::hash<std::string>{}(value);
        }
        requests.push_back(request);
    }
    std::sort(requests.begin(), requests.end());
    const auto different = std::unique(requests.begin(), requests.end()) - requests.begin();
    return count - static_cast<std::uint64_t>(different);
}

std::string Choices::describe(std::uint64_t variant) const {
    std::string text;
    for (const Parameter* parameter : parameters_) {
        if (!parameter->has_values()) continue;
        std::uint64_t rest = variant, index = 0;
        for (std::size_t i = zipfs_.size(); i > 0; --i) {
            const std::size_t length = zipfs_[i - 1].up_to.size();
            if (parameter->choice == Parameter::Choice::zipf && length == parameter->values.size())
                index = rest % length;
            rest /= length;
        }
        if (parameter->choice == Parameter::Choice::turn) index = rest % parameter->values.size();
        text += (text.empty() ? "" : ", ") +
                net::redact_parameters(parameter->name + "=" + output::printable(parameter->values[index]));
    }
    return text;
}

} // namespace roacache::bench
