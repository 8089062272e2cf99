#include "src/bench/http/http2_client.hpp"

#include "src/core/ascii.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <nghttp2/nghttp2.h>

namespace roacache::bench {
namespace {

constexpr std::int32_t k_window = (std::int32_t{1} << 30) - 1;
constexpr std::size_t k_frame_head = 9;

using SessionCallbacks = std::unique_ptr<nghttp2_session_callbacks, void (*)(nghttp2_session_callbacks*)>;

void demand(int result) {
    if (result != 0) throw std::bad_alloc(); // all that can fail when a session is set up
}

std::string_view view_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* bytes_of(const std::string& text) {
    // nghttp2 does not write there, but C has it so.
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
}

nghttp2_nv field_of(const std::pair<std::string, std::string>& field) {
    constexpr std::uint8_t k_lives_on = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    return {bytes_of(field.first), bytes_of(field.second), field.first.size(), field.second.size(),
            k_lives_on};
}

} // namespace

/// What nghttp2 calls while it is fed or asked for output. Nothing may be thrown through it.
struct Http2Client::Callbacks {
    static Http2Client& client_of(void* user) { return *static_cast<Http2Client*>(user); }

    static Http2Exchange* exchange_of(nghttp2_session* session, std::int32_t stream) {
        return stream == 0
                   ? nullptr
                   : static_cast<Http2Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
    }

    template <typename Work>
    static int guarded(void* user, Work work) {
        Http2Client& client = client_of(user);
        try {
            work(client);
            return 0;
        } catch (...) {
            client.thrown_ = std::current_exception();
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    static int on_begin_frame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) {
        if (Http2Exchange* exchange = exchange_of(session, head->stream_id)) {
            exchange->received += k_frame_head + (head->type == NGHTTP2_DATA ? 0 : head->length);
            if (exchange->first_byte_ns == 0) exchange->first_byte_ns = client_of(user).now_ns_;
        }
        return 0;
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                         std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                         std::uint8_t, void* user) {
        Http2Exchange* exchange = exchange_of(session, frame->hd.stream_id);
        if (exchange == nullptr) return 0;
        return guarded(user, [&](Http2Client& client) {
            client.read_field(*exchange, view_of(name, name_size), view_of(value, value_size));
        });
    }

    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                       std::size_t size, void* user) {
        Http2Exchange* exchange = exchange_of(session, stream);
        if (exchange == nullptr) return 0;
        exchange->received += size;
        return guarded(user, [&](Http2Client&) { exchange->sink->on_body(view_of(data, size)); });
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        Http2Client& client = client_of(user);
        if (frame->hd.type == NGHTTP2_SETTINGS) client.settled_ = true;
        Http2Exchange* exchange = exchange_of(session, frame->hd.stream_id);
        if (exchange == nullptr) return 0;
        if (frame->hd.type == NGHTTP2_RST_STREAM) exchange->reset_by_peer_ = true;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        return guarded(user, [&](Http2Client& guarded_client) {
            if (frame->hd.type == NGHTTP2_HEADERS && !exchange->head_read_)
                guarded_client.end_head(*exchange);
            if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && exchange->head_read_)
                guarded_client.complete(*exchange);
        });
    }

    static int on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t code, void* user) {
        Http2Exchange* exchange = exchange_of(session, stream);
        if (exchange == nullptr) return 0;
        return guarded(user, [&](Http2Client& client) {
            exchange->refused = code == NGHTTP2_REFUSED_STREAM; // or the server's GOAWAY left it out
            const bool by_peer = exchange->refused || exchange->reset_by_peer_ || code == NGHTTP2_NO_ERROR;
            client.fail(*exchange, by_peer ? http::ErrorClass::closed : http::ErrorClass::protocol);
        });
    }

    static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
            client_of(user).broken_ = true;
        return 0;
    }

    /// A request that cannot be sent any more, as after the server's GOAWAY.
    static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
        if (frame->hd.type != NGHTTP2_HEADERS) return 0;
        return guarded(user, [&](Http2Client& client) {
            const auto unsent =
                std::find_if(client.open_.begin(), client.open_.end(), [&](const Http2Exchange* exchange) {
                    return exchange->stream_ == frame->hd.stream_id;
                });
            if (unsent == client.open_.end()) return;
            (*unsent)->refused = true;
            client.fail(**unsent, http::ErrorClass::closed);
        });
    }

    static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to,
                             std::size_t most, std::uint32_t* flags, nghttp2_data_source*, void*) {
        Http2Exchange* exchange = exchange_of(session, stream);
        if (exchange == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const std::string& body = exchange->request->body;
        const std::size_t size = std::min(most, body.size() - exchange->sent_);
        body.copy(reinterpret_cast<char*>(to), size, exchange->sent_);
        exchange->sent_ += size;
        if (exchange->sent_ == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    static SessionCallbacks all() {
        nghttp2_session_callbacks* callbacks = nullptr;
        demand(nghttp2_session_callbacks_new(&callbacks));
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
        return {callbacks, nghttp2_session_callbacks_del};
    }
};

void Http2Client::Free::operator()(nghttp2_session* session) const {
    nghttp2_session_del(session);
}

Http2Client::Http2Client() {
    nghttp2_session* session = nullptr;
    demand(nghttp2_session_client_new(&session, Callbacks::all().get(), this));
    session_.reset(session);
    const std::array<nghttp2_settings_entry, 3> settings{
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, k_window},
         {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, Http2Exchange::k_head_limit}}};
    demand(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
    demand(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, k_window));
}

Http2Client::~Http2Client() = default;

