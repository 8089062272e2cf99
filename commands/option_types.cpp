#include "commands/option_types.hpp"

#include <CLI/CLI.hpp>
#include <array>

namespace roacache::commands {
namespace {

constexpr std::array k_types{
    ValueType{"BODY", ValueForm::text, Secrecy::body, true},
    ValueType{"BY"},
    ValueType{"CHANNEL"},
    ValueType{"CMD", ValueForm::text, Secrecy::shell_command},
    ValueType{"CMD|URL#POINTER", ValueForm::text, Secrecy::url_or_command},
    ValueType{"COMMAND", ValueForm::text, Secrecy::always},
    ValueType{"COOKIE", ValueForm::text, Secrecy::always},
    ValueType{"DIR"},
    ValueType{"DUR", ValueForm::duration},
    ValueType{"EXPR"},
    ValueType{"FILE"},
    ValueType{"FILE|-"},
    ValueType{"FMT"},
    ValueType{"FORM FILE", ValueForm::name_and_text},
    ValueType{"GLOB"},
    ValueType{"HDR", ValueForm::text, Secrecy::header},
    ValueType{"HOST"},
    ValueType{"HOST1:PORT1:HOST2:PORT2"},
    ValueType{"HOST:PORT", ValueForm::text, Secrecy::url},
    ValueType{"K", ValueForm::whole_number},
    ValueType{"K=V", ValueForm::text, Secrecy::parameter},
    ValueType{"KEY"},
    ValueType{"LEVEL"},
    ValueType{"METHOD"},
    ValueType{"N", ValueForm::whole_number},
    ValueType{"NAME"},
    ValueType{"NAME=FILE"},
    ValueType{"NAME=SOURCE", ValueForm::text, Secrecy::parameter},
    ValueType{"NAME=VALUE", ValueForm::text, Secrecy::parameter},
    ValueType{"NAME[=VALUE]", ValueForm::text, Secrecy::parameter},
    ValueType{"NEW"},
    ValueType{"OLD"},
    ValueType{"OLD=NEW"},
    ValueType{"PARAMETERS", ValueForm::text, Secrecy::parameter},
    ValueType{"PATH"},
    ValueType{"PATH=VALUES"},
    ValueType{"PCT"},
    ValueType{"R"},
    ValueType{"RATE"},
    ValueType{"RESOURCE"},
    ValueType{"ROLE"},
    ValueType{"SHARE"},
    ValueType{"SHELL"},
    ValueType{"SIZE", ValueForm::size},
    ValueType{"SQL"},
    ValueType{"STATE"},
    ValueType{"STATUS"},
    ValueType{"SWITCH"},
    ValueType{"T"},
    ValueType{"TRAP"},
    ValueType{"TEXT", ValueForm::text, Secrecy::never, true},
    ValueType{"TYPE"},
    ValueType{"URL", ValueForm::text, Secrecy::url},
    ValueType{"URL,URL", ValueForm::text, Secrecy::always},
    ValueType{"URL|none", ValueForm::text, Secrecy::url},
    ValueType{"USER"},
    ValueType{"USER:PASS", ValueForm::text, Secrecy::always},
    ValueType{"WHEN"},
    ValueType{"WHICH"},
    ValueType{"invalidate|toggle"},
    ValueType{"ttl|bytes|key"},
    ValueType{"user|global"},
};
constexpr ValueType k_unknown{"", ValueForm::text, Secrecy::always};

/// Of the type's name in --help, which goes on with what its checks say: `N:UINT in [1 - 256]`, or with how
/// such files end: `FILE.md`.
const ValueType& type_called(std::string_view described) {
    const ValueType* longest = nullptr;
    for (const ValueType& type : k_types) {
        if (!described.starts_with(type.name)) continue;
        if (described.size() > type.name.size() && described[type.name.size()] != ':' &&
            described[type.name.size()] != '.')
            continue;
        if (longest == nullptr || type.name.size() > longest->name.size()) longest = &type;
    }
    return longest != nullptr ? *longest : k_unknown;
}

void add_options(const CLI::App& app, const std::string& command, std::vector<DeclaredOption>& table) {
    for (const CLI::Option* option : app.get_options()) {
        DeclaredOption declared{command, {}, option->get_items_expected_max() > 0, false, value_type(*option),
                                option};
        for (const std::string& name : option->get_snames())
            declared.names.push_back("-" + name);
        for (const std::string& name : option->get_lnames())
            declared.names.push_back("--" + name);
        declared.repeatable = declared.takes_value && option->get_expected_max() > 1;
        table.push_back(std::move(declared));
    }
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        add_options(*sub, command + (command.empty() ? "" : " ") + sub->get_name(), table);
}

} // namespace

std::span<const ValueType> value_types() {
    return k_types;
}

const ValueType* value_type(const CLI::Option& option) {
    const std::string described = option.get_type_name();
    const bool flag = option.get_items_expected_max() == 0;
    if (flag && (described.empty() || described.starts_with(':'))) return nullptr;
    return &type_called(described.empty() || described.starts_with(':') ? option.get_name() : described);
}

std::vector<DeclaredOption> option_table(const CLI::App& app) {
    std::vector<DeclaredOption> table;
    add_options(app, "", table);
    return table;
}

} // namespace roacache::commands
