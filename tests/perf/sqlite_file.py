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
  locks        for how long at a time that removal, and stats, held what others need: the lock of the one writer, and the
               lock that readers wait for, as strace sees them taken and given back (left out where there is no strace)
  stats        keys and bytes by resource of a file of so many megabytes (default 1,000), against the same SQL in sqlite3

Exits 1 when an operation of the service or a removal fails, or when stats take more than 1.2 × the SQL; with --check
also when a company's removal among users takes more than half a second, or a lock is held longer than 5 ms.
With ROACACHE_PERF=small in the environment 5,000 entries and 50 MB.
"""

import argparse
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

SYSTEMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "systems")
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
    """Alone, then among the service's own users: seconds there, and what failed."""
    fresh_copy(path)
    alone, out = seconds(command)
    fresh_copy(path)
    used = in_use(copy, command, pause_ms)
    failures = dict(used["during"]["failures"])
    if any(run["exit"] != 0 for run in used["during"]["commands"]):
        failures[command[0]] = [run["exit"] for run in used["during"]["commands"]]
    removed = f"{json.loads(out)['removed']:>7,} entries" if out else " " * 15
    print(f"{name:<38} {removed} {alone:6.2f} s alone, {waits(used)}{'; FAILED: ' + str(failures) if failures else ''}",
          flush=True)
    return used["during"]["commands"][0]["seconds"], failures


def invalidate(roacache, path, check):
    """True when an operation failed, or with `check` took too long."""
    name = os.path.basename(path)
    copy = fresh_copy(path)
    company = commands(roacache, copy, "invalidate", "--where", "company=1", "-y", "-o", "json")
    changed = commands(roacache, copy, "invalidate", "-e", "company-changed=1", "-y", "-o", "json")
    delete = ["sqlite3", "-cmd", ".timeout 30000", copy, DELETE[name[0]]]
    failed = []
    for pause_ms in (10, 200) if name[0] == "b" else (10,):
        of = f"{name} {pause_ms} ms"
        took, failures = run_among_users(f"invalidate {of} a company", company, copy, path, pause_ms)
        failed.append(failures)
        failed.append(run_among_users(f"invalidate {of} it changed", changed, copy, path, pause_ms)[1])
        run_among_users(f"  sqlite3  {of} a company", delete, copy, path, pause_ms)
    fresh_copy(path)
    long_locks = locks(changed, copy)
    return any(failed) or check and (took > MOST_SECONDS_IN_USE or long_locks)


def held_locks(trace):
    """From strace's lines: {lock: [milliseconds that it was held, …]} of "writer", "readers" (who wait for it) and
    "shared" (which a commit of another waits for)."""
    call = re.compile(r"^\S+ +([\d.]+) fcntl\(\d+, F_SETLK, \{l_type=F_(\w+), l_whence=SEEK_SET, l_start=(\d+), "
                      r"l_len=(\d+)\}\) = 0 <([\d.]+)>")
    since, held = {}, {"writer": [], "readers": [], "shared": []}

    def name(kind, byte):
        if kind == "RDLCK":
            return "shared" if byte == SHARED else None
        if kind == "UNLCK":
            return None
        return {RESERVED: "writer", WAL_WRITE: "writer", PENDING: "readers", SHARED: "readers"}[byte]

    for line in trace:
        found = call.match(line)
        if not found:
            continue
        begun, kind, start, length, took = found.groups()
        begun, start, length = float(begun), int(start), int(length)
        # A process has each lock once, through whichever of its descriptors. Whole files are unlocked of the first kind.
        covered = [byte for byte in (PENDING, RESERVED, SHARED) if start <= byte and (length == 0 or byte < start + length)]
        covered += [WAL_WRITE] if length and start <= WAL_WRITE < start + length else []
        for byte in covered:
            lock = name(kind, byte)
            before = since.pop(byte, None)
            if before and (before[0] != lock or kind == "UNLCK"):
                held[before[0]].append(1000 * (begun - before[1]))
                before = None
            if lock:
                since[byte] = before or (lock, begun + float(took))
    return held


def locks(command, path):
    """Whether one was held longer than is borne."""
    if shutil.which("strace") is None:
        return False
    with open(path, "rb") as file:
        in_wal = file.read(19)[18] == 2
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "--seccomp-bpf", "-ttt", "-T", "-e", "trace=fcntl", "-o", trace.name, *command],
                       stdout=subprocess.DEVNULL, check=True)
        held = held_locks(trace)
    if in_wal:
        held.pop("shared")  # held from the beginning to the end, and in nobody's way
    told = []
    for lock, times in held.items():
        if times:
            times.sort()
            told.append(f"{lock} {len(times)} × (median {statistics.median(times):.2f}, 99 % {times[len(times) * 99 // 100]:.2f}, "
                        f"longest {times[-1]:.2f} ms)")
    print(f"locks      {command[1]:<14} {'; '.join(told)}", flush=True)
    return any(times and times[-1] > MOST_LOCKED_MS for times in held.values())


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
        for schema in ("d", "a", "b"):
            for journal in ("delete", "wal"):
                path = filled(folder, schema, journal, options.entries)
                failed.append(invalidate(options.roacache, path, options.check))
            if schema not in SQL:
                continue
            grow(path, schema, options.megabytes)
            exceeded = stats(options.roacache, path, schema)
            failed.append(exceeded and not SMALL)
            long_locks = locks(commands(options.roacache, path, "stats", "-o", "json"), path)
            failed.append(options.check and long_locks)
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
