"""Uses an L2 file of the hybrid portal as its service does, one writer and ten readers at once, and says how it went.

    writers.py PATH [--seconds S] [--before S] [--readers N] [--pause-ms MS] [--gap-ms MS] [-- COMMAND ARGUMENT…]

PATH is a file that fill.py or the service made, in any of the schemas. Every operation opens a connection of its own
(Python's default: five seconds for a lock). A reader looks up an entry; the writer keeps an entry of a company of its
own (999999), logs a look-up, and invalidates its company now and then; each pauses between two operations.

First all is measured undisturbed for --before seconds. Then `READY` is printed and the same is measured again for
--seconds, in which the test does what might disturb; or COMMAND is run once after another for that long, always at
least once and to its end. The last line is JSON: {"journal", "before": PHASE, "during": PHASE}, where a PHASE has
`operations`, `failures` ({text: count}), `max_wait_ms`, the same with p50 and p99 for `reads` and `writes`, `seconds`,
and `commands` ([{"exit", "seconds"}]).
"""

import argparse
import collections
import json
import multiprocessing
import random
import sqlite3
import subprocess
import sys
import time

import l2

OWN_COMPANY = 999999


class Waits:
    """How long each operation took, and what failed."""

    def __init__(self):
        self.waits, self.failures = [], collections.Counter()

    def time(self, operation):
        begun = time.perf_counter()
        try:
            operation()
        except sqlite3.Error as error:
            self.failures[str(error)] += 1
        self.waits.append((time.perf_counter() - begun) * 1000)


def read(path, schema, key):
    connection = sqlite3.connect(path)
    try:
        connection.execute(*schema.get(key, time.time())).fetchone()
    finally:
        connection.close()


def change(path, statements):
    connection = sqlite3.connect(path)
    try:
        for sql, values in statements:
            connection.execute(sql, values)
        connection.commit()
    finally:
        connection.close()


def be_reader(path, schema, keys, pause, begin, end, results):
    waits = Waits()
    chosen = random.Random(multiprocessing.current_process().name)
    begin.wait()
    while not end.is_set():
        key = chosen.choice(keys)
        waits.time(lambda: read(path, schema, key))
        time.sleep(pause)
    results.put(("reads", waits))


def be_writer(path, schema, pause, begin, end, results):
    waits, number = Waits(), 0
    begin.wait()
    while not end.is_set():
        number += 1
        key = schema.key("dashboard_summary", OWN_COMPANY, "writer", {"page": number % 50})
        entry = l2.Entry(key, "dashboard_summary", OWN_COMPANY, "writer", json.dumps({"n": number}), time.time(), 3600)
        waits.time(lambda: change(path, schema.put(entry)))
        waits.time(lambda: change(path, [(l2.LOG_ROW, ("dashboard_summary", 0, 50.5, time.time()))]))
        if number % 20 == 0:
            waits.time(lambda: change(path, [schema.drop(OWN_COMPANY)]))
        time.sleep(pause)
    results.put(("writes", waits))


def summary(all_waits):
    waits = sorted(wait for one in all_waits for wait in one.waits)
    failures = sum((one.failures for one in all_waits), collections.Counter())
    of = {"operations": len(waits), "failures": dict(failures), "max_wait_ms": None}
    if waits:
        of.update(max_wait_ms=round(waits[-1], 3), p50_wait_ms=round(waits[len(waits) // 2], 3),
                  p99_wait_ms=round(waits[len(waits) * 99 // 100], 3))
    return of


def run_command(command):
    begun = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return {"exit": done.returncode, "seconds": round(time.perf_counter() - begun, 3)}


def phase(given, schema, keys, seconds, command, announce):
    begin, end = multiprocessing.Barrier(given.readers + 2), multiprocessing.Event()
    results, pause = multiprocessing.Queue(), given.pause_ms / 1000
    shared = (pause, begin, end, results)
    processes = [multiprocessing.Process(target=be_reader, args=(given.path, schema, keys, *shared), daemon=True)
                 for _ in range(given.readers)]
    processes.append(multiprocessing.Process(target=be_writer, args=(given.path, schema, *shared), daemon=True))
    for process in processes:
        process.start()
    begin.wait()
    begun, commands = time.perf_counter(), []
    if announce:
        print("READY", flush=True)
    while command and (not commands or time.perf_counter() - begun < seconds):
        commands.append(run_command(command))
        time.sleep(given.gap_ms / 1000)
    time.sleep(max(0.0, seconds - (time.perf_counter() - begun)))
    end.set()
    took = time.perf_counter() - begun
    done = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    parts = {name: summary([waits for kind, waits in done if kind == name]) for name in ("reads", "writes")}
    return {**summary([waits for _, waits in done]), **parts, "seconds": round(took, 3), "commands": commands}


def some_keys(path, schema):
    connection = sqlite3.connect(path)
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    keys = [key for key, in connection.execute(f"SELECT {schema.key_column} FROM {schema.table} LIMIT 5000")]
    connection.close()
    return journal, keys or ["none"]


def main():
    asked, command = sys.argv[1:], []
    if "--" in asked:
        asked, command = asked[:asked.index("--")], asked[asked.index("--") + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--before", type=float, default=3.0)
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--pause-ms", type=float, default=10.0)
    parser.add_argument("--gap-ms", type=float, default=50.0, help="between two runs of COMMAND")
    given = parser.parse_args(asked)
    schema = l2.schema_of(given.path)
    journal, keys = some_keys(given.path, schema)
    before = phase(given, schema, keys, given.before, [], False)
    during = phase(given, schema, keys, given.seconds, command, True)
    print(json.dumps({"journal": journal, "before": before, "during": during}))


if __name__ == "__main__":
    main()
