#pragma once

#include <string>

namespace roacache::bench {

/// What switches the service's cache, for arms that differ in nothing else. Asked only by one thread at a
/// time, and never while a request of the load is under way.
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

} // namespace roacache::bench
