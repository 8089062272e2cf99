#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace roacache::test {

/// A Redis of a few keys over a Unix socket, within the process. Bytes of the fuzzer say how each command is
/// answered: as it should be, with an error, in part, with rubbish, or not at all; a SCAN also with an empty
/// page, keys twice, or any cursor, and the table may be turned round in between. When the bytes are used up
/// it behaves.
class ModelServer {
  public:
    ModelServer();
    ~ModelServer();
    ModelServer(const ModelServer&) = delete;
    ModelServer& operator=(const ModelServer&) = delete;

    std::string url() const { return "unix://" + path_; }

    /// Begins anew with `keys`.
    void reset(std::vector<std::uint8_t> input, std::vector<std::string> keys);

    struct Record {
        std::uint64_t commands = 0;
        std::uint64_t removed = 0;           ///< keys that are gone by UNLINK or DEL
        std::multiset<std::string> acted_on; ///< keys of UNLINK, DEL and PEXPIRE
    };
    Record record();

  private:
    using Command = std::vector<std::string>;
    void serve();
    void converse(int client);
    /// Empty: the connection is ended. `ends` is set when it is ended behind the answer.
    std::string answer(const Command& command, bool& ends);
    std::string honest(const Command& command);
    std::string scan(const Command& command, std::uint8_t how);
    std::uint64_t remove(const Command& command);
    std::uint8_t next_byte();

    std::string folder_, path_;
    int listener_ = -1;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::vector<std::uint8_t> input_;
    std::size_t at_ = 0;
    std::vector<std::string> keys_;
    Record record_;
    std::thread thread_;
};

} // namespace roacache::test
