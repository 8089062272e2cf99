#include "src/http/content_coding.hpp"

#include "src/core/ascii.hpp"
#include "src/core/comma_list.hpp"
#include "src/output/decompress.hpp"

#include <algorithm>
#include <brotli/decode.h>
#include <fmt/ranges.h>
#include <memory>
#include <vector>
#include <zlib.h>

namespace roacache::http {
namespace {

using Content = std::optional<std::string>;

Content decompressed(output::ValueKind kind, std::string_view body, std::size_t most) {
    // One byte more, to tell a content that is too long from one that fits.
    output::Decompressed content = output::decompress(kind, body, most + 1);
    if (!content.whole || !content.trouble.empty() || content.bytes.size() > most) return {};
    return std::move(content.bytes);
}

Content inflated_without_format(std::string_view body, std::size_t most) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return {};
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    std::string content(most + 1, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size(), 1U << 30U));
    stream.next_out = reinterpret_cast<Bytef*>(content.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(content.size(), 1U << 30U));
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out > most || stream.avail_in > 0)
        return {};
    content.resize(stream.total_out);
    return content;
}

Content unbrotlied(std::string_view body, std::size_t most) {
    const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> decoder(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
    if (!decoder) return {};
    std::string content(most + 1, '\0');
    std::size_t left = body.size(), room = content.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(body.data());
    auto* to = reinterpret_cast<std::uint8_t*>(content.data());
    const auto result = BrotliDecoderDecompressStream(decoder.get(), &left, &from, &room, &to, nullptr);
    if (result != BROTLI_DECODER_RESULT_SUCCESS || left > 0 || room == 0) return {};
    content.resize(content.size() - room);
    return content;
}

bool is_gzip(std::string_view body) {
    return body.starts_with("\x1f\x8b");
}

/// Or a frame that decoders skip: RFC 8878, 3.1.2.
bool is_zstd(std::string_view body) {
    return body.starts_with("\x28\xb5\x2f\xfd") ||
           (!body.empty() && (static_cast<unsigned>(body.front()) & 0xf0U) == 0x50U &&
            body.substr(1).starts_with("\x2a\x4d\x18"));
}

Content decoded_once(std::string_view body, const std::string& coding, std::size_t most) {
    Content as_it_is = body.size() > most ? std::nullopt : Content(body);
    if (body.empty()) return as_it_is;
    if (coding == "gzip") return is_gzip(body) ? decompressed(output::ValueKind::gzip, body, most) : as_it_is;
    if (coding == "zstd") return is_zstd(body) ? decompressed(output::ValueKind::zstd, body, most) : as_it_is;
    if (coding == "br") return unbrotlied(body, most);
    // Some servers send it without the format that it is to have.
    if (Content content = decompressed(output::ValueKind::zlib, body, most)) return content;
    return inflated_without_format(body, most);
}

/// In the order in which they were applied.
std::vector<std::string> applied_codings(std::string_view codings) {
    std::vector<std::string> applied;
    core::each_element(codings, [&](std::string_view element) {
        std::string coding = core::to_lower(element);
        if (coding == "x-gzip") coding = "gzip";
        if (coding == "gzip" || coding == "zstd" || coding == "br" || coding == "deflate")
            applied.push_back(std::move(coding));
    });
    return applied;
}

} // namespace

std::string known_codings(std::string_view codings) {
    return fmt::format("{}", fmt::join(applied_codings(codings), ", "));
}

bool begins_as_coded(std::string_view body, std::string_view known_codings) {
    if (body.empty()) return true;
    if (known_codings.ends_with("gzip")) return is_gzip(body);
    return !known_codings.ends_with("zstd") || is_zstd(body);
}

std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t most) {
    const std::vector<std::string> applied = applied_codings(codings);
    Content content = std::string(body);
    for (auto coding = applied.rbegin(); coding != applied.rend() && content; ++coding)
        content = decoded_once(*content, *coding, most);
    if (content && content->size() > most) return {};
    return content;
}

} // namespace roacache::http
