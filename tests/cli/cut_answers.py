"""Runs a command of roacache once for every byte of what the server answers it, cutting the connection behind that
byte, and says where the command did not end as it promises. Says `CUT <number>` at the end, the runs that it made.

Arguments: the program; the Redis behind, by its Unix socket; its password; then the command, in which URL stands for
the address to talk to.
Before each run the database is filled again: with cache:t:invoices_list:h1 to h3, one of each kind of value, and with
session:1.
"""

import json
import os
import socket
import subprocess
import sys
import threading

PROGRAM, REDIS, PASSWORD = sys.argv[1:4]
COMMAND = sys.argv[4:]
SECONDS_TO_END = 60
# Of a long text every position at its ends is cut, and some in its middle.
ENDS = 100
STEP = 211

failures = []


def encode(*arguments):
    parts = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Behind:
    """A connection to the Redis behind; answers are those of commands that are answered in one line."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(REDIS)
        self.lines = self.socket.makefile("rb")
        self.ask(["AUTH", PASSWORD])

    def ask(self, *commands):
        self.socket.sendall(b"".join(encode(*command) for command in commands))
        answers = [self.lines.readline().strip() for _ in commands]
        for answer in answers:
            assert not answer.startswith(b"-"), answer
        return answers

    def fill(self):
        return self.ask(
            ["FLUSHDB"],
            ["SET", "cache:t:invoices_list:h1", "[1, 2]", "EX", "86000000"],
            ["RPUSH", "cache:t:invoices_list:h2", "a", "b"],
            ["HSET", "cache:t:invoices_list:h3", "field", "value"],
            ["SET", "session:1", "x"],
        )

    def size(self):
        return int(self.ask(["DBSIZE"])[0][1:])

    def shortened(self):
        """How many of the entries live for less than 20000 hours; none did when they were filled."""
        ttls = self.ask(*(["PTTL", f"cache:t:invoices_list:h{number}"] for number in (1, 2, 3)))
        return sum(0 <= int(ttl[1:]) <= 72_000_000_000 for ttl in ttls)


class Cutter:
    """Passes on one conversation after the other, of the answers only so many bytes; then it closes."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.limit = None
        self.passed = 0
        self.over = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            with client, socket.socket(socket.AF_UNIX) as server:
                server.connect(REDIS)
                asking = threading.Thread(target=self.ask, args=(client, server), daemon=True)
                asking.start()
                self.answer(server, client)
                asking.join()
            self.over.set()

    @staticmethod
    def ask(client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        server.shutdown(socket.SHUT_WR)

    def answer(self, server, client):
        """Closes the sending side only, so that what was passed on arrives, and waits until the server has done all
        that it was asked for."""
        open_still = True
        while True:
            if open_still and self.passed == self.limit:
                try:
                    client.shutdown(socket.SHUT_WR)
                except OSError:  # it has gone already
                    pass
                open_still = False
            data = server.recv(65536)
            if not data:
                return
            if open_still:
                data = data if self.limit is None else data[: self.limit - self.passed]
                self.passed += len(data)
                client.sendall(data)


def run(cutter, limit):
    cutter.limit, cutter.passed = limit, 0
    cutter.over.clear()
    url = f"redis://:{PASSWORD}@127.0.0.1:{cutter.port}"
    argv = [PROGRAM] + [url if word == "URL" else word for word in COMMAND]
    ended = subprocess.run(argv, capture_output=True, timeout=SECONDS_TO_END, stdin=subprocess.DEVNULL)
    assert cutter.over.wait(SECONDS_TO_END)
    return ended


def looks_whole(text):
    """Whether it is a document that does not say what went wrong."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return document.get("error", {}).get("exit_code") != 3 or document["outcome"] != "unreachable"


def judge(limit, before, behind, ended):
    """What is wrong with a run that was cut, if anything."""
    said = ended.stderr.decode()
    lines = said.splitlines()
    if PASSWORD.encode() in ended.stdout + ended.stderr:
        yield "the password was told"
    errors = [line for line in lines if line.startswith("roacache: ") and not line.startswith("roacache: note: ")]
    if len(errors) != 1 or len(lines) - lines.index(errors[0]) > 2:
        yield f"no error of one line: {said}"
    if "invalidate" not in COMMAND:
        if ended.returncode != 3:
            yield f"exit {ended.returncode}: {said}"
        if looks_whole(ended.stdout):
            yield f"part of an answer looks like the whole: {ended.stdout}"
        return
    changed = behind.shortened() if "--soft" in COMMAND else before - behind.size()
    if "--allow-unreachable" in COMMAND:
        if ended.returncode != 0 or not said.startswith("roacache: warning: "):
            yield f"exit {ended.returncode}: {said}"
            return
    elif ended.returncode == 3:
        if changed or looks_whole(ended.stdout):
            yield f"exit 3, and {changed} changed: {ended.stdout.decode()}"
        return
    elif ended.returncode != 5:
        yield f"exit {ended.returncode}: {said}"
        return
    reported = json.loads(ended.stdout)
    certain = reported["shortened"] if "--soft" in COMMAND else reported["removed"]
    if not certain <= changed <= certain + reported["uncertain"]:
        yield f"{changed} changed, and told was {reported}"
    if reported["outcome"] != ("partial" if certain + reported["uncertain"] > 0 else "unreachable"):
        yield f"told was {reported}"


def main():
    cutter, behind = Cutter(), Behind()
    behind.fill()
    whole = run(cutter, None)
    if whole.returncode != 0 or whole.stderr:
        sys.exit(f"exit {whole.returncode} of a run that nobody cut: {whole.stderr.decode()}")
    size = cutter.passed
    limits = [n for n in range(size) if n < ENDS or n >= size - ENDS or n % STEP == 0]
    for limit in limits:
        behind.fill()
        before = behind.size()
        ended = run(cutter, limit)
        for trouble in judge(limit, before, behind, ended):
            failures.append(f"cut behind {limit} of {size} bytes: {trouble}")
    print("\n".join(failures[:5]))
    print("CUT", len(limits), flush=True)
    os._exit(1 if failures else 0)


main()
