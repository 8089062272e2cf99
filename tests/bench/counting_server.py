#!/usr/bin/python3
"""A service that answers after a fixed time and knows how many requests were under way when.

usage: counting_server.py MILLISECONDS

GET /log gives, of each request before, when it came and when it was answered, in nanoseconds by CLOCK_MONOTONIC.

Prints `PORT <number>` once it listens, on a port that it bound itself.
"""

import asyncio
import json
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
seconds, log = float(sys.argv[1]) / 1e3, []


class Service(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, head):
        if head.startswith(b"GET /log "):
            body = json.dumps(log).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        asyncio.get_running_loop().call_later(seconds, self.answer, time.monotonic_ns())

    def answer(self, came):
        log.append((came, time.monotonic_ns()))
        self.transport.write(ANSWER)


async def main():
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=1024)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
