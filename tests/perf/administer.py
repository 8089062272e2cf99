#!/usr/bin/python3
"""Measures roacache against what people use instead for administering a Redis cache, side by side in one run.

usage: administer.py ROACACHE [--entries N] [--tenants T] [--rounds K] [--slack F]

Starts a redis-server of its own on a Unix socket, fills it with N entries of 46-byte keys and 200-byte values over T
tenants, runs each job and its peer in turn K times and prints the ratio of the medians beside its limit. The limits
are for 1,000,000 entries; a smaller run is given slack, because starting a process counts for more. Exits 1 when a
limit times the slack is exceeded.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import redis

VALUE = b"v" * 200


class Server:
    def __init__(self, folder):
        self.socket = os.path.join(folder, "r.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        self.client = redis.Redis(unix_socket_path=self.socket)
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                if self.process.poll() is not None:
                    sys.exit("redis-server did not start")
                time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def key(tenant, number):
    return b"cache:tenant-%04d:dashboard_summary:%012x" % (tenant, number)


def fill(server, entries, tenants):
    """Brings the server back to exactly N entries; only what is missing is sent."""
    server.client.flushall()
    feed = subprocess.Popen(["redis-cli", "-s", server.socket, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    batch = []
    for number in range(entries):
        name = key(number % tenants, number)
        batch.append(b"*4\r\n$5\r\nSETEX\r\n$%d\r\n%s\r\n$5\r\n86400\r\n$200\r\n%s\r\n" % (len(name), name, VALUE))
        if len(batch) == 10000:
            feed.stdin.write(b"".join(batch))
            batch.clear()
    feed.stdin.write(b"".join(batch))
    feed.stdin.close()
    if feed.wait() != 0 or server.client.dbsize() != entries:
        sys.exit("the server could not be filled")


def timed(command):
    began = time.perf_counter()
    finished = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.perf_counter() - began
    if finished.returncode != 0:
        sys.exit(f"{command}: exit {finished.returncode}: {finished.stderr.decode(errors='replace')}")
    return seconds


def python_loop(socket, pattern):
    """The loop of the first served system: scan_iter and delete, one key at a time."""
    program = (
        "import redis\n"
        f"r = redis.Redis(unix_socket_path={socket!r})\n"
        f"for key in r.scan_iter(match={pattern!r}): r.delete(key)\n"
    )
    return ["/usr/bin/python3", "-c", program]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="roa-perf-") as folder:
        server = Server(folder)
        try:
            failed = measure(server, options)
        finally:
            server.stop()
    sys.exit(1 if failed else 0)


def measure(server, options):
    url = "unix://" + server.socket
    ours = [options.roacache, "-q", "-u", url]
    cli = ["redis-cli", "-s", server.socket]
    tenant = "tenant-0007"
    pattern = f"cache:{tenant}:*"

    def refill():
        fill(server, options.entries, options.tenants)

    # job, what is compared with what, limit of the ratio, whether it empties the server, rounds
    jobs = [
        ("keys -t X", ours + ["keys", "-t", tenant], "redis-cli --scan", cli + ["--scan", "--pattern", pattern], 0.16, False),
        ("keys -t X", ours + ["keys", "-t", tenant], "KEYS (blocks)", cli + ["keys", pattern], 1.3, False),
        ("stats --by tenant,resource", ours + ["stats", "--by", "tenant,resource", "-o", "json"], "redis-cli --memkeys", cli + ["--memkeys"], 0.14, False),
        ("ping", ours + ["ping"], "redis-cli ping", cli + ["ping"], 1.3, False),
        ("invalidate -t X", ours + ["invalidate", "-t", tenant, "-y"], "redis-py loop", python_loop(server.socket, pattern), 0.11, True),
        ("invalidate --all-tenants", ours + ["invalidate", "--all-tenants", "-y"], "redis-py loop", python_loop(server.socket, "cache:*"), 0.04, True),
    ]
    print(f"{options.entries:,} entries, {options.tenants} tenants, medians of {options.rounds} rounds, "
          f"redis-server {server.client.info('server')['redis_version']}")
    print(f"{'job':<28} {'seconds':>9}  {'against':<20} {'seconds':>9} {'ratio':>7} {'limit':>7}")
    refill()
    failed = False
    for job, command, peer, peer_command, limit, empties in jobs:
        our_times, peer_times = [], []
        rounds = options.rounds * 7 if job == "ping" else options.rounds
        for _ in range(rounds):
            our_times.append(timed(command))
            if empties:
                refill()
            peer_times.append(timed(peer_command))
            if empties:
                refill()
        our_seconds, peer_seconds = statistics.median(our_times), statistics.median(peer_times)
        ratio = our_seconds / peer_seconds
        over = ratio > limit * options.slack
        failed |= over
        print(f"{job:<28} {our_seconds:9.4f}  {peer:<20} {peer_seconds:9.4f} {ratio:7.3f} {limit:7.2f}{'  EXCEEDED' if over else ''}", flush=True)
    return failed


main()
