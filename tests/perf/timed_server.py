#!/usr/bin/python3
"""A service whose latencies are known, to hold a load generator's figures against.

usage: timed_server.py freezing | two-modes

freezing   answers in 1 ms, and stands still for the last second of every five
two-modes  answers four of five requests in 10 ms and one in 40 ms; GET /log gives the milliseconds that each request
           spent here, from its arrival to its answer, since the last GET /log

Prints `PORT <number>` once it listens, on a port that it bound itself.
"""

import asyncio
import json
import random
import socket
import sys
import threading
import time

BODY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


async def answer_quickly(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.001)
            writer.write(BODY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def freezing():
    server = await asyncio.start_server(answer_quickly, "127.0.0.1", 0, backlog=1024)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    began, cycle = time.monotonic(), 0
    while True:
        await asyncio.sleep(max(0.0, began + 5 * cycle + 4 - time.monotonic()))
        time.sleep(max(0.0, began + 5 * cycle + 5 - time.monotonic()))
        cycle += 1


def answer_in_two_modes(connection, log, numbers):
    """On a thread of its own, so that the log misses nothing but the kernel's part."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while head := connection.recv(65536):
        began = time.perf_counter()
        if head.startswith(b"GET /log "):
            body = json.dumps(log).encode()
            log.clear()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            continue
        time.sleep(0.040 if numbers.random() < 0.2 else 0.010)
        connection.sendall(BODY)
        log.append((time.perf_counter() - began) * 1e3)


def two_modes():
    log, numbers = [], random.Random(1)
    listener = socket.create_server(("127.0.0.1", 0))
    print("PORT", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer_in_two_modes, args=(connection, log, numbers), daemon=True).start()


if sys.argv[1] == "freezing":
    asyncio.run(freezing())
else:
    two_modes()
