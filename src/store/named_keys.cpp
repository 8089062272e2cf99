#include "src/store/named_keys.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"
#include "src/store/json_keys.hpp"
#include "src/store/key_lines.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>
#include <unordered_set>

namespace roacache::store {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::size_t k_chunk = std::size_t{64} << 10;

/// Remembers texts as long as there is room.
class Memory {
  public:
    /// True when the text was seen before, as far as is remembered.
    bool knows(const std::string& text) {
        constexpr std::size_t k_most_bytes = std::size_t{48} << 20, k_bytes_a_text = 64;
        if (bytes_ >= k_most_bytes) return texts_.contains(text);
        if (!texts_.insert(text).second) return true;
        bytes_ += text.size() + k_bytes_a_text;
        return false;
    }

  private:
    std::unordered_set<std::string> texts_;
    std::size_t bytes_ = 0;
};

/// A file or standard input, read a chunk at a time; an interrupt ends every wait.
class Input {
  public:
    explicit Input(const std::string& from)
        : name_(from == "-" ? "standard input" : output::printable(from)),
          opened_(from == "-" ? -1 : open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
          fd_(from == "-" ? STDIN_FILENO : opened_) {
        if (fd_ < 0) fail(errno);
    }
    ~Input() {
        if (opened_ >= 0) close(opened_);
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    const std::string& name() const { return name_; }

    /// Adds what is there; false at the end, and when an interrupt was requested.
    bool read_more(std::string& into) const {
        for (;;) {
            pollfd ready[] = {{fd_, POLLIN, 0}, {core::Interrupt::fd(), POLLIN, 0}};
            if (poll(ready, 2, -1) < 0 && errno != EINTR) fail(errno);
            if (core::Interrupt::requested()) return false;
            if (ready[0].revents == 0) continue;
            const std::size_t before = into.size();
            into.resize(before + k_chunk);
            const ssize_t got = read(fd_, into.data() + before, k_chunk);
            const int error = errno;
            into.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
            if (got > 0) return true;
            if (got == 0) return false;
            if (error != EINTR && error != EAGAIN) fail(error);
        }
    }

  private:
    [[noreturn]] void fail(int error) const {
        throw Error(ExitCode::usage, fmt::format("cannot read: {}: {}", name_, core::errno_text(error)));
    }

    std::string name_;
    int opened_;
    int fd_;
};

/// True when `text`, the beginning of the input, to which more may be added, is that of JSON.
bool is_json(const Input& input, std::string& text) {
    constexpr std::string_view k_bom = "\xEF\xBB\xBF";
    Beginning begins = Beginning::open;
    while (begins == Beginning::open && input.read_more(text)) {
        std::string_view shown = text;
        if (shown.starts_with(k_bom)) shown.remove_prefix(k_bom.size());
        begins = json_begins(shown);
    }
    const bool cut = begins == Beginning::open && text.find_first_of("{[") != std::string::npos;
    if (begins != Beginning::json && !cut) return false;
    if (text.starts_with(k_bom)) text.erase(0, k_bom.size());
    return true;
}

/// Hands each key on to `take`.
template <typename Take>
void read_keys(const std::string& from, bool raw, const Take& take) {
    const Input input(from);
    std::string text;
    if (!raw && is_json(input, text)) {
        TextSource source(input.name(), std::move(text),
                          [&](std::string& into) { return input.read_more(into); });
        return read_json_keys(source, take);
    }
    KeyLines lines(input.name(), raw);
    const auto hand_on = [&](std::string_view line) {
        if (const auto key = lines.read(line)) take(*key);
    };
    std::size_t looked_at = 0; // no line ends before
    do {
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = text.find(lines.end_of_line(), looked_at)) != std::string::npos;
             begin = looked_at = end + 1)
            hand_on(std::string_view(text).substr(begin, end - begin));
        text.erase(0, begin);
        looked_at = text.size();
        if (text.size() > NamedKeys::k_longest_line)
            lines.fail_next("longer than 64MiB, which no key is", raw ? "Keys end in NUL with -0." : "");
    } while (input.read_more(text));
    if (text.empty() || core::Interrupt::requested()) return;
    if (const auto key = lines.read_last(text)) take(*key);
}

} // namespace

NamedKeys::NamedKeys(const Source& source, Repeated repeated) {
    Memory memory;
    const auto take = [&](const std::string& key) {
        if (repeated == Repeated::added || !memory.knows(key)) spool_.add(key);
    };
    for (const std::string& key : source.keys)
        take(key);
    if (source.from.empty()) return;
    read_keys(source.from, source.raw, take);
    if (core::Interrupt::requested()) spool_.clear();
}

} // namespace roacache::store
