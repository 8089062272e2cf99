#include "src/bench/load/connections.hpp"

#include "src/bench/http/http1_connection.hpp"
#include "src/bench/http/http2_stream.hpp"

namespace roacache::bench {

std::vector<std::unique_ptr<Connection>> make_connections(const Plan& plan, std::size_t callers,
                                                          std::size_t origins,
                                                          std::vector<std::size_t>& ended) {
    std::vector<std::unique_ptr<Connection>> connections;
    connections.reserve(callers * origins);
    std::vector<std::shared_ptr<Http2Link>> links(origins);
    for (std::size_t caller = 0; caller < callers; ++caller) {
        for (std::shared_ptr<Http2Link>& link : links) {
            if (!plan.http2) {
                connections.push_back(std::make_unique<Http1Connection>());
                continue;
            }
            if (caller % plan.streams == 0) link = std::make_shared<Http2Link>(ended, plan.streams);
            connections.push_back(std::make_unique<Http2Stream>(link, caller));
        }
    }
    return connections;
}

} // namespace roacache::bench
