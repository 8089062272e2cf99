#pragma once

#include <chrono>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string_view>

namespace roacache::output {

/// Collects what is written and passes it on to a descriptor, never waiting longer than an interrupt allows:
/// from an interrupt on it waits for a quarter of a second in all, then what is written is lost.
class DescriptorBuffer : public std::streambuf {
  public:
    /// Does not own `fd`. A terminal is given whole lines at once, and so is everything when `by_line`.
    DescriptorBuffer(int fd, bool by_line);
    ~DescriptorBuffer() override;
    DescriptorBuffer(const DescriptorBuffer&) = delete;
    DescriptorBuffer& operator=(const DescriptorBuffer&) = delete;

    /// The errno of the first write that failed (EINTR: given up after an interrupt), 0 while none has.
    int error() const { return error_; }

  protected:
    int_type overflow(int_type letter) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

  private:
    bool drain();
    bool write_all(std::string_view text);
    bool wait_writable();

    int fd_;
    bool by_line_;
    bool waits_; ///< no regular file
    int error_ = 0;
    std::chrono::milliseconds grace_;
    std::size_t most_at_once_; ///< bytes that a descriptor which is ready takes without blocking
    std::unique_ptr<char[]> buffer_;
};

/// A stream over a descriptor that it does not own; flushed at the end.
class DescriptorStream : public std::ostream {
  public:
    explicit DescriptorStream(int fd, bool by_line = false) : std::ostream(nullptr), buffer_(fd, by_line) {
        rdbuf(&buffer_);
    }

    const DescriptorBuffer& buffer() const { return buffer_; }

  private:
    DescriptorBuffer buffer_;
};

} // namespace roacache::output
