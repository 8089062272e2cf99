#include "src/store/redis/reply.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <hiredis/read.h>
#include <new>

namespace roacache::store::redis {
namespace {

/// Longest line (status, error, number, length) that is waited for.
constexpr std::size_t k_max_line = std::size_t{64} * 1024;
/// A length has at most 20 characters.
constexpr std::size_t k_max_length_line = 32;

/// The reply being read. hiredis hands back what create… returned as the parent of nested elements; these
/// are built in place in their parent, which does not grow while one of its elements is under way.
struct Tree {
    Reply root;
    std::size_t elements = 0;
    bool too_large = false;
    bool foreign = false; ///< an item of another protocol than RESP 2

    Reply* place(const redisReadTask* task) {
        if (++elements > k_max_reply_elements) {
            too_large = true;
            return nullptr;
        }
        if (!task->parent) {
            root = Reply{};
            return &root;
        }
        return &static_cast<Reply*>(task->parent->obj)->elements.emplace_back();
    }
};

Tree& tree_of(const redisReadTask* task) {
    return *static_cast<Tree*>(task->privdata);
}

// hiredis is C: nothing may be thrown through it, and a null pointer means "out of memory".
template <typename Fill>
void* create(const redisReadTask* task, Fill fill) noexcept {
    try {
        Reply* reply = tree_of(task).place(task);
        if (reply) fill(*reply);
        return reply;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* refuse(const redisReadTask* task) {
    tree_of(task).foreign = true;
    return nullptr;
}

void* create_string(const redisReadTask* task, char* bytes, size_t size) {
    if (task->type != REDIS_REPLY_ERROR && task->type != REDIS_REPLY_STATUS &&
        task->type != REDIS_REPLY_STRING)
        return refuse(task);
    return create(task, [&](Reply& reply) {
        reply.type = task->type == REDIS_REPLY_ERROR    ? Reply::Type::error
                     : task->type == REDIS_REPLY_STATUS ? Reply::Type::status
                                                        : Reply::Type::string;
        reply.text.assign(bytes, size);
    });
}

/// hiredis before 1.0 counts in an int, later in a size_t.
template <typename Count>
void* create_array(const redisReadTask* task, Count count) {
    if (task->type != REDIS_REPLY_ARRAY) return refuse(task);
    return create(task, [&](Reply& reply) {
        reply.type = Reply::Type::array;
        // What is announced need not come.
        reply.elements.reserve(static_cast<std::size_t>(std::clamp<Count>(count, 0, 1024)));
    });
}

void* create_integer(const redisReadTask* task, long long value) {
    return create(task, [&](Reply& reply) {
        reply.type = Reply::Type::integer;
        reply.integer = value;
    });
}

void* create_nil(const redisReadTask* task) {
    return create(task, [](Reply&) {});
}

void free_nothing(void*) {}

/// From 1.0 on hiredis knows RESP 3 too, which nobody here asked for.
template <typename Functions>
Functions all_functions() {
    Functions functions{};
    functions.createString = create_string;
    functions.createArray = create_array;
    functions.createInteger = create_integer;
    functions.createNil = create_nil;
    functions.freeObject = free_nothing;
    if constexpr (requires { functions.createDouble; }) {
        functions.createDouble = [](const redisReadTask* task, double, char*, size_t) {
            return refuse(task);
        };
        functions.createBool = [](const redisReadTask* task, int) { return refuse(task); };
    }
    return functions;
}

redisReplyObjectFunctions k_functions = all_functions<redisReplyObjectFunctions>();

/// Of the item whose type byte was taken; below 0 where the next byte is one.
template <typename Reader>
int type_under_way(const Reader& reader) {
    if (reader.ridx < 0) return -1;
    if constexpr (requires { reader.task; })
        return reader.task[reader.ridx]->type;
    else
        return reader.rstack[reader.ridx].type;
}

struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

} // namespace

struct ReplyReader::State {
    Tree tree;
    std::unique_ptr<redisReader, FreeReader> reader;
    std::size_t received = 0; ///< bytes since the last whole reply
};

ReplyReader::ReplyReader() : state_(std::make_unique<State>()) {
    state_->reader.reset(redisReaderCreateWithFunctions(&k_functions));
    if (!state_->reader) throw std::bad_alloc();
    state_->reader->privdata = &state_->tree;
}

ReplyReader::~ReplyReader() = default;
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;

void ReplyReader::feed(std::string_view bytes) {
    state_->received += bytes.size();
    if (redisReaderFeed(state_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) throw std::bad_alloc();
}

/// hiredis waits for the end of whatever was announced; what can never become a reply is found here.
void ReplyReader::check_unread() const {
    const redisReader& reader = *state_->reader;
    const std::string_view unread(reader.buf + reader.pos, reader.len - reader.pos);
    if (state_->received > k_max_reply_bytes) throw TooLarge();
    if (unread.empty()) return;
    // hiredis takes an item's type byte as soon as it comes, and leaves the rest until all of it is there.
    const int type = type_under_way(reader);
    const bool bulk = type >= 0 ? type == REDIS_REPLY_STRING : unread.front() == '$';
    if (!bulk) {
        if (unread.size() > k_max_line) throw std::runtime_error("a line of the reply is too long");
        return;
    }
    const std::string_view length = unread.substr(type >= 0 ? 0 : 1, k_max_length_line);
    const std::size_t end = length.find('\r');
    if (end == std::string_view::npos) {
        if (length.size() == k_max_length_line) throw std::runtime_error("a line of the reply is too long");
        return;
    }
    long long announced = 0;
    std::from_chars(length.data(), length.data() + end, announced);
    if (announced > static_cast<long long>(k_max_reply_bytes)) throw TooLarge();
}

bool ReplyReader::next(Reply& into) {
    redisReader& reader = *state_->reader;
    void* found = nullptr;
    if (redisReaderGetReply(&reader, &found) != REDIS_OK) {
        if (state_->tree.too_large) throw TooLarge();
        if (reader.err == REDIS_ERR_OOM && !state_->tree.foreign) throw std::bad_alloc();
        throw std::runtime_error("what answers does not speak the Redis protocol");
    }
    if (!found) {
        check_unread();
        return false;
    }
    into = std::move(state_->tree.root);
    state_->tree.elements = 0;
    state_->received = reader.len - reader.pos;
    return true;
}

bool ReplyReader::within_reply() const {
    return state_->received > 0;
}

void append_command(std::string& out, std::span<const std::string_view> arguments) {
    const auto line = [&](char kind, std::size_t number) {
        const fmt::format_int digits(number);
        out += kind;
        out.append(digits.data(), digits.size());
        out += "\r\n";
    };
    line('*', arguments.size());
    for (const std::string_view argument : arguments) {
        line('$', argument.size());
        out += argument;
        out += "\r\n";
    }
}

} // namespace roacache::store::redis
