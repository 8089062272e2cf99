#!/usr/bin/python3
"""Measures roacache against what people use instead for administering a Redis cache, side by side in one run.

usage: administer.py ROACACHE [--entries N] [--tenants T] [--rounds K] [--more-entries M] [--slack F] [--pause-slack F]

Starts a redis-server of its own on loopback, fills it with N entries of 46-byte keys and 200-byte values that live a
day, over T tenants, and prints three tables:

  time     each job and its peer in turn, K times: the ratio of the medians
  pause    what a second client waits for a GET while a job runs, against the same client on the idle server
  memory   each job's resident memory beyond that of ping, on N and on M entries

The limits are for 1,000,000 entries; a smaller run is given slack, because starting a process counts for more. Exits
1 when a limit times its slack is exceeded. Wants an otherwise idle machine of two cores.
"""

import argparse
import gc
import json
import multiprocessing
import random
import shlex

import socket
import statistics
import subprocess
import sys
import tempfile
import time

import redis

VALUE = b"v" * 200
TENANT = "tenant-0007"
PATTERN = f"cache:{TENANT}:*"


class Server:
    """A redis-server on a port that it bound itself."""

    def __init__(self, folder):
        while True:
            self.port = random.randrange(20_000, 60_000)
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
                stdout=subprocess.DEVNULL,
            )
            if self.answers():
                return
            self.process.wait()

    def answers(self):
        self.client = redis.Redis(port=self.port)
        while self.process.poll() is None:
            try:
                return self.client.info("server")["process_id"] == self.process.pid
            except redis.ConnectionError:
                time.sleep(0.01)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait()


def key(number, tenants):
    return b"cache:tenant-%04d:dashboard_summary:%012x" % (number % tenants, number)


