#!/usr/bin/python3
"""Holds what roacache does to a service's SQLite file against the same SQL, and against the service that goes on using it.

usage: sqlite_file.py ROACACHE [--entries N] [--megabytes N] [--check]

For a table with indexes, one with an index of its keys alone and one with none, where each look-up of the service reads
the whole table, and for both journal modes:
  invalidate   of a file of N entries (default 100,000) those of a company, some hundreds, and what is stale when it has
               changed, with the lists of companies a tenth of all; alone, and among one writer and ten readers
               (tests/systems/writers.py): how many of their operations failed, and how long the slowest hundredth of
               them waited before and meanwhile; and a company with one DELETE of sqlite3's, in a single transaction.
               A reader pauses 10 ms after each look-up; where that reads the whole table, 10 ms (ten of them keep more
               than two cores busy) and 200 ms, which is what is held against the limit
  locks        for how long at a time each removal, and stats, held what others need: the lock of the one writer, the
               lock that readers wait for, and where there is no write-ahead log the shared one that a commit waits for
               (lock_times.cpp); and for how long of that it was at work, which it is not while a commit waits for readers
  stats        keys and bytes by resource of a file of so many megabytes (default 1,000), against the same SQL in sqlite3

Exits 1 when an operation of the service or a removal fails, or when stats take more than 1.2 × the SQL; with --check
also when a company's removal among users takes more than half a second, or a lock is held longer than 5 ms: alone as
the clock says, and among users, who take its core away meanwhile, as far as it was at work.
With ROACACHE_PERF=small in the environment 5,000 entries and 50 MB.
"""

import argparse
import fcntl
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEMS = os.path.join(HERE, "..", "systems")
PYTHON = "/usr/bin/python3"
MOST_OF_SQL = 1.2
MOST_SECONDS_IN_USE = 0.5
MOST_LOCKED_MS = 5
# Bytes of the file, and of the index of its write-ahead log, that stand for locks: sqlite.org/fileformat.html.
PENDING, RESERVED, SHARED, WAL_WRITE = 0x40000000, 0x40000001, 0x40000002, 120
SMALL = os.environ.get("ROACACHE_PERF") == "small"
SECONDS_BEFORE = 0.5 if SMALL else 3
SQL = {
    "a": "SELECT cache_type, count(*), sum(length(cache_key) + length(value)), min(expires_at), max(expires_at) "
         "FROM cache_entries WHERE expires_at > unixepoch() GROUP BY cache_type",
    "b": "SELECT substr(key, 1, instr(key, ':')), count(*), sum(length(key) + length(data)), min(expiry), max(expiry) "
         "FROM query_cache WHERE expiry > unixepoch() GROUP BY 1",
}
DELETE = {
    "a": "DELETE FROM cache_entries WHERE company_id = 1",
    "b": "DELETE FROM query_cache WHERE key LIKE '%:company-1:%'",
    "d": "DELETE FROM l2_cache WHERE company_id = 1",
}


def seconds(command):
    begun = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - begun, done.stdout


def filled(folder, schema, journal, entries):
    path = f"{folder}/{schema}-{journal}.db"
    command = [PYTHON, f"{SYSTEMS}/fill.py", "roa2web-hybrid", path, "--schema", schema, "--journal", journal]
    subprocess.run([*command, "--entries", str(entries), "--ttl", "100000"], stdout=subprocess.DEVNULL, check=True)
    return path


def commands(roacache, path, command, *arguments):
    return [roacache, command, "-p", "roa2web-hybrid", "-u", f"sqlite:{path}", "-q", *arguments]


def fresh_copy(path):
    copy = path + ".copy"
    for rest in ("-wal", "-shm", "-journal"):
        if os.path.exists(copy + rest):
            os.remove(copy + rest)
    shutil.copy(path, copy)
    return copy


