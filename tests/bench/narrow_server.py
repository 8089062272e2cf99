"""An HTTP server on the Unix socket that is named, with room for one connection that waits: it takes one after
another, answers one request of each and closes it. Prints `PORT 1`, which says nothing, once it listens."""

import socket
import sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
print("PORT 1", flush=True)
while True:
    client = listener.accept()[0]
    try:
        while b"\r\n\r\n" not in client.recv(65536):
            pass
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    except OSError:
        pass
    client.close()
