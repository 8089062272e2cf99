"""A server that prints what it was sent, a line `GOT HEX` for each piece, and answers every piece with +OK."""

import socket
import threading


def serve(client):
    try:
        while piece := client.recv(65536):
            print("GOT", piece.hex(), flush=True)
            client.sendall(b"+OK\r\n")
    except OSError:
        pass
    client.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
