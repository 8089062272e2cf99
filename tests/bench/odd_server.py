"""A server of raw sockets that answers each path in a way of its own, most of them odd.

Prints `PORT <number>` once it listens. A thread for each connection. With --cert and --key over TLS, of which it takes
leave (close_notify) only with --farewell.
"""

import argparse
import gzip
import itertools
import os
import socket
import ssl
import struct
import sys
import threading
import time

STOP = threading.Event()  # never set: waiting on it is a pause that keeps no connection from ending
COUNTS = {}
SWITCH = {"on": True}  # whether the cache of /switch is on
LOCK = threading.Lock()
STALL = threading.Lock()


def head(status="200 OK", *fields, version="HTTP/1.1"):
    return "\r\n".join([f"{version} {status}", *fields, "", ""]).encode("latin-1")


def sized(body, *fields, status="200 OK", version="HTTP/1.1"):
    return head(status, f"Content-Length: {len(body)}", *fields, version=version) + body


def chunks(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


CHUNKED = "Transfer-Encoding: chunked"
JSON = "Content-Type: application/json"

# Path: what is sent, and whether the connection is closed after that.
FIXED = {
    "/ok": (sized(b"hello, world", "Content-Type: text/plain"), False),
    "/empty": (sized(b""), False),
    "/chunked": (head("200 OK", CHUNKED) + chunks(b"hello", b", ", b"world") + b"0\r\n\r\n", False),
    "/chunked-odd": (
        head("200 OK", CHUNKED) + b"0005;a=b\r\nhello\r\n1 ; x\r\n!\r\n000;last\r\nX-Sum: 1\r\n\r\n",
        False,
    ),
    "/until-close": (head("200 OK") + b"x" * 3000, True),
    "/close": (sized(b"bye", "Connection: close"), True),
    "/http10": (sized(b"old", version="HTTP/1.0"), True),
    "/http10-keep": (sized(b"old", "Connection: keep-alive", version="HTTP/1.0"), False),
    "/204": (head("204 No Content"), False),
    "/304": (head("304 Not Modified", "Content-Length: 500", 'ETag: "x"'), False),
    "/interim": (head("100 Continue") + head("103 Early Hints", "Link: </a>") + sized(b"ok"), False),
    "/redirect": (sized(b"", "Location: /ok", status="302 Found"), False),
    "/404": (sized(b"no", status="404 Not Found"), False),
    "/503": (sized(b"busy", status="503 Service Unavailable"), False),
    "/503-close": (sized(b"busy", "Connection: close", status="503 Service Unavailable"), True),
    "/folded": (sized(b"ok", "X-Long: a\r\n b\r\n\tc"), False),
    "/bare-lf": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", False),
    "/large-headers": (sized(b"ok", *(f"X-{i}: {'v' * 1000}" for i in range(60))), False),
    # what follows is in error
    "/partial": (head("200 OK", "Content-Length: 100") + b"ten bytes.", True),
    "/partial-head": (b"HTTP/1.1 200 OK\r\nContent-Le", True),
    "/partial-chunk": (head("200 OK", CHUNKED) + b"64\r\nten bytes.", True),
    "/no-last-chunk": (head("200 OK", CHUNKED) + chunks(b"hello"), True),
    "/nothing": (b"", True),
    "/rubbish": (b"\x00\x01\x02 what is this\r\n\r\n", False),
    "/ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", False),
    "/bad-length": (head("200 OK", "Content-Length: five") + b"12345", False),
    "/two-lengths": (head("200 OK", "Content-Length: 5", "Content-Length: 6") + b"123456", False),
    "/long-length": (head("200 OK", "Content-Length: 99999999999999999999"), False),
    "/bad-chunk": (head("200 OK", CHUNKED) + b"hello", False),
    "/huge-chunk": (head("200 OK", CHUNKED) + b"fffffffffffffffff\r\n", False),
    "/nul": (head("200 OK", "X: a\0b", "Content-Length: 0"), False),
    "/upgrade": (head("101 Switching Protocols", "Upgrade: other"), False),
    "/left-over": (head("200 OK", "Content-Length: 5") + b"hello, world", False),
    "/pipelined": (sized(b"one") + sized(b"two"), False),
    "/204-body": (head("204 No Content") + b"surprise", False),
    "/huge-headers": (head("200 OK", *(f"X-{i}: {'v' * 1000}" for i in range(80))), False),
}


def count(name):
    """How often it was called with this name before."""
    with LOCK:
        COUNTS[name] = COUNTS.get(name, -1) + 1
        return COUNTS[name]


def drip(connection, seconds):
    """A whole response, byte by byte, so slowly that it never ends."""
    for byte in itertools.cycle(sized(b"x" * 1_000_000)):
        connection.sendall(bytes([byte]))
        STOP.wait(seconds)


def flood(connection):
    """A body without end, as quickly as it goes."""
    connection.sendall(head("200 OK"))
    block = b"x" * 262144
    while True:
        connection.sendall(block)


