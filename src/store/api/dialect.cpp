#include "src/store/api/dialect.hpp"

#include "src/core/secret.hpp"
#include "src/output/text.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::store::api {
namespace {

using core::Error;
using core::ExitCode;

struct NamedDialect {
    const char* name;
    std::unique_ptr<Dialect> (*make)();
};

constexpr std::array k_dialects{NamedDialect{"hybrid", make_hybrid}, NamedDialect{"hr", make_hr}};

std::unique_ptr<Dialect> spoken(const Call& answer) {
    for (const NamedDialect& named : k_dialects)
        if (auto dialect = named.make(); dialect->speaks(answer)) return dialect;
    throw answer.refusal(fmt::format(": the answer is of no management API that is known ({})",
                                     fmt::join(dialect_names(), ", ")),
                         "Is the URL its base, as http://HOST/api/cache? --dialect says which one it is.");
}

/// The service may have no /health, or a proxy may hide it.
bool may_be_missing(int status) {
    return status == 401 || status == 403 || status == 404 || status == 405 || status == 501;
}

} // namespace

std::vector<std::string> dialect_names() {
    std::vector<std::string> names;
    names.reserve(std::size(k_dialects));
    for (const NamedDialect& named : k_dialects)
        names.emplace_back(named.name);
    return names;
}

std::unique_ptr<Dialect> find_dialect(const std::string& name, const Access& access) {
    for (const NamedDialect& named : k_dialects)
        if (name == named.name) return named.make();
    if (!name.empty())
        throw Error(ExitCode::usage,
                    fmt::format("--dialect: '{}': not a management API that is known",
                                output::printable(core::redacted_value(name))),
                    fmt::format("Known are: {}.", fmt::join(dialect_names(), ", ")));
    try {
        return spoken(Call(access, {k_asking, "GET", "/health"}));
    } catch (const StatusError& error) {
        if (!may_be_missing(error.status())) throw;
    }
    return spoken(Call(access, {k_asking, "GET", "/stats"}));
}

void refuse_selection(const std::string& why, const std::string& remedy) {
    throw Error(ExitCode::refused, "cannot invalidate: this selection: " + why, remedy);
}

} // namespace roacache::store::api
