#!/usr/bin/python3
"""Counts how often a run of a sound service ends without a verdict: as few should as possible.

usage: sound_services.py ROACACHE [--runs N]

Services whose cache works, of different kinds (nginx and Varnish before an origin, FastAPI with and without gzip, a cache
in Redis proven by the store's own counters, the reference service, entries that expire, answers that hold the time of
day, parameters chosen by Zipf), at 1, 10 and 50 connections, each measured by README's command and the target that is
usual there. N runs (default 200) go over all of them in turns.

Exits 1 when more than 5 % of the runs are inconclusive, or any fails.
"""

import argparse
import collections
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_INCONCLUSIVE = 0.05
BYPASS = ("--uncached-header", "Cache-Control: no-cache")
HIT = ("--hit-header", "X-Cache: HIT")

NGINX = """
daemon off; worker_processes 1; error_log stderr; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    proxy_cache_path {folder}/cache keys_zone=c:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{origin}; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_cache c; proxy_cache_valid 200 10m; proxy_cache_use_stale updating; proxy_cache_lock on;
            proxy_cache_bypass $http_cache_control; add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"""
VCL = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_recv {{ if (req.http.Cache-Control ~ "no-cache") {{ return (pass); }} }}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def started(command, port=None):
    """The process's port: the one that it prints, or this one once it listens there."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if port is None:
            yield int(process.stdout.readline().split()[-1].rsplit(":", 1)[-1])
            return
        while process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGINT if "demo" in command else signal.SIGTERM)
        process.wait()


def python(script, *arguments):
    return started(["/usr/bin/python3", os.path.join(HERE, "..", script), *map(str, arguments)])


def readable_folder(*parts):
    """For a proxy started by root, which serves as another user."""
    path = os.path.join(*parts)
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o755)
    return path


@contextlib.contextmanager
def nginx(folder, origin):
    port = free_port()
    with open(f"{folder}/nginx.conf", "w", encoding="ascii") as config:
        config.write(NGINX.format(folder=folder, port=port, origin=origin))
    with started(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf", "-e", "stderr"], port):
        yield port


@contextlib.contextmanager
def varnish(folder, origin):
    port = free_port()
    with open(f"{folder}/default.vcl", "w", encoding="ascii") as config:
        config.write(VCL.format(origin=origin))
    command = ["varnishd", "-F", "-n", f"{folder}/varnish", "-a", f"127.0.0.1:{port}", "-f", f"{folder}/default.vcl", "-s", "malloc,32m"]
    with started(command, port):
        yield port


@contextlib.contextmanager
def services(roacache, folder):
    """Each kind's URL and the options that its user would give."""
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        url = "http://127.0.0.1:{}{}".format
        origins = {ms: enter(python("bench/counting_server.py", ms)) for ms in (5, 30)}
        proxied = {ms: enter(nginx(readable_folder(folder, f"nginx-{ms}"), port)) for ms, port in origins.items()}
        store = free_port()
        enter(started(["redis-server", "--port", str(store), "--save", "", "--bind", "127.0.0.1"], store))
        in_redis = enter(python("cli/cached_by_redis.py", store))
        demo = enter(started([roacache, "demo", "-q", "--listen", "127.0.0.1:0", "--rows", "2000"]))
        expiring = enter(python("bench/expiring_server.py"))
        with_parameters = enter(python("cli/parameters_server.py"))
        by_counters = ("-u", f"redis://127.0.0.1:{store}")
        yield {
            "nginx before 5 ms": (url(proxied[5], "/a"), *BYPASS, *HIT),
            "nginx before 30 ms": (url(proxied[30], "/a"), *BYPASS, *HIT),
            "Varnish before 30 ms": (url(enter(varnish(folder, origins[30])), "/"), *BYPASS, "--hit-header", "X-Varnish"),
            "FastAPI": (url(enter(python("bench/cached_app.py")), "/api/summary?company=1"), *BYPASS, *HIT),
            "FastAPI, gzip": (url(enter(python("bench/cached_app.py", "gzip")), "/api/summary?company=1"), *BYPASS, *HIT, "-H", "Accept-Encoding: gzip"),
            "Redis, by its header": (url(in_redis, "/report?company=1"), *BYPASS, *HIT),
            "Redis, by its counters": (url(in_redis, "/report?company=2&silent=1"), *BYPASS, *by_counters),
            "reference service": (url(demo, "/api/dashboard/summary?company=1"), *BYPASS, *HIT),
            "entries of 10 s": (url(expiring, "/ttl/10"), *BYPASS, *HIT),
            "companies by Zipf": (url(with_parameters, "/right?company={N}"), *BYPASS, *HIT, "--param", "N=zipf:1,2,3,4,5,6,7,8"),
        }


def bench(roacache, arguments, connections, seed):
    command = [roacache, "bench", *arguments, "-c", str(connections), "--seed", str(seed), "--assert", "mean_reduction >= 5%", "-q", "-o", "json"]
    finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if finished.returncode not in (0, 1, 6):
        sys.exit(f"exit {finished.returncode}: {' '.join(command)}: {finished.stderr.decode()}")
    return json.loads(finished.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    counts = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        readable_folder(folder)
        os.environ["XDG_CACHE_HOME"] = folder  # where the reference service keeps its ledger
        with services(options.roacache, folder) as kinds:
            cases = [(kind, connections) for connections in (10, 1, 50) for kind in kinds]
            for run in range(options.runs):
                kind, connections = cases[run % len(cases)]
                result = bench(options.roacache, kinds[kind], connections, run + 1)
                counts[kind][result["verdict"]] += 1
                if result["verdict"] != "pass":
                    print(f"{kind}, -c {connections}: {result['verdict']}: {' '.join(result['reasons'])}", flush=True)
    print(f"\n{'':<24}{'pass':>6}{'inconclusive':>14}{'fail':>6}")
    for kind, verdicts in counts.items():
        print(f"{kind:<24}{verdicts['pass']:>6}{verdicts['inconclusive']:>14}{verdicts['fail']:>6}")
    total = sum(counts.values(), collections.Counter())
    print(f"{'all':<24}{total['pass']:>6}{total['inconclusive']:>14}{total['fail']:>6}")
    sys.exit(total["fail"] > 0 or total["inconclusive"] > MOST_INCONCLUSIVE * options.runs)


if __name__ == "__main__":
    main()
