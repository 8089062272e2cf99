"""Compares `roacache bench` with wrk, ab and the least that a generator can do (epoll_floor.cpp, which it compiles) on nginx with a 1 KB body: requests a second and CPU time a request, the
median latency of one connection with --spin, and the memory that ten times as many requests take; over HTTP/2 with
h2load.

nginx has one core, the generators the other; they take turns, and medians of their ratios are printed.
Usage: load_generators.py ROACACHE [--seconds S] [--rounds N] [--requests N] [--check]; --check fails beyond the limits,
which is for a quiet machine only. With ROACACHE_PERF=small in the environment it is over in half a minute.
"""

import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = (1, 10, 64)
STREAMS_OF_CONNECTIONS = ((1, 10), (10, 1), (10, 10))  # over HTTP/2
LEAST_RPS_OF_WRK = {10: 1.0, 64: 1.0}
# wrk alone sends no more than it must, which spares the server some percent of its time; it is to serve the same requests.
SAME_REQUEST = ("-H", "User-Agent: roacache/0.1.0", "-H", "Accept: */*")
MOST_CPU_OF_WRK = 0.9
MOST_CPU_OF_AB = 0.95
# Of the blocks of two arms, whose hits are proven and whose answers are compared; the statistics come once, after them.
MOST_CPU_OF_FLOOR = {1: 1.15, 10: 1.25, 64: 1.25}
MOST_P50_OF_WRK = 0.5
MOST_MORE_MEMORY = 512  # KiB: each block's histograms cover the powers of two that it met, and more requests meet more

NGINX = """
daemon off; worker_processes 1; error_log stderr; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000; http2_max_concurrent_streams 128;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    map $http_accept $proof {{ text/plain MISS; default HIT; }}
    server {{ listen 127.0.0.1:{port}{http2}; location / {{ root {folder}; add_header X-Cache $proof; }} }}
}}
"""


def pinned(core):
    return lambda: os.sched_setaffinity(0, {core})


