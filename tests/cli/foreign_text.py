"""Sends every character that must not reach a reader as it is through every place where roacache prints what others
wrote, on a terminal and into a pipe, and looks at the bytes that arrive.

    foreign_text.py PROGRAM REDIS_SOCKET SAVED_RUN

Prints a line for each breach; exits 1 when there is one.
"""

import json
import os
import pathlib
import pty
import re
import socket
import socketserver
import subprocess
import sys
import tempfile
import termios
import threading
import xml.etree.ElementTree

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "unit"))
from python_unicode import what  # noqa: E402

PROGRAM, SOCKET, SAVED_RUN = sys.argv[1:]
URL = "unix://" + SOCKET
HIDDEN = {chr(code) for code in range(0x110000) if what(code) == "hidden" and not 0xD800 <= code <= 0xDFFF}
RUNNER = "::error::x ##[error]x ##vso[task.complete]x "
TEXT = RUNNER + "".join(sorted(HIDDEN))
BYTES = TEXT.encode() + b"\xff\xfe\xc3(\xed\xa0\x80\xf0\x9f"
ON_A_LINE = BYTES.replace(b"\r", b"").replace(b"\n", b"")
IN_A_KEY = BYTES.replace(b":", b"")
IN_A_PROTOCOL = ON_A_LINE.replace(b"\0", b"")
KEY = b"cache:" + IN_A_KEY + b":invoices_list:h1"
OWN = re.compile(r"\x1b\[(?:[0-9]*m|H|J|2J)|\r\x1b\[2K")
breaches = []


def resp(value):
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(resp(part) for part in value)
    return b"$%d\r\n%s\r\n" % (len(value), value)


class Fake(socketserver.StreamRequestHandler):
    """A Redis that answers with hidden characters wherever it may."""

    def handle(self):
        while line := self.rfile.readline():
            arguments = []
            for _ in range(int(line[1:])):
                arguments.append(self.rfile.read(int(self.rfile.readline()[1:])))
                self.rfile.read(2)
            self.wfile.write(self.server.answer(arguments[0].upper(), arguments))


def refusing(command, arguments):
    return b"-ERR " + IN_A_PROTOCOL + b"\r\n"


def telling(command, arguments):
    fields = ("redis_version", "role", "redis_mode", "maxmemory_policy", "server_name")
    info = b"# Server\r\n" + b"".join(b"%s:%s\r\n" % (name.encode(), ON_A_LINE) for name in fields)
    answers = {
        b"CLIENT": b"+OK\r\n", b"SELECT": b"+OK\r\n", b"PING": b"+PONG\r\n",
        b"INFO": resp(info + b"maxmemory:100\r\nkeyspace_hits:1\r\nkeyspace_misses:1\r\nused_memory:5\r\n"),
        b"SCAN": resp([b"0", [KEY]]), b"DBSIZE": resp(1), b"EXISTS": resp(1),
        b"TYPE": b"+" + ON_A_LINE + b"\r\n", b"PTTL": resp(-1), b"MEMORY": resp(9), b"OBJECT": resp(ON_A_LINE),
    }
    return answers.get(command, b"-ERR unknown command '" + command + b"'\r\n")


def served(answer):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Fake)
    server.daemon_threads = True
    server.answer = answer
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"redis://127.0.0.1:{server.server_address[1]}"


class Pages(socketserver.StreamRequestHandler):
    """A web service that redirects to hidden characters, and names them wherever a response has room."""

    def handle(self):
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            moved = b"/moved" in line
            body = BYTES + (b"x" if self.server.count % 3 == 0 else b"")
            self.server.count += 1
            self.wfile.write(b"HTTP/1.1 %s\r\nContent-Type: %s\r\nX-Cache: %s\r\nLocation: %s\r\nContent-Length: %d"
                             b"\r\n\r\n%s" % (b"302 " + IN_A_PROTOCOL if moved else b"200 OK", IN_A_PROTOCOL,
                                              IN_A_PROTOCOL, b"/" + IN_A_PROTOCOL, len(body), body))


