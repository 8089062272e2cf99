"""A server that says little, in one of these ways, by its first argument:

postgres        answers the question for TLS with N and closes on everything else
drips           answers with a string that comes a byte every 50 ms and has no end
closes-late S   answers CLIENT, then ends the connection S seconds after the next command; later connections
                are taken and hear nothing
"""

import socket
import sys
import threading
import time

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
connections = []


def postgres(client):
    if client.recv(65536) == SSL_REQUEST:
        client.sendall(b"N")
        client.recv(65536)
    client.close()


def drips(client):
    client.recv(65536)
    client.sendall(b"$60000000\r\n")
    while True:
        client.sendall(b"x")
        time.sleep(0.05)


def closes_late(client):
    if len(connections) > 1:
        threading.Event().wait()
    client.recv(65536)
    client.sendall(b"+OK\r\n")
    client.recv(65536)
    time.sleep(float(sys.argv[2]))
    client.close()


def serve(client):
    try:
        {"postgres": postgres, "drips": drips, "closes-late": closes_late}[sys.argv[1]](client)
    except OSError:
        pass


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    connections.append(listener.accept()[0])
    threading.Thread(target=serve, args=(connections[-1],), daemon=True).start()
