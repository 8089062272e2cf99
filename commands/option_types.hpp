#pragma once

#include "commands/cli_app.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::commands {

/// What a value has to look like before a command sees it.
enum class ValueForm {
    text,
    whole_number,
    duration,
    size,
    name_and_text, ///< two words, or `NAME=TEXT`, which is what the command then has
};

/// What of a value may be printed, in reports, messages and logs.
enum class Secrecy {
    never,         ///< printed, but for credentials in a URL and `secret-name=VALUE`
    always,        ///< `***`
    url,           ///< without its credentials and secret parameters
    header,        ///< `Name: value`: the value of a secret name is hidden
    parameter,     ///< `name=value`, `name:=value` or `a=1&b=2`: so are these
    body,          ///< hidden when it names a secret; `@FILE` is printed
    shell_command, ///< the plain words it begins with
    url_or_command ///< as `url`, with what is behind `#`, where it begins with http:// or https://; else so
};

/// A type of value, by the name that the option is declared with (CLI::Option::type_name, or the name of a
/// positional argument that has none). Every option's rules and secrecy come from here: to add an option with
/// a new type of value is a line in the table.
struct ValueType {
    std::string_view name;
    ValueForm form = ValueForm::text;
    Secrecy secrecy = Secrecy::never;
    bool may_be_empty = false; ///< an empty text is a value like any other
};

std::span<const ValueType> value_types();

/// The type of an option's value; null for a flag that takes no value but true and false. A type that is not
/// in the table is a text that is never printed.
const ValueType* value_type(const CLI::Option& option);

/// One option or positional argument of one command.
struct DeclaredOption {
    std::string command;            ///< `bench compare`; empty: global
    std::vector<std::string> names; ///< with dashes, short ones first; empty: positional
    bool takes_value = false;       ///< the next word is its value
    bool repeatable = false;
    const ValueType* type = nullptr;     ///< null: a flag
    const CLI::Option* option = nullptr; ///< lives as long as the parser
};

/// Every option that the parser knows, command after command, the global ones first.
std::vector<DeclaredOption> option_table(const CLI::App& app);

} // namespace roacache::commands
