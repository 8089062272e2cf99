"""A server that says what a test gives it to say, whatever it is asked.

Arguments: --answer HEX, sent after the first bytes have come in; --cut N, which sends only the first N bytes of it;
--greeting HEX, sent at once and followed by closing; --repeat HEX, sent again and again without end; --keep, which
leaves the connection open afterwards.
"""

import argparse
import socket
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--answer", default="")
parser.add_argument("--cut", type=int)
parser.add_argument("--greeting", default="")
parser.add_argument("--repeat", default="")
parser.add_argument("--keep", action="store_true")
options = parser.parse_args()
clients = []


def serve(client):
    try:
        if options.greeting:
            client.sendall(bytes.fromhex(options.greeting))
            client.close()
            return
        client.recv(65536)
        client.sendall(bytes.fromhex(options.answer)[: options.cut])
        while options.repeat:
            client.sendall(bytes.fromhex(options.repeat) * 1000)
        if options.keep:
            clients.append(client)
            return
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
        client.close()
    except OSError:
        client.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print("PORT", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
