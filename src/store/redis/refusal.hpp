#pragma once

#include "src/core/error.hpp"
#include "src/store/redis/connection.hpp"
#include "src/store/redis/errors.hpp"

#include <optional>
#include <string_view>

namespace roacache::store::redis {

/// Thrown for an error reply when all answers that travelled with it have been received, so that the
/// connection can still be used.
class RefusedOperation : public core::Error {
  public:
    explicit RefusedOperation(const core::Error& error) : core::Error(error) {}
};

/// Keeps the first refusal while the answers behind it are received.
class Refusal {
  public:
    void note(const Connection& connection, const Reply& reply) {
        if (!first_) first_ = server_error(connection.peer(), reply.text);
    }
    /// For an answer that is neither an error nor what `command` is answered with.
    void note_rubbish(const Connection& connection, std::string_view command) {
        if (!first_) first_ = not_understood(connection.peer(), command);
    }
    bool noted() const { return first_.has_value(); }
    void raise() const {
        if (first_) throw RefusedOperation(*first_);
    }

  private:
    std::optional<core::Error> first_;
};

} // namespace roacache::store::redis
