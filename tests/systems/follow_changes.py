#!/usr/bin/python3
"""Changes at random moments, with a follow that is killed and started again meanwhile: is each one followed?

usage: follow_changes.py ROACACHE [--changes N] [--seed N] [--interval SECONDS] [--settle SECONDS] [--slack SECONDS]
       [--journal delete|wal]

A ledger in SQLite, a Redis of its own, and `roacache follow --state`. Each change is one that a poll can see: a row more,
a row that is committed late with an id below the maximum, rows that are gone (a restored database), a company that
vanishes or appears. Just before it commits, an entry with the old data is put into the cache; for every third change a
reader that was under way writes the old data back within the settle time. follow is ended by SIGKILL (or SIGTERM) at
random moments and started again after a while. No entry may be missed; and where a follow has run for interval + settle
since the change, or since its own start, the entry has to be gone. Prints the seed and the figures as JSON (seconds, of
each entry in the follow in which it stayed longest); exits 1 when an entry was missed or late, or one that nothing changed
is gone.
"""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import redis

COMPANIES = 40
QUERY = "SELECT company, max(id), count(*) FROM act GROUP BY company"


class Ledger:
    """Companies' rows; no watermark of a company ever comes twice, for such changes no poll can see."""

    def __init__(self, path, journal, chance):
        self.database = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self.database.execute(f"PRAGMA journal_mode={journal}")
        self.database.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company INTEGER NOT NULL)")
        self.chance = chance
        self.next_id = 2
        self.rows = collections.defaultdict(list)
        self.had = collections.defaultdict(set)
        for company in range(1, COMPANIES + 1):
            for _ in range(3):
                self.rows[company].append(self.fresh_id())
        self.database.executemany("INSERT INTO act VALUES (?, ?)",
                                  [(row, company) for company, rows in self.rows.items() for row in rows])
        for company in self.rows:
            self.had[company].add(self.watermark(self.rows[company]))

    def fresh_id(self):
        self.next_id += 2
        return self.next_id

    @staticmethod
    def watermark(rows):
        return (max(rows), len(rows)) if rows else None

    def change(self, company, before_commit):
        """Commits one; what kind it was."""
        rows = self.rows[company]
        kinds = {"inserted": rows + [self.fresh_id()]}
        if rows:
            kinds["late"] = rows + [max(rows) - 2 * self.chance.randrange(1, 10**6) - 1]
            kinds["restored"] = sorted(rows)[:-1]
            kinds["vanished"] = []
        else:
            kinds["appeared"] = kinds.pop("inserted")
        weights = {"inserted": 6, "late": 2, "restored": 2, "vanished": 1, "appeared": 6}
        possible = [kind for kind, after in kinds.items()
                    if self.watermark(after) not in self.had[company] and len(set(after)) == len(after)]
        kind = self.chance.choices(possible, [weights[each] for each in possible])[0]
        after = kinds[kind]
        self.database.execute("BEGIN IMMEDIATE")
        for row in set(rows) - set(after):
            self.database.execute("DELETE FROM act WHERE id = ?", (row,))
        for row in set(after) - set(rows):
            self.database.execute("INSERT INTO act VALUES (?, ?)", (row, company))
        before_commit()
        self.database.execute("COMMIT")
        self.rows[company] = after
        self.had[company].add(self.watermark(after))
        return kind


class Follow:
    """The program, ended and started again."""

    def __init__(self, roacache, folder, url, arguments):
        self.command = [roacache, "follow", "-u", url, "--sqlite", f"{folder}/ledger.db", "--query", QUERY,
                        "-e", "company-changed={1}", "--state", f"{folder}/state.json", "-o", "ndjson", *arguments]
        self.log, self.lock = f"{folder}/follow.log", f"{folder}/state.json.lock"
        self.lives = []  # [when it began to poll or None, when it ended or None]
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})
        self.lives.append([None, None])
        threading.Thread(target=self.wait_until_ready, args=(self.process, self.lives[-1]), daemon=True).start()

    def wait_until_ready(self, process, life):
        while life[1] is None:
            try:
                with open(self.lock, encoding="ascii") as lock:
                    if lock.read() == f"{process.pid}\n":
                        life[0] = time.monotonic()
                        return
            except FileNotFoundError:
                pass
            time.sleep(0.002)

    def end(self, number):
        """Seconds until it had ended, and its exit code."""
        begun = time.monotonic()
        self.lives[-1][1] = begun
        self.process.send_signal(number)
        code = self.process.wait()
        return time.monotonic() - begun, code

    def longest_wait(self, changed, gone):
        """In one follow, from the change, or its start, to the entry's end, or its own."""
        waits = [min(gone, ended or gone) - max(changed, ready) for ready, ended in self.lives if ready is not None]
        return max([0.0, *waits])


class Watcher(threading.Thread):
    """When each stale entry went."""

    def __init__(self, cache):
        super().__init__(daemon=True)
        self.cache, self.lock = cache, threading.Lock()
        self.waiting, self.gone = {}, []
        self.over = False

    def expect(self, key, changed, kind):
        with self.lock:
            self.waiting[key] = (changed, kind)

    def run(self):
        while not self.over:
            with self.lock:
                keys = list(self.waiting)
            pipe = self.cache.pipeline(transaction=False)
            for key in keys:
                pipe.exists(key)
            there = pipe.execute() if keys else []
            now = time.monotonic()
            with self.lock:
                for key, is_there in zip(keys, there):
                    if not is_there:
                        self.gone.append((*self.waiting.pop(key), now))
            time.sleep(0.005)


