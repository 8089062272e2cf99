"""Stands before a Redis and treats some commands in its own way, one command after another.

Arguments: PORT of the server behind, then any of
--close WORD           ends the client's connection when the command comes, unanswered
--refuse WORD TEXT     answers the error TEXT
--refuse-and-close WORD TEXT
--close-after WORD     hands the command on, and ends the connection in place of its answer, once in all
--close-every N        ends the connection in place of the Nth answer of each connection
--slow WORD SECONDS    answers late
--patient              waits for the end of a line also where it begins as no command does
A WORD is a command's name, in any case. Every command that comes is printed on a line of its own.
"""

import argparse
import socket
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("behind", type=int)
parser.add_argument("--close", action="append", default=[])
parser.add_argument("--refuse", nargs=2, action="append", default=[])
parser.add_argument("--refuse-and-close", nargs=2, action="append", default=[])
parser.add_argument("--close-after", action="append", default=[])
parser.add_argument("--close-every", type=int, default=0)
parser.add_argument("--slow", nargs=2, action="append", default=[])
parser.add_argument("--patient", action="store_true")
options = parser.parse_args()
closes = {word.upper() for word in options.close}
refusals = {word.upper(): text for word, text in options.refuse}
last_refusals = {word.upper(): text for word, text in options.refuse_and_close}
closes_after = {word.upper() for word in options.close_after}
slow = {word.upper(): float(seconds) for word, seconds in options.slow}


def read_reply(stream):
    line = stream.readline()
    if not line:
        raise OSError("gone")
    if line[:1] == b"$" and int(line[1:]) >= 0:
        return line + stream.read(int(line[1:]) + 2)
    if line[:1] == b"*":
        return line + b"".join(read_reply(stream) for _ in range(max(int(line[1:]), 0)))
    return line


def read_command(stream):
    if not options.patient and stream.peek(1)[:1] != b"*":
        raise OSError("no command")
    line = stream.readline()
    if not line:
        raise OSError("gone")
    arguments = []
    for _ in range(int(line[1:])):
        size = int(stream.readline()[1:])
        arguments.append(stream.read(size))
        stream.read(2)
    return arguments


def answer(arguments, server, replies):
    word = arguments[0].decode(errors="replace").upper()
    print("COMMAND", word, *[a.decode(errors="replace") for a in arguments[1:3]], flush=True)
    if word in closes:
        return None
    if word in refusals or word in last_refusals:
        text = refusals.get(word, last_refusals.get(word))
        return b"-%s\r\n" % text.encode()
    command = b"*%d\r\n" % len(arguments)
    server.sendall(command + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in arguments))
    reply = read_reply(replies)
    if word in slow:
        time.sleep(slow[word])
    if word in closes_after:
        closes_after.discard(word)
        return None
    return reply


def serve(client):
    server = socket.create_connection(("127.0.0.1", options.behind))
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    commands, replies = client.makefile("rb"), server.makefile("rb")
    try:
        count = 0
        while True:
            arguments = read_command(commands)
            reply = answer(arguments, server, replies)
            count += 1
            if reply is None or (options.close_every and count % options.close_every == 0):
                break
            client.sendall(reply)
            if arguments[0].decode(errors="replace").upper() in last_refusals:
                break
    except (OSError, ValueError):
        pass
    for stream in (commands, replies, client, server):
        stream.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
