#include "commands/output_file.hpp"

#include <algorithm>
#include <cstring>
#include <ostream>
#include <string_view>

namespace roacache::commands {
namespace {

constexpr std::size_t k_buffer = 65'536;

} // namespace

OutputFile::OutputFile(const std::string& path, output::Streams& streams)
    : path_(path), streams_(streams), was_terminal_(streams.out_is_terminal), buffer_(new char[k_buffer]) {
    core::check_writable(path_);
    setp(buffer_.get(), buffer_.get() + k_buffer);
    before_ = streams_.out.rdbuf(this);
    streams_.out_is_terminal = false;
}

OutputFile::~OutputFile() {
    streams_.out.rdbuf(before_);
    streams_.out_is_terminal = was_terminal_;
}

void OutputFile::commit() {
    drain();
    if (failure_) throw core::Error(*failure_);
    open();
    file_->commit();
}

void OutputFile::open() {
    if (!file_) file_.emplace(path_);
}

bool OutputFile::drain() {
    const std::string_view buffered(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    setp(buffer_.get(), buffer_.get() + k_buffer);
    if (failure_ || buffered.empty()) return !failure_;
    try {
        open();
        file_->append(buffered);
    } catch (const core::Error& error) {
        failure_ = error;
    }
    return !failure_;
}

OutputFile::int_type OutputFile::overflow(int_type letter) {
    if (!drain()) return traits_type::eof();
    if (traits_type::eq_int_type(letter, traits_type::eof())) return traits_type::not_eof(letter);
    *pptr() = traits_type::to_char_type(letter);
    pbump(1);
    return letter;
}

std::streamsize OutputFile::xsputn(const char* text, std::streamsize size) {
    std::string_view left(text, static_cast<std::size_t>(size));
    while (!left.empty()) {
        if (pptr() == epptr() && !drain()) return 0;
        const std::size_t room = std::min(left.size(), static_cast<std::size_t>(epptr() - pptr()));
        std::memcpy(pptr(), left.data(), room);
        pbump(static_cast<int>(room));
        left.remove_prefix(room);
    }
    return size;
}

} // namespace roacache::commands
