"""Stands before a Redis and has cursors of its own, as proxies and other servers do.

Arguments: PORT of the server behind, then one of
  numbered  cursors count the steps of a walk; one that was not given ends the connection
  given     the server's own, but one that was not given is refused
"""

import socket
import sys
import threading

BEHIND = int(sys.argv[1])
NUMBERED = sys.argv[2] == "numbered"


def read_reply(stream):
    line = stream.readline()
    if line[:1] == b"$" and line[1:2] != b"-":
        return line + stream.read(int(line[1:]) + 2)
    if line[:1] == b"*":
        return line + b"".join(read_reply(stream) for _ in range(int(line[1:])))
    return line


def read_command(stream):
    line = stream.readline()
    arguments = []
    for _ in range(int(line[1:] or 0)):
        size = int(stream.readline()[1:])
        arguments.append(stream.read(size))
        stream.read(2)
    return arguments


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def scan(arguments, ask, behind):
    if arguments[1] not in behind:
        return b"" if NUMBERED else b"-ERR invalid cursor\r\n"
    reply = ask([arguments[0], behind[arguments[1]], *arguments[2:]])
    head, _, cursor, keys = reply.split(b"\r\n", 3)
    ours = b"%d" % len(behind) if NUMBERED and cursor != b"0" else cursor
    behind[ours] = cursor
    return head + b"\r\n" + bulk(ours) + keys


def serve(client):
    server = socket.create_connection(("127.0.0.1", BEHIND))
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers, commands = server.makefile("rb"), client.makefile("rb")
    behind = {b"0": b"0"}

    def ask(arguments):
        server.sendall(b"*%d\r\n" % len(arguments) + b"".join(map(bulk, arguments)))
        return read_reply(answers)

    while arguments := read_command(commands):
        reply = scan(arguments, ask, behind) if arguments[0] == b"SCAN" else ask(arguments)
        if not reply:
            break
        client.sendall(reply)
    client.shutdown(socket.SHUT_RDWR)
    server.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
