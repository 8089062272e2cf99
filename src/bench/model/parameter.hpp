#pragma once

#include "src/http/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::bench {

/// What the requests of an endpoint have in the place of `{name}`, in its URL, headers or body. In a URL it
/// is percent-encoded there, and in the place of `{+name}` only where a URL could not have it (RFC
/// 6570 3.2.3).
struct Parameter {
    enum class Choice : std::uint8_t {
        turn,   ///< each of `values` in turn, the first again after the last
        zipf,   ///< one of `values` at random: number k, from 1 on, as often as 1/k says (Zipf's law)
        seq,    ///< `first`, and one more for each request
        random, ///< 16 hexadecimal digits that no request had before
    };

    std::string name;
    std::vector<std::string> values = {}; ///< at least one; none of seq and random
    Choice choice = Choice::turn;
    std::uint64_t first = 1;

    bool has_values() const { return choice == Choice::turn || choice == Choice::zipf; }
};

using ParameterList = std::vector<Parameter>;

/// Whether a text holds its name so.
bool has_place_for(const Parameter& parameter, std::string_view text);

/// A name has letters, digits, `_` and `-`, and begins with no `-`.
bool is_parameter_name(std::string_view name);

/// Of these, the ones that the request holds as `{name}` or `{+name}`.
std::vector<const Parameter*> used_by(const http::RequestSpec& request, const ParameterList& parameters);

/// The names that a text holds as `{name}` or `{+name}` and that none of the parameters has, each once.
std::vector<std::string> unfilled_places(std::string_view text, const ParameterList& parameters);

/// `{company}: 3 values in turn; {page}: counted from 1`; empty for none.
std::string describe(const std::vector<const Parameter*>& parameters);

/// Which of their values the requests of an endpoint have: request number n always the same. Values that are
/// chosen by Zipf's law are chosen together, so that equally long lists, as two columns of a file, keep their
/// rows. In a file, seed and number make the choice, in each arm alike.
class Choices {
  public:
    /// The parameters must outlive this; those without a list of values do not matter here.
    Choices(std::vector<const Parameter*> parameters, std::uint64_t seed);

    /// The index of the value of this parameter, as given to the constructor.
    std::size_t index(std::size_t parameter, std::uint64_t number) const;

    /// How many requests differ; absent where there is no end of them.
    std::optional<std::uint64_t> variants() const { return variants_; }
    /// Below variants(); equal for two requests that have the same values. 0 where there is no end.
    std::uint64_t variant(std::uint64_t number) const;
    /// How many of the first `count` requests are the same as one before them; absent where telling it
    /// would take too long.
    std::optional<std::uint64_t> repeated(std::uint64_t count) const;
    /// `company=2, page=1`, secrets redacted.
    std::string describe(std::uint64_t variant) const;

  private:
    /// Of the lists of one length.
    struct Zipf {
        std::vector<double> up_to; ///< the share of the values until here, ascending to 1

        std::size_t index(double draw) const;
    };

    double draw(std::uint64_t number) const;
    const Zipf& zipf_of(std::size_t length) const;

    std::vector<const Parameter*> parameters_;
    std::uint64_t seed_;
    std::uint64_t round_ = 1; ///< the longest list that is taken in turn
    std::vector<Zipf> zipfs_; ///< one for each length
    std::optional<std::uint64_t> variants_ = 1;
};

} // namespace roacache::bench
