"""A service whose entries expire: /ttl/SECONDS, and /renewed/SECONDS, where requests past the cache renew the entry.

An answer takes 20 ms without the cache and 4 ms with it. Prints `PORT <number>` once it listens.
"""

import asyncio
import time

BODY = b'{"rating": 7}'
expires = {}  # of each path's entry


async def read_request(reader):
    """The path, and whether the request goes past the cache; nothing at the end."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b" ", 2)[1].decode(), b"no-cache" in head


async def answer(path, bypasses):
    _, kind, ttl = path.split("/")
    if not bypasses and time.monotonic() < expires.get(path, 0):
        await asyncio.sleep(0.004)
        return "HIT"
    await asyncio.sleep(0.02)
    if not bypasses or kind == "renewed":
        expires[path] = time.monotonic() + float(ttl)
    return "BYPASS" if bypasses else "MISS"


async def serve(reader, writer):
    try:
        while True:
            path, bypasses = await read_request(reader)
            proof = await answer(path, bypasses)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-Cache: %s\r\n\r\n%s"
                % (len(BODY), proof.encode(), BODY)
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
