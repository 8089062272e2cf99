#include "commands/command_line.hpp"

#include "commands/option_types.hpp"
#include "src/core/secret.hpp"
#include "src/core/shell.hpp"
#include "src/net/redact.hpp"
#include "src/net/url.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace roacache::commands {
namespace {

std::string name_of(const CLI::Option& option) {
    return option.get_snames().empty() ? "--" + option.get_lnames().front()
                                       : "-" + option.get_snames().front();
}

/// An option and its next value, as words of a shell.
std::string shell_text(const CLI::Option& option, const std::string& value) {
    if (!option.nonpositional()) return core::shell_quoted(redacted_value(option, value));
    const std::string name = name_of(option);
    if (option.get_items_expected_max() == 0)
        return value == "true" ? name : core::shell_quoted(name + "=" + redacted_value(option, value));
    const std::string shown = redacted_value(option, value);
    if (shown.starts_with('-')) return name + "=" + core::shell_quoted(shown);
    return name + " " + core::shell_quoted(shown);
}

} // namespace

std::string redacted_value(const CLI::Option& option, const std::string& value) {
    const ValueType* type = value_type(option);
    switch (type == nullptr ? Secrecy::never : type->secrecy) {
    case Secrecy::always:
        break;
    case Secrecy::url:
        return output::readable_url(net::redact_url_text(value));
    case Secrecy::header:
        return core::redacted_header(value);
    case Secrecy::parameter:
        return net::redact_parameters(value);
    case Secrecy::body:
        return core::redacted_body(value);
    case Secrecy::shell_command:
        return core::redacted_shell_command(value);
    case Secrecy::url_or_command: {
        if (!value.starts_with("http://") && !value.starts_with("https://"))
            return core::redacted_shell_command(value);
        const std::size_t mark = std::min(value.find('#'), value.size());
        return output::readable_url(net::redact_url_text(value.substr(0, mark))) + value.substr(mark);
    }
    case Secrecy::never:
        return core::redacted_text(value);
    }
    return std::string(core::k_hidden);
}

std::string redacted_command_line(const CLI::App& app) {
    std::string line = app.get_name();
    std::map<const CLI::Option*, std::size_t> shown;
    for (const CLI::Option* option : app.parse_order()) {
        const std::size_t next = shown[option]++;
        if (next < option->results().size()) line += " " + shell_text(*option, option->results()[next]);
    }
    for (const CLI::App* sub : app.get_subcommands())
        line += " " + redacted_command_line(*sub);
    return line;
}

} // namespace roacache::commands
