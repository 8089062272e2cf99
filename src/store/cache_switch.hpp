#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace roacache::store {

/// What switches a service's use of its cache off and on. Not for use by several threads at once.
class CacheSwitch {
  public:
    virtual ~CacheSwitch() = default;

    /// Switches the cache on or off and makes sure that it is, as far as that can be seen. Throws
    /// core::Error.
    virtual void set(bool on) = 0;

    /// As it was before the first set(); does nothing where it is so already. Goes on although an interrupt
    /// came. Throws core::Error.
    virtual void restore() = 0;

    /// What restore() leaves behind.
    virtual bool was_on() const = 0;
};

/// Puts a switch back as it was when it goes, however that comes about.
class SwitchGuard {
  public:
    /// `failed` is called where that fails, with what the cache should be again, `on` or `off`, and why.
    using Failed = std::function<void(const std::string& state, const std::string& why)>;

    SwitchGuard(std::unique_ptr<CacheSwitch> guarded, Failed failed)
        : switch_(std::move(guarded)), failed_(std::move(failed)) {}
    ~SwitchGuard() { restore(); }
    SwitchGuard(const SwitchGuard&) = delete;
    SwitchGuard& operator=(const SwitchGuard&) = delete;

    CacheSwitch* get() { return switch_.get(); } ///< null: nothing is switched, or no longer
    /// Puts it back now.
    void restore();

  private:
    std::unique_ptr<CacheSwitch> switch_;
    Failed failed_;
};

} // namespace roacache::store
