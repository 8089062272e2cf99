"""A service whose answers say of caches what their path says. Prints `PORT <number>` once it listens.

A request with a Cache-Control of no-cache is one past the cache, and takes 2 ms longer.

/hit        X-Cache: HIT, past the cache BYPASS
/miss       X-Cache: MISS, past the cache BYPASS
/third      X-Cache: HIT of every third answer, past the cache BYPASS
/silent     nothing
/stripped   past the cache X-Cache: BYPASS, otherwise nothing
/vain       Age and X-Varnish say that the answer was stored, past the cache too
/replayed   the same, with an X-Cache: MISS that was stored with it
/outer      X-Cache: MISS, and X-Varnish says that it was stored, but not past the cache
/filled     X-Varnish says so from the second answer on to the same target, past the cache too
/fails      the status 500
/fails/N    so does every N-th answer of each way

What is behind a ? tells targets apart, and changes nothing else.
"""

import asyncio

COUNTS = {}


def count(name):
    """How often it was called with this name, this time included."""
    COUNTS[name] = COUNTS.get(name, 0) + 1
    return COUNTS[name]


def answer(target, past):
    """The status and the header fields."""
    path = target.partition("?")[0]
    stored = ["Age: 30", "X-Varnish: 32772 3"]
    if path == "/hit":
        return 200, ["X-Cache: " + ("BYPASS" if past else "HIT")]
    if path == "/miss":
        return 200, ["X-Cache: " + ("BYPASS" if past else "MISS")]
    if path == "/third":
        return 200, ["X-Cache: " + ("BYPASS" if past else "MISS" if count(target) % 3 else "HIT")]
    if path == "/stripped":
        return 200, ["X-Cache: BYPASS"] if past else []
    if path == "/vain":
        return 200, stored
    if path == "/replayed":
        return 200, ["X-Cache: MISS", *stored]
    if path == "/outer":
        return 200, ["X-Cache: MISS", "X-Varnish: 5"] if past else ["X-Cache: MISS", "X-Varnish: 32772 3"]
    if path == "/filled":
        return 200, ["X-Varnish: " + ("5" if count(target) == 1 else "32772 3")]
    if path.startswith("/fails"):
        every = int(path.removeprefix("/fails").strip("/") or 1)
        state = ["X-Cache: " + ("BYPASS" if past else "HIT")]
        return (500 if count((target, past)) % every == 0 else 200), state
    return 200, []


class Service(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.head = b""

    def data_received(self, data):
        self.head += data
        while b"\r\n\r\n" in self.head:
            head, self.head = self.head.split(b"\r\n\r\n", 1)
            past = b"no-cache" in head
            status, fields = answer(head.split(b" ")[1].decode(), past)
            lines = [f"HTTP/1.1 {status} X", "Content-Length: 2", *fields, "", "ok"]
            send = self.transport.write, "\r\n".join(lines).encode()
            if past:
                asyncio.get_running_loop().call_later(0.002, *send)
            else:
                asyncio.get_running_loop().call_soon(*send)


async def main():
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=1024)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
