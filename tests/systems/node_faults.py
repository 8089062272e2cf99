#!/usr/bin/python3
"""Removes entries from a cluster and from a primary with Sentinels while their servers fail, and looks whether what
roacache says of it is true.

usage: node_faults.py ROACACHE [--faults N] [--seed S] [--entries N] [--group cluster|sentinel]

Each round sets entries that are to go and others that are to stay, waits until the replicas have them, begins
`roacache invalidate` under write load, and once the first entries are gone does something at a random moment: kills,
pauses or fails over a primary, moves slots, cuts the clients' connections, makes the output buffers small, changes the
password. A round counts when roacache was at work before the fault and after it, and something was written. Then the servers are healed, and 10 s later all of them are judged:

- no entry is gone that was not meant;
- after exit 0, and after exit 5 and another run, none is left that was there throughout;
- exit 0, 3, 4 or 5 alone, and the figures of the answer fit what is gone.

The seed is printed; the same one does the same faults in the same order. Exits 1 where anything is wrong.
"""

import argparse
import json
import logging
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import redis

from node_groups import Cluster, Sentinels, wait_for

logging.getLogger("redis").setLevel(logging.CRITICAL)  # what fails is what is looked for
TIMEOUT = "2s"  # roacache waits four times as long for servers to agree


def keys_of(server):
    server.client.connection_pool.disconnect()  # a fault may have cut what is in it
    return set(server.client.scan_iter(count=5000))


def keys_everywhere(group):
    found = set()
    for server in group.primaries():
        found |= keys_of(server)
    return found


def fill(group, entries):
    """The entries that are to go, and those that are to stay."""
    going = [f"cache:t:victims:{n:012x}" for n in range(entries)]
    staying = [f"cache:u:victims:{n:012x}" for n in range(entries // 4)] + [f"session:{n}" for n in range(entries // 4)]
    for server in group.primaries():
        server.ask("FLUSHALL")
    client = group.client()
    keys = going + staying
    for at in range(0, len(keys), 2000):
        pipe = client.pipeline(transaction=False) if group.name == "sentinel" else client.pipeline()
        for key in keys[at:at + 2000]:
            pipe.set(key, "v" * 20, ex=100000)
        pipe.execute()
    for server in group.primaries():
        wait_for(lambda: all(server.info("replication")[f"slave{n}"]["offset"] >= server.info("replication")["master_repl_offset"] - 200
                             for n in range(server.info("replication")["connected_slaves"])), what="replicas to catch up")
    return {k.encode() for k in going}, {k.encode() for k in staying}


class Writers:
    """Write load on keys that nobody looks at afterwards."""

    def __init__(self, group):
        self.group, self.ends, self.written = group, False, 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends:
            try:
                client = self.group.client()
                while not self.ends:
                    client.set(f"load:{self.written % 5000}", "x" * 50, ex=1000)
                    self.written += 1
            except (redis.RedisError, redis.exceptions.RedisClusterException, OSError, IndexError, KeyError):
                time.sleep(0.05)

    def stop(self):
        self.ends = True
        self.thread.join(10)


def do_fault(group, fault, chance):
    primary = chance.choice(group.primaries())
    if fault == "kill":
        primary.kill()
    elif fault == "pause":
        primary.send(signal.SIGSTOP)
        length = chance.uniform(0.1, 4)
        threading.Timer(length, lambda: primary.paused and primary.send(signal.SIGCONT)).start()
    elif fault == "failover":
        group.failover(primary, chance)
    elif fault == "reshard":
        group.reshard(primary, chance)
    elif fault == "cut":
        for _ in range(3):
            primary.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            time.sleep(chance.uniform(0, 0.05))
    elif fault == "buffers":
        primary.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 20000 10000 1")
        threading.Timer(1, lambda: primary.process.poll() is None and primary.ask(
            "CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")).start()
    elif fault == "password":  # for half a second, with all connections closed
        primary.ask("CONFIG", "SET", "requirepass", "another")
        primary.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        time.sleep(0.5)
        primary.ask("CONFIG", "SET", "requirepass", "")


def begin(roacache, group):
    return subprocess.Popen([roacache, "invalidate", "-t", "t", "-r", "victims", "-u", group.url(), "-o", "json", "-q",
                             "--timeout", TIMEOUT, "--max-pause", "300us"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def unlinked(group):
    calls = 0
    for server in group.servers:
        try:
            calls += server.info("commandstats").get("cmdstat_unlink", {}).get("calls", 0)
        except (redis.RedisError, OSError):
            pass
    return calls


def run_round(roacache, group, fault, chance, entries):
    """What is wrong, and whether the fault counted."""
    group.heal()
    going, staying = fill(group, entries)
    for server in group.servers:
        server.ask("CONFIG", "RESETSTAT")
    writers = Writers(group)
    process = begin(roacache, group)
    while unlinked(group) == 0 and process.poll() is None:
        pass
    time.sleep(chance.uniform(0, 0.15))
    counted = process.poll() is None
    try:
        do_fault(group, fault, chance)
    except (redis.RedisError, OSError, IndexError):
        counted = False
    try:
        out, err = process.communicate(timeout=90)
    except subprocess.TimeoutExpired:
        process.kill()
        return [f"{fault}: did not end"], counted
    code = process.returncode
    wrong = []
    if code not in (0, 3, 4, 5):
        wrong.append(f"{fault}: exit {code}: {err}")
    again = None
    writers.stop()
    counted = counted and writers.written > 0
    group.heal()
    if code != 0:
        process = begin(roacache, group)
        out2, err2 = process.communicate(timeout=90)
        again = process.returncode
        if again != 0:
            wrong.append(f"{fault}: exit {code} ({err.strip()}), and {again} when run again: {err2.strip()}")
    time.sleep(10 if counted else 0)
    left = keys_everywhere(group)
    if going & left and (code == 0 or again == 0):
        wrong.append(f"{fault}: exit {code}, again {again}: {len(going & left)} entries are left")
    if staying - left:
        wrong.append(f"{fault}: exit {code}: {len(staying - left)} of other entries are gone")
    if out.strip():
        answer = json.loads(out)
        if code == 0 and answer["removed"] + answer["unconfirmed"] < entries:
            wrong.append(f"{fault}: exit 0 with {answer['removed']} removed and {answer['unconfirmed']} unconfirmed of {entries}")
    print(f"  {fault:9} exit {code}{'' if again is None else f', then {again}'}, {writers.written} writes"
          f"{'' if counted else '  (not counted)'}"
          f"{'  WRONG' if wrong else ''}", flush=True)
    return wrong, counted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--entries", type=int, default=40_000)
    parser.add_argument("--group", choices=("cluster", "sentinel"))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    kinds = [k for k in (Cluster, Sentinels) if arguments.group in (None, k.name)]
    wrong, total = [], 0
    for kind in kinds:
        folder = tempfile.mkdtemp()
        group = kind(folder)
        try:
            print(group.name, flush=True)
            counted = 0
            while counted < arguments.faults // len(kinds):
                fault = chance.choice(kind.faults)
                found, counts = run_round(arguments.roacache, group, fault, chance, arguments.entries)
                counted += counts
                wrong += found
                for line in found:
                    print(line, flush=True)
            total += counted
        finally:
            for server in group.servers + getattr(group, "sentinels", []):
                server.process.kill()
                server.process.wait()
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{total} faults, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
