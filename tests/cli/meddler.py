"""A proxy before a Redis that answers some commands itself, as a test asks.

Arguments: PORT of the server behind, then any number of WORD=HEX, which answers every command that begins with WORD
(without regard to case) with those bytes; WORD#N=HEX does so only from the N-th such command of a connection on, and
*=HEX answers whatever no other word does. Where HEX is empty, the connection is closed instead. WORD#N@FILE makes
the file when the N-th such command comes, and holds it back until the file is gone.
"""

import collections
import os
import socket
import sys
import threading
import time

from resp import read_whole

BEHIND = int(sys.argv[1])
ANSWERS = {}
HOLDS = {}
for argument in sys.argv[2:]:
    if "@" in argument:
        place, path = argument.split("@", 1)
        HOLDS[tuple(place.split("#"))] = path
        continue
    word, answer = argument.split("=", 1)
    word, _, first = word.partition("#")
    ANSWERS[word.upper()] = (int(first or 1), bytes.fromhex(answer))


def hold(path):
    if not path:
        return
    with open(path, "w", encoding="utf-8"):
        pass
    while os.path.exists(path):
        time.sleep(0.002)


def close(client):
    """So that what was answered before arrives: closing at once would drop it where more was asked for."""
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):
        pass


def serve(client):
    seen = collections.Counter()
    asked = client.makefile("rb")
    with socket.create_connection(("127.0.0.1", BEHIND)) as server, client:
        for end in (server, client):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = server.makefile("rb")
        while command := read_whole(asked):
            word = command.split(b"\r\n")[2].decode("latin-1").upper()
            seen[word] += 1
            hold(HOLDS.get((word, str(seen[word]))))
            first, answer = ANSWERS.get(word, ANSWERS.get("*", (sys.maxsize, b"")))
            if seen[word] >= first:
                if not answer:
                    close(client)
                    return
                client.sendall(answer)
                continue
            server.sendall(command)
            client.sendall(read_whole(answers))


def serve_quietly(client):
    try:
        serve(client)
    except OSError:
        pass


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve_quietly, args=(listener.accept()[0],), daemon=True).start()
