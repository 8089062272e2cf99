#include "src/output/decompress.hpp"

#include <algorithm>
#include <lz4frame.h>
#include <memory>
#include <zlib.h>
#include <zstd.h>

namespace roacache::output {
namespace {

constexpr std::size_t k_step = std::size_t{64} << 10;
/// The most that a zstd frame may ask for as its window: 8 MiB, what every decoder has to support.
constexpr int k_zstd_window_log = 23;

/// Room for the next step in `into`, at most up to `most` bytes in all.
std::size_t make_room(std::string& into, std::size_t used, std::size_t most) {
    const std::size_t size = std::min(k_step, most - used);
    into.resize(used + size);
    return size;
}

constexpr const char* k_more = "followed by other bytes";

/// Of gzip several may follow one another: RFC 1952, 2.2.
bool begins_member(const z_stream& stream) {
    return stream.avail_in >= 2 && stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b;
}

Decompressed inflate_all(std::string_view bytes, std::size_t most) {
    Decompressed result;
    z_stream stream{};
    constexpr int k_gzip_or_zlib = 32;
    if (inflateInit2(&stream, MAX_WBITS + k_gzip_or_zlib) != Z_OK) return {{}, false, "out of memory"};
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1U << 30U));
    std::size_t used = 0;
    while (used < most) {
        const std::size_t room = make_room(result.bytes, used, most);
        stream.next_out = reinterpret_cast<Bytef*>(result.bytes.data() + used);
        stream.avail_out = static_cast<uInt>(room);
        const int code = inflate(&stream, Z_NO_FLUSH);
        const std::size_t made = room - stream.avail_out;
        used += made;
        result.whole = code == Z_STREAM_END;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) result.trouble = "damaged";
        if (code == Z_STREAM_END && stream.avail_in > 0) {
            if (begins_member(stream) && inflateReset(&stream) == Z_OK) continue;
            result.trouble = k_more;
        }
        if (code != Z_OK || made == 0) break;
    }
    result.bytes.resize(used);
    return result;
}

Decompressed unzstd(std::string_view bytes, std::size_t most) {
    Decompressed result;
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context) return {{}, false, "out of memory"};
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, k_zstd_window_log);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t used = 0;
    while (used < most) {
        const std::size_t room = make_room(result.bytes, used, most);
        ZSTD_outBuffer out{result.bytes.data() + used, room, 0};
        const std::size_t code = ZSTD_decompressStream(context.get(), &out, &in);
        used += out.pos;
        if (ZSTD_isError(code)) result.trouble = ZSTD_getErrorName(code);
        result.whole = code == 0; // of a frame, of which several may follow one another
        if (ZSTD_isError(code) || (in.pos == in.size && (code == 0 || out.pos < room))) break;
    }
    result.bytes.resize(used);
    return result;
}

Decompressed unlz4(std::string_view bytes, std::size_t most) {
    Decompressed result;
    LZ4F_dctx* raw = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)))
        return {{}, false, "out of memory"};
    const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(raw,
                                                                               LZ4F_freeDecompressionContext);
    std::size_t used = 0;
    std::size_t taken = 0;
    while (used < most) {
        const std::size_t room = make_room(result.bytes, used, most);
        std::size_t made = room;
        std::size_t read = bytes.size() - taken;
        const std::size_t code = LZ4F_decompress(context.get(), result.bytes.data() + used, &made,
                                                 bytes.data() + taken, &read, nullptr);
        used += made;
        taken += read;
        if (LZ4F_isError(code)) result.trouble = "damaged";
        if (code == 0) result.whole = true;
        if (LZ4F_isError(code) || code == 0 || (made == 0 && read == 0)) break;
    }
    result.bytes.resize(used);
    return result;
}

} // namespace

Decompressed decompress(ValueKind kind, std::string_view bytes, std::size_t most_bytes) {
    if (kind == ValueKind::zstd) return unzstd(bytes, most_bytes);
    if (kind == ValueKind::lz4) return unlz4(bytes, most_bytes);
    return inflate_all(bytes, most_bytes);
}

} // namespace roacache::output
