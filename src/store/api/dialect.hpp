#pragma once

#include "src/store/api/call.hpp"
#include "src/store/capabilities.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::api {

/// One call that removes what a part of a selection means.
struct Removal {
    Question question;
    std::optional<std::string> resource = {}; ///< that it is of, where it is of one
    std::string leaves = {};                  ///< what of the selection it does not remove; printable
};

/// How the services of one kind speak of their cache: what may be asked of them, and what they answer.
class Dialect {
  public:
    virtual ~Dialect() = default;

    virtual const char* name() const = 0; ///< as --dialect takes it
    /// What these services can never do, and why.
    virtual Capabilities capabilities() const = 0;
    /// Whether a removal tells how many entries went.
    virtual bool counts_removals() const = 0;

    /// Whether it is one of these services that answers so to GET /health or GET /stats.
    virtual bool speaks(const Call& answer) const = 0;
    /// Who answers, by GET /health. Throws core::Error(unreachable) where that says that the cache does not
    /// work.
    virtual Info info(const Call& health) const = 0;
    virtual Statistics statistics(const Call& stats) const = 0;

    /// The calls that remove exactly what is meant. Throws core::Error(refused) where there are none.
    virtual std::vector<Removal> removals(const Selection& selection, const Selectors& selectors) const = 0;
    /// The call that removes one entry. Throws core::Error(refused) where there is none.
    virtual Removal removal_of(const std::string& key) const = 0;
    /// In the order in which they are tried where the method is the wrong one; empty: there is no such call.
    virtual std::vector<Question> clear() const = 0;
    virtual std::vector<Question> benchmark() const = 0;
};

/// What a message about a question begins with that is about nothing in particular.
inline constexpr const char* k_asking = "cannot ask the management API";

std::unique_ptr<Dialect> make_hybrid();
std::unique_ptr<Dialect> make_hr();

/// The dialect of that name or, where it is empty, the one that the service speaks, as GET /health and, where
/// that is not there, GET /stats shows. Throws core::Error: usage for a name that there is not, refused where
/// the answers are of no dialect, and as Call does.
std::unique_ptr<Dialect> find_dialect(const std::string& name, const Access& access);

/// Every one by its name.
std::vector<std::string> dialect_names();

/// Refuses a selection: `WHY` behind `cannot invalidate: this selection`.
[[noreturn]] void refuse_selection(const std::string& why, const std::string& remedy);

} // namespace roacache::store::api
