#!/usr/bin/python3
"""Judges whether an invalidation of all tiers leaves a stale answer behind, while readers go on asking.

usage: tiers_under_load.py ROACACHE [--runs N] [--tiers notify|instances|file] [--settle DUR] [--readers N] [--seed N]

Each run changes a company in the database, has roacache invalidate it, and asks once it has ended: every answer that was
begun after that must have the new version. Readers ask for the same meanwhile, some of them slow reads that write back
what was true before. The services are tests/systems/hybrid_service.py: L1 in each process over one L2 in SQLite.

  notify      two workers behind one address; -u sqlite:… -u http://… and --notify, which both listen to
  instances   two services with one L2; -u sqlite:… and --instances
  file        -u sqlite:… alone: L1 is not reached, and answers go on being stale

Prints a line for each kind and exits 1 when a run of `notify` or `instances` had a stale answer, or when the control
(`file`) had none. Without --tiers all three are run, the control a fifth as often.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
CHANNEL = "cache:invalidate"
TOKENS = ("token-ana", "token-bob")
PATHS = ("/api/dashboard/summary", "/api/invoices", "/api/treasury")
ASKED_AFTERWARDS = 12  # of each path, over connections of their own, so that both workers come to answer


class Program:
    """A program that ends with this object; `ready` begins the line that it prints when it listens."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def port(self):
        for line in self.process.stdout:
            if line.startswith("PORT "):
                return int(line.split()[1])
        raise SystemExit("a service did not start")

    def end(self):
        self.process.terminate()
        self.process.wait()


class Redis(Program):
    def __init__(self, folder):
        self.socket = f"{folder}/redis.sock"
        super().__init__(["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", folder])
        while not os.path.exists(self.socket):
            if self.process.poll() is not None:
                raise SystemExit("redis-server did not start")
            time.sleep(0.01)

    def url(self):
        return f"unix://{self.socket}"


class System:
    """The services, and what they share."""

    def __init__(self, kind, folder):
        self.l2, oracle = f"{folder}/cache.db", f"{folder}/oracle.db"
        self.redis = Redis(folder)
        common = [PYTHON, f"{HERE}/hybrid_service.py", "--l2", self.l2, "--oracle", oracle, "--slow-read-ms", "60"]
        if kind == "instances":
            commands = [common, common]
        else:
            commands = [[*common, "--workers", "2", "--notify-redis", self.redis.url(), "--channel", CHANNEL]]
        self.services, self.urls = [], []
        for command in commands:  # one after the other, since each makes the files that are not there
            self.services.append(Program(command))
            self.urls.append(f"http://127.0.0.1:{self.services[-1].port()}")

    def end(self):
        for program in (*self.services, self.redis):
            program.end()


def ask(url, path, company, token):
    request = urllib.request.Request(f"{url}{path}?company={company}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def change(url, company):
    """A new invoice, which invalidates nothing; the company's version from now on."""
    request = urllib.request.Request(f"{url}/api/invoices?company={company}", method="POST", data=b"",
                                     headers={"Authorization": f"Bearer {TOKENS[0]}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["version"]


class Readers:
    """Ask without a pause until they are told to end. Each keeps the stale answers among those that it began after the
    moment from which on a version is due."""

    def __init__(self, system, company, count, seed):
        self.due, self.stale, self.asked, self.ended = None, [], 0, False
        self.system, self.company = system, company
        self.threads = [threading.Thread(target=self.read, args=(random.Random(f"{seed}/{i}"),)) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def read(self, chance):
        while not self.ended:
            due = self.due
            answer = ask(chance.choice(self.system.urls), chance.choice(PATHS), self.company, chance.choice(TOKENS))
            self.asked += 1
            if due is not None and answer["data"]["version"] < due:
                self.stale.append(answer)

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()


def command_for(kind, system, given, company):
    command = [given.roacache, "invalidate", "-p", "roa2web-hybrid", "-e", f"company-changed={company}", "-q", "-o",
               "json", "--settle", given.settle, "-u", f"sqlite:{system.l2}"]
    if kind == "notify":
        command += ["-u", f"{system.urls[0]}/api/cache", "--notify", CHANNEL, "--notify-url", system.redis.url()]
    elif kind == "instances":
        command += ["--instances", ",".join(f"{url}/api/cache" for url in system.urls)]
    return command


def run_once(kind, system, given, number):
    """How many answers were stale, and of how many that were begun when the invalidation had ended."""
    company = 1 + number % 20
    readers = Readers(system, company, given.readers, f"{given.seed}/{number}")
    try:
        while readers.asked < 3 * given.readers:  # the tiers are filled
            time.sleep(0.01)
        version = change(system.urls[0], company)
        done = subprocess.run(command_for(kind, system, given, company), stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "ROACACHE_TOKEN": TOKENS[0]})
        told = json.loads(done.stdout)
        if done.returncode != 0:
            raise SystemExit(f"roacache ended with {done.returncode}: {done.stdout}")
        asked_before = readers.asked
        readers.due = version
        versions = [ask(system.urls[i % len(system.urls)], path, company, token)["data"]["version"]
                    for path in PATHS for token in TOKENS for i in range(ASKED_AFTERWARDS)]
    finally:
        readers.end()
    if kind == "notify" and told["notification"]["receivers"] != 2:
        raise SystemExit(f"not both workers were told: {done.stdout}")
    stale = sum(each < version for each in versions) + len(readers.stale)
    settled = told["targets"][0]["settled"] if "targets" in told else told["settled"]
    return stale, len(versions) + readers.asked - asked_before, settled


def judge(kind, given, runs):
    """How many runs had a stale answer."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(kind, folder)
        try:
            results = [run_once(kind, system, given, number) for number in range(runs)]
        finally:
            system.end()
    bad = sum(stale > 0 for stale, _, _ in results)
    print(f"{kind:<10} {runs} runs, {bad} with stale answers ({sum(stale for stale, _, _ in results)} of "
          f"{sum(asked for _, asked, _ in results):,} answers); written back and removed once more from the file: "
          f"{sum(settled for _, _, settled in results):,}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roacache")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--tiers", choices=("notify", "instances", "file"))
    parser.add_argument("--settle", default="500ms")
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    failed = False
    for kind in [given.tiers] if given.tiers else ["notify", "instances", "file"]:
        runs = given.runs if given.tiers or kind != "file" else max(given.runs // 5, 1)
        bad = judge(kind, given, runs)
        failed = failed or (bad == 0 if kind == "file" else bad > 0)
    sys.exit(failed)


if __name__ == "__main__":
    main()
