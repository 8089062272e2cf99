#!/usr/bin/python3
"""Lists entries that stay while the server's table grows and shrinks by millions, and looks whether any is missed.

usage: churn.py ROACACHE [--server COMMAND] [--listings N] [--stable N] [--most N] [--max-pause DUR]

COMMAND starts the server (default redis-server), as `chroot ROOT valkey-server`. In it N stable entries (default
60,000) are listed N times (default 50) by `roacache keys` while others come and go, up to N at a time (default
3,000,000), so that the table is made larger and smaller under the walk. DUR is given to `roacache keys` (default 20ms:
a step waits for what others do to the server, so that 1ms makes steps of some keys each). Exits 1 when an entry is
missing from a listing.
"""

import argparse
import random
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time

import redis

AT_ONCE = 1_000
GROW = "for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do redis.call('SET', 'churn:' .. i, 'x') end"
SHRINK = "for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do redis.call('UNLINK', 'churn:' .. i) end"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Churn(threading.Thread):
    """Grows the table to a random size and shrinks it, again and again."""

    def __init__(self, client, most):
        super().__init__(daemon=True)
        self.client, self.most, self.over, self.turns = client, most, threading.Event(), 0

    def step(self, script, first):
        self.client.eval(script, 0, first, first + AT_ONCE - 1)
        return not self.over.is_set()

    def run(self):
        while not self.over.is_set():
            size = random.randrange(self.most // 4, self.most, AT_ONCE)
            grown = all(self.step(GROW, first) for first in range(0, size, AT_ONCE))
            shrunk = grown and all(self.step(SHRINK, first) for first in range(0, size, AT_ONCE))
            self.turns += shrunk


def listed(roacache, port, max_pause):
    done = subprocess.run([roacache, "keys", "-t", "stable", "-u", f"redis://127.0.0.1:{port}", "-q", "--max-pause",
                           max_pause], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--server", default="redis-server")
    parser.add_argument("--listings", type=int, default=50)
    parser.add_argument("--stable", type=int, default=60_000)
    parser.add_argument("--most", type=int, default=3_000_000)
    parser.add_argument("--max-pause", default="20ms")
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [*shlex.split(options.server), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=port)
            while True:
                try:
                    version = client.info("server")
                    break
                except redis.ConnectionError:
                    time.sleep(0.1)
            stable = {f"cache:stable:invoices_list:{number:012x}" for number in range(options.stable)}
            pipe = client.pipeline(transaction=False)
            for key in stable:
                pipe.set(key, "x")
            pipe.execute()
            churn = Churn(redis.Redis(port=port), options.most)
            churn.start()
            missed = repeated = 0
            sizes = []
            for _ in range(options.listings):
                keys = listed(options.roacache, port, options.max_pause)
                missed += len(stable - set(keys))
                repeated += len(keys) - len(set(keys))
                sizes.append(client.dbsize())
                print(f"\r{len(sizes)} of {options.listings} listings", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            churn.over.set()
            churn.join()
            name = version.get("valkey_version") and "Valkey " + version["valkey_version"]
            print(f"{name or 'Redis ' + version['redis_version']}: {options.listings} listings of {options.stable:,} "
                  f"entries, the table between {min(sizes):,} and {max(sizes):,} keys, {churn.turns} times up and down: "
                  f"{missed} missed, {repeated} given twice", flush=True)
        finally:
            server.terminate()
            server.wait()
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
