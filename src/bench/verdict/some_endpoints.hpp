#pragma once

#include "src/bench/model/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roacache::bench {

/// Some endpoints of a run, which one reason of its verdict is about.
class SomeEndpoints {
  public:
    /// `endpoints` in ascending order, at least one. `run` must outlive it.
    SomeEndpoints(const Result& run, std::vector<std::size_t> endpoints);

    /// As if only these endpoints had been measured; the run itself where they are all there are.
    const Result& result() const { return own_ ? *own_ : run_; }
    /// ` of list and summary`; empty where they are all there are.
    std::string of() const;
    /// Which of the run's endpoints they are.
    const std::vector<std::size_t>& endpoints() const { return endpoints_; }

  private:
    const Result& run_;
    std::vector<std::size_t> endpoints_;
    std::optional<Result> own_; ///< absent where they are all there are
};

/// The endpoints, told by their index, of which it holds; absent where it holds of none.
std::optional<SomeEndpoints> endpoints_where(const Result& run,
                                             const std::function<bool(std::size_t)>& holds);

/// More than one in a hundred, which cannot be overlooked. Of one endpoint among several these are at least
/// three, or all: of many endpoints with few requests some have one by chance.
bool too_many(std::uint64_t count, std::uint64_t of, bool among_several);

/// What is counted of an arm, and of how many.
using Share = std::function<std::pair<std::uint64_t, std::uint64_t>(const Tally&)>;

/// The requests that failed, of all.
std::pair<std::uint64_t, std::uint64_t> failed_of(const Tally& tally);

/// The endpoints of whose arm it is too many, or, where it is of none but of all together, all. Those that
/// are `excepted` are not looked at.
std::optional<SomeEndpoints> endpoints_with_too_many(
    const Result& run, ArmKind arm, const Share& share,
    const std::function<bool(std::size_t)>& excepted = [](std::size_t) { return false; });

} // namespace roacache::bench
