#include "src/store/redis/server.hpp"

#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace roacache::store::redis {
const Fields& Server::own_fields() {
    if (own_fields_) return *own_fields_;
    Fields fields;
    const auto ask = [&](bool at_once) {
        connection_.append({"INFO", "server"});
        connection_.append({"INFO", "replication"});
        if (at_once) connection_.append({"HELLO"});
        connection_.send();
        std::array<Reply, 3> replies;
        for (std::size_t i = 0; i < (at_once ? 3 : 2); ++i)
            replies[i] = connection_.receive();
        if (!at_once) replies[2] = ask_if_tolerated({"HELLO"});
        for (const Reply& reply : replies)
            if (reply.is_error() && turns_away(reply.text)) connection_.checked(reply);
        fields = parse_info(replies[0].text);
        fields.merge(parse_info(replies[1].text));
        const Fields hello = parse_hello(replies[2]);
        if (const auto mode = hello.find("mode"); mode != hello.end())
            fields.emplace("redis_mode", mode->second);
        if (const auto role = hello.find("role"); role != hello.end())
            fields.emplace("role", role->second == "replica" ? "slave" : role->second); // as INFO says it
    };
    if (answers_info_) reopen_if_ended();
    for (int attempt = 0; answers_info_ && attempt < 2; ++attempt) {
        try {
            ask(attempt == 0);
            break;
        } catch (const net::ConnectionLost&) {
            reopen();
            answers_info_ = attempt == 0;
            fields = {};
        }
    }
    return own_fields_.emplace(std::move(fields));
}

Reply Server::ask_if_tolerated(std::initializer_list<std::string_view> question) {
    try {
        return connection_.ask(question);
    } catch (const net::ConnectionLost&) {
        reopen();
        return {};
    }
}

bool Server::tolerates(std::initializer_list<std::string_view> question) {
    try {
        connection_.ask(question);
        return true;
    } catch (const net::ConnectionLost&) {
        reopen();
        return false;
    }
}

void Server::check_tolerates(std::initializer_list<std::string_view> question) {
    if (tolerates(question)) return;
    connection_.ask({"PING"});
    throw ended_connection(name(), *question.begin());
}

std::vector<Reply> Server::ask_tolerated(const std::vector<Question>& questions) {
    if (reopen_if_ended()) own_fields_.reset();
    std::vector<Reply> replies;
    try {
        replies = ask_at_once(questions);
    } catch (const net::ConnectionLost&) {
        reopen();
        own_fields_.reset();
        replies = ask_one_by_one(questions);
        const auto tolerated = [&](const Question& question) {
            return !not_tolerated_.contains(question.front());
        };
        if (std::none_of(questions.begin(), questions.end(), tolerated)) connection_.ask({"PING"});
    }
    for (const Reply& reply : replies)
        if (reply.is_error() && turns_away(reply.text) && !answers_changes_only(reply.text))
            connection_.checked(reply);
    return replies;
}

std::vector<Reply> Server::ask_at_once(const std::vector<Question>& questions) {
    for (const Question& question : questions)
        if (!not_tolerated_.contains(question.front())) connection_.append(question);
    connection_.send();
    std::vector<Reply> replies(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i)
        if (!not_tolerated_.contains(questions[i].front())) replies[i] = connection_.receive();
    return replies;
}

std::vector<Reply> Server::ask_one_by_one(const std::vector<Question>& questions) {
    std::vector<Reply> replies;
    for (const Question& question : questions) {
        Reply& reply = replies.emplace_back();
        if (not_tolerated_.contains(question.front())) continue;
        try {
            connection_.append(question);
            connection_.send();
            reply = connection_.receive();
        } catch (const net::ConnectionLost&) {
            reopen();
            not_tolerated_.emplace(question.front());
        }
    }
    return replies;
}

void Server::check_tolerated(std::string_view command) const {
    if (not_tolerated_.contains(command)) throw ended_connection(name(), command);
}

void Server::reopen() {
    silent_.reset();
    connection_.reopen();
}

bool Server::reopen_if_ended() {
    const bool reopened = connection_.reopen_if_ended();
    if (reopened) silent_.reset();
    return reopened;
}

std::optional<std::string> Server::field(std::string_view name) {
    const Fields& fields = own_fields();
    const auto found = fields.find(name);
    if (found == fields.end() || found->second.empty()) return std::nullopt;
    return found->second;
}

std::map<std::string, std::string> Server::identity() {
    const auto run_id = field("run_id");
    if (!run_id) return {};
    return {{"run_id", *run_id},
            {"replication_id", field("master_replid").value_or("")},
            {"database", std::to_string(connection_.database())}};
}

void Server::resume() {
    const auto before = own_fields_ ? field("run_id") : std::nullopt;
    reopen();
    check_same(before);
}

void Server::resume_if_ended() {
    const auto before = own_fields_ ? field("run_id") : std::nullopt;
    if (reopen_if_ended()) check_same(before);
}

void Server::check_same(const std::optional<std::string>& run_id) {
    if (!run_id) return;
    own_fields_.reset();
    const auto now = field("run_id");
    if (now && *now != *run_id)
        throw AnotherServer(
            core::ExitCode::refused,
            fmt::format("refused: {}: another server answers here now, or the same one was started anew",
                        name()),
            "Run the command again for what this one holds.");
}

bool Server::observes_silently() {
    if (silent_) return *silent_;
    if (!knows_no_touch_) return false;
    const Reply reply = ask_if_tolerated({"CLIENT", "NO-TOUCH", "ON"});
    if (reply.is_error() && turns_away(reply.text)) connection_.checked(reply);
    knows_no_touch_ = !reply.is_error(); // some end the connection after the refusal
    silent_ = reply.text == "OK" && !reply.is_error();
    return *silent_;
}

std::string_view Server::erase_command() {
    if (!erase_command_.empty()) return erase_command_;
    reopen_if_ended();
    erase_command_ = "UNLINK";
    try {
        const Reply reply = connection_.ask({"UNLINK"});
        if (reply.is_error() && turns_away(reply.text)) connection_.checked(reply);
        const bool wants_keys = reply.text.find("wrong number of arguments") != std::string::npos;
        if (reply.is_error() && !wants_keys) erase_command_ = "DEL";
    } catch (const net::ConnectionLost&) {
        erase_command_ = "DEL";
        reopen();
    }
    return erase_command_;
}

} // namespace roacache::store::redis
