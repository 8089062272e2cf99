#pragma once

#include "commands/cli.hpp"
#include "commands/option_types.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/servers.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace roacache::test {

using commands::DeclaredOption;
using commands::ValueForm;
using commands::ValueType;

using Arguments = std::vector<std::string>;
using Keys = std::set<std::string>;

inline constexpr int k_databases = 4;
inline constexpr int k_meant = 1; ///< the database that the commands are given

/// A connection of its own, since a process for every question would take most of the time.
class Wire {
  public:
    explicit Wire(const std::filesystem::path& path)
        : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.string().size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.string().size());
        REQUIRE(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~Wire() { close(socket_); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// The reply to a command whose reply is one line.
    std::string ask(const std::string& line) const {
        const std::string sent = line + "\r\n";
        std::string reply;
        bool good = write(socket_, sent.data(), sent.size()) == static_cast<ssize_t>(sent.size());
        for (char c = 0; good && !reply.ends_with("\r\n"); reply += c)
            good = read(socket_, &c, 1) == 1;
        REQUIRE(good);
        return reply;
    }

  private:
    int socket_;
};

/// Databases with the same keys in each.
class Databases {
  public:
    Databases() : redis_({"--enable-debug-command", "yes"}), wire_(redis_.socket()) { fill(); }

    std::string url() const { return redis_.url() + "/" + std::to_string(k_meant); }
    bool changed() const { return wire_.ask("DEBUG DIGEST") != filled_; }

    /// What is gone from the database that was meant; the others have to be as they were.
    Keys removed() const {
        Keys gone = keys();
        for (int database = 0; database < k_databases; ++database)
            for (const std::string& key : keys_of(database)) {
                if (database == k_meant) gone.erase(key);
            }
        for (int database = 0; database < k_databases; ++database)
            if (database != k_meant) CHECK(keys_of(database) == keys());
        return gone;
    }

    void fill() {
        wire_.ask("FLUSHALL");
        for (int database = 0; database < k_databases; ++database) {
            wire_.ask("SELECT " + std::to_string(database));
            for (const std::string& key : keys())
                wire_.ask("SET " + key + " value EX 100000");
        }
        filled_ = wire_.ask("DEBUG DIGEST");
    }

  private:
    static const Keys& keys() {
        static const Keys k_keys = [] {
            Keys made{"session:1", "other"};
            for (const char* tenant : {"default", "a", "b"})
                for (const char* resource : {"victims", "others"})
                    for (const char* hash : {"0123456789ab", "ba9876543210"})
                        made.insert(std::string("cache:") + tenant + ":" + resource + ":" + hash);
            return made;
        }();
        return k_keys;
    }

    /// Those that are left of the keys; no command makes others.
    Keys keys_of(int database) const {
        Keys found;
        wire_.ask("SELECT " + std::to_string(database));
        for (const std::string& key : keys())
            if (wire_.ask("EXISTS " + key) == ":1\r\n") found.insert(key);
        CHECK(wire_.ask("DBSIZE") == ":" + std::to_string(found.size()) + "\r\n");
        return found;
    }

    RedisServer redis_;
    Wire wire_;
    std::string filled_;
};

/// One way of writing an option on the command line, and whether it is a value at all.
struct Spelling {
    Arguments arguments;
    bool malformed = false;
};

inline bool is_whole_number(const std::string& text) {
    return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string::npos &&
           (text.size() < 20 || text <= "18446744073709551615");
}

inline bool is_malformed(const ValueType& type, const std::string& value) {
    if (value.empty()) return !type.may_be_empty;
    if (type.form == ValueForm::whole_number) return !is_whole_number(value);
    return type.form == ValueForm::duration;
}

inline const Arguments& odd_values() {
    static const Arguments k_values{"",
                                    "-1",
                                    "18446744073709551616",
                                    "-18446744073709551615",
                                    "99999999999999999999999999",
                                    "abc",
                                    "1e3",
                                    " 5",
                                    "0x10",
                                    "nan",
                                    "5,6",
                                    "{}",
                                    "[]",
                                    "[a,b]",
                                    "%%",
                                    "-",
                                    "--dry-run",
                                    "--",
                                    "\xff\xfe\x01\x7f",
                                    std::string(5000, 'x')};
    return k_values;
}

/// `few`: a part of the values, by long names.
inline std::vector<Spelling> spellings_of_value(const DeclaredOption& option, bool few) {
    std::vector<Spelling> spellings;
    const auto looks_like_option = [](const std::string& value) { return value.starts_with("--"); };
    for (const std::string& name : option.names) {
        const bool is_short = !name.starts_with("--");
        if (few && is_short) continue;
        spellings.push_back({{name}, true});
        spellings.push_back({{name, "--verbose"}, true});
        for (std::size_t i = 0; i < odd_values().size(); i += few ? 3 : 1) {
            const std::string& value = odd_values()[i];
            const bool malformed = is_malformed(*option.type, value);
            const bool separate_malformed = malformed || looks_like_option(value);
            // A short option takes turns with its ways of writing, since every one runs the program.
            const std::size_t turn = is_short && option.takes_value ? i % 4 : 4;
            if (turn == 0 || turn == 4) spellings.push_back({{name + "=" + value}, malformed});
            if (option.takes_value && (turn == 1 || turn == 4))
                spellings.push_back({{name, value}, separate_malformed});
            if (turn == 2) spellings.push_back({{"-v" + name.substr(1), value}, separate_malformed});
            if (turn == 3 && !value.empty()) spellings.push_back({{name + value}, malformed});
        }
        if (!option.takes_value) spellings.erase(spellings.begin(), spellings.begin() + 2);
    }
    return spellings;
}

inline std::vector<Spelling> spellings_of_flag(const DeclaredOption& option) {
    std::vector<Spelling> spellings;
    for (const std::string& name : option.names) {
        for (const char* no : {"false", "no", "off", "0", "FALSE"})
            spellings.push_back({{name + "=" + no}, false});
        for (const char* bogus : {"", "maybe", "2", "-1", "{}", "falsee", " false", "18446744073709551616"})
            spellings.push_back({{name + "=" + bogus}, true});
    }
    return spellings;
}

/// Under the sanitizers, where a start of the program takes many times as long, every eighth spelling, and of
/// each option others: options of a kind share the faults among them.
inline std::vector<Spelling> affordable(std::vector<Spelling> spellings) {
    if constexpr (!k_sanitized) return spellings;
    static std::size_t next = 0;
    std::erase_if(spellings, [](const Spelling&) { return next++ % 8 != 0; });
    ++next;
    return spellings;
}

inline std::vector<Spelling> spellings_of(const DeclaredOption& option, bool few) {
    return affordable(option.type != nullptr ? spellings_of_value(option, few) : spellings_of_flag(option));
}

inline std::string shown(const Arguments& arguments) {
    std::string line;
    for (const std::string& word : arguments)
        line += " '" + word.substr(0, 60) + "'";
    return line;
}

inline std::vector<DeclaredOption> options_of(const CLI::App& app, const std::set<std::string>& commands) {
    std::vector<DeclaredOption> options = roacache::commands::option_table(app);
    std::erase_if(options, [&](const DeclaredOption& option) {
        const bool ends = option.option->check_lname("help") || option.option->check_lname("version");
        return option.names.empty() || ends || commands.count(option.command) == 0;
    });
    return options;
}

struct Parser {
    roacache::commands::Parsed parsed;
    std::unique_ptr<CLI::App> app = roacache::commands::build_app(parsed);
};

/// A finished command: never a crash, a bug or a wait; what is no value is a usage error that names its
/// option.
inline void check_ended(const Finished& finished, const Spelling& spelling) {
    CHECK_FALSE(finished.timed_out);
    CHECK(finished.signal == 0);
    CHECK(finished.exit_code != 70);
    if (!spelling.malformed) return;
    CHECK(finished.exit_code == 2);
    const std::string& first = spelling.arguments.front();
    const std::string name = first.starts_with("--") ? first.substr(0, first.find('='))
                             : first.starts_with("-v") && first.size() == 3 && first[2] != '='
                                 ? "-" + first.substr(2)
                                 : first.substr(0, 2);
    CHECK(finished.err.find("roacache: usage: " + name + ": ") == 0);
}

/// In that folder, with those databases as the store.
inline RunOptions run_in(const TempDir& folder, const Databases& databases) {
    RunOptions options;
    options.cwd = folder.path();
    options.timeout = std::chrono::seconds(20);
    options.env["REDIS_URL"] = databases.url();
    return options;
}

} // namespace roacache::test
