#pragma once

#include "src/core/progress.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace roacache::output {

/// A line at the bottom of the terminal that is drawn over itself, with one more for each part of what is
/// done; ten times a second at most. Draws nothing where the stream is no terminal.
class ProgressLine {
  public:
    /// `columns`: how many the terminal has now.
    ProgressLine(std::ostream& stream, bool terminal, std::function<int()> columns)
        : stream_(stream), enabled_(terminal), columns_(std::move(columns)) {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// A bar for `fraction` (0..1), the text behind it and, after some seconds, the time that is left if it
    /// goes on as it did; cut to the terminal's width. Of many parts the first are shown. A fraction that is
    /// less than the last one is of something new.
    void show(double fraction, const std::string& text, const std::vector<core::PartDone>& parts = {});
    /// Takes what was drawn away, so that something else can be printed.
    void clear();

  private:
    std::string time_left(double fraction, std::int64_t now_ns);
    std::string from_the_beginning() const;
    struct Beginning {
        std::int64_t at_ns;
        double fraction;
    };

    std::ostream& stream_;
    bool enabled_;
    bool drawn_ = false;
    std::function<int()> columns_;
    std::vector<int> widths_; ///< of the lines that are drawn, in columns
    std::int64_t drawn_at_ns_ = 0;
    std::optional<Beginning> began_;
    double last_fraction_ = 0;
};

} // namespace roacache::output
