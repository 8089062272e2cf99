#pragma once

namespace roacache::bench {

/// The service's own switch of its cache, for arms that differ in nothing else. Asked only by the thread that
/// makes the load, and never while a request of its own is under way.
class CacheSwitch {
  public:
    virtual ~CacheSwitch() = default;

    /// Switches the cache on or off and makes sure that it is. Throws core::Error.
    virtual void set(bool on) = 0;
};

} // namespace roacache::bench
