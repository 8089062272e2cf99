#!/usr/bin/python3
"""Looks which share of a server's time a walk takes that may take a tenth, by the server's own account, and how long any
of its commands held the server.

usage: load_share.py ROACACHE [--entries N] [--check]; --check fails outside of 8 to 12 % and beyond 1 ms at p99, which is
for a quiet machine only. With ROACACHE_PERF=small in the environment it takes some seconds.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

LEAST, MOST = 0.08, 0.12
MOST_P99_US = 1000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", folder,
                                         "--save", "", "--enable-debug-command", "yes"], stdout=subprocess.DEVNULL)
        while self.cli("PING") != "PONG":
            time.sleep(0.05)

    def cli(self, *arguments):
        return subprocess.run(["redis-cli", "-p", str(self.port), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode().strip()

    def cpu_seconds(self):
        return sum(map(float, re.findall(r"^used_cpu_(?:sys|user):([\d.]+)", self.cli("INFO", "cpu"), re.M)))

    def slowest(self):
        """Each command's p99 in microseconds (INFO latencystats)."""
        found = re.findall(r"^latency_percentiles_usec_(\S+?):.*?p99=([\d.]+)", self.cli("INFO", "latencystats"), re.M)
        return {name: float(p99) for name, p99 in found if name in ("scan", "unlink", "pttl", "memory|usage", "type")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    small = os.environ.get("ROACACHE_PERF") == "small"
    entries = 50_000 if small else arguments.entries
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            server.cli("DEBUG", "POPULATE", str(entries), "cache:t:victims", "100")
            time.sleep(1)
            began, idle = time.monotonic(), server.cpu_seconds()
            time.sleep(3)
            idle = (server.cpu_seconds() - idle) / (time.monotonic() - began)  # what it takes by itself
            for name, job in (("stats", ("stats",)), ("keys", ("keys", "--match", "*", "--count")),
                              ("invalidate", ("invalidate", "--match", "cache:t:*", "--yes"))):
                server.cli("CONFIG", "RESETSTAT")
                cpu, began = server.cpu_seconds(), time.monotonic()
                finished = subprocess.run([arguments.roacache, "-q", "-u", f"redis://127.0.0.1:{server.port}", *job,
                                           "--max-load", "10%"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                seconds = time.monotonic() - began
                assert finished.returncode == 0, finished.stderr.decode()
                share = (server.cpu_seconds() - cpu) / seconds - idle
                p99 = server.slowest()
                print(f"{name:10} --max-load 10%: {100 * share:5.1f} % of the server's time in {seconds:6.2f} s; "
                      f"p99 of its commands: {', '.join(f'{c} {us:.0f} µs' for c, us in sorted(p99.items()))}")
                if not LEAST <= share <= MOST:
                    wrong.append(f"{name} takes {100 * share:.1f} %")
                wrong += [f"{c} takes {us:.0f} µs at p99" for c, us in p99.items() if us > MOST_P99_US]
        finally:
            server.process.terminate()
            server.process.wait()
    if arguments.check and not small and wrong:
        sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main()