def pages():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    server.count = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def on_terminal(command, environment, folder):
    leader, follower = pty.openpty()
    mode = termios.tcgetattr(follower)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(follower, termios.TCSANOW, mode)
    child = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment, cwd=folder)
    os.close(follower)
    arrived = b""
    try:
        while part := os.read(leader, 65536):
            arrived += part
    except OSError:  # the terminal's other end is closed
        pass
    os.close(leader)
    return arrived, child.wait(60)


def in_pipe(command, environment, folder):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment, cwd=folder, timeout=60)
    return done.stdout, done.returncode


def look(where, arrived, in_log=True):
    try:
        text = arrived.decode()
    except UnicodeDecodeError as error:
        breaches.append(f"{where}: bytes that are not UTF-8: {arrived[error.start - 40:error.start + 20]}")
        return
    rest = OWN.sub("", text)
    for at, character in enumerate(rest):
        if character in HIDDEN and character not in "\n\t":
            breaches.append(f"{where}: U+{ord(character):04X} after {rest[max(at - 60, 0):at]!r}")
            break
    if in_log and (found := re.search(r"^\s*::[a-z]|##[a-z]*\[", rest, re.MULTILINE)):
        breaches.append(f"{where}: a command to a CI runner: {rest[found.start():found.end() + 20]!r}")


def check(name, arguments, shows=True, environment=None, folder=None):
    """`shows`: the hidden characters are known to be part of what is printed, so their escapes must be."""
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "TERM": "xterm-256color",
             **(environment or {})}
    for place, run in (("terminal", on_terminal), ("pipe", in_pipe)):
        arrived, code = run([PROGRAM, *arguments], clean, folder)
        where = f"{name} ({place})"
        look(where, arrived)
        if code in (70, -6, -11):
            breaches.append(f"{where}: exit {code}: {arrived[-300:]!r}")
        if shows and not re.search(rb"\\x[0-9a-f]{2}|\\u00[0-9a-f]{2}|base64", arrived):
            breaches.append(f"{where}: nothing of it was printed: {arrived[:200]!r}")


def redis(*arguments):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(SOCKET)
        client.sendall(resp(list(arguments)))
        return client.recv(65536)


def keys_and_values():
    redis(b"SET", KEY, b"x")
    values = {b"text": "".join(sorted(HIDDEN - {chr(c) for c in range(32)})).encode(), b"binary": BYTES,
              b"json": json.dumps({TEXT: TEXT}, ensure_ascii=False).encode()}
    for kind, value in values.items():
        redis(b"SET", kind, value)
    for arguments in ([b"HSET", b"hash", BYTES, BYTES], [b"RPUSH", b"list", BYTES], [b"SADD", b"set", BYTES],
                  [b"ZADD", b"zset", b"1", BYTES], [b"XADD", b"stream", b"*", BYTES, BYTES]):
        redis(b"DEL", arguments[1])
        redis(*arguments)
        for form in ([], ["-o", "json"], ["-o", "csv"]):
            check(f"inspect {arguments[1]} {form}", ["inspect", "-u", URL, arguments[1].decode(), *form], shows=False)
    formats = [[], ["-o", "json"], ["-o", "ndjson"], ["-o", "csv"], ["-o", "table"]]
    for form in formats:
        for more in ([], ["-l"], ["--sort", "key"]):
            check(f"keys {form} {more}", ["keys", "-u", URL, "-t", "*", "-g", *more, *form])
        check(f"stats {form}", ["stats", "-u", URL, "--by", "tenant", *form])
        check(f"invalidate {form}", ["invalidate", "-u", URL, "--match", "cache:*", "-n", *form],
              shows=bool(form))
        for kind in values:
            check(f"inspect {kind} {form}", ["inspect", "-u", URL, kind.decode(), *form], shows=form[-1:] != ["csv"])
        check(f"inspect {form}", ["inspect", "-u", URL, "--match", "cache:*", *form])
    check("prometheus", ["stats", "-u", URL, "--by", "tenant", "-o", "prometheus"])
    terminal, _ = on_terminal([PROGRAM, "keys", "-u", URL, "--match", "cache:*", "-0"], dict(os.environ), None)
    look("keys -0 (terminal)", terminal, in_log=False)
    terminal, _ = on_terminal([PROGRAM, "inspect", "-u", URL, "binary", "--raw"], dict(os.environ), None)
    look("inspect --raw (terminal)", terminal, in_log=False)


