#include "src/core/secret.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <iterator>

namespace roacache::core {
namespace {

/// Names of secrets when they are a whole part of a name.
constexpr std::string_view k_parts[] = {
    "auth",    "authentication", "authorization", "bearer",  "cookie", "cookies", "cred",
    "creds",   "csrf",           "hmac",          "jwt",     "key",    "keys",    "oauth",
    "otp",     "pass",           "passcode",      "private", "pw",     "pwd",     "saml",
    "session", "sessions",       "sid",           "sig",     "sign",   "totp",    "xsrf"};
/// Also at the end of a part, where nothing separates the words.
constexpr std::string_view k_endings[] = {
    "token",      "tokens",          "secret",  "secrets",   "password",  "passwords",  "passwd",
    "passphrase", "passwort",        "pwd",     "dbpass",    "userpass",  "credential", "credentials",
    "session",    "sessionid",       "sessid",  "signature", "jwt",       "apikey",     "accesskey",
    "secretkey",  "subscriptionkey", "authkey", "cookie",    "privatekey"};

bool is_name_character(char c) {
    return is_alnum(c) || c == '_' || c == '-' || c == '%';
}

bool is_secret_part(std::string_view part) {
    return std::find(std::begin(k_parts), std::end(k_parts), part) != std::end(k_parts) ||
           std::any_of(std::begin(k_endings), std::end(k_endings),
                       [&](std::string_view ending) { return part.ends_with(ending); });
}

/// `//user:password@` or `//password@`.
bool has_url_credentials(std::string_view text) {
    for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
        const std::string_view authority = text.substr(at + 3, text.find_first_of(" '\"", at) - at - 3);
        if (authority.find('@') != std::string_view::npos) return true;
    }
    return false;
}

bool is_plain_name(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || c == '-'; });
}

/// `Bearer abc`, `Basic abc`: the value of a header that gives credentials, whatever the header is called.
bool gives_credentials(std::string_view value) {
    const std::string scheme = to_lower(value.substr(0, value.find(' ')));
    return scheme.size() < value.size() && (scheme == "bearer" || scheme == "basic" || scheme == "digest" ||
                                            scheme == "negotiate" || scheme == "token");
}

/// What is shown of a shell command: a path or a bare word.
bool is_plain_word(std::string_view word) {
    return !word.empty() && word.front() != '-' && !mentions_secret(word) &&
           std::all_of(word.begin(), word.end(), [](char c) {
               return is_name_character(c) || c == '.' || c == '/' || c == ',' || c == '+';
           });
}

} // namespace

bool names_secret(std::string_view name) {
    std::string part;
    char before = 0;
    const auto ends_secret = [&] {
        const bool secret = is_secret_part(part);
        part.clear();
        return secret;
    };
    for (const char c : name) {
        if (is_upper(c) && is_lower(before) && ends_secret()) return true;
        if (is_upper(c) || is_lower(c))
            part += to_lower(c);
        else if (ends_secret())
            return true;
        before = c;
    }
    return ends_secret();
}

bool mentions_secret(std::string_view text) {
    if (has_url_credentials(text)) return true;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_name_character(text[end]))
            ++end;
        if (end > at && names_secret(text.substr(at, end - at))) return true;
        at = std::max(end, at + 1);
    }
    return false;
}

std::string redacted_header(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::string(is_plain_name(trimmed(text)) ? text : k_hidden);
    const std::string_view name = trimmed(text.substr(0, colon));
    const std::string_view value = trimmed(text.substr(colon + 1));
    if (!names_secret(name) && !gives_credentials(value) && redacted_text(value) == value)
        return std::string(text);
    return std::string(name).append(": ").append(k_hidden);
}

std::string redacted_body(std::string_view text) {
    const bool plain = text.starts_with('@') ? !has_url_credentials(text) : !mentions_secret(text);
    return std::string(plain ? text : k_hidden);
}

std::string redacted_shell_command(std::string_view command) {
    std::string shown;
    while (!(command = trimmed(command)).empty()) {
        const std::string_view word = command.substr(0, command.find(' '));
        const bool plain = is_plain_word(word);
        shown.append(shown.empty() ? "" : " ").append(plain ? word : k_hidden);
        if (!plain) return shown;
        command.remove_prefix(word.size());
    }
    return shown;
}

std::string redacted_value(std::string_view text) {
    const std::size_t at = text.rfind('@');
    const bool credentials = at != std::string_view::npos && text.find(':') < at;
    if (credentials || text.find("://") != std::string_view::npos) return std::string(k_hidden);
    const std::string shown = redacted_text(text);
    const bool option = text.find(" -") != std::string_view::npos && mentions_secret(text);
    return shown == text && option ? std::string(k_hidden) : shown;
}

std::string redacted_text(std::string_view text) {
    if (has_url_credentials(text)) return std::string(k_hidden);
    for (std::size_t equals = text.find('='); equals != std::string_view::npos;
         equals = text.find('=', equals + 1)) {
        std::size_t begin = equals;
        while (begin > 0 && is_name_character(text[begin - 1]))
            --begin;
        if (names_secret(text.substr(begin, equals - begin)))
            return std::string(text.substr(0, equals + 1)).append(k_hidden);
    }
    return std::string(text);
}

} // namespace roacache::core
