#include "tests/fuzz/model_server.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace roacache::test {
namespace {

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::size_t number(const std::string& text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Takes one command off the front of `bytes`; false when it is not whole.
bool take_command(std::string& bytes, std::vector<std::string>& command) {
    command.clear();
    std::size_t at = 0;
    const auto line = [&](std::string& text) {
        const std::size_t end = bytes.find("\r\n", at);
        if (end == std::string::npos) return false;
        text = bytes.substr(at, end - at);
        at = end + 2;
        return true;
    };
    std::string text;
    if (!line(text)) return false;
    if (!text.starts_with('*')) { // an inline command
        command = {text};
        bytes.erase(0, at);
        return true;
    }
    for (std::size_t left = number(text.substr(1)); left > 0; --left) {
        if (!line(text)) return false;
        const std::size_t size = number(text.substr(1));
        if (bytes.size() < at + size + 2) return false;
        command.push_back(bytes.substr(at, size));
        at += size + 2;
    }
    bytes.erase(0, at);
    return true;
}

bool send_all(int client, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

ModelServer::ModelServer() {
    char folder[] = "/tmp/roacache-fuzz-XXXXXX";
    if (mkdtemp(folder) == nullptr) std::abort();
    folder_ = folder;
    path_ = folder_ + "/s";
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path_.c_str(), path_.size() + 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(listener_, 64) != 0)
        std::abort();
    thread_ = std::thread([this] { serve(); });
}

ModelServer::~ModelServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
}

void ModelServer::reset(std::vector<std::uint8_t> input, std::vector<std::string> keys) {
    const std::lock_guard lock(mutex_);
    input_ = std::move(input);
    at_ = 0;
    keys_ = std::move(keys);
    record_ = {};
}

ModelServer::Record ModelServer::record() {
    const std::lock_guard lock(mutex_);
    return record_;
}

void ModelServer::serve() {
    while (!stopping_) {
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client < 0) continue;
        converse(client);
        ::close(client);
    }
}

void ModelServer::converse(int client) {
    std::string bytes;
    std::array<char, 65536> buffer{};
    Command command;
    for (;;) {
        while (take_command(bytes, command)) {
            bool ends = false;
            const std::string text = answer(command, ends);
            if (!send_all(client, text) || ends) return;
        }
        const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::uint8_t ModelServer::next_byte() {
    return at_ < input_.size() ? input_[at_++] : std::uint8_t{0};
}

std::string ModelServer::answer(const Command& command, bool& ends) {
    const std::lock_guard lock(mutex_);
    ++record_.commands;
    const std::uint8_t how = next_byte();
    switch (how & 15U) {
    case 8:
        return "-ERR no\r\n";
    case 9:
        return "-LOADING it is\r\n";
    case 10: {
        const std::string whole = honest(command);
        ends = true;
        return whole.substr(0, next_byte() % (whole.size() + 1));
    }
    case 11:
        ends = true;
        return {};
    case 12: {
        constexpr std::array<const char*, 8> k_rubbish{"*0\r\n",
                                                       "$-1\r\n",
                                                       "+OK\r\n",
                                                       "*2\r\n$1\r\n0\r\n:3\r\n",
                                                       "*1\r\n*1\r\n:1\r\n",
                                                       "$3\r\n\xff\0x\r\n",
                                                       "?\r\n",
                                                       "*-1\r\n"};
        const char* rubbish = k_rubbish[next_byte() % k_rubbish.size()];
        return command[0] == "UNLINK" || command[0] == "DEL" ? "-ERR odd\r\n" : rubbish;
    }
    default:
        if (command[0] == "SCAN") return scan(command, how);
        return honest(command);
    }
}

std::string ModelServer::scan(const Command& command, std::uint8_t how) {
    std::size_t count = 10;
    for (std::size_t at = 2; at + 1 < command.size(); ++at)
        if (command[at] == "COUNT") count = std::max<std::size_t>(number(command[at + 1]), 1);
    std::size_t from = number(command[1]);
    if ((how & 15U) == 7)
        std::rotate(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(keys_.size() / 2),
                    keys_.end());
    if ((how & 15U) == 6) from = 0;
    std::string page;
    std::size_t found = 0;
    for (; (how & 15U) != 5 && found < std::min<std::size_t>(count, 3) && from < keys_.size();
         ++from, ++found)
        page += bulk(keys_[from]);
    if ((how & 15U) == 4 && found > 0) {
        page += page;
        found *= 2;
    }
    std::size_t cursor = from < keys_.size() ? from : 0;
    if ((how & 15U) == 3) cursor = next_byte();
    return "*2\r\n" + bulk(std::to_string(cursor)) + "*" + std::to_string(found) + "\r\n" + page;
}

std::uint64_t ModelServer::remove(const Command& command) {
    std::uint64_t removed = 0;
    for (std::size_t at = 1; at < command.size(); ++at) {
        record_.acted_on.insert(command[at]);
        removed += std::erase(keys_, command[at]);
    }
    record_.removed += removed;
    return removed;
}

std::string ModelServer::honest(const Command& command) {
    const std::string& word = command[0];
    const bool exists =
        command.size() > 1 && std::find(keys_.begin(), keys_.end(), command.back()) != keys_.end();
    if ((word == "UNLINK" || word == "DEL") && command.size() > 1)
        return ":" + std::to_string(remove(command)) + "\r\n";
    if (word == "UNLINK") return "-ERR wrong number of arguments for 'unlink' command\r\n";
    if (word == "PEXPIRE") {
        record_.acted_on.insert(command[1]);
        return std::find(keys_.begin(), keys_.end(), command[1]) != keys_.end() ? ":1\r\n" : ":0\r\n";
    }
    if (word == "INFO")
        return bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:model\r\nrole:master\r\nkeyspace_hits:1\r\n");
    if (word == "DBSIZE") return ":" + std::to_string(keys_.size()) + "\r\n";
    if (word == "TYPE") return exists ? "+string\r\n" : "+none\r\n";
    if (word == "PTTL") return exists ? ":1000\r\n" : ":-2\r\n";
    if (word == "MEMORY" || word == "EXISTS")
        return exists ? ":50\r\n" : word == "EXISTS" ? ":0\r\n" : "$-1\r\n";
    if (word == "GETRANGE") return bulk("value");
    if (word == "STRLEN") return ":5\r\n";
    if (word == "SCAN") return scan(command, 0);
    if (word == "OBJECT") return ":7\r\n";
    return "+OK\r\n";
}

} // namespace roacache::test