def interims(connection):
    while True:
        connection.sendall(head("100 Continue"))
        STOP.wait(0.02)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


def slowly(connection, data):
    """In pieces, but whole within the time of a request."""
    for start in range(0, len(data), 7):
        connection.sendall(data[start : start + 7])
        STOP.wait(0.001)


def stamped(path, bypass, number):
    """JSON that is never the same twice, and what else differs."""
    body = b'{"cached": %s, "meta": {"at": %d}, "rows": [{"id": 1, "paid": 10}, {"id": 2, "paid": %d}]}' % (
        b"false" if bypass else b"true",
        number,
        20 if bypass or path != "/cache/stamped-stale" else 19,
    )
    if path == "/cache/stamped-order" and not bypass:
        body = b'{"rows": [{"paid": 10.0, "id": 1}, {"id": 2, "paid": 20}], "meta": {"at": %d}}' % number
    if path == "/cache/stamped-text" and not bypass:
        body += b"!"
    if path == "/cache/stamped-large":
        body += b" " * 5_000_000
    return body


def cached(path, bypass, number):
    """Answers that depend on whether the client asks to bypass the cache."""
    state = "X-Cache: " + ("BYPASS" if bypass else "HIT from here")
    common = b'{"companies": ["Ash", "Birch"], "total": '
    if path == "/cache/same":
        kind = "Content-Type: application/json; charset=UTF-8" if bypass else 'content-type: Application/JSON;charset="utf-8"'
        return sized(common + b"2}", kind, state)
    if path == "/cache/body":
        return sized(common + (b"2}" if bypass else b"3}"), JSON, state)
    if path == "/cache/short":
        return sized(common + (b"2}" if bypass else b"2"), JSON, state)
    if path == "/cache/long":
        return sized(common + (b"2}" if bypass else b"2} and more that was not there before"), JSON, state)
    if path == "/cache/empty":
        return sized(common if bypass else b"", JSON, state)
    if path == "/cache/type":
        return sized(common, JSON if bypass else "Content-Type: text/html", state)
    if path == "/cache/status":
        return sized(common, JSON, state, status="200 OK" if bypass else "203 Other")
    if path == "/cache/large":
        body = b"0123456789abcdef" * 200_000  # 3.2 MB
        return sized(body, JSON, state)
    if path == "/cache/large-end":
        body = b"0123456789abcdef" * 300_000 + (b"!" if bypass else b"?")
        return sized(body, JSON, state)
    if path == "/cache/binary":
        return sized(bytes(range(256)) if bypass else bytes(range(255)) + b"\n", JSON, state)
    if path == "/cache/vary":
        return sized(b"answer %d" % number, JSON, state)
    if path == "/cache/redirect":
        return sized(b"", "Location: /login?next=%s" % ("home" if bypass else "other"), state, status="302 Found")
    if path.startswith("/cache/redirect-to?"):  # the URL without the cache, and with it
        places = path.split("?", 1)[1].split(",")
        return sized(b"", "Location: " + places[0 if bypass else 1], state, status="302 Found")
    if path.startswith("/cache/company?"):
        return sized(path.encode(), state)
    if path.startswith("/cache/forgot?"):  # that there are companies
        return sized(path.encode() if bypass else b"/cache/forgot?company=1", state)
    if path == "/cache/redirect-vary":
        return sized(b"", "Location: /login?ticket=%d" % number, state, status="302 Found")
    if path == "/cache/coding":
        coding = ("Content-Encoding: gzip",) if bypass else ()
        return sized(gzip.compress(common, mtime=0), JSON, state, *coding)
    if path.startswith("/cache/stamped"):
        return sized(stamped(path, bypass, number), JSON, state)
    if path == "/cache/fails-first":
        return sized(common, JSON, state, status="500 No" if bypass and number < 3 else "200 OK")
    if path == "/cache/cached-fails":
        return sized(common, JSON, state, status="200 OK" if bypass else "500 No")
    return None


def stall(path):
    """Of the 300th request on nobody is answered for half a second, or ever again."""
    with STALL:
        if count(path) == 300:
            STOP.wait(None if path == "/stalls-for-good" else 0.5)


def freeze():
    """Nobody is answered in the last fifth of each second."""
    left = 1 - time.monotonic() % 1
    if left < 0.2:
        time.sleep(left)


def toggled(path, lines, body):
    """A management API whose switch is not what it seems."""
    _, _, kind, call = path.split("/")
    if kind == "text":
        return sized(b"hello")
    if kind == "silent":
        return sized(b"{}", JSON)
    if call == "stats":
        return sized(b'{"data": {"user_enabled": %s}}' % SWITCH.get(kind, b"true"), JSON)
    if kind == "stuck":
        return sized(b'{"success": true, "cache_enabled": true}', JSON)
    if kind == "fails":
        sent = next(line for line in lines if line.lower().startswith("authorization: ")).split(": ", 1)[1]
        return sized(b'{"success": false, "message": "not today, %s"}' % sent.encode(), JSON)
    if count(kind) == 3:
        return sized(b"{}", JSON, status="503 Service Unavailable")
    SWITCH[kind] = b"true" if b"true" in body else b"false"
    return sized(b'{"data": {"success": true, "cache_enabled": %s}}' % SWITCH[kind], JSON)


