#include "src/net/socket_bio.hpp"

#include <cerrno>
#include <memory>
#include <sys/socket.h>

namespace roacache::net {
namespace {

struct State {
    int fd = -1;
    int error = 0;
    bool ended = false;
};

State& state_of(BIO* bio) {
    return *static_cast<State*>(BIO_get_data(bio));
}

/// Informs OpenSSL whether a failed call is worth another try.
void note_failure(BIO* bio, int error, void (*retry)(BIO*)) {
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
        retry(bio);
    else
        state_of(bio).error = error;
}

int read_socket(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    State& state = state_of(bio);
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::recv(state.fd, into, size, 0);
    if (result > 0) {
        *got = static_cast<std::size_t>(result);
        return 1;
    }
    *got = 0;
    if (result == 0)
        state.ended = true;
    else
        note_failure(bio, errno, [](BIO* b) { BIO_set_retry_read(b); });
    return 0;
}

int write_socket(BIO* bio, const char* data, std::size_t size, std::size_t* sent) {
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::send(state_of(bio).fd, data, size, MSG_NOSIGNAL);
    if (result >= 0) {
        *sent = static_cast<std::size_t>(result);
        return 1;
    }
    *sent = 0;
    note_failure(bio, errno, [](BIO* b) { BIO_set_retry_write(b); });
    return 0;
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return state_of(bio).ended ? 1 : 0;
    return 0;
}

int destroy(BIO* bio) {
    delete static_cast<State*>(BIO_get_data(bio));
    BIO_set_data(bio, nullptr);
    return 1;
}

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "roacache socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read_ex(method, read_socket);
    BIO_meth_set_write_ex(method, write_socket);
    BIO_meth_set_ctrl(method, control);
    BIO_meth_set_destroy(method, destroy);
    return method;
}

} // namespace

BIO* new_socket_bio(int fd) {
    static BIO_METHOD* const method = make_method();
    BIO* bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, new State{fd});
    BIO_set_init(bio, 1);
    return bio;
}

int socket_bio_errno(BIO* bio) {
    return state_of(bio).error;
}

} // namespace roacache::net