def servers():
    talkative, refused = served(telling), served(refusing)
    for form in ([], ["-o", "json"], ["-o", "ndjson"], ["-o", "csv"]):
        check(f"ping {form}", ["ping", "-u", talkative, *form])
        check(f"stats of a strange server {form}", ["stats", "-u", talkative, "--by", "tenant", *form])
        check(f"keys of a strange server {form}", ["keys", "-u", talkative, "-l", *form])
        check(f"inspect of a strange server {form}", ["inspect", "-u", talkative, "key", *form])
        for command in (["ping"], ["keys"], ["stats"], ["inspect", "k"], ["invalidate", "-k", "k"]):
            check(f"{command} refused {form}", [*command, "-u", refused, *form])
    check("prometheus of a strange server", ["stats", "-u", talkative, "-o", "prometheus"])


def arguments():
    text = TEXT.replace("\0", "") + os.fsdecode(b"\xff\xc3(")
    for command in ([text], ["ping", text], ["ping", "-u", text], ["keys", "-p", text], ["keys", "-o", text],
                    ["keys", "--timeout", text], ["keys", "--match", text, "-r", text, "-w", text],
                    ["invalidate", "-r", text, "-t", text, "-u", URL, "-n"], ["invalidate", "-e", text],
                    ["key", text, text], ["profile", "show", text], ["profile", "check", text],
                    ["bench", text], ["bench", "http://127.0.0.1:1/", "-H", text], ["completion", text],
                    ["bench", "--suite", text], ["bench", "http://127.0.0.1:1/", "--assert", text],
                    ["bench", "compare", text, text], ["keys", "--config", text], ["keys", "--env-file", text],
                    ["keys", "--password-file", text], ["inspect", "-u", URL, "--keys-from", text],
                    ["inspect", "-u", URL, text], ["ping", "-u", "redis://127.0.0.1:1", "-v", "-p", text]):
        check(f"{[word[:12] for word in command]}", command, shows=False)
    for name in ("REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_ENABLED", "CACHE_DEFAULT_TTL",
                 "ROACACHE_URL", "ROACACHE_PROFILE", "ROACACHE_OUTPUT", "ROACACHE_TIMEOUT",
                 "REDIS_SOCKET_CONNECT_TIMEOUT"):
        check(f"{name} in the environment", ["ping", "-v"], shows=False, environment={name: text})


def settings():
    escaped = "".join(f"\\U{ord(c):08X}" if c in HIDDEN else c for c in TEXT)
    profile = f'[profiles.odd]\ndescription = "{escaped}"\nkey = "odd:{{tenant}}:{{resource}}:{{hash}}"\n'
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "own.toml")
        for content in (profile, profile + f'default-tenant = "{escaped}"\n', f'"{escaped}" = 1\n',
                        f'[profiles."{escaped}"]\nkey = 5\n', f'url = "{escaped}"\n', f'profile = "{escaped}"\n'):
            file.write_text(content)
            for command in (["profile", "list"], ["profile", "show", "odd"], ["profile", "check", str(file)],
                            ["profile", "list", "-o", "json"], ["profile", "show", "odd", "-o", "json"],
                            ["ping", "-v"]):
                check(f"{command[:2]} with {content[:30]!r}", [*command, "--config", str(file)], shows=False)
        environment = pathlib.Path(folder, ".env")
        environment.write_bytes(b"REDIS_URL=" + ON_A_LINE + b"\nREDIS_PORT=" + ON_A_LINE + b"\n" + ON_A_LINE + b"\n")
        check("an .env file", ["ping", "-v", "--env-file", str(environment)], shows=False)
        suite = pathlib.Path(folder, "suite.toml")
        for url in (f"http://127.0.0.1:1/{escaped}", "http://127.0.0.1:1/"):
            suite.write_text(f'uncached_header = "X: 1"\n[[endpoints]]\nname = "{escaped}"\nurl = "{url}"\n')
            check(f"a suite with {url[:22]}", ["bench", "--suite", str(suite), "-n", "4"], shows=False)