def read_request(connection, buffer):
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65536)
        if not data:
            return None, buffer
        buffer += data
    text, rest = buffer.split(b"\r\n\r\n", 1)
    lines = text.decode("latin-1").split("\r\n")
    length = 0
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    while len(rest) < length:
        data = connection.recv(65536)
        if not data:
            return None, rest
        rest += data
    return (lines, rest[:length]), rest[length:]


def answer(connection, request, served):
    """True when the connection is to be kept alive."""
    (lines, body) = request
    method, path, _ = lines[0].split(" ")
    if path in FIXED:
        data, ends = FIXED[path]
        if method == "HEAD":
            data = data.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
        connection.sendall(data)
        return not ends
    if path.startswith("/stalls"):
        stall(path)
        connection.sendall(sized(b"at last"))
        return True
    if path == "/freezes":
        freeze()
        connection.sendall(sized(b"at last"))
        return True
    if path.startswith("/toggle/"):
        connection.sendall(toggled(path, lines, body))
        return True
    if path.startswith("/turns/"):  # /turns/STATUS/N: the first N answers without bypass are good
        status, good = path.split("?")[0].split("/")[2:4]
        bypass = any(line.lower() == "cache-control: no-cache" for line in lines)
        turned = not bypass and count(path) >= int(good)
        fields = ["X-Cache: " + ("MISS" if bypass else "HIT"), "Location: /login"]
        connection.sendall(sized(b"ok", *fields, status=f"{status} Turned" if turned else "200 OK"))
        return True
    if path.startswith("/cache/"):
        bypass = any(line.lower() == "cache-control: no-cache" for line in lines)
        connection.sendall(cached(path, bypass, count(path)))
        return True
    if path in ("/switch/on", "/switch/off"):
        SWITCH["on"] = path == "/switch/on"
        connection.sendall(sized(b"switched"))
        return True
    if path == "/switch":
        connection.sendall(sized(b"same", "X-Cache: " + ("HIT" if SWITCH["on"] else "MISS")))
        return True
    if path.split("?")[0] == "/echo":
        connection.sendall(sized("\n".join(lines).encode("latin-1") + b"\n\n" + body))
        return True
    if path == "/length":
        connection.sendall(sized(b"%d" % len(body)))
        return True
    if path.startswith("/quits-after/"):  # without saying so in the last response
        connection.sendall(sized(b"ok"))
        return served < int(path.rsplit("/", 1)[1])
    if path.startswith("/half-closes-after/"):  # ends its side, but goes on reading
        connection.sendall(sized(b"ok"))
        if served >= int(path.rsplit("/", 1)[1]):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
            return False
        return True
    if path == "/drip":
        drip(connection, 0.05)
    elif path == "/drip-second":
        drip(connection, 1)
    elif path == "/flood":
        flood(connection)
    elif path == "/interims":
        interims(connection)
    elif path == "/reset":
        reset(connection)
    elif path in ("/slowly", "/slowly-if-off"):
        whole = head("200 OK", CHUNKED) + chunks(b"word " * 10, b"word " * 10) + b"0\r\n\r\n"
        if path == "/slowly" or not SWITCH["on"]:
            slowly(connection, whole)
        else:
            connection.sendall(whole)
        return True
    elif path == "/longer-if-off":
        connection.sendall(sized(b"word " * (10 if SWITCH["on"] else 1000)))
    elif path == "/silent":
        while connection.recv(65536):
            pass
        return False
    elif path == "/exit":
        os._exit(0)
    elif path.startswith("/then-exit/"):
        if count(path) >= int(path.rsplit("/", 1)[1]):
            os._exit(0)
        connection.sendall(sized(b"ok"))
        return True
    else:
        connection.sendall(sized(b"?", status="404 Not Found"))
    return True


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--tls12", action="store_true")
    parser.add_argument("--farewell", action="store_true")
    return parser.parse_args()


def tls_context(options):
    if not options.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def serve(connection, context, farewell):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        secured = context.wrap_socket(connection, server_side=True) if context else connection
    except OSError:
        return
    with secured:
        answer_all(secured)
        try:
            if context and farewell:
                secured.unwrap()
        except OSError:
            return


def answer_all(connection):
    buffer = b""
    try:
        for served in itertools.count(1):
            request, buffer = read_request(connection, buffer)
            if request is None or not answer(connection, request, served):
                return
    except OSError:
        return


def main():
    options = arguments()
    context = tls_context(options)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print("PORT", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context, options.farewell), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
