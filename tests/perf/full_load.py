#!/usr/bin/python3
"""Looks whether `roacache bench` keeps as many requests under way as it is asked for, and answers as many a second as wrk
and ab find, at its default number of blocks.

First part: a service that answers after a fixed time and notes when each request came and went; of the requests under way
while those that count were, the average is held against -c. Second part: a service that sleeps for exactly 1, 20 or 100 ms
before each answer (sleeping_server.cpp, which it compiles), and nginx, which does the same by timers that tick once a
millisecond: at 1 ms, what it answers a second depends on how a client's requests are bunched, so that row is shown and
held against nothing.

usage: full_load.py ROACACHE [--seconds S] [--rounds N] [--least-requests N] [--peers] [--check]; --check fails beyond the limits, which is for a quiet
machine only. With ROACACHE_PERF=small in the environment it is over in half a minute.
"""

import argparse
import itertools
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

LEAST_SHARE = 0.95  # of the requests that are to be under way
LEAST_OF_PEERS = 0.98  # of the requests a second of wrk and ab
HERE = os.path.dirname(os.path.abspath(__file__))
SERVICE_MS = {1: 20, 10: 20, 100: 100, 500: 500}  # Python answers some thousand a second

NGINX = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; worker_processes 1; error_log stderr; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        location /1 {{ echo_sleep 0.001; echo ok; }}
        location /20 {{ echo_sleep 0.02; echo ok; }}
        location /100 {{ echo_sleep 0.1; echo ok; }}
    }}
}}
"""


class CountingServer:
    def __init__(self, milliseconds):
        command = ["/usr/bin/python3", f"{HERE}/../bench/counting_server.py", str(milliseconds)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def log(self):
        return json.load(urllib.request.urlopen(f"{self.url}/log"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Sleeping:
    name = "exact"

    def __init__(self, folder):
        program = f"{folder}/sleeping_server"
        subprocess.run(["g++", "-std=c++20", "-O2", "-pthread", "-o", program, f"{HERE}/sleeping_server.cpp"], check=True)
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    name = "nginx"

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with open(f"{folder}/nginx.conf", "w", encoding="ascii") as config:
            config.write(NGINX.format(folder=folder, port=port))
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf", "-e", "stderr"])
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.01)
        raise SystemExit("nginx does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def bench(arguments, *more):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        done = subprocess.run([arguments.program, "bench", "-q", "--json", report.name, *more],
                              capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 6):
            raise SystemExit(done.stderr or done.stdout)
        return json.load(open(report.name, encoding="utf-8"))


def under_way(log, blocks, began_ns):
    """On average, while the requests of these blocks that count were."""
    wall = total = 0
    for block in blocks:
        since = began_ns + block["started_s"] * 1e9
        until = since + block["wall_seconds"] * 1e9
        wall += until - since
        total += sum(max(min(until, went) - max(since, came), 0) for came, went in log)
    return total / wall


def look(arguments, connections, requests, single, threads):
    """The least share of -c that was under way, of the arms."""
    server = CountingServer(SERVICE_MS[connections])
    try:
        arms = ["--single"] if single else ["--uncached-header", "Cache-Control: no-cache"]
        run = bench(arguments, *arms, f"-c{connections}", f"-n{requests}", f"-j{threads}", server.url + "/")
        log = server.log()
    finally:
        server.stop()
    began_ns = log[0][0]  # the first request of the run comes at once
    shares = []
    for arm, figures in run["arms"].items():
        reached = under_way(log, [block for block in run["blocks"] if block["arm"] == arm], began_ns) / connections
        shares.append(reached)
        print(f"c={connections:<4} n={requests:<6} {threads} threads  {arm:9} {reached:.3f} of -c at the server, "
              f"{figures['concurrency'] / connections:.3f} as reported, {figures['sent'] / figures['requests']:.2f} sent for each counted",
              flush=True)
    return min(shares)


def wrk_rps(url, connections, seconds):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", url], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def ab_rps(url, connections, seconds):
    command = ["ab", "-k", "-q", "-n", "100000000", f"-c{connections}", f"-t{seconds}", url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests per second:\s+([\d.]+)", out)[1])


def compare(arguments, server, milliseconds, connections):
    """Requests a second as a share of those of wrk and of ab."""
    url = f"{server.url}/{milliseconds}"
    rounds = []
    for _ in range(arguments.rounds):
        wrk = wrk_rps(url, connections, arguments.seconds)
        requests = max(int(wrk * arguments.seconds), arguments.least_requests)
        arm = bench(arguments, "--single", f"-c{connections}", f"-n{requests}", url)["arms"]["single"]
        rounds.append((arm["rps"] / wrk, arm["rps"] / ab_rps(url, connections, arguments.seconds), arm["rps"]))
    shares = [statistics.median(column) for column in zip(*rounds)]
    print(f"{server.name}  c={connections:<4} {milliseconds:>3} ms  {shares[2]:>9,.0f} requests/s   roacache/wrk: {shares[0]:.3f}   roacache/ab: {shares[1]:.3f}",
          flush=True)
    return min(shares[:2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    small = os.environ.get("ROACACHE_PERF") == "small"
    parser.add_argument("--seconds", type=int, default=1 if small else 5)
    parser.add_argument("--rounds", type=int, default=1 if small else 5)
    parser.add_argument("--least-requests", type=int, default=200 if small else 1000)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--peers", action="store_true", help="the second part alone")
    arguments = parser.parse_args()
    missed = []
    for connections in () if arguments.peers else (10,) if small else (1, 10, 100, 500):
        numbers = (300,) if small else (3 * connections, 10 * connections, 1000, 10_000)
        for requests, single, threads in itertools.product(sorted({*numbers}), (True, False), (1, 2)):
            if requests < 3 * connections or threads > connections or requests / connections > 1000:
                continue
            if look(arguments, connections, requests, single, threads) < LEAST_SHARE:
                missed.append(f"-c {connections} -n {requests} -j {threads}: less than {LEAST_SHARE} of -c")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # nginx started by root serves as another user
        for kind in (Sleeping, Nginx):
            server = kind(folder)
            try:
                for milliseconds, connections in itertools.product((1, 20, 100), (10,) if small else (10, 64, 100)):
                    share = compare(arguments, server, milliseconds, connections)
                    if share < LEAST_OF_PEERS and (kind, milliseconds) != (Nginx, 1):
                        missed.append(f"{server.name} of {milliseconds} ms, -c {connections}: less than {LEAST_OF_PEERS} of wrk or ab")
            finally:
                server.stop()
    for line in missed:
        print("missed:", line)
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