def fill(server, entries, tenants):
    """Brings the server to exactly the given entries."""
    server.client.flushall()
    feed = subprocess.Popen(["redis-cli", "-p", str(server.port), "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    batch = []
    for number in range(entries):
        name = key(number, tenants)
        batch.append(b"*4\r\n$5\r\nSETEX\r\n$%d\r\n%s\r\n$5\r\n86400\r\n$200\r\n%s\r\n" % (len(name), name, VALUE))
        if len(batch) == 10000:
            feed.stdin.write(b"".join(batch))
            batch.clear()
    feed.stdin.write(b"".join(batch))
    feed.stdin.close()
    if feed.wait() != 0 or server.client.dbsize() != entries:
        sys.exit("the server could not be filled")


def seconds_of(command):
    began = time.perf_counter()
    finished = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.perf_counter() - began
    if finished.returncode != 0:
        sys.exit(f"{command}: exit {finished.returncode}: {finished.stderr.decode(errors='replace')}")
    return seconds


def short_seconds_of(command):
    """The median of a hundred runs, by hyperfine: what starting a child costs Python would blur a few milliseconds."""
    with tempfile.NamedTemporaryFile("r") as figures:
        subprocess.run(["hyperfine", "-N", "--warmup", "10", "--runs", "100", "--export-json", figures.name, shlex.join(command)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.load(figures)["results"][0]["median"]


def mebibytes_of(command):
    """Resident memory. By GNU time, for Python counts its own memory as a child's."""
    with tempfile.NamedTemporaryFile("r") as figures:
        seconds_of(["/usr/bin/time", "-o", figures.name, "-f", "%M", *command])
        return int(figures.read()) / 1024


def python_loop(port, pattern):
    """The loop of the first served system: scan_iter and delete, one key at a time."""
    program = (
        "import redis\n"
        f"r = redis.Redis(port={port})\n"
        f"for key in r.scan_iter(match={pattern!r}): r.delete(key)\n"
    )
    return ["/usr/bin/python3", "-c", program]


class Table:
    def __init__(self, slack):
        self.slack = slack
        self.failed = False

    def row(self, job, figure, against, peer, figure_unit, value, limit, slack=None):
        over = value > limit * (slack or self.slack)
        self.failed |= over
        print(f"{job:<28} {figure:9.4f}  {against:<20} {peer:9.4f} {figure_unit:<3} {value:8.3f} {limit:7.2f}{'  EXCEEDED' if over else ''}", flush=True)


def bare_walk(port):
    """Seconds of SCAN alone, in steps of 20,000 that block far too long: what no walk can be quicker than."""
    connection = socket.create_connection(("127.0.0.1", port))
    answers = connection.makefile("rb", 1 << 20)
    began, cursor = time.perf_counter(), b"0"
    while True:
        connection.sendall(b"SCAN %s MATCH %s COUNT 20000\r\n" % (cursor, PATTERN.encode()))
        cursor = [answers.readline() for _ in range(3)][-1].strip()
        for _ in range(2 * int(answers.readline()[1:])):
            answers.readline()
        if cursor == b"0":
            return time.perf_counter() - began


def jobs(roacache, port):
    ours = [roacache, "-q", "-u", f"redis://127.0.0.1:{port}"]
    return {
        "ping": ours + ["ping"],
        "keys -t X": ours + ["keys", "-t", TENANT],
        "stats --by tenant,resource": ours + ["stats", "--by", "tenant,resource", "-o", "json"],
        "invalidate -t X": ours + ["invalidate", "-t", TENANT, "-y"],
        "invalidate --all-tenants": ours + ["invalidate", "--all-tenants", "-y"],
    }


EMPTIES = ("invalidate -t X", "invalidate --all-tenants")


def busy_seconds(server):
    """Seconds that the server has spent in commands, by its own count."""
    return sum(command["usec"] for command in server.client.info("commandstats").values()) / 1e6


def measure_time(server, options, table):
    cli = ["redis-cli", "-p", str(server.port)]
    ours = jobs(options.roacache, server.port)
    # Limits against other programs leave room for machines whose server is slow and whose Python is quick. What they
    # would hide, the limits against the server's own time show.
    compared = [
        ("ping", "redis-cli ping", cli + ["ping"], 1.3, None),
        ("keys -t X", "redis-cli --scan", cli + ["--scan", "--pattern", PATTERN], 0.33, 1.5),
        ("stats --by tenant,resource", "redis-cli --memkeys", cli + ["--memkeys"], 0.42, 1.7),
        ("invalidate -t X", "redis-py loop", python_loop(server.port, PATTERN), 0.2, 1.5),
        ("invalidate --all-tenants", "redis-py loop", python_loop(server.port, "cache:*"), 0.09, 1.6),
    ]
    print(f"\n{'time':<28} {'median':>9}  {'against':<20} {'median':>9}     {'ratio':>8} {'limit':>7}")
    fill(server, options.entries, options.tenants)
    for job, against, peer, limit, busy_limit in compared:
        times, busy = {job: [], against: []}, []
        for _ in range(options.rounds):
            for name, command in ((job, ours[job]), (against, peer)):
                busy_before = busy_seconds(server)
                times[name].append(short_seconds_of(command) if job == "ping" else seconds_of(command))
                if name == job:
                    busy.append(busy_seconds(server) - busy_before)
                if job in EMPTIES:
                    fill(server, options.entries, options.tenants)
        our_median, peer_median = (statistics.median(times[name]) for name in (job, against))
        table.row(job, our_median, against, peer_median, "s", our_median / peer_median, limit)
        if busy_limit:
            median = statistics.median(busy)
            table.row("", our_median, "server's own time", median, "s", our_median / median, busy_limit)
        if job == "keys -t X":
            walk = statistics.median(bare_walk(server.port) for _ in range(options.rounds))
            table.row("", our_median, "SCAN COUNT 20000", walk, "s", our_median / walk, 1.5)
            blocking = statistics.median(seconds_of(cli + ["keys", PATTERN]) for _ in range(options.rounds))
            print(f"{'':<28} {our_median:9.4f}  {'KEYS, which blocks':<20} {blocking:9.4f} s   {our_median / blocking:8.3f}")


def second_client(port, tenants, entries, stop, results):
    """GETs one entry after another until asked to stop; sends the latencies in ms."""
    gc.disable()
    numbers = random.Random(1)
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    latencies = []
    while not stop.is_set():
        name = key(numbers.randrange(entries), tenants)
        request = b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(name), name)
        began = time.perf_counter_ns()
        connection.sendall(request)
        connection.recv(4096)
        latencies.append((time.perf_counter_ns() - began) / 1e6)
    results.send(latencies)


def latencies_while(server, options, action):
    stop, (receiver, sender) = multiprocessing.Event(), multiprocessing.Pipe(False)
    client = multiprocessing.Process(target=second_client, args=(server.port, options.tenants, options.entries, stop, sender))
    client.start()
    action()
    stop.set()
    latencies = receiver.recv()
    client.join()
    return latencies


def quantile(latencies, q):
    return sorted(latencies)[min(len(latencies) - 1, int(len(latencies) * q))]


def measure_pause(server, options, table):
    print(f"\n{'pause of a second client':<28} {'while':>9}  {'against':<20} {'idle':>9}     {'more':>8} {'limit':>7}")
    idle = latencies_while(server, options, lambda: time.sleep(3))
    for job, command in jobs(options.roacache, server.port).items():
        if job == "ping":
            continue
        busy = []
        for _ in range(options.rounds):
            busy += latencies_while(server, options, lambda: seconds_of(command))
            if job in EMPTIES:
                fill(server, options.entries, options.tenants)
        for q, limit in ((0.99, 0.7), (0.999, 2.0)):
            while_busy, while_idle = quantile(busy, q), quantile(idle, q)
            table.row(job, while_busy, f"p{q * 100:g} of {len(busy):,} GETs", while_idle, "ms", while_busy - while_idle, limit, options.pause_slack)


def measure_memory(server, options, table):
    print(f"\n{'resident memory':<28} {'MiB':>9}  {'against':<20} {'MiB':>9}     {'more':>8} {'limit':>7}")
    for entries in (options.entries, options.more_entries):
        if entries == 0:
            continue
        fill(server, entries, options.tenants)
        ping = None
        for job, command in jobs(options.roacache, server.port).items():
            mebibytes = mebibytes_of(command)
            ping = ping or mebibytes
            if job != "ping":
                table.row(job, mebibytes, f"ping, {entries:,}", ping, "", mebibytes - ping, 16)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--more-entries", type=int, default=5_000_000, help="for the memory's flatness; 0: none")
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slack", type=float, default=1.0)
    parser.add_argument("--pause-slack", type=float, default=1.0, help="for the pauses, which a busy machine lengthens most")
    parser.add_argument("--only", choices=("time", "pause", "memory"), action="append")
    options = parser.parse_args()
    measures = {"time": measure_time, "pause": measure_pause, "memory": measure_memory}

    table = Table(options.slack)
    with tempfile.TemporaryDirectory(prefix="roa-perf-") as folder:
        server = Server(folder)
        try:
            version = server.client.info("server")["redis_version"]
            print(f"{options.entries:,} entries, {options.tenants} tenants, {options.rounds} rounds, redis-server {version} on loopback")
            fill(server, options.entries, options.tenants)
            for name in options.only or measures:
                measures[name](server, options, table)
        finally:
            server.stop()
    sys.exit(1 if table.failed else 0)


main()
