#pragma once

#include <streambuf>
#include <string>
#include <string_view>

namespace roacache::output {

/// What is written through it arrives at `sink` with every control and invisible character made harmless(),
/// but for line feeds, tabs and the sequences of roacache's own: colours, and those that draw in place. So a
/// text that nobody escaped on its way changes no terminal. Keeps nothing back but the beginning of a
/// character or sequence that may go on.
class EscapingBuffer : public std::streambuf {
  public:
    explicit EscapingBuffer(std::streambuf& sink) : sink_(sink) {}

  protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

  private:
    bool pass_on(std::string_view text, bool to_the_end);

    std::streambuf& sink_;
    std::string held_;
};

} // namespace roacache::output
