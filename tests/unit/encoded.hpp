#pragma once

#include <brotli/encode.h>
#include <stdexcept>
#include <string>
#include <zlib.h>
#include <zstd.h>

namespace roacache::test {

enum class Format { gzip, zlib, none };

/// `level` 1..9: other bytes for the same text.
inline std::string deflated(const std::string& text, Format format, int level = 6) {
    z_stream stream{};
    const int bits = format == Format::gzip   ? MAX_WBITS + 16
                     : format == Format::zlib ? MAX_WBITS
                                              : -MAX_WBITS;
    if (deflateInit2(&stream, level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflate does not begin");
    std::string bytes(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    const int ended = deflate(&stream, Z_FINISH);
    bytes.resize(stream.total_out);
    deflateEnd(&stream);
    if (ended != Z_STREAM_END) throw std::runtime_error("deflate does not end");
    return bytes;
}

inline std::string brotlied(const std::string& text) {
    std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 16;
    std::string bytes(size, '\0');
    if (BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, text.size(),
                              reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                              reinterpret_cast<std::uint8_t*>(bytes.data())) != BROTLI_TRUE)
        throw std::runtime_error("brotli does not encode");
    bytes.resize(size);
    return bytes;
}

inline std::string zstded(const std::string& text) {
    std::string bytes(ZSTD_compressBound(text.size()), '\0');
    bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
    return bytes;
}

} // namespace roacache::test
