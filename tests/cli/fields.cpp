#include "tests/cli/fields.hpp"

#include <regex>

namespace roacache::test {
namespace {

using nlohmann::json;

void look(const json& value, const std::string& path, const std::string& type, const std::string& seen,
          std::string& wrong) {
    if (path.empty()) {
        if (!holds(value, type)) wrong += seen + " is no " + type + ": " + value.dump().substr(0, 100) + "\n";
        return;
    }
    const std::size_t slash = path.find('/');
    const std::string name = path.substr(0, slash);
    const std::string rest = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (name == "*") {
        if (value.empty()) wrong += seen + " is empty\n";
        for (const json& element : value)
            look(element, rest, type, seen + "*/", wrong);
    } else if (!value.is_object() || !value.contains(name)) {
        wrong += seen + name + " is missing\n";
    } else {
        look(value.at(name), rest, type, rest.empty() ? seen + name : seen + name + "/", wrong);
    }
}

} // namespace

bool holds(const json& value, const std::string& type) {
    if (type.ends_with('?')) return value.is_null() || holds(value, type.substr(0, type.size() - 1));
    if (type == "string") return value.is_string() && !value.get<std::string>().empty();
    if (type == "text")
        return value.is_string() || (value.is_object() && value.size() == 1 && value.contains("base64"));
    if (type == "bool") return value.is_boolean();
    if (type == "count") return value.is_number_integer() && value >= 0;
    if (type == "number") return value.is_number() && value >= 0;
    if (type == "fraction") return value.is_number() && value >= 0 && value <= 1;
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    return type == "null" && value.is_null();
}

std::string wrong_fields(const json& document, const Fields& fields) {
    std::string wrong;
    for (const auto& [path, type] : fields)
        look(document, path, type, "", wrong);
    return wrong;
}

bool starts_with_schema(const std::string& document, const std::string& command) {
    return std::regex_search(document.substr(0, 100),
                             std::regex("^\\{\\s*\"schema\":\\s*\"roacache\\." + command + "/1\""));
}

} // namespace roacache::test
