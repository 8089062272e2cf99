#!/usr/bin/python3
"""Holds what roacache takes for a whole cluster against what it takes for each primary's keys alone, and against
redis-py's cluster client.

usage: cluster_walk.py ROACACHE [--entries N] [--rounds N] [--check]; --check fails beyond the limits, which is for a quiet
machine only. With ROACACHE_PERF=small in the environment it takes half a minute.

N entries (default 3,000,000) are in three primaries, and besides those of each primary in a cluster of its own. The
walk of the whole cluster is held against three walks of a part each, at the same time and by a roacache each: by the
time where each has a core of its own, for then it is that of the slowest, and else by the CPU time of servers and roacache.
"""

import argparse
import binascii
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SLOTS = 16384
PRIMARIES = 3
MOST_OF_SHARE = 1.15
MOST_OF_REDIS_PY = 0.08
MOST_KIB = 64 * 1024


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port < 55000:  # the bus is 10,000 above
            return port


class Server:
    def __init__(self, folder, *arguments):
        self.port = free_port()
        folder = os.path.join(folder, str(self.port))
        os.mkdir(folder)
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", *arguments],
            stdout=subprocess.DEVNULL)
        while self.cli("PING") != "PONG":
            time.sleep(0.05)

    def cli(self, *arguments, stdin=None):
        return subprocess.run(["redis-cli", "-p", str(self.port), *arguments], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode().strip()

    def load(self, commands):
        answer = self.cli("--pipe", stdin=commands)
        assert "errors: 0" in answer, answer

    def cpu_seconds(self):
        used = dict(re.findall(r"^(used_cpu_(?:sys|user)):([\d.]+)", self.cli("INFO", "cpu"), re.M))
        return sum(map(float, used.values()))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start_cluster(folder, primaries):
    nodes = [Server(folder, "--cluster-enabled", "yes") for _ in range(primaries)]
    for number, node in enumerate(nodes):
        node.cli("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        node.cli("CLUSTER", "ADDSLOTSRANGE", str(SLOTS * number // primaries), str(SLOTS * (number + 1) // primaries - 1))
        nodes[0].cli("CLUSTER", "MEET", "127.0.0.1", str(node.port))
    while not all("cluster_state:ok" in node.cli("CLUSTER", "INFO") for node in nodes):
        time.sleep(0.1)
    return nodes


def commands_for(first, end):
    """For each primary the commands that set its part of the entries, a third of which `victims` names."""
    parts = [[] for _ in range(PRIMARIES)]
    for number in range(first, end):
        resource = "victims" if number % 3 == 0 else "others"
        key = f"cache:t{number % 7}:{resource}:{number:012x}"
        slot = binascii.crc_hqx(key.encode(), 0) % SLOTS
        owner = next(n for n in range(PRIMARIES) if slot < SLOTS * (n + 1) // PRIMARIES)
        parts[owner].append(f"SET {key} 0123456789abcdef EX 1000000\r\n")
    return ["".join(part).encode() for part in parts]


def fill(nodes, parts, entries):
    for first in range(0, entries, 250_000):
        for node, part, commands in zip(nodes, parts, commands_for(first, min(first + 250_000, entries))):
            node.load(commands)
            part.load(commands)


def timed(roacache, entrances, servers, *arguments):
    """What a roacache for each of the entrances takes, all at once: seconds, seconds of CPU, and the largest resident
    size in KiB."""
    before = sum(server.cpu_seconds() for server in servers)
    began = time.monotonic()
    running = [subprocess.Popen(["/usr/bin/time", "-f", "%U %S %M", roacache, "-q", "-u",
                                 f"redis://127.0.0.1:{entrance.port}", *arguments],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for entrance in entrances]
    told = [process.communicate()[1].decode() for process in running]
    seconds = time.monotonic() - began
    assert all(process.returncode == 0 for process in running), told
    of_roacache = [text.split()[-3:] for text in told]
    cpu = sum(server.cpu_seconds() for server in servers) - before + sum(float(u) + float(s) for u, s, _ in of_roacache)
    return seconds, cpu, max(int(kib) for _, _, kib in of_roacache)


def compare(roacache, nodes, parts, rounds):
    """The worst ratio, and the most memory."""
    worst, most = 0, 0
    enough_cores = (os.cpu_count() or 1) > PRIMARIES
    for name, arguments in (("keys", ("keys", "--count")), ("stats", ("stats", "--max-load", "100%")),
                            ("invalidate", ("invalidate", "-r", "victims", "--all-tenants", "--yes"))):
        ratios = []
        for _ in range(1 if name == "invalidate" else rounds):
            whole, whole_cpu, kib = timed(roacache, nodes[1:2], nodes, *arguments)
            at_once, at_once_cpu, _ = timed(roacache, parts, parts, *arguments)
            ratios.append(whole / at_once if enough_cores else whole_cpu / at_once_cpu)
            most = max(most, kib)
        print(f"{name:10}  whole cluster {whole:6.2f} s (CPU {whole_cpu:6.2f} s), the parts at once {at_once:6.2f} s "
              f"(CPU {at_once_cpu:6.2f} s): {statistics.median(ratios):.2f}   {most // 1024} MiB", flush=True)
        worst = max(worst, statistics.median(ratios))
    return worst, most


def compare_with_redis_py(roacache, nodes, entries):
    from redis.cluster import RedisCluster

    client = RedisCluster(host="127.0.0.1", port=nodes[0].port)

    def refill():
        for first in range(0, entries, 250_000):
            for node, commands in zip(nodes, commands_for(first, min(first + 250_000, entries))):
                node.load(commands)

    refill()
    began = time.monotonic()
    for key in client.scan_iter("cache:*:victims:*", count=1000):
        client.delete(key)
    theirs = time.monotonic() - began
    refill()
    ours = timed(roacache, nodes[:1], nodes, "invalidate", "-r", "victims", "--all-tenants", "--yes")[0]
    print(f"redis-py    scan_iter and delete of {entries // 3} of {entries} entries {theirs:.2f} s, roacache invalidate {ours:.2f} s: {ours / theirs:.3f}")
    return ours / theirs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    small = os.environ.get("ROACACHE_PERF") == "small"
    if small:
        arguments.entries, arguments.rounds = 60_000, 1
    folder = tempfile.mkdtemp()
    servers = []
    try:
        nodes = start_cluster(folder, PRIMARIES)
        servers += nodes
        parts = [start_cluster(folder, 1)[0] for _ in range(PRIMARIES)]
        servers += parts
        fill(nodes, parts, arguments.entries)
        worst, most = compare(arguments.roacache, nodes, parts, arguments.rounds)
        of_redis_py = compare_with_redis_py(arguments.roacache, nodes, arguments.entries)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder)
    if arguments.check and not small:
        failed = [f"{what} {figure:.3g}, over {limit}" for what, figure, limit in
                  (("whole cluster / part", worst, MOST_OF_SHARE), ("roacache / redis-py", of_redis_py, MOST_OF_REDIS_PY),
                   ("KiB", most, MOST_KIB)) if figure > limit]
        sys.exit("; ".join(failed) if failed else 0)


if __name__ == "__main__":
    main()
