#pragma once

#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/output/streams.hpp"

#include <memory>
#include <optional>
#include <streambuf>
#include <string>

namespace roacache::commands {

/// `--output-file FILE`: while it lives, what a command writes to `out` goes to the new file, as if into a
/// pipe. The file takes its place at commit(); without it the old one stays.
class OutputFile : public std::streambuf {
  public:
    /// Throws core::Error(usage) when the file could not be written. Nothing is made before something is
    /// written.
    OutputFile(const std::string& path, output::Streams& streams);
    ~OutputFile() override;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    /// Whether there was anything to write.
    bool written() const { return file_ || failure_ || pptr() != pbase(); }

    /// Throws core::Error(usage) `cannot write: FILE: WHY` for this and for every write that failed before.
    void commit();

  protected:
    int_type overflow(int_type letter) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override { return failure_ ? -1 : 0; }

  private:
    bool drain();
    void open();

    std::string path_;
    output::Streams& streams_;
    std::streambuf* before_;
    bool was_terminal_;
    std::unique_ptr<char[]> buffer_;
    std::optional<core::FileReplacement> file_;
    std::optional<core::Error> failure_;
};

} // namespace roacache::commands
