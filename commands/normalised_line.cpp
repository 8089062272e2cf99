#include "commands/normalised_line.hpp"

#include "commands/option_types.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <CLI/CLI.hpp>
#include <cctype>
#include <charconv>
#include <fmt/core.h>
#include <map>
#include <optional>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

std::optional<bool> read_switch(std::string_view text) {
    const std::string word = core::to_lower(text);
    for (const char* yes : {"true", "yes", "on", "1"})
        if (word == yes) return true;
    for (const char* no : {"false", "no", "off", "0"})
        if (word == no) return false;
    return std::nullopt;
}

/// The digits alone, without zeros in front, which the parser would take for octal.
std::optional<std::string> read_whole_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return std::to_string(number);
}

std::string shown_name(const CLI::Option& option) {
    if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
    return "-" + option.get_snames().front();
}

class WordReader {
  public:
    WordReader(const CLI::App& app, std::span<const std::string> words) : command_(&app), words_(words) {}

    NormalisedLine read() {
        while (at_ < words_.size()) {
            try {
                read_word(words_[at_++]);
            } catch (const Error& error) {
                if (!first_error_) first_error_ = error;
            }
        }
        return {std::move(made_), std::move(first_error_)};
    }

  private:
    void read_word(const std::string& word) {
        if (only_arguments_) {
            add_argument(word);
        } else if (word == "--") {
            only_arguments_ = true;
            made_.push_back(word);
        } else if (word.size() > 2 && word.starts_with("--")) {
            read_long(word);
        } else if (word.size() > 1 && word[0] == '-') {
            read_short(word);
        } else {
            add_argument(word);
            enter_subcommand(word);
        }
    }

    const CLI::Option* find(const std::string& name, bool is_long) const {
        for (const CLI::App* app = command_; app != nullptr; app = app->get_parent())
            for (const CLI::Option* option : app->get_options())
                if (is_long ? option->check_lname(name) : option->check_sname(name)) return option;
        return nullptr;
    }

