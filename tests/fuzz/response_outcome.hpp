#pragma once

#include "src/http/response_parser.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::test {

/// All that a parser says of an input; equal for every way to cut the same input.
struct ResponseOutcome {
    http::ResponseParser::State state = http::ResponseParser::State::more;
    http::ErrorClass error = http::ErrorClass::none;
    int status = 0;
    bool keep_alive = false;
    std::size_t heads = 0;
    std::size_t left_over = 0;
    std::string content_type, location, watched, body;

    bool operator==(const ResponseOutcome&) const = default;
};

class RecordingSink final : public http::ResponseSink {
  public:
    explicit RecordingSink(ResponseOutcome& into) : into_(into) {}
    void on_watched(std::string_view value) override { into_.watched.append(value).append("|"); }
    void on_head(const http::ResponseHead& head) override {
        ++into_.heads;
        into_.content_type = head.content_type;
        into_.location = head.location;
    }
    void on_body(std::string_view bytes) override { into_.body.append(bytes); }

  private:
    ResponseOutcome& into_;
};

/// Feeds the pieces one after the other, then says that the peer has closed.
inline ResponseOutcome parse_with(http::ResponseParser& parser, const std::vector<std::string_view>& pieces,
                                  bool head_request) {
    ResponseOutcome outcome;
    RecordingSink sink(outcome);
    parser.begin(head_request);
    for (const std::string_view piece : pieces) {
        if (outcome.state == http::ResponseParser::State::complete) {
            outcome.left_over += piece.size();
        } else if (outcome.state == http::ResponseParser::State::more) {
            const auto fed = parser.feed(piece, sink);
            outcome.state = fed.state;
            if (fed.state == http::ResponseParser::State::complete)
                outcome.left_over = piece.size() - fed.used;
        }
    }
    if (outcome.state == http::ResponseParser::State::more) outcome.state = parser.finish();
    outcome.error = parser.error();
    outcome.status = parser.status();
    outcome.keep_alive = parser.keep_alive();
    return outcome;
}

/// The same with a parser of its own.
inline ResponseOutcome parse_pieces(const std::vector<std::string_view>& pieces, bool head_request = false) {
    http::ResponseParser parser("X-Cache");
    return parse_with(parser, pieces, head_request);
}

inline std::vector<std::string_view> in_bytes(std::string_view input) {
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < input.size(); ++i)
        pieces.push_back(input.substr(i, 1));
    return pieces;
}

} // namespace roacache::test
