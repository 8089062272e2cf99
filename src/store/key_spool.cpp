#include "src/store/key_spool.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <unistd.h>

namespace roacache::store {
namespace {

using Length = std::uint32_t;

constexpr std::size_t k_window = std::size_t{64} << 10;
/// Together with what the server answers, no more than a connection's buffers take.
constexpr std::size_t k_bytes_at_once = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& folder, int error) {
    throw core::Error(core::ExitCode::usage,
                      fmt::format("cannot write: {}: {}", folder, core::errno_text(error)),
                      "The keys are kept in a temporary file; TMPDIR says where. Nothing was changed.");
}

std::string temporary_folder() {
    std::error_code failed;
    const auto folder = std::filesystem::temp_directory_path(failed);
    return failed ? "/tmp" : folder.string();
}

/// A file that has no name and goes when it is closed.
int open_without_name(const std::string& folder) {
    int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    std::string path = folder + "/roacache-keys-XXXXXX"; // not every file system has files without a name
    file = mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) fail(folder, errno);
    unlink(path.c_str());
    return file;
}

} // namespace

KeySpool::~KeySpool() {
    if (file_ >= 0) close(file_);
}

void KeySpool::add(std::string_view key) {
    const auto length = static_cast<Length>(key.size());
    tail_.append(reinterpret_cast<const char*>(&length), sizeof length);
    tail_.append(key);
    ++size_;
    if (tail_.size() > in_memory_) spill();
}

void KeySpool::spill() {
    const std::string folder = temporary_folder();
    if (file_ < 0) file_ = open_without_name(folder);
    for (std::size_t written = 0; written < tail_.size();) {
        const ssize_t done = pwrite(file_, tail_.data() + written, tail_.size() - written,
                                    static_cast<off_t>(in_file_ + written));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) fail(folder, errno);
        written += static_cast<std::size_t>(done);
    }
    in_file_ += tail_.size();
    tail_.clear();
}

void KeySpool::clear() {
    if (file_ >= 0) close(file_);
    file_ = -1;
    tail_.clear();
    size_ = in_file_ = 0;
    rewind();
}

void KeySpool::rewind() {
    handed_on_ = place_ = window_at_ = 0;
    window_.clear();
}

void KeySpool::read(char* into, std::size_t bytes) {
    while (bytes > 0) {
        std::string_view source;
        if (place_ >= in_file_) {
            source = std::string_view(tail_).substr(place_ - in_file_);
        } else {
            if (place_ < window_at_ || place_ >= window_at_ + window_.size()) {
                window_.resize(std::min<std::uint64_t>(k_window, in_file_ - place_));
                ssize_t got = 0;
                do {
                    got = pread(file_, window_.data(), window_.size(), static_cast<off_t>(place_));
                } while (got < 0 && errno == EINTR);
                if (got <= 0) fail(temporary_folder(), got < 0 ? errno : EIO);
                window_.resize(static_cast<std::size_t>(got));
                window_at_ = place_;
            }
            source = std::string_view(window_).substr(place_ - window_at_);
        }
        const std::size_t now = std::min(bytes, source.size());
        std::memcpy(into, source.data(), now);
        into += now;
        bytes -= now;
        place_ += now;
    }
}

bool KeySpool::next(std::vector<std::string>& keys, std::size_t most) {
    for (std::size_t bytes = 0; handed_on_ < size_ && keys.size() < most && bytes < k_bytes_at_once;) {
        Length length = 0;
        read(reinterpret_cast<char*>(&length), sizeof length);
        std::string& key = keys.emplace_back(length, '\0');
        read(key.data(), length);
        bytes += length;
        ++handed_on_;
    }
    return !keys.empty();
}

} // namespace roacache::store
