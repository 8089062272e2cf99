#pragma once

#include "src/store/redis/connection.hpp"
#include "src/store/redis/server_info.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// Another server answers now where one was walked, or the same was started anew.
class AnotherServer : public core::Error {
  public:
    using core::Error::Error;
};

/// One server, spoken to over a connection that is opened again where the server, a proxy or the network
/// ended it. Not for use by several threads at once.
class Server {
  public:
    Server(const net::Url& url, const ConnectOptions& options)
        : connection_(Connection::connect(url, options)) {}

    Connection& connection() { return connection_; }
    const std::string& name() const { return connection_.peer(); }

    /// Runs a conversation that changes nothing on the server and may therefore be held twice: when the
    /// connection ends under it, it is opened again, to whatever server answers now, and the conversation
    /// held once more from its beginning.
    template <typename Conversation>
    auto converse(Conversation conversation) {
        if (reopen_if_ended()) own_fields_.reset();
        try {
            return conversation();
        } catch (const net::ConnectionLost&) {
            reopen();
            own_fields_.reset();
            return conversation();
        }
    }

    /// The answer to a question that may end the connection, which is then opened again: none.
    Reply ask_if_tolerated(std::initializer_list<std::string_view> question);

    /// False when the question ends the connection, which is then opened again.
    bool tolerates(std::initializer_list<std::string_view> question);
    /// Throws core::Error(refused), which names the command, when the question ends the connection; a
    /// net::ConnectionLost when PING does so, too.
    void check_tolerates(std::initializer_list<std::string_view> question);

    using Question = std::vector<std::string_view>;
    /// The answers to questions that change nothing, asked at once; where that ends the connection, asked one
    /// by one over another: one that ends it is answered by nil, and no other with the same first word is
    /// asked. Throws core::Error for an error that would answer any command, and where not even PING is
    /// answered.
    std::vector<Reply> ask_tolerated(const std::vector<Question>& questions);
    /// Throws core::Error(refused) when the command ended the connection.
    void check_tolerated(std::string_view command) const;

    /// What the server says of itself (INFO server and replication; redis_mode and role also by HELLO), asked
    /// once; no fields when it says nothing, or when it ends the connection for being asked.
    const Fields& own_fields();
    /// What is the same as long as it is the same process with the same data, by own_fields(): its run id,
    /// and its replication id, which is another one after it was a replica; the selected database. Empty
    /// where it tells no run id.
    std::map<std::string, std::string> identity();
    /// One of own_fields(); absent where it is not told, or empty.
    std::optional<std::string> field(std::string_view name);

    /// Closes the connection and opens another, to whatever server answers now.
    void reopen();
    /// Opens the connection again for a walk. Throws core::Error(refused) when another server answers now, or
    /// the same one was started anew: what is known of the keys is not true of it.
    void resume();
    /// As resume(), where the connection was ended while nothing was outstanding.
    void resume_if_ended();

    /// Asks the server not to count what this connection looks at as used (CLIENT NO-TOUCH); false when it
    /// does not know that. For use within a conversation, or where nothing is outstanding.
    bool observes_silently();

    /// The command that removes keys: UNLINK, or DEL where the server does not have it. Asked once, without
    /// naming a key.
    std::string_view erase_command();

  private:
    bool reopen_if_ended();
    std::vector<Reply> ask_at_once(const std::vector<Question>& questions);
    std::vector<Reply> ask_one_by_one(const std::vector<Question>& questions);
    void check_same(const std::optional<std::string>& run_id);

    Connection connection_;
    std::optional<Fields> own_fields_;
    std::optional<bool> silent_;                       ///< on this connection
    bool knows_no_touch_ = true;                       ///< false: it refused to observe silently
    bool answers_info_ = true;                         ///< false: it ended the connection for being asked
    std::set<std::string, std::less<>> not_tolerated_; ///< commands that ended the connection
    std::string_view erase_command_;
};

} // namespace roacache::store::redis
