#!/usr/bin/python3
"""Holds what roacache takes for a whole cluster against what it takes for the largest primary's keys alone, and against
redis-py's cluster client.

usage: cluster_walk.py ROACACHE [--entries N] [--rounds N] [--check]; --check fails beyond the limits, which is for a quiet
machine only. With ROACACHE_PERF=small in the environment it takes half a minute.

N entries (default 3,000,000) are in three primaries, and those of one primary in a server of its own besides. Where the
primaries have fewer cores than there are of them they share these, so that the CPU time of all servers is printed too:
of the cluster, and of the one server three times.
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


def start_cluster(folder):
    nodes = [Server(folder, "--cluster-enabled", "yes") for _ in range(PRIMARIES)]
    for number, node in enumerate(nodes):
        node.cli("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        node.cli("CLUSTER", "ADDSLOTSRANGE", str(SLOTS * number // PRIMARIES), str(SLOTS * (number + 1) // PRIMARIES - 1))
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


def fill(nodes, alone, entries):
    for first in range(0, entries, 250_000):
        parts = commands_for(first, min(first + 250_000, entries))
        for node, part in zip(nodes, parts):
            node.load(part)
        alone.load(parts[0])


def timed(roacache, url, servers, *arguments):
    """Seconds, seconds of CPU of the servers, and the largest resident size in KiB."""
    before = sum(server.cpu_seconds() for server in servers)
    began = time.monotonic()
    finished = subprocess.run(["/usr/bin/time", "-f", "%M", roacache, "-q", "-u", url, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    seconds = time.monotonic() - began
    assert finished.returncode == 0, finished.stderr.decode()
    return seconds, sum(server.cpu_seconds() for server in servers) - before, int(finished.stderr.split()[-1])


def compare(roacache, nodes, alone, rounds):
    """The worst ratio, and the most memory."""
    cluster_url, alone_url = (f"redis://127.0.0.1:{server.port}" for server in (nodes[1], alone))
    worst, most = 0, 0
    for name, arguments in (("keys", ("keys", "--count")), ("stats", ("stats",)),
                            ("invalidate", ("invalidate", "-r", "victims", "--all-tenants", "--yes"))):
        ratios, cpu_ratios = [], []
        for _ in range(1 if name == "invalidate" else rounds):
            whole, whole_cpu, kib = timed(roacache, cluster_url, nodes, *arguments)
            share, share_cpu, _ = timed(roacache, alone_url, [alone], *arguments)
            ratios.append(whole / share)
            cpu_ratios.append(whole_cpu / (PRIMARIES * share_cpu))
            most = max(most, kib)
        print(f"{name:10}  whole cluster {whole:6.2f} s, the largest part alone {share:6.2f} s: {statistics.median(ratios):.2f}   "
              f"CPU of the servers {whole_cpu:6.2f} s, {statistics.median(cpu_ratios):.2f} of {PRIMARIES} × the part's   {most // 1024} MiB")
        # Where the servers share cores, only their work can be held against the limit.
        enough_cores = (os.cpu_count() or 1) > PRIMARIES
        worst = max(worst, statistics.median(ratios if enough_cores else cpu_ratios))
    return worst, most


def compare_with_redis_py(roacache, nodes, entries):
    from redis.cluster import RedisCluster

    client = RedisCluster(host="127.0.0.1", port=nodes[0].port)

    def refill():
        for node, part in zip(nodes, commands_for(0, entries)):
            node.load(part)

    refill()
    began = time.monotonic()
    for key in client.scan_iter("cache:*:victims:*", count=1000):
        client.delete(key)
    theirs = time.monotonic() - began
    refill()
    ours = timed(roacache, f"redis://127.0.0.1:{nodes[0].port}", nodes, "invalidate", "-r", "victims", "--all-tenants", "--yes")[0]
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
        nodes = start_cluster(folder)
        servers += nodes
        alone = Server(folder)
        servers.append(alone)
        fill(nodes, alone, arguments.entries)
        worst, most = compare(arguments.roacache, nodes, alone, arguments.rounds)
        of_redis_py = compare_with_redis_py(arguments.roacache, nodes, min(arguments.entries, 300_000))
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
