// How a worker makes its connections; the rest of it is in worker.cpp.

#include "src/bench/load/worker.hpp"
#include "src/core/clock.hpp"

#include <algorithm>

namespace roacache::bench {

Connecting Worker::connecting() const {
    Connecting all = connecting_;
    for (const auto& each : connections_)
        all.merge({{}, {}, each->most_streams()});
    return all;
}

void Worker::open_connections(const std::vector<std::size_t>& origins, std::size_t slots,
                              std::int64_t limit_ns) {
    now_ = core::now_ns();
    slots = std::min(slots, slots_.size());
    for (const std::size_t origin : origins) {
        for (std::size_t slot = 0; slot < slots; ++slot) {
            if (connection(slot, origin).is_open()) continue;
            open(slot, origin);
            connection(slot, origin).advance(buffer_);
        }
    }
    const auto connecting = [](const auto& each) { return each->connecting(); };
    while (!interrupted_ && now_ < limit_ns &&
           std::any_of(connections_.begin(), connections_.end(), connecting))
        turn(limit_ns);
    for (const auto& each : connections_) {
        note_setup(*each);
        if (each->connecting()) each->close();
    }
}

void Worker::note_setup(Connection& connection) {
    const auto setup = connection.take_setup();
    if (!setup) return;
    connecting_.connect.record(setup->connect_ns);
    if (setup->tls_ns) connecting_.tls.record(*setup->tls_ns);
}

} // namespace roacache::bench
