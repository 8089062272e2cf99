#pragma once

#include "src/core/clock.hpp"
#include "src/core/descriptor.hpp"

#include <filesystem>
#include <span>
#include <string>

namespace roacache::core {

/// Reads a file, a pipe or a terminal in order; an interrupt ends every wait. Every failure is Error(usage)
/// `cannot read: NAME: WHY`; after an interrupt it is Error(interrupted) `cannot read: NAME: interrupted`.
class Reader {
  public:
    /// No line may be longer, in bytes: the longest string of Redis.
    static constexpr std::size_t k_longest_line = std::size_t{512} << 20;

    /// Opens the file; of a FIFO the writer is waited for when it is read.
    explicit Reader(const std::filesystem::path& path);
    /// Descriptor 0, named `standard input`; it is left open, and as it was.
    static Reader standard_input();
    /// Takes a descriptor over; `name` is how messages call it.
    Reader(Descriptor file, std::string name);

    /// As many bytes as have arrived, at least one and at most `into` holds; 0 at the end.
    std::size_t read_some(std::span<char> into);

    /// The next line without its separator; false at the end. A last line may lack the separator.
    bool next_line(std::string& line, char separator = '\n');

    /// The rest of the file. One of more than `most` bytes is an error.
    std::string read_all(std::size_t most = std::string::npos);

  private:
    Reader(int fd, std::string name);

    Descriptor owned_;
    int fd_;
    std::string name_;
    std::string buffer_;    ///< of next_line
    std::size_t taken_ = 0; ///< bytes of buffer_ that were handed on
    bool ended_ = false;
};

/// The whole of a small file or pipe, such as one that holds a secret. A device, a folder, more than `most`
/// bytes and a pipe that has not ended within `limit` are errors, as those of Reader.
std::string read_small(const std::filesystem::path& path, std::size_t most, Nanoseconds limit);

} // namespace roacache::core
