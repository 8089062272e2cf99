#!/usr/bin/python3
"""Holds what roacache says of two arms against arms that are known to be the same, or known to differ by 10 %.

usage: differences.py ROACACHE [--runs N] [--slack F]

identical arms    nginx with a 1 KB body, a cached answer of the reference service, and a suite of it whose endpoints have
                  weights and ask for companies by Zipf: both arms get the same request but for one digit of a header that
                  means nothing; a 95 % interval should leave 1 out in one run of twenty, and no run should report a stall
true difference   questions to the reference service, for companies by Zipf, which it computes anew in nine of ten
                  requests of both arms; in the tenth the cached arm gets it from the cache. The arm's work is 0.9 of the
                  other's and as good as nothing more, and so is its mean answer, however long requests wait for each
                  other (Little's law: connections by answers a second). Runs of the default size should find it, and
                  never the other way round

Exits 1 when a count is outside its limit. N runs of each (default 100). Limits of fewer runs allow for their greater
chance; F times as many mistakes are borne, and F - 1 stalls (default 1; a busy machine wants more).
"""

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile

from load_generators import Nginx

ROWS = 5000  # invoices: some milliseconds an answer
DEFAULT_REQUESTS = 1000
SUITE = """
base_url = "BASE"
uncached_header = "Cache-Control: no-cache"
[[endpoints]]
name = "computed in both arms"
url = "/api/dashboard/summary?company={company}"
vary = { company = "zipf:1,2,3" }
headers = { "Cache-Control" = "no-cache" }
weight = 9
[[endpoints]]
name = "computed in one"
url = "/api/dashboard/summary?company={company}"
vary = { company = "zipf:1,2,3" }
"""
CHOICES_AND_WEIGHTS = """
base_url = "BASE"
headers = { X-Arm = "1" }
uncached_header = "X-Arm: 2"
[[endpoints]]
name = "summary"
url = "/api/dashboard/summary?company={company}"
vary = { company = "zipf:1,2,3,4,5,6" }
weight = 3
[[endpoints]]
name = "invoices"
url = "/api/invoices?company={company}&page_size=5"
vary = { company = "1,2,3" }
"""
TWO_ARMS = ("-H", "X-Arm: 1", "--uncached-header", "X-Arm: 2")
QUANTITIES = ("mean", "p50")


def bench(roacache, *options):
    command = [roacache, "bench", "-q", "-o", "json", "--no-compare", "--assert", "errors == 0", *options]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    # 6: of identical arms it is found out that one is not past the cache, and what it measured stands all the same.
    if finished.returncode not in (0, 6):
        sys.exit(f"roacache bench: exit {finished.returncode}: {finished.stdout[:2000].decode()}")
    return json.loads(finished.stdout)


class Service:
    """The reference service on a port of the system's choice."""

    def __init__(self, roacache, *options):
        command = [roacache, "demo", "-q", "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def most_by_chance(runs, share, surely=0.97):
    """How many of the runs an event of this share happens in at most, that surely."""
    below = 0.0
    for count in range(runs + 1):
        below += math.comb(runs, count) * share**count * (1 - share) ** (runs - count)
        if below >= surely:
            return count
    return runs


def row(name, runs, count, most):
    over = count > most
    print(f"{name:<52} {count:>6} of {runs:<4} {most:>6}{'  EXCEEDED' if over else ''}", flush=True)
    return over


def identical(name, roacache, asked, runs, slack):
    called = dict.fromkeys(QUANTITIES, 0)
    stalled = 0
    for run in range(runs):
        result = bench(roacache, *asked, "--seed", str(run + 1))
        stalled += bool(result["stalls"])
        for quantity in QUANTITIES:
            ratio = result["comparison"][quantity]
            called[quantity] += not ratio["ci_low"] <= 1 <= ratio["ci_high"]
    most = round(most_by_chance(runs, 0.05) * slack)
    failed = any([row(f"{name}: {quantity} differs", runs, called[quantity], most) for quantity in QUANTITIES])
    return row(f"{name}: a stall told", runs, stalled, round(slack - 1)) or failed


def written(folder, suite, service):
    """The path of the suite for that service."""
    path = os.path.join(folder, "suite.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(suite.replace("BASE", service.url))
    return path


def true_difference(roacache, folder, runs, slack):
    with Service(roacache, "--rows", str(ROWS)) as service:
        suite = written(folder, SUITE, service)

        def mean_ratio(tenths, seed):
            return bench(roacache, "--suite", suite, "-n", str(tenths), "--seed", str(seed))["comparison"]["mean"]

        ratios = [mean_ratio(DEFAULT_REQUESTS // 10, run + 1) for run in range(runs)]
        truth = mean_ratio(DEFAULT_REQUESTS // 10 * (20 if runs >= 100 else 3), runs + 1)
    print(f"a run of more requests finds {truth['ratio']:.3f}, {truth['ci_low']:.3f} … {truth['ci_high']:.3f}")
    missed = sum(ratio["ci_high"] >= 1 for ratio in ratios)
    failed = row("a true difference of 10 %: not found", runs, missed, round(max(runs * 0.05, 1) * slack))
    failed |= row("a true difference of 10 %: of the wrong sign", runs, sum(ratio["ratio"] >= 1 for ratio in ratios), 0)
    widths = sorted((ratio["ci_high"] - ratio["ci_low"]) / 2 for ratio in ratios)
    print(f"half the interval's width: median {widths[runs // 2]:.3f}, greatest {widths[-1]:.3f}")
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()
    print(f"{'':<52} {'counted':>6} {'':<7} {'limit':>6}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # nginx started by root serves as another user
        os.environ["XDG_CACHE_HOME"] = folder  # where the services keep their ledgers
        server = Nginx(folder, sorted(os.sched_getaffinity(0))[0])
        try:
            failed |= identical("nginx, identical arms", options.roacache, (server.url, *TWO_ARMS), options.runs, options.slack)
        finally:
            server.stop()
        with Service(options.roacache, "--rows", "2000") as service:
            one = (service.url + "/api/dashboard/summary?company=1", *TWO_ARMS)
            failed |= identical("reference service, identical arms", options.roacache, one, options.runs, options.slack)
            several = ("--suite", written(folder, CHOICES_AND_WEIGHTS, service))
            failed |= identical("choices and weights, identical", options.roacache, several, options.runs, options.slack)
        failed |= true_difference(options.roacache, folder, options.runs, options.slack)
    sys.exit(1 if failed else 0)


main()
