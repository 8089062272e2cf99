#pragma once

#include "src/layout/key_template.hpp"

#include <memory>
#include <string>
#include <utility>

namespace roacache::store {

/// A key, and its parts where a layout recognises it: decoded once, when it is found. The parts' views go
/// into the bytes, which stay where they are when this is moved.
class FoundKey {
  public:
    explicit FoundKey(std::string bytes) : bytes_(std::make_unique<const std::string>(std::move(bytes))) {}

    const std::string& bytes() const { return *bytes_; }
    operator const std::string&() const { return *bytes_; }

    /// Empty, without a resource, where no layout recognises the key or none was asked.
    const layout::DecodedKey& parts() const { return parts_; }
    bool is_recognised() const { return !parts_.resource.empty(); }
    /// What a layout made of bytes().
    void set_parts(layout::DecodedKey parts) { parts_ = std::move(parts); }

  private:
    std::unique_ptr<const std::string> bytes_;
    layout::DecodedKey parts_;
};

} // namespace roacache::store
