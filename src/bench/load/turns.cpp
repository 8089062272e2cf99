#include "src/bench/load/turns.hpp"

#include <cmath>
#include <utility>

namespace roacache::bench {

void Turns::share(EndpointOrder order, EndpointOrder fillers, unsigned connections, Part part,
                  ClosedLoop& loop) {
    left_ = loop.fills() || order.size() > connections ? order.size() : part.share(order.size());
    orders_.clear();
    orders_.push_back(std::move(order));
    part_ = part;
    loop_ = &loop;
    fillers_.emplace(std::move(fillers));
    interval_ns_ = 0;
    job_ = 0;
    passed_ = 0;
}

void Turns::schedule(std::vector<EndpointOrder> orders, double interval_ns, std::int64_t started_ns,
                     Part part) {
    orders_ = std::move(orders);
    part_ = part;
    interval_ns_ = interval_ns;
    started_ns_ = started_ns;
    job_ = 0;
    passed_ = 0;
    turn_ = part.index;
    begins_job_ = true;
}

std::int64_t Turns::next_due(bool counting) {
    if (!scheduled()) {
        const bool counts = counting && left_ > 0 && !loop_->all_taken();
        return counts || (loop_->fills() && loop_->counted_under_way()) ? 0 : k_never;
    }
    find_turn();
    if (job_ == orders_.size()) return k_never;
    return started_ns_ + std::llround(static_cast<double>(turn_) * interval_ns_);
}

/// Passes over what the other threads send until this one's turn.
void Turns::find_turn() {
    for (;;) {
        for (; job_ < orders_.size() && orders_[job_].over(); ++job_)
            begins_job_ = true;
        if (job_ == orders_.size() || passed_ == turn_) return;
        orders_[job_].next();
        ++passed_;
        begins_job_ = false;
    }
}

std::optional<Turns::Turn> Turns::take(bool counting) {
    if (!scheduled()) return take_shared(counting);
    find_turn();
    if (job_ == orders_.size()) return {};
    ++passed_;
    turn_ += part_.of;
    return Turn{job_, *orders_[job_].next(), std::exchange(begins_job_, false)};
}

std::optional<Turns::Turn> Turns::take_shared(bool counting) {
    if (const auto endpoint = counting ? loop_->take_leading() : std::nullopt)
        return Turn{0, *endpoint, false, true, true};
    EndpointOrder& order = orders_.front();
    const std::uint64_t number =
        counting && left_ > 0 && !loop_->all_taken() ? loop_->take() : loop_->requests();
    if (number >= loop_->requests()) {
        if (loop_->fills() && loop_->counted_under_way() && loop_->take_filler())
            return Turn{0, *fillers_->next(), false, true};
        return {};
    }
    for (; passed_ < number; ++passed_)
        order.next();
    ++passed_;
    --left_;
    return Turn{0, *order.next(), number == 0};
}

} // namespace roacache::bench
