#!/usr/bin/python3
"""Removes entries over a link with a delay, and holds the time against what the cursor forces.

usage: slow_link.py ROACACHE [--entries N] [--delay-ms MS] [--check]

N entries (default 1,000,000) are removed over a proxy that holds back what it passes on, in each direction half of MS
(default 10). SCAN has to be asked again with each cursor that it gives, so that a walk takes a round trip for each
step; the steps are counted by the server. --check fails where the removal takes more than 1.5 × these round trips and the
time that it takes without the delay.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import redis

MOST = 1.5
SMALL = os.environ.get("ROACACHE_PERF") == "small"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SlowLink(threading.Thread):
    def __init__(self, behind, delay):
        super().__init__(daemon=True)
        self.behind, self.delay, self.port, self.ready = behind, delay, free_port(), threading.Event()

    async def pass_on(self, reader, writer):
        loop, held = asyncio.get_running_loop(), asyncio.Queue()

        async def write():
            while (item := await held.get()) is not None:
                due, data = item
                await asyncio.sleep(max(0.0, due - loop.time()))
                writer.write(data)
                await writer.drain()
            writer.close()

        writing = asyncio.create_task(write())
        while data := await reader.read(1 << 16):
            held.put_nowait((loop.time() + self.delay / 2, data))
        held.put_nowait(None)
        await writing

    async def serve(self, reader, writer):
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.behind, limit=1 << 20)
        try:
            await asyncio.gather(self.pass_on(reader, server_writer), self.pass_on(server_reader, writer))
        except ConnectionError:
            pass

    async def main(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 20)
        self.ready.set()
        await server.serve_forever()

    def run(self):
        asyncio.run(self.main())


def remove(roacache, client, port, entries):
    """Seconds, and the SCANs that it took."""
    client.flushall()
    client.execute_command("DEBUG", "POPULATE", entries, "cache:t:invoices_list")
    client.config_resetstat()
    begun = time.perf_counter()
    subprocess.run([roacache, "invalidate", "-t", "t", "-u", f"redis://127.0.0.1:{port}", "-y", "-q"],
                   stdout=subprocess.DEVNULL, check=True)
    took = time.perf_counter() - begun
    assert client.dbsize() == 0
    return took, client.info("commandstats")["cmdstat_scan"]["calls"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=50_000 if SMALL else 1_000_000)
    parser.add_argument("--delay-ms", type=float, default=10)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                                   "--enable-debug-command", "yes"], cwd=folder, stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=port)
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.1)
            link = SlowLink(port, options.delay_ms / 1000)
            link.start()
            link.ready.wait()
            local, _ = remove(options.roacache, client, port, options.entries)
            slow, steps = remove(options.roacache, client, link.port, options.entries)
        finally:
            server.terminate()
            server.wait()
    forced = steps * options.delay_ms / 1000 + local
    print(f"{options.entries:,} entries: {local:.2f} s without the delay, {slow:.2f} s with {options.delay_ms:g} ms; "
          f"{steps:,} steps and the local time are {forced:.2f} s: {slow / forced:.2f}", flush=True)
    sys.exit(options.check and slow > MOST * forced)


if __name__ == "__main__":
    main()
