#pragma once

#include <stdexcept>
#include <string>

namespace roacache::demo {

/// A request that the service answers with an error status and `{"detail": …}`, and that is not cached.
class ApiError : public std::runtime_error {
  public:
    ApiError(int status, const std::string& detail) : std::runtime_error(detail), status_(status) {}
    int status() const { return status_; } ///< 400 to 503

  private:
    int status_;
};

} // namespace roacache::demo