def start_redis(folder):
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--save", "",
                               "--appendonly", "no"], stdout=subprocess.DEVNULL, cwd=folder)
    cache = redis.Redis(unix_socket_path=f"{folder}/redis.sock")
    for _ in range(1000):
        try:
            cache.ping()
            return server, cache
        except redis.ConnectionError:
            time.sleep(0.01)
    raise SystemExit("redis-server does not answer")


def figures_of(values):
    values = sorted(values) or [0]
    return {name: round(values[min(len(values) - 1, int(share * len(values)))], 3)
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))}


def run(options, folder):
    chance = random.Random(options.seed)
    server, cache = start_redis(folder)
    unchanged = ["session:1", "cache:default:invoices_list:company-1:0a1b2c3d4e5f",
                 f"cache:default:dashboard_summary:company-{COMPANIES + 1}:0a1b2c3d4e5f"]
    for key in unchanged:
        cache.set(key, "kept")
    ledger = Ledger(f"{folder}/ledger.db", options.journal, chance)
    follow = Follow(options.roacache, folder, f"unix://{folder}/redis.sock",
                    ["--interval", f"{int(options.interval * 1000)}ms", "--settle", f"{int(options.settle * 1000)}ms"])
    follow.start()
    while not os.path.exists(f"{folder}/state.json"):
        if follow.process.poll() is not None:
            raise SystemExit(open(follow.log).read())
        time.sleep(0.01)
    watcher = Watcher(cache)
    watcher.start()
    kinds, ends, slow_ends, timers = collections.Counter(), collections.Counter(), [], []
    next_end = time.monotonic() + chance.uniform(0.2, 1)

    def write_back(key, changed):
        cache.set(key, "old")
        if time.monotonic() < changed + options.settle:  # else that reader was slower than --settle allows for
            watcher.expect(key, changed, "written back")

    for number in range(options.changes):
        time.sleep(chance.expovariate(1 / options.pause))
        company = chance.randrange(1, COMPANIES + 1)
        key = f"cache:default:dashboard_summary:company-{company}:{number:012x}"
        kinds[ledger.change(company, lambda: cache.set(key, "old"))] += 1
        changed = time.monotonic()
        if not cache.exists(key):
            cache.set(key, "old")
        watcher.expect(key, changed, "stale")
        if number % 3 == 0:
            delay, back = chance.uniform(0, options.settle * 0.8), f"{key[:-12]}{number:011x}f"
            timer = threading.Timer(delay, write_back, [back, changed])
            timer.start()
            timers.append(timer)
        if time.monotonic() > next_end:
            by = signal.SIGKILL if chance.random() < 0.8 else chance.choice([signal.SIGTERM, signal.SIGINT])
            took, code = follow.end(by)
            ends[by.name] += 1
            if by != signal.SIGKILL:
                slow_ends.append(took)
                if code != 130:
                    raise SystemExit(f"ended with {code}: {open(follow.log).read()[-2000:]}")
            time.sleep(chance.uniform(0, 0.3))
            follow.start()
            next_end = time.monotonic() + chance.choice([chance.uniform(0, 0.3), chance.uniform(0.3, 4)])
    for timer in timers:
        timer.join()
    limit = time.monotonic() + options.interval + options.settle + 10
    while watcher.waiting and time.monotonic() < limit:
        time.sleep(0.05)
    watcher.over = True
    watcher.join()
    slow_ends.append(follow.end(signal.SIGTERM)[0])
    kept = [key for key in unchanged if cache.exists(key)]
    server.terminate()
    server.wait()
    with open(follow.log, encoding="utf-8") as log:  # a killed one may leave half a line
        lines = [line for line in log if line.startswith("{") and line.endswith("}\n")]
    passes = [json.loads(line)["invalidation"]["elapsed_ms"] / 1000 for line in lines if '"invalidation"' in line]
    waits = {kind: [follow.longest_wait(changed, gone) for changed, each, gone in watcher.gone if each == kind]
             for kind in ("stale", "written back")}
    most = options.interval + options.settle
    within = sum(wait <= most for each in waits.values() for wait in each)
    late = [wait for each in waits.values() for wait in each if wait > most + options.slack]
    return {"changes": options.changes, "kinds": dict(kinds), "ends": dict(ends), "journal": options.journal,
            "stale_entries": len(waits["stale"]), "written_back": len(waits["written back"]),
            "missed": sorted(watcher.waiting), "late": len(late), "most_s": most, "within_most": within,
            "stale_s": figures_of(waits["stale"]), "written_back_s": figures_of(waits["written back"]),
            "removals": len(passes), "removal_s": figures_of(passes),
            "longest_end_s": round(max(slow_ends), 3), "kept": len(kept) == len(unchanged)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--interval", type=float, default=0.25)
    parser.add_argument("--settle", type=float, default=0.75)
    parser.add_argument("--pause", type=float, default=0.08, help="seconds between two changes, on the average")
    parser.add_argument("--slack", type=float, default=0.5, help="seconds for the removal itself, and to be scheduled")
    parser.add_argument("--journal", choices=["delete", "wal"], default="delete")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="follow-")
    try:
        figures = run(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))
    return 1 if figures["missed"] or figures["late"] or not figures["kept"] or figures["longest_end_s"] > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
