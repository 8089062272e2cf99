"""Stands before a Redis and makes it seem older: arguments that came later are taken out of commands, together with
all arguments behind them, so that the server itself complains as an old one does.

Arguments: PORT of the server behind, then the words to take out, such as LT.
"""

import socket
import sys
import threading

BEHIND = int(sys.argv[1])
WORDS = {word.encode() for word in sys.argv[2:]}


def pour(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass


def serve(client):
    server = socket.create_connection(("127.0.0.1", BEHIND))
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=pour, args=(server, client), daemon=True).start()
    stream = client.makefile("rb")
    while line := stream.readline():
        arguments = []
        for _ in range(int(line[1:])):
            size = int(stream.readline()[1:])
            arguments.append(stream.read(size))
            stream.read(2)
        for word in WORDS & set(arguments):
            arguments = arguments[:1]
        command = b"*%d\r\n" % len(arguments)
        server.sendall(command + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in arguments))
    server.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
