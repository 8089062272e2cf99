#pragma once

#include <ostream>
#include <string>

namespace roacache::output {

/// A line at the bottom of the terminal that is drawn over itself. Draws nothing where the stream is no
/// terminal.
class ProgressLine {
  public:
    ProgressLine(std::ostream& stream, bool terminal, int width)
        : stream_(stream), enabled_(terminal), width_(width) {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// A bar for `fraction` (0..1) and the text behind it, cut to the terminal's width.
    void show(double fraction, const std::string& text);
    /// Takes the line away, so that something else can be printed.
    void clear();

  private:
    std::ostream& stream_;
    bool enabled_;
    bool drawn_ = false;
    int width_;
};

} // namespace roacache::output