    /// Once a command is chosen, names of other commands are plain words.
    void enter_subcommand(const std::string& word) {
        for (const CLI::App* app = command_; app != nullptr; app = app->get_parent()) {
            if (app != command_ && app->get_parent() == nullptr) return;
            for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; }))
                if (sub->check_name(word)) {
                    command_ = sub;
                    return;
                }
        }
    }

    void add_argument(const std::string& word) {
        if (word.empty()) fail("an argument is empty", "A variable that is not set, perhaps?");
        // The parser would take it for a list.
        if (word.size() > 1 && word.starts_with('[') && word.ends_with(']'))
            fail("an argument stands in brackets", "A key that does is named with -k.");
        made_.push_back(word);
    }

    void read_long(const std::string& word) {
        const std::size_t equals = word.find('=');
        const std::string typed = word.substr(0, equals);
        const CLI::Option* option = find(typed.substr(2), true);
        if (option == nullptr) {
            made_.push_back(word);
            return;
        }
        std::optional<std::string> attached;
        if (equals != std::string::npos) attached = word.substr(equals + 1);
        add(*option, typed, std::move(attached));
    }

    /// `-n`, `-n5`, `-n=5`, and several at once, of which the last may have a value: `-qn5`.
    void read_short(const std::string& word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const CLI::Option* option = find(word.substr(i, 1), false);
            if (option == nullptr) {
                made_.push_back(i == 1 ? word : "-" + word.substr(i));
                return;
            }
            const std::string typed = "-" + word.substr(i, 1);
            const bool equals = i + 1 < word.size() && word[i + 1] == '=';
            const bool takes_rest = option->get_items_expected_max() > 0 && i + 1 < word.size();
            if (equals || takes_rest) return add(*option, typed, word.substr(i + (equals ? 2 : 1)));
            add(*option, typed, std::nullopt);
        }
    }

    void add(const CLI::Option& option, const std::string& typed, std::optional<std::string> attached) {
        if (option.get_items_expected_max() == 0) return add_flag(option, typed, attached);
        std::string value = attached ? std::move(*attached) : next_value(typed);
        const bool of_two = value_type(option)->form == ValueForm::name_and_text;
        if (of_two && !value.empty() && value.find('=') == std::string::npos)
            value += "=" + next_value(typed);
        add_value(option, typed, std::move(value));
    }

    std::string next_value(const std::string& typed) {
        if (at_ == words_.size()) fail(fmt::format("{}: a value is missing", typed));
        const std::string& word = words_[at_];
        if (is_option(word))
            fail(fmt::format("{}: a value is missing before {}", typed, word.substr(0, word.find('='))),
                 fmt::format("A variable that is not set, perhaps? A value that looks like an option is "
                             "attached: {}={}.",
                             typed, typed.starts_with("--") ? "--value" : "-value"));
        ++at_;
        return word;
    }

    /// Also what is like a long option, since a word mistyped may have been meant to be one.
    bool is_option(const std::string& word) const {
        if (word.size() < 2 || word[0] != '-') return false;
        if (word == "--") return true;
        if (word[1] == '-') return std::isalpha(static_cast<unsigned char>(word[2])) != 0;
        return find(word.substr(1, 1), false) != nullptr;
    }

    void add_value(const CLI::Option& option, const std::string& typed, std::string value) {
        if (option.get_expected_max() <= 1 && !given_.emplace(&option, made_.size()).second)
            fail(fmt::format("{}: given twice", typed), "It takes one value.");
        check(*value_type(option), typed, value);
        made_.push_back(shown_name(option));
        made_.push_back(std::move(value));
    }

    void add_flag(const CLI::Option& option, const std::string& typed, std::optional<std::string> attached) {
        const ValueType* type = value_type(option);
        std::string word = shown_name(option);
        if (type != nullptr) {
            if (given_.count(&option) != 0)
                fail(fmt::format("{}: given twice", typed), "It takes one value.");
            if (attached) {
                check(*type, typed, *attached);
                word += "=" + *attached;
            }
        } else if (attached) {
            const bool is_question = option.check_lname("help") || option.check_lname("version");
            const auto on = read_switch(*attached);
            if (is_question || !on)
                fail(fmt::format("{}: {}", typed,
                                 is_question ? "it takes no value"
                                             : "it takes no value, or one of true and false"));
            if (!*on) word += "=false";
        }
        const auto [place, is_new] = given_.emplace(&option, made_.size());
        if (is_new)
            made_.push_back(std::move(word));
        else
            made_[place->second] = std::move(word);
    }

    void check(const ValueType& type, const std::string& typed, std::string& value) {
        if (value.empty() && type.may_be_empty) return;
        if (value.empty())
            fail(fmt::format("{}: the value is empty", typed), "A variable that is not set, perhaps?");
        if (type.form == ValueForm::whole_number) {
            auto number = read_whole_number(value);
            if (!number) fail(fmt::format("{}: not a whole number from 0 to 2^64-1", typed));
            value = std::move(*number);
        }
        try {
            if (type.form == ValueForm::duration) core::parse_duration(value, typed);
            if (type.form == ValueForm::size) core::parse_size(value, typed);
        } catch (const Error& error) {
            fail(error.what(), error.remedy());
        }
    }

    [[noreturn]] void fail(const std::string& why, std::string remedy = {}) const {
        std::string place;
        for (const CLI::App* app = command_; app != nullptr; app = app->get_parent())
            place = app->get_name() + (place.empty() ? "" : " ") + place;
        remedy += fmt::format("{}See {} --help.", remedy.empty() ? "" : " ", place);
        throw Error(ExitCode::usage, "usage: " + why, remedy);
    }

    const CLI::App* command_;
    std::span<const std::string> words_;
    std::size_t at_ = 0;
    bool only_arguments_ = false; ///< behind `--`
    std::vector<std::string> made_;
    std::optional<Error> first_error_;
    /// The places in made_ of options that are there once at most.
    std::map<const CLI::Option*, std::size_t> given_;
};

} // namespace

NormalisedLine normalised_line(const CLI::App& app, std::span<const std::string> words) {
    return WordReader(app, words).read();
}

} // namespace roacache::commands
