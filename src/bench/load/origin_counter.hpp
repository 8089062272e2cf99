#pragma once

#include "src/core/clock.hpp"
#include "src/net/tls.hpp"
#include "src/net/url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::bench {

/// What counts how often the origin behind a cache is asked, such as the queries of a database. Asked only
/// while none of the run's own requests is under way.
class OriginCounter {
  public:
    virtual ~OriginCounter() = default;

    /// How many there were since it began to count; nothing where an interrupt ended the reading. Throws
    /// core::Error `cannot read the origin's counter: WHAT: WHY`, usage where what it tells is no count.
    virtual std::optional<std::uint64_t> read() = 0;
    /// What it is, secrets redacted.
    virtual std::string name() const = 0;
};

/// A shell command that prints the number and nothing else; `limit` is for each time that it runs.
std::unique_ptr<OriginCounter> make_command_counter(std::string command, core::Nanoseconds limit);

/// A URL whose JSON answer has the number.
struct CounterUrl {
    net::Url url;          ///< of kind http
    std::string path = {}; ///< without `*`, as parse_json_path() takes it; empty: the answer is the number
    std::string name = {}; ///< as it is printed; empty: the URL, redacted, and the path
};

/// `timeout` is for each reading. Throws core::Error(usage) for a path that is none.
std::unique_ptr<OriginCounter> make_url_counter(CounterUrl at, net::TlsOptions tls,
                                                core::Nanoseconds timeout);

/// A count as text has it: a whole number from 0 on, below 2^64; also as `1.2e3`, below 2^53. Nothing for
/// anything else.
std::optional<std::uint64_t> count_from_text(std::string_view text);

} // namespace roacache::bench
