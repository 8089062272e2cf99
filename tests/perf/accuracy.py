#!/usr/bin/python3
"""Holds the latencies that roacache reports against services whose latencies are known.

usage: accuracy.py ROACACHE [--seconds S] [--slack F]

freezing service   answers in 1 ms and stands still for one second in five, 500 requests a second are due: a request
                   due x before the end of a stand-still waits x + 1 ms, so the quantiles follow from the schedule
two modes          against the service's own log of each request's time

Exits 1 when a figure is outside its limit times F (default 1; a busy machine wants more). S seconds for each (default 100: a p99.9 wants 50,000 requests).
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Service:
    def __init__(self, mode):
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "timed_server.py"), mode], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def bench(roacache, url, *options):
    finished = subprocess.run([roacache, "bench", "-q", "-o", "json", "--single", url, *options], stdout=subprocess.PIPE)
    if finished.returncode != 0:
        sys.exit(f"roacache bench: exit {finished.returncode}")
    arm = json.loads(finished.stdout)["arms"]["single"]
    if arm["errors"]:
        sys.exit(f"errors: {arm['errors']}")
    return arm


def row(name, measured, truth, limit, slack):
    limit *= slack
    over = measured is None or abs(measured - truth) > limit
    shown = "n/a" if measured is None else f"{measured:10.3f}"
    print(f"{name:<28} {shown:>10} {truth:10.3f} {limit:10.3f}{'  EXCEEDED' if over else ''}", flush=True)
    return over


def freezing(roacache, seconds, slack):
    cycles = max(seconds // 5, 1)
    with Service("freezing") as service:
        arm = bench(roacache, service.url, "--rate", "500", "-z", f"{cycles * 5}s")
    failed = False
    for name, q in (("p99", 0.99), ("p999", 0.999)):
        if name == "p999" and arm["requests"] < 50_000:
            continue
        truth = (1 - (1 - q) * 5) * 1000 + 1
        failed |= row(f"freezing service, {name}", arm["latency_ms"][name], truth, 0.05 * truth, slack)
    return failed


def two_modes(roacache, seconds, slack):
    with Service("two-modes") as service:
        bench(roacache, service.url, "-n", "20", "-c", "4", "--warmup", "0")
        urllib.request.urlopen(service.url + "log").read()
        arm = bench(roacache, service.url, "-z", f"{seconds}s", "-c", "4", "--warmup", "0")
        log = sorted(json.load(urllib.request.urlopen(service.url + "log")))
    failed = False
    for name, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        if name == "p99" and arm["requests"] < 5_000:
            continue
        truth = log[min(len(log) - 1, int(len(log) * q))]
        failed |= row(f"two modes, {name}", arm["latency_ms"][name], truth, 0.01 * truth + 0.05, slack)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--seconds", type=int, default=100)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()
    print(f"{'':<28} {'measured':>10} {'truth':>10} {'limit':>10}   milliseconds")
    failed = freezing(options.roacache, options.seconds, options.slack)
    failed |= two_modes(options.roacache, options.seconds, options.slack)
    sys.exit(1 if failed else 0)


main()