class Nginx:
    def __init__(self, folder, core, http2=False):
        with open(f"{folder}/body.txt", "w", encoding="ascii") as body:
            body.write("x" * 1024)
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
            with open(f"{folder}/nginx.conf", "w", encoding="ascii") as config:
                config.write(NGINX.format(folder=folder, port=port, http2=" http2" if http2 else ""))
            command = ["nginx", "-p", folder, "-c", f"{folder}/nginx.conf", "-e", "stderr"]
            self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=pinned(core))
            if self.answers(port):
                self.url = f"http://127.0.0.1:{port}/body.txt"
                return
            self.process.wait()
        raise SystemExit("nginx does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def answers(self, port):
        while self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return self.process.poll() is None
            except OSError:
                time.sleep(0.01)
        return False


def timed(command, core):
    """What it printed, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=pinned(core), check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 6):
        raise SystemExit(f"{command[0]}: {done.stderr or done.stdout}")
    return done.stdout, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run_wrk(url, connections, seconds, core, _):
    out, cpu = timed(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *SAME_REQUEST, url], core)
    requests = int(re.search(r"(\d+) requests in", out)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), cpu / requests


def wrk_p50(url, seconds, core):
    """Microseconds at one connection."""
    out, _ = timed(["wrk", "-t1", "-c1", f"-d{seconds}", "--latency", *SAME_REQUEST, url], core)
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def spinning_p50(url, seconds, core, program):
    command = [program, "bench", "--single", "--spin", "-q", f"-z{seconds}s", "-o", "json", url]
    out, _ = timed(command, core)
    return json.loads(out)["arms"]["single"]["latency_ms"]["p50"] * 1e3


def compare_spinning(url, arguments, core):
    """Prints the table's line; the limit when it is missed."""
    pairs = [(spinning_p50(url, arguments.seconds, core, arguments.program), wrk_p50(url, arguments.seconds, core))
             for _ in range(arguments.rounds)]
    own, its = (statistics.median(column) for column in zip(*pairs))
    share = statistics.median(a / b for a, b in pairs)
    print(f"c=1   p50 {own:.1f} µs with --spin, wrk's {its:.1f} µs   roacache/wrk: {share:.2f}")
    return [f"--spin: more than {MOST_P50_OF_WRK} of wrk's p50"] if share > MOST_P50_OF_WRK else []


def peak_memory(url, requests, core, program):
    """KiB."""
    with tempfile.NamedTemporaryFile("r") as peak:
        timed(["/usr/bin/time", "-f", "%M", "-o", peak.name, program, "bench", "--single", "-q", "-c64",
               f"-n{requests}", "-o", "csv", url], core)
        return int(peak.read().split()[-1])


def compare_memory(url, arguments, core):
    few = peak_memory(url, arguments.requests // 10, core, arguments.program)
    many = peak_memory(url, arguments.requests, core, arguments.program)
    print(f"c=64  memory {few:,} KiB for {arguments.requests // 10:,} requests, {many:,} KiB for {arguments.requests:,}")
    return ["memory grows with the requests"] if many > few + MOST_MORE_MEMORY else []


def run_ab(url, connections, seconds, core, _):
    out, cpu = timed(["ab", "-k", "-q", "-n", "100000000", f"-c{connections}", f"-t{seconds}", url], core)
    requests = int(re.search(r"Complete requests:\s+(\d+)", out)[1])
    return float(re.search(r"Requests per second:\s+([\d.]+)", out)[1]), cpu / requests


def run_roacache(url, connections, seconds, core, program):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [program, "bench", "--single", "-q", f"-c{connections}", f"-z{seconds}s", "--json", report.name, url]
        _, cpu = timed(command, core)
        arm = json.load(open(report.name, encoding="utf-8"))["arms"]["single"]
    if arm["errors"]:
        raise SystemExit(f"the server does not serve: {arm['errors']}")
    return arm["rps"], cpu / arm["sent"]


def run_floor(url, connections, seconds, core, folder):
    port, path = re.search(r":(\d+)(/.*)", url).groups()
    out, cpu = timed([f"{folder}/epoll_floor", port, path, str(connections), str(seconds)], core)
    return cpu / int(out)


def run_two_arms(url, connections, seconds, core, program):
    """CPU seconds a request: of the blocks, and of the whole process."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [program, "bench", "-q", f"-c{connections}", f"-z{seconds}s", "--json", report.name, url,
                   "--uncached-header", "Accept: text/plain", "--hit-header", "X-Cache: HIT", "--assert", "errors == 0"]
        _, cpu = timed(command, core)
        run = json.load(open(report.name, encoding="utf-8"))
    if run["equality"]["compared"] == 0 or not run["arms"]["cached"]["proven_hits"]:
        raise SystemExit("nothing was compared or proven")
    sent = sum(arm["sent"] for arm in run["arms"].values()) + (run.get("alone") or {}).get("requests", 0)
    blocks = run["blocks"]
    sent_in_blocks = sum(each["requests"] + each["fillers"] for block in blocks for each in block["endpoints"])
    return sum(block["cpu_seconds"] for block in blocks) / sent_in_blocks, cpu / sent


def compare_with_floor(url, connections, arguments, core, folder):
    """Prints the table's line; the limit when it is missed."""
    rounds = [(*run_two_arms(url, connections, arguments.seconds, core, arguments.program),
               run_floor(url, connections, arguments.seconds, core, folder)) for _ in range(arguments.rounds)]
    own, whole, floor = (statistics.median(column) * 1e6 for column in zip(*rounds))
    share = statistics.median(blocks / bare for blocks, _, bare in rounds)
    print(f"c={connections:<3} two arms {own:6.2f} CPU µs a request ({whole:.2f} with all else that the process did), "
          f"a bare epoll loop {floor:6.2f}   roacache/floor: {share:.2f}")
    most = MOST_CPU_OF_FLOOR[connections]
    return [f"c={connections}: more than {most} of the floor's CPU time"] if share > most else []


def run_http2(url, connections, streams, seconds, core, program):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [program, "bench", "--single", "-q", "--http2", f"--streams={streams}", f"-c{connections * streams}",
                   f"-z{seconds}s", "--json", report.name, url]
        _, cpu = timed(command, core)
        arm = json.load(open(report.name, encoding="utf-8"))["arms"]["single"]
    if arm["errors"]:
        raise SystemExit(f"the server does not serve HTTP/2: {arm['errors']}")
    return arm["rps"], cpu / arm["sent"]


def run_h2load(url, connections, streams, seconds, core):
    out, cpu = timed(["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", url], core)
    requests = int(re.search(r"requests: \d+ total, \d+ started, (\d+) done", out)[1])
    return float(re.search(r"([\d.]+) req/s", out)[1]), cpu / requests


def compare_http2(url, connections, streams, arguments, core):
    """Prints the table's lines."""
    runs = [(run_http2(url, connections, streams, arguments.seconds, core, arguments.program),
             run_h2load(url, connections, streams, arguments.seconds, core)) for _ in range(arguments.rounds)]
    for name, figures in zip(("roacache", "h2load"), zip(*runs)):
        rps, cpu = (statistics.median(column) for column in zip(*figures))
        print(f"HTTP/2, {connections} x {streams} streams  {name:9} {rps:>10,.0f} requests/s  {cpu * 1e6:6.2f} CPU µs a request", end="")
        shares = [statistics.median(own[i] / its[i] for own, its in runs) for i in (0, 1)]
        print("" if name == "roacache" else f"   roacache/{name}: {shares[0]:.2f} requests/s, {shares[1]:.2f} CPU")


GENERATORS = {"roacache": run_roacache, "wrk": run_wrk, "ab": run_ab}


def compare(url, connections, arguments, core):
    figures = {name: [] for name in GENERATORS}
    for _ in range(arguments.rounds):
        for name, run in GENERATORS.items():
            figures[name].append(run(url, connections, arguments.seconds, core, arguments.program))
    return figures


def ratio(figures, other, index):
    return statistics.median(own[index] / its[index] for own, its in zip(figures["roacache"], figures[other]))


def report(connections, figures):
    """Prints a part of the table; the limits that are missed."""
    for name, runs in figures.items():
        rps, cpu = (statistics.median(column) for column in zip(*runs))
        print(f"c={connections:<3} {name:9} {rps:>10,.0f} requests/s  {cpu * 1e6:6.2f} CPU µs a request", end="")
        print("" if name == "roacache" else f"   roacache/{name}: {ratio(figures, name, 0):.2f} requests/s, {ratio(figures, name, 1):.2f} CPU")
    missed = []
    if ratio(figures, "wrk", 0) < LEAST_RPS_OF_WRK.get(connections, 0):
        missed.append(f"c={connections}: fewer requests a second than wrk")
    if ratio(figures, "wrk", 1) > MOST_CPU_OF_WRK:
        missed.append(f"c={connections}: more than {MOST_CPU_OF_WRK} of wrk's CPU time")
    if ratio(figures, "ab", 1) > MOST_CPU_OF_AB:
        missed.append(f"c={connections}: more than {MOST_CPU_OF_AB} of ab's CPU time")
    return missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    small = os.environ.get("ROACACHE_PERF") == "small"
    parser.add_argument("--seconds", type=int, default=1 if small else 3)
    parser.add_argument("--rounds", type=int, default=1 if small else 5)
    parser.add_argument("--requests", type=int, default=300_000 if small else 10_000_000, help="of the look at memory")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        floor = os.path.join(os.path.dirname(os.path.abspath(__file__)), "epoll_floor.cpp")
        subprocess.run(["g++", "-std=c++20", "-O2", "-o", f"{folder}/epoll_floor", floor], check=True)
        os.chmod(folder, 0o755)  # nginx started by root serves as another user
        server = Nginx(folder, cores[0])
        try:
            for connections in CONNECTIONS:
                missed += report(connections, compare(server.url, connections, arguments, cores[-1]))
                missed += compare_with_floor(server.url, connections, arguments, cores[-1], folder)
            missed += compare_spinning(server.url, arguments, cores[-1])
            missed += compare_memory(server.url, arguments, cores[-1])
        finally:
            server.stop()
        server = Nginx(folder, cores[0], http2=True)
        try:
            for connections, streams in STREAMS_OF_CONNECTIONS:
                compare_http2(server.url, connections, streams, arguments, cores[-1])
        finally:
            server.stop()
    for line in missed:
        print("missed:", line)
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
