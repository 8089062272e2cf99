#pragma once

#include "src/store/key_spool.hpp"

#include <string>
#include <vector>

namespace roacache::store {

/// The very keys that somebody named, in order: some by themselves, and those of a file or a stream. A stream
/// is read once, to its end, when this object is made; what is handed on afterwards does not change any more.
class NamedKeys {
  public:
    /// Longer keys are refused.
    static constexpr std::size_t k_longest_line = std::size_t{64} << 20;
    static constexpr std::size_t k_at_once = 200;

    struct Source {
        std::vector<std::string> keys;
        std::string from; ///< a file, `-` for standard input; empty: none
        bool raw = false; ///< the keys there end in NUL and are written as they are; else see KeyLines
    };

    enum class Repeated {
        added,
        dropped ///< a key that comes again is passed over, as far as some tens of megabytes remember
    };

    /// Throws core::Error(usage) `cannot read: FILE: WHY`, and for what KeyLines cannot read. Holds no key at
    /// all when core::Interrupt was requested before the end.
    explicit NamedKeys(const Source& source, Repeated repeated = Repeated::added);

    std::uint64_t size() const { return spool_.size(); }
    void rewind() { spool_.rewind(); }
    /// Fills an empty list with the next keys, k_at_once at most; false at the end.
    bool next(std::vector<std::string>& keys) { return spool_.next(keys, k_at_once); }

  private:
    KeySpool spool_;
};

} // namespace roacache::store
