#pragma once

#include "src/store/api/dialect.hpp"
#include "src/store/walk.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace roacache::store::api {

/// Has a service remove what is meant, a call a step. Pages have parts, but no keys but named ones.
class ApiWalk final : public Walk {
  public:
    /// Both outlive this. Throws core::Error(refused), before anything is asked, for what the service cannot
    /// do or cannot be told exactly. Named keys are checked to the last one first.
    ApiWalk(const Access& access, const Dialect& dialect, WalkRequest request);

    bool next(Page& page) override;
    void stop() override { stopped_ = true; }
    const Tally& tally() const override { return tally_; }
    std::optional<double> progress() const override;
    bool resized() const override { return false; }

  private:
    bool next_removal(Page& page);
    bool next_named(Page& page);
    std::uint64_t ask(const Removal& removal);

    const Access& access_;
    const Dialect& dialect_;
    WalkRequest request_;
    std::vector<Removal> removals_; ///< of a selection
    std::size_t done_ = 0;          ///< of these
    std::deque<std::string> named_; ///< read and not yet asked for
    Tally tally_;
    bool stopped_ = false;
};

} // namespace roacache::store::api
