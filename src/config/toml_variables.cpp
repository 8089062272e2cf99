#include "src/config/toml_variables.hpp"

#include "src/core/error.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <string_view>

namespace roacache::config {
namespace {

bool is_variable_name(std::string_view name) {
    const auto is_part = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::all_of(name.begin(), name.end(), is_part);
}

class Replacement {
  public:
    Replacement(const std::string& what, const std::string& source,
                const std::function<std::optional<std::string>(const std::string& name)>& lookup)
        : what_(what), source_(source), lookup_(lookup) {}

    void replace_all(toml::node& node) {
        if (toml::table* table = node.as_table()) {
            for (auto&& [key, value] : *table)
                replace_all(value);
        } else if (toml::array* array = node.as_array()) {
            for (toml::node& element : *array)
                replace_all(element);
        } else if (auto* text = node.as_string()) {
            if (text->get().find("${") != std::string::npos) text->get() = replaced(text->get(), node);
        }
    }

    std::vector<std::string> secrets;

  private:
    std::string replaced(std::string_view text, const toml::node& node) {
        std::string result;
        for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
            const bool literal = at > 0 && text[at - 1] == '$';
            if (literal) {
                result.append(text.substr(0, at - 1)).append("${");
                text.remove_prefix(at + 2);
                continue;
            }
            const std::size_t end = text.find('}', at);
            const std::string name(text.substr(at + 2, end == std::string_view::npos ? 0 : end - at - 2));
            if (!is_variable_name(name))
                fail(node, "${ without the name of a variable and a }", "Write $${ for the two characters.");
            const auto value = value_of(name, node);
            if (!value)
                fail(node, fmt::format("the environment variable {} is not set", name),
                     fmt::format("Set it: {}=… roacache …", name));
            if (core::names_secret(name) && !value->empty()) secrets.push_back(*value);
            result.append(text.substr(0, at)).append(*value);
            text.remove_prefix(end + 1);
        }
        return result.append(text);
    }

    std::optional<std::string> value_of(const std::string& name, const toml::node& node) const {
        try {
            return lookup_(name);
        } catch (const core::Error& error) {
            fail(node, error.what(), error.remedy());
        }
    }

    [[noreturn]] void fail(const toml::node& node, const std::string& why, const std::string& remedy) const {
        const toml::source_position& at = node.source().begin;
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad {}: {}:{}:{}: {}", what_, source_, at.line, at.column, why),
                          remedy);
    }

    const std::string& what_;
    const std::string& source_;
    const std::function<std::optional<std::string>(const std::string& name)>& lookup_;
};

} // namespace

std::vector<std::string>
replace_variables(toml::table& document, const std::string& what, const std::string& source,
                  const std::function<std::optional<std::string>(const std::string& name)>& lookup) {
    Replacement replacement(what, source, lookup);
    replacement.replace_all(document);
    return std::move(replacement.secrets);
}

} // namespace roacache::config
