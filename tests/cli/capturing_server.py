"""A server that prints what it was sent, a line `GOT HEX` for each piece, and answers every command with +OK."""

import socket
import threading


def serve(client):
    try:
        while piece := client.recv(65536):
            print("GOT", piece.hex(), flush=True)
            commands = (b"\r\n" + piece).count(b"\r\n*")  # what is none of a Redis client's has one answer too
            client.sendall(b"+OK\r\n" * max(commands, 1))
    except OSError:
        pass
    client.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
