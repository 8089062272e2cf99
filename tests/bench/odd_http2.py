"""An HTTP/2 server of odd answers, without TLS, which all connections get alike: odd_http2.py WHAT.

The frames are made by hand, for no library would send them. Requests are known by their HEADERS frames only: what is
asked for does not matter.
"""

import itertools
import socket
import struct
import sys
import threading

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INTERNAL_ERROR, REFUSED_STREAM = 2, 7


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """A literal that no table keeps (RFC 7541 6.2.2); both shorter than 127 bytes."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def status(code):
    return field(b":status", b"%d" % code)


def head(stream, *fields, code=200, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, status(code) + b"".join(fields))


def data(stream, body, flags=END_STREAM):
    return frame(DATA, flags, stream, body)


def good(stream):
    return head(stream, field(b"content-type", b"text/plain"), field(b"x-cache", b"HIT")) + data(stream, b"hello")


def goaway(last, error=0):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, error))


def reset(stream, error):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", error))


def setting(key, value):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", key, value))


def huge_head(stream):
    fields = b"".join(field(b"x-%d" % i, b"v" * 100) for i in range(800))
    pieces = [fields[i : i + 16000] for i in range(0, len(fields), 16000)]
    out = head(stream, flags=0)
    for i, piece in enumerate(pieces):
        out += frame(CONTINUATION, END_HEADERS if i == len(pieces) - 1 else 0, stream, piece)
    return out


# What a request gets, and whether the connection ends then.
ANSWERS = {
    "good": lambda s: (good(s), False),
    "empty": lambda s: (head(s, flags=END_HEADERS | END_STREAM), False),
    "interim": lambda s: (head(s, field(b"x-cache", b"MISS"), code=103) + good(s), False),
    "trailers": lambda s: (
        head(s) + data(s, b"hello", 0) + frame(HEADERS, END_HEADERS | END_STREAM, s, field(b"x-sum", b"1")),
        False,
    ),
    "padded": lambda s: (head(s) + frame(DATA, END_STREAM | 8, s, b"\x03hello\0\0\0"), False),
    "ping": lambda s: (frame(PING, 0, 0, b"12345678") + good(s), False),
    "unknown": lambda s: (frame(0xEE, 0xFF, s, b"what is this?") + good(s), False),
    "fails": lambda s: (head(s, code=503, flags=END_HEADERS | END_STREAM), False),
    "closes": lambda s: (good(s), True),
    "says-goodbye": lambda s: (good(s) + goaway(s), False),
    "resets": lambda s: (reset(s, INTERNAL_ERROR), False),
    "resets-late": lambda s: (head(s) + data(s, b"hel", 0) + reset(s, INTERNAL_ERROR), False),
    "refuses": lambda s: (reset(s, REFUSED_STREAM), False),
    "cut-frame": lambda s: (head(s) + data(s, b"hello")[:-2], True),
    "cut-head": lambda s: (head(s)[:12], True),
    "no-end": lambda s: (head(s) + data(s, b"hello", 0), True),
    "dies": lambda s: (goaway(s, INTERNAL_ERROR), True),
    "body-first": lambda s: (data(s, b"hello"), False),
    "short-body": lambda s: (head(s, field(b"content-length", b"10")) + data(s, b"hello"), False),
    "no-status": lambda s: (frame(HEADERS, END_HEADERS | END_STREAM, s, field(b"x-cache", b"HIT")), False),
    "low-status": lambda s: (frame(HEADERS, END_HEADERS, s, field(b":status", b"047")) + data(s, b"hello"), False),
    "upper-case": lambda s: (head(s, field(b"X-Cache", b"HIT")) + data(s, b"hello"), False),
    "bad-table": lambda s: (frame(HEADERS, END_HEADERS, s, b"\xff\xff\xff\xff\x7f"), False),
    "long-frame": lambda s: (head(s) + data(s, b"x" * 20_000), False),
    "even-stream": lambda s: (head(s + 1) + data(s + 1, b"hello"), False),
    "pushes": lambda s: (frame(PUSH_PROMISE, END_HEADERS, s, struct.pack(">I", 2) + status(200)) + good(s), False),
    "rubbish": lambda s: (b"\xff" * 1000, False),
    "huge-head": lambda s: (huge_head(s), False),
    "silent": lambda s: (b"", False),
    "one-at-a-time": lambda s: (setting(3, 1) + good(s), False),
    "small-tables": lambda s: (setting(1, 0) + setting(4, 1) + setting(5, 16384) + good(s), False),
}


def exactly(connection, size):
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise ConnectionResetError
        received += more
    return received


def requests(connection):
    """The streams of the requests, as they come."""
    exactly(connection, len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    while True:
        prefix = exactly(connection, 9)
        size = struct.unpack(">I", b"\0" + prefix[:3])[0]
        exactly(connection, size)
        kind, flags, stream = prefix[3], prefix[4], struct.unpack(">I", prefix[5:])[0]
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        if kind == HEADERS:
            yield stream


def flood(connection, stream):
    connection.sendall(head(stream))
    for _ in itertools.count():
        connection.sendall(data(stream, b"x" * 16384, 0))


def refuse_fourth(connection):
    """The fourth request of a connection is above the last that it says it has dealt with."""
    for number, stream in enumerate(requests(connection), 1):
        if number == 4:
            connection.sendall(goaway(stream - 2))
            connection.recv(1 << 20)
            return
        connection.sendall(good(stream))


def serve(connection, what):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        try:
            if what == "mute":
                while connection.recv(65536):
                    pass
                return
            if what == "http1":
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
                return
            connection.sendall(frame(SETTINGS, 0, 0))
            if what == "refuses-fourth":
                return refuse_fourth(connection)
            for number, stream in enumerate(requests(connection), 1):
                if what == "flood":
                    flood(connection, stream)
                if what == "quits-after-3" and number > 3:
                    return
                answer, ends = ANSWERS.get(what, ANSWERS["good"])(stream)
                connection.sendall(answer)
                if ends:
                    return
        except OSError:
            return


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print("PORT", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, sys.argv[1]), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