def spoil(value):
    """Every text of a saved run that may be any text."""
    if isinstance(value, list):
        return [spoil(part) for part in value]
    if not isinstance(value, dict):
        return value
    spoilt = {}
    for name, part in value.items():
        if name in ("command", "uncached_by", "started", "url", "name"):
            part = part + TEXT if isinstance(part, str) else part
        elif name == "errors" and isinstance(part, dict):
            part = {**part, TEXT: 3}
        elif name == "environment":
            part = {TEXT: TEXT}
        elif name == "hit_header":
            part = "X-Cache: " + TEXT
        else:
            part = spoil(part)
        spoilt[name] = part
    return spoilt


def check_xml(file):
    try:
        xml.etree.ElementTree.parse(file)
    except xml.etree.ElementTree.ParseError as error:
        breaches.append(f"{file.name}: {error}")


def saved_runs():
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder, "run.json")
        run.write_text(json.dumps(spoil(json.loads(pathlib.Path(SAVED_RUN).read_text()))))
        odd = pathlib.Path(folder, TEXT.replace("\0", "").replace("/", "")[:40])
        odd.write_bytes(run.read_bytes())
        # Another measurement: its blocks took another time.
        later = json.loads(run.read_text())
        for block in later["blocks"]:
            block["seconds"] *= 1.01
        other = pathlib.Path(folder, "other.json")
        other.write_text(json.dumps(later))
        outputs = ["--report", f"{folder}/r.md", "--json", f"{folder}/r.json", "--junit", f"{folder}/r.xml",
                   f"--github-summary={folder}/summary.md"]
        for form in ([], ["-o", "json"], ["-o", "ndjson"], ["-o", "csv"], ["-o", "markdown"], ["-o", "table"]):
            check(f"merge {form}", ["bench", "merge", str(run), str(other), *outputs, *form])
            check(f"compare {form}", ["bench", "compare", str(odd), str(run), *form])
        for file in pathlib.Path(folder).glob("*.*"):
            if file not in (run, odd, other):
                look(file.name, file.read_bytes())
            if file.suffix in (".xml", ".svg"):
                check_xml(file)
        for name in ("r.md", "r.json", "r.xml", "summary.md", "r.latency.dark.svg"):
            if not pathlib.Path(folder, name).exists():
                breaches.append(f"{name} was not written")


def measured():
    with tempfile.TemporaryDirectory() as folder:
        base = pages()
        for path in ("/ok", "/moved"):
            for form in ([], ["-o", "json"], ["-o", "markdown"], ["-o", "csv"]):
                check(f"bench {path} {form}",
                      ["bench", base + path, "-n", "20", "-c", "2", "--warmup", "0", "--blocks", "4",
                       "--uncached-header", "X-No: 1", "--hit-header", "X-Cache: HIT", "--report", f"{folder}/r.md",
                       *form], shows=False)
            for file in pathlib.Path(folder).iterdir():
                look(f"{file.name} of {path}", file.read_bytes())
        hook = pathlib.Path(folder, "hook")
        hook.write_bytes(BYTES)
        check("a hook", ["bench", base + "/ok", "-n", "4", "--hook-cached", f"cat {hook}; false", "--hook-uncached",
                         "true"])


PARTS = {part.__name__: part for part in (keys_and_values, servers, arguments, settings, saved_runs, measured)}
for part in os.environ.get("PARTS", "").split() or PARTS:
    PARTS[part]()
print("\n".join(breaches) or "no breach")
sys.exit(1 if breaches else 0)
