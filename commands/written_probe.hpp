#pragma once

#include <ostream>
#include <streambuf>

namespace roacache::commands {

/// In place of a stream's buffer while it lives; passes everything on and knows whether there was anything.
class WrittenProbe : public std::streambuf {
  public:
    explicit WrittenProbe(std::ostream& out) : out_(out), inner_(out.rdbuf()) { out.rdbuf(this); }
    ~WrittenProbe() override {
        const std::ios_base::iostate state = out_.rdstate();
        out_.rdbuf(inner_); // which forgets the state
        out_.setstate(state);
    }
    WrittenProbe(const WrittenProbe&) = delete;
    WrittenProbe& operator=(const WrittenProbe&) = delete;

    bool written() const { return written_; }

  protected:
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        written_ = true;
        return inner_->sputc(traits_type::to_char_type(c));
    }
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        written_ |= size > 0;
        return inner_->sputn(text, size);
    }
    int sync() override { return inner_->pubsync(); }

  private:
    std::ostream& out_;
    std::streambuf* inner_;
    bool written_ = false;
};

} // namespace roacache::commands