void Http2Client::begin(Http2Exchange& exchange) {
    exchange.state = Http2Exchange::State::open;
    exchange.error = http::ErrorClass::none;
    exchange.system_error = 0;
    exchange.refused = exchange.head_read_ = exchange.reset_by_peer_ = false;
    exchange.status = 0;
    exchange.received = 0;
    exchange.first_byte_ns = exchange.last_byte_ns = 0;
    exchange.sent_ = exchange.head_size_ = 0;
    exchange.content_type_.clear();
    exchange.location_.clear();
    exchange.content_encoding_.clear();
    exchange.watched_.clear();
    exchange.fields_.clear();
    std::vector<nghttp2_nv> fields;
    fields.reserve(exchange.request->fields.size());
    for (const auto& field : exchange.request->fields)
        fields.push_back(field_of(field));
    nghttp2_data_provider body{};
    body.read_callback = Callbacks::read_body;
    exchange.stream_ = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                              exchange.request->body.empty() ? nullptr : &body, &exchange);
    if (exchange.stream_ == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    if (exchange.stream_ < 0) { // it does not accept one
        exchange.state = Http2Exchange::State::failed;
        exchange.error = http::ErrorClass::closed;
        exchange.refused = true;
        return;
    }
    open_.push_back(&exchange);
}

void Http2Client::cancel(Http2Exchange& exchange) {
    nghttp2_session_set_stream_user_data(session_.get(), exchange.stream_, nullptr);
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream_, NGHTTP2_CANCEL);
    std::erase(open_, &exchange);
    exchange.state = Http2Exchange::State::idle;
}

void Http2Client::settle(Http2Exchange& exchange, Http2Exchange::State state, http::ErrorClass error) {
    nghttp2_session_set_stream_user_data(session_.get(), exchange.stream_, nullptr);
    exchange.state = state;
    exchange.error = error;
    std::erase(open_, &exchange);
    ended_.push_back(&exchange);
}

void Http2Client::complete(Http2Exchange& exchange) {
    exchange.last_byte_ns = now_ns_;
    ++served_;
    // A server may answer before it has read all of a request: the rest is not worth sending.
    if (exchange.sent_ < exchange.request->body.size())
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream_, NGHTTP2_CANCEL);
    settle(exchange, Http2Exchange::State::complete, http::ErrorClass::none);
}

void Http2Client::fail(Http2Exchange& exchange, http::ErrorClass error) {
    settle(exchange, Http2Exchange::State::failed, error);
}

void Http2Client::read_field(Http2Exchange& exchange, std::string_view name, std::string_view value) {
    exchange.head_size_ += name.size() + value.size() + 4; // as many as of HTTP/1.1: `: ` and a line's end
    if (exchange.head_size_ > Http2Exchange::k_head_limit) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream_, NGHTTP2_CANCEL);
        return fail(exchange, http::ErrorClass::too_large);
    }
    if (exchange.head_read_) return; // of the trailers
    if (name == ":status") {
        exchange.status = 0;
        for (const char digit : value) // three of them, as nghttp2 has seen to
            exchange.status = exchange.status * 10 + (digit - '0');
    }
    if (name == "content-type") exchange.content_type_ = core::trimmed(value);
    if (name == "content-encoding")
        exchange.content_encoding_.append(exchange.content_encoding_.empty() ? "" : ", ")
            .append(core::trimmed(value));
    if (name == "location") exchange.location_ = core::trimmed(value);
    if (exchange.watched == http::k_all_fields)
        exchange.fields_.emplace_back(name, core::trimmed(value));
    else if (!exchange.watched.empty() && name == exchange.watched)
        exchange.watched_.emplace_back(core::trimmed(value));
}

/// All fields of a head were read; those of class 1xx are passed over.
void Http2Client::end_head(Http2Exchange& exchange) {
    if (exchange.status < 100) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream_,
                                  NGHTTP2_PROTOCOL_ERROR);
        return fail(exchange, http::ErrorClass::protocol);
    }
    exchange.head_read_ = exchange.status >= 200;
    if (exchange.head_read_) {
        for (const std::string& value : exchange.watched_)
            exchange.sink->on_watched(value);
        for (const auto& [name, value] : exchange.fields_)
            exchange.sink->on_field(name, value);
        exchange.sink->on_head(
            {exchange.status, exchange.content_type_, exchange.location_, exchange.content_encoding_});
        return;
    }
    exchange.content_type_.clear();
    exchange.location_.clear();
    exchange.content_encoding_.clear();
    exchange.watched_.clear();
    exchange.fields_.clear();
}

bool Http2Client::feed(std::string_view bytes, std::int64_t now_ns) {
    now_ns_ = now_ns;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    if (taken < 0) broken_ = true;
    return taken >= 0;
}

bool Http2Client::output(std::string& to, std::size_t enough) {
    const std::size_t until = to.size() + enough;
    while (to.size() < until) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
        if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
        if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
        if (size < 0) broken_ = true;
        if (size <= 0) return size == 0;
        to.append(view_of(bytes, static_cast<std::size_t>(size)));
    }
    return true;
}

bool Http2Client::has_output() const {
    return nghttp2_session_want_write(session_.get()) != 0;
}

void Http2Client::end(http::ErrorClass error, int system_error) {
    while (!open_.empty()) {
        open_.back()->system_error = system_error;
        fail(*open_.back(), error);
    }
}

bool Http2Client::accepts() const {
    return !broken_ && nghttp2_session_check_request_allowed(session_.get()) != 0;
}

std::optional<std::uint32_t> Http2Client::most_streams() const {
    constexpr std::uint32_t k_no_limit =
        0xffff'ffff; // RFC 9113, 6.5.2: what holds while the server says nothing
    const std::uint32_t most =
        nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return settled_ && most != k_no_limit ? std::optional(most) : std::nullopt;
}

bool Http2Client::over() const {
    return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

} // namespace roacache::bench
