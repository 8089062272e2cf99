#!/usr/bin/python3
"""Holds the hit rate of both arms in turns against that of the cache alone, where entries expire.

usage: expiring_entries.py ROACACHE [--ttls N]

N times to live (default 4; 20 take half an hour) from 0.1 to 10 s, of a service that answers in 4 ms from its cache
and in 20 ms without it; requests past the cache leave the entry alone, or renew it; 1 and 10 connections.

Exits 1 when the two hit rates are more than 2 points apart and the run is not inconclusive for that reason.
"""

import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_POINTS = 2


def bench(roacache, requests, *arguments):
    command = [roacache, "bench", *arguments, "--hit-header", "X-Cache: HIT", "-n", str(requests), "-o", "json", "-q"]
    finished = subprocess.run([*command, "--assert", "errors == 0", "--assert", "hit_rate >= 1%"], stdout=subprocess.PIPE)
    if finished.returncode not in (0, 6):
        sys.exit(f"roacache bench: exit {finished.returncode}")
    return json.loads(finished.stdout)


def times_to_live(number):
    return [0.1 * 100 ** (i / max(number - 1, 1)) for i in range(number)]


def compare(roacache, url, connections):
    turns = bench(roacache, 1000, url, "--uncached-header", "Cache-Control: no-cache", "-c", connections)
    # With several connections each expiry is several misses at once, so that few requests tell little.
    single = bench(roacache, 1000 * int(connections), "--single", url, "-c", connections)
    points = 100 * (turns["hit_rate"] - single["hit_rate"])
    told = turns["verdict"] == "inconclusive" and any("expire" in reason or "live" in reason for reason in turns["reasons"])
    over = abs(points) > MOST_POINTS and not told
    begun = (turns["alone"] or {}).get("blocks_begun_with_misses", 0)
    print(f"{url.split('/', 3)[3]:<24} {connections:>3} {100 * turns['hit_rate']:8.2f} % {100 * single['hit_rate']:8.2f} % "
          f"{points:+6.2f} {begun:>4}{'  EXCEEDED' if over else ''}", flush=True)
    return over


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--ttls", type=int, default=4)
    options = parser.parse_args()
    server = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "../bench/expiring_server.py")], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{server.stdout.readline().split()[1]}"
        print(f"{'':<24} {'c':>3} {'in turns':>10} {'alone':>10} points begun with misses")
        exceeded = [
            compare(options.roacache, f"{base}/{kind}/{ttl:.3f}", connections)
            for ttl in times_to_live(options.ttls)
            for kind in ("ttl", "renewed")
            for connections in ("1", "10")
        ]
    finally:
        server.terminate()
        server.wait()
    sys.exit(any(exceeded))


if __name__ == "__main__":
    main()
