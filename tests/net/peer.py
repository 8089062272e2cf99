"""A peer for the tests of src/net: one behaviour over TCP or a Unix socket, with or without TLS.

echo      gives back what it gets
sink      takes N bytes, then gives N bytes back (0, 1, 2 … 250, 0 …); says "bad" when what it took is not that
half      takes one byte, sends "half" and cuts the connection (under TLS without a farewell)
farewell  takes one byte, sends "whole" and ends in order
reset     takes one byte and resets the connection
silent    accepts and says nothing
chatter   answers the first bytes with a line of plain text and closes
hang-up   accepts and closes
"""

import argparse
import socket
import ssl
import struct
import threading

PATTERN = bytes(range(251))


def pattern(size):
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


def sink(stream, size):
    taken = bytearray()
    while len(taken) < size:
        got = stream.recv(65536)
        if not got:
            return
        taken += got
    stream.sendall(pattern(size) if bytes(taken) == pattern(size) else b"bad")


def reset(stream):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serve(stream, options):
    if options.behaviour == "echo":
        while got := stream.recv(65536):
            stream.sendall(got)
    elif options.behaviour == "sink":
        sink(stream, options.size)
    elif options.behaviour in ("half", "farewell", "reset"):
        stream.recv(1)
        if options.behaviour == "reset":
            reset(stream)
        else:
            stream.sendall(b"half" if options.behaviour == "half" else b"whole")
        if options.behaviour == "farewell" and options.cert:
            stream = stream.unwrap()
    elif options.behaviour == "silent":
        stream.recv(1 << 20)
        threading.Event().wait()
    elif options.behaviour == "chatter":
        stream.recv(65536)
        stream.sendall(b"-ERR what is this?\r\n")
    stream.close()


def handle(stream, options, context):
    try:
        serve(context.wrap_socket(stream, server_side=True) if context else stream, options)
    except OSError as error:
        print(error, flush=True)
        stream.close()


def tls_context(options):
    if not options.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    return context


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("behaviour")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--unix")
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--buffer", type=int, help="bytes of the socket's buffers")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    parser.add_argument("--tls12", action="store_true")
    options = parser.parse_args()
    context = tls_context(options)
    family = socket.AF_UNIX if options.unix else socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family)
    if options.buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.buffer)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, options.buffer)
    listener.bind(options.unix or (options.host, 0))
    listener.listen()
    print("PORT", 1 if options.unix else listener.getsockname()[1], flush=True)
    while True:
        stream, _ = listener.accept()
        if options.behaviour == "hang-up":
            stream.close()
            continue
        threading.Thread(target=handle, args=(stream, options, context), daemon=True).start()


if __name__ == "__main__":
    main()
