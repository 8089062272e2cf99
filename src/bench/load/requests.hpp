#pragma once

#include "src/bench/model/parameter.hpp"
#include "src/http/request.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// Which request is sent: the number chooses the values that are listed, the serial those that come once.
struct Pick {
    std::uint64_t number = 0;
    std::uint64_t serial = 0;
};

/// The requests of one arm of one endpoint, made ready so that sending one costs little.
class Requests {
  public:
    /// `parameters` must outlive this; those that the request does not hold do not matter. Random words are
    /// this nonce's, and each parameter's own. Throws core::Error(usage) for what no request can have, in its
    /// values too.
    Requests(http::RequestSpec request, const ParameterList& parameters, std::uint64_t seed,
             std::uint64_t nonce, http::Protocol protocol);

    /// Requests differ from one another.
    bool differ() const { return !used_.empty(); }
    /// In `made` where requests differ, so that it is this request until `made` is another.
    const http::Request& at(Pick pick, http::Request& made) const;

  private:
    /// A text with places for values.
    class Text {
      public:
        Text() = default;
        Text(std::string_view text, const std::vector<std::string>& names);

        bool has_places() const { return !pieces_.empty(); }
        /// Appends the text, with the values of these names in its places.
        void append(const std::vector<std::string_view>& values, std::string& result) const;
        /// So, of a URL, with `reserved` ones in the places `{+name}`: where one brings a query of its own,
        /// that which follows is joined to it.
        void append_url(const std::vector<std::string_view>& values,
                        const std::vector<std::string_view>& reserved, std::string& result) const;

      private:
        struct Piece {
            std::string before;
            std::size_t name;
            bool reserved = false; ///< `{+name}`
        };
        std::vector<Piece> pieces_;
        std::string end_;
    };
    /// Of one parameter that is used.
    struct Used {
        const Parameter* parameter;
        std::uint64_t nonce;               ///< of its random words
        std::vector<std::string> in_url;   ///< its values, percent-encoded
        std::vector<std::string> reserved; ///< so, but for what a URL may have
    };

    void check_header_values(const http::RequestSpec& request) const;

    std::vector<Used> used_;
    Choices choices_;
    http::Request ready_;      ///< with its places as they are
    Text line_, head_, body_;  ///< HTTP/1.1: the request line, the header section, the content
    std::vector<Text> fields_; ///< HTTP/2
};

} // namespace roacache::bench
