#include "src/bench/verdict/verdict.hpp"
#include "src/core/error.hpp"

#include <cmath>
#include <cstdlib>
#include <string_view>

/// parse_assert either gives a finite threshold or a usage error of one line.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace roacache;
    try {
        const auto assertion = bench::parse_assert({reinterpret_cast<const char*>(data), size});
        if (!std::isfinite(assertion.threshold) || assertion.quantity.empty()) std::abort();
        const auto again = bench::parse_assert(assertion.expr);
        if (again.threshold != assertion.threshold || again.op != assertion.op) std::abort();
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::usage) std::abort();
        if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
    }
    return 0;
}
