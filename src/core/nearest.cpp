#include "src/core/nearest.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <numeric>

namespace roacache::core {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (to_lower(a[i]) != to_lower(b[j]));
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nearest(std::string_view wrong, const std::vector<std::string>& known) {
    std::string best;
    std::size_t least = std::max<std::size_t>(1, wrong.size() / 3) + 1;
    if (wrong.size() > 100) return best;
    for (const std::string& name : known) {
        const std::size_t steps = distance(wrong, name);
        if (steps >= least) continue;
        least = steps;
        best = name;
    }
    return best;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known) {
    const std::string name = nearest(wrong, known);
    return name.empty() ? "" : "; did you mean '" + name + "'?";
}

} // namespace roacache::core
