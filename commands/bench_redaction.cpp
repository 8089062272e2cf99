#include "commands/bench_redaction.hpp"

#include "src/core/error.hpp"
#include "src/net/url.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace roacache::commands {
namespace {

bool is_secret_name(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char* word : {"auth", "cookie", "token", "secret", "password", "passwd", "api-key", "apikey",
                             "api_key", "session"})
        if (name.find(word) != std::string::npos) return true;
    return false;
}

std::string shell_quoted(const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("%+,-./:=@_").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (plain) return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

} // namespace

std::string redacted_header(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || !is_secret_name(text.substr(0, colon))) return text;
    return text.substr(0, colon) + ": ***";
}

std::string redacted_hook(const std::string& command) {
    return is_secret_name(command) ? "***" : command;
}

std::string redacted_url(const std::string& text) {
    try {
        return net::parse_url(text).redacted();
    } catch (const core::Error&) {
        return text.find('@') == std::string::npos ? text : "***";
    }
}

std::string redacted_value(const std::string& option, const std::string& value) {
    if (option == "-A" || option == "--auth" || option == "-C" || option == "--cookie") return "***";
    if (option == "-H" || option == "--header" || option == "--uncached-header")
        return redacted_header(value);
    if (option == "-d" || option == "--data") return is_secret_name(value) ? "***" : value;
    if (option == "--hook-cached" || option == "--hook-uncached") return redacted_hook(value);
    if (option == "--uncached-query")
        return is_secret_name(value.substr(0, value.find('='))) ? value.substr(0, value.find('=')) + "=***"
                                                                : value;
    return redacted_url(value);
}

std::string redacted_command(const std::vector<std::string>& arguments) {
    constexpr std::string_view k_short_with_value = "HACd";
    std::string command = "roacache";
    std::string option; // that waits for its value
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        std::string shown = word;
        const std::size_t equals = word.find('=');
        const bool attached =
            word.size() > 2 && word[0] == '-' && k_short_with_value.find(word[1]) != std::string_view::npos;
        if (!option.empty())
            shown = redacted_value(option, word);
        else if (word.starts_with("--") && equals != std::string::npos)
            shown =
                word.substr(0, equals + 1) + redacted_value(word.substr(0, equals), word.substr(equals + 1));
        else if (attached)
            shown = word.substr(0, 2) + redacted_value(word.substr(0, 2), word.substr(2));
        else if (!word.starts_with('-'))
            shown = redacted_url(word);
        option = option.empty() && word.size() > 1 && word[0] == '-' && shown == word &&
                         equals == std::string::npos
                     ? word
                     : "";
        command += " " + shell_quoted(shown);
    }
    return command;
}

} // namespace roacache::commands
