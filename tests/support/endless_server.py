"""A Redis whose SCAN does not end, by its first argument:

stands   gives the cursor 5 for ever
circles  gives the cursors 1 to 7 again and again
counts   gives cursors that were never given before, and no keys
rises    the same with cursors that rise as those of Redis do, by less and less
finds    gives cursors and keys that were never given before

It says that it has 10 keys, or as many as the second argument says. INFO says nothing.
"""

import socket
import sys
import threading

KEYS = sys.argv[2] if len(sys.argv) > 2 else "10"


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def scan(step):
    cursor = {"stands": 5, "circles": step % 7 + 1, "rises": int(f"{step:064b}"[::-1], 2)}.get(sys.argv[1], step + 1)
    key = b"*1\r\n" + bulk(b"cache:t:invoices_list:h%d" % step) if sys.argv[1] == "finds" else b"*0\r\n"
    return b"*2\r\n" + bulk(b"%d" % cursor) + key


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = client.makefile("rb")
    step = 0
    try:
        while line := stream.readline():
            arguments = []
            for _ in range(int(line[1:])):
                size = int(stream.readline()[1:])
                arguments.append(stream.read(size))
                stream.read(2)
            word = arguments[0].upper()
            if word == b"SCAN":
                step += 1
                client.sendall(scan(step))
            elif word == b"DBSIZE":
                client.sendall(b":%s\r\n" % KEYS.encode())
            elif word in (b"UNLINK", b"MEMORY", b"PTTL", b"PEXPIRE"):
                client.sendall(b":1\r\n")
            elif word == b"TYPE":
                client.sendall(b"+string\r\n")
            elif word == b"INFO":
                client.sendall(bulk(b"# Server\r\n"))
            else:
                client.sendall(b"+PONG\r\n")
    except OSError:
        pass


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
