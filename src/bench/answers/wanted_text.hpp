#pragma once

#include <string>
#include <string_view>

namespace roacache::bench {

/// Looks for a text in a body that comes in pieces. One that is encoded is decoded when it is
/// whole: at most 4 MiB, to at most 64 MiB.
class WantedText {
  public:
    /// From now on; empty: none. It must outlive this.
    void want(const std::string& text) { text_ = text; }
    bool wanted() const { return !text_.empty(); }

    /// Before each body.
    void begin();
    /// Empty: as it is.
    void set_coding(std::string_view coding) { coding_ = coding; }
    void look(std::string_view bytes);
    /// When the body is whole: it has the text, or none is wanted.
    bool found();

  private:
    std::string_view text_;
    bool found_ = false;
    std::string coding_;
    std::string kept_; ///< as much of the end as the text may begin in; of what is encoded all
};

} // namespace roacache::bench