def in_use(path, command, pause_ms):
    """What writers.py says of a service that goes on while the command runs."""
    service = [PYTHON, f"{SYSTEMS}/writers.py", path, "--before", str(SECONDS_BEFORE), "--seconds", "0.1",
               "--pause-ms", str(pause_ms)]
    done = subprocess.run([*service, "--", *command], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def waits(used):
    return (f"{used['during']['commands'][0]['seconds']:6.2f} s in use; waits of the slowest hundredth "
            f"{used['before']['p99_wait_ms']:7.1f} ms before, {used['during']['p99_wait_ms']:7.1f} ms meanwhile")


def run_among_users(name, command, copy, path, pause_ms):
    """Alone, then among the service's own users: seconds there, what failed, and whether a lock was held too long."""
    fresh_copy(path)
    watched = Watched(command, copy)
    alone, out = seconds(watched.command)
    locks_alone = watched.locks()
    fresh_copy(path)
    used = in_use(copy, watched.command, pause_ms)
    failures = dict(used["during"]["failures"])
    if any(run["exit"] != 0 for run in used["during"]["commands"]):
        failures[command[0]] = [run["exit"] for run in used["during"]["commands"]]
    removed = f"{json.loads(out)['removed']:>7,} entries" if out else " " * 15
    locks_in_use = watched.locks()
    print(f"{name:<38} {removed} {alone:6.2f} s alone, {waits(used)}{'; FAILED: ' + str(failures) if failures else ''}\n"
          f"  locks alone: {told(locks_alone)}\n  locks in use: {told(locks_in_use)}", flush=True)
    long_locks = too_long(locks_alone, HELD) or too_long(locks_in_use, AT_WORK)
    return used["during"]["commands"][0]["seconds"], failures, long_locks


def invalidate(roacache, path, check):
    """True when an operation failed, or with `check` took or held too long."""
    name = os.path.basename(path)
    copy = fresh_copy(path)
    company = commands(roacache, copy, "invalidate", "--where", "company=1", "-y", "-o", "json")
    changed = commands(roacache, copy, "invalidate", "-e", "company-changed=1", "-y", "-o", "json")
    delete = ["sqlite3", "-cmd", ".timeout 30000", copy, DELETE[name[0]]]
    failed = []
    for pause_ms in (10, 200) if name[0] == "b" else (10,):
        of = f"{name} {pause_ms} ms"
        took, failures, long_locks = run_among_users(f"invalidate {of} a company", company, copy, path, pause_ms)
        failed += [failures, check and long_locks]
        _, failures, long_locks = run_among_users(f"invalidate {of} it changed", changed, copy, path, pause_ms)
        failed += [failures, check and long_locks]
        run_among_users(f"  sqlite3  {of} a company", delete, copy, path, pause_ms)
    return any(failed) or check and took > MOST_SECONDS_IN_USE


def held_locks(lines):
    """Of what lock_times.cpp wrote: {lock: [(milliseconds that it was held, those that were worked), …]} of "writer",
    "readers" (who wait for it) and "shared" (which a commit of another waits for)."""
    since, held = {}, {"writer": [], "readers": [], "shared": []}

    def name(kind, byte):
        if kind == fcntl.F_RDLCK:
            return "shared" if byte == SHARED else None
        if kind == fcntl.F_UNLCK:
            return None
        return {RESERVED: "writer", WAL_WRITE: "writer", PENDING: "readers", SHARED: "readers"}[byte]

    for line in lines:
        before, after, kind, start, length, worked = (float(field) for field in line.split())
        # A process has each lock once, through whichever of its descriptors. Whole files are unlocked of the first kind.
        covered = [byte for byte in (PENDING, RESERVED, SHARED) if start <= byte and (length == 0 or byte < start + length)]
        covered += [WAL_WRITE] if length and start <= WAL_WRITE < start + length else []
        for byte in covered:
            lock = name(kind, byte)
            had = since.pop(byte, None)
            if had and (had[0] != lock or kind == fcntl.F_UNLCK):
                held[had[0]].append((1000 * (before - had[1]), 1000 * (worked - had[2])))
                had = None
            if lock:
                since[byte] = had or (lock, after, worked)
    return held


class Watched:
    """A command whose locks are written down, by lock_times.so in the folder of the file."""

    def __init__(self, command, path):
        with open(path, "rb") as file:
            self.in_wal = file.read(19)[18] == 2
        self.times = path + ".locks"
        noted_by = os.path.join(os.path.dirname(path), "lock_times.so")
        self.command = ["env", f"LD_PRELOAD={noted_by}", f"LOCK_TIMES={self.times}", *command]

    def locks(self):
        """See held_locks(), each sorted."""
        with open(self.times, encoding="ascii") as file:
            held = held_locks(file)
        if self.in_wal:
            held.pop("shared")  # held from the beginning to the end, and in nobody's way
        return {lock: sorted(times) for lock, times in held.items() if times}


HELD, AT_WORK = 0, 1


def longest(times, kind):
    return max(time[kind] for time in times)


def told(locks):
    return "; ".join(f"{lock} {len(times)} × (median {times[len(times) // 2][HELD]:.2f}, 99 % "
                     f"{times[len(times) * 99 // 100][HELD]:.2f}, longest {longest(times, HELD):.2f} ms, at work "
                     f"{longest(times, AT_WORK):.2f})" for lock, times in locks.items())


def too_long(locks, kind):
    return any(longest(times, kind) > MOST_LOCKED_MS for times in locks.values())


def grow(path, schema, megabytes):
    """Makes each value so large that the file is about that size."""
    table, value = {"a": ("cache_entries", "value"), "b": ("query_cache", "data")}[schema]
    connection = sqlite3.connect(path)
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.execute(f"UPDATE {table} SET {value} = hex(zeroblob({megabytes * 1_000_000 // rows // 2}))")
    connection.commit()
    connection.close()


def stats(roacache, path, schema):
    rounds = 3
    pairs = []
    for _ in range(rounds):
        own, _ = seconds(commands(roacache, path, "stats", "-o", "json"))
        sql, _ = seconds(["sqlite3", path, SQL[schema]])
        pairs.append((own, sql))
    share = statistics.median(own / sql for own, sql in pairs)
    own, sql = (statistics.median(column) for column in zip(*pairs))
    over = share > MOST_OF_SQL
    print(f"stats      {os.path.basename(path):<14} {os.path.getsize(path) / 1e6:7,.0f} MB      {own:6.2f} s, the same SQL "
          f"{sql:6.2f} s: {share:.2f}{'  EXCEEDED' if over else ''}", flush=True)
    return over


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roacache")
    parser.add_argument("--entries", type=int, default=5_000 if SMALL else 100_000)
    parser.add_argument("--megabytes", type=int, default=50 if SMALL else 1_000)
    parser.add_argument("--check", action="store_true", help="fail beyond the times too, which is for a quiet machine")
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["g++", "-std=c++20", "-O2", "-shared", "-fPIC", "-o", f"{folder}/lock_times.so",
                        f"{HERE}/lock_times.cpp"], check=True)
        for schema in ("d", "a", "b"):
            for journal in ("delete", "wal"):
                path = filled(folder, schema, journal, options.entries)
                failed.append(invalidate(options.roacache, path, options.check))
            if schema not in SQL:
                continue
            grow(path, schema, options.megabytes)
            exceeded = stats(options.roacache, path, schema)
            failed.append(exceeded and not SMALL)
            watched = Watched(commands(options.roacache, path, "stats", "-o", "json"), path)
            seconds(watched.command)
            print(f"  locks: {told(watched.locks())}", flush=True)
            failed.append(options.check and too_long(watched.locks(), HELD))
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
