"""What the services of tests/systems share: the way to listen, bearer tokens, and what stands for a database.

Not a program. Every service takes `--port N` (0, the default, lets the system choose), listens on 127.0.0.1 only and
prints `PORT <number>` once it answers. Without `--tokens FILE` (JSON: {token: {"username": …, "role": …}}) the
tokens are token-ana and token-bob (role user), token-admin (admin) and token-super (super_admin).

What lies under /judge/ is no part of what is imitated: there a test asks what really happened.
"""

import argparse
import asyncio
import collections
import ctypes
import json
import os
import signal
import socket
import sys
import time
from typing import NamedTuple

import uvicorn
from fastapi import HTTPException, Request

PR_SET_PDEATHSIG = 1


class User(NamedTuple):
    name: str
    role: str


USERS = {
    "token-ana": User("ana", "user"),
    "token-bob": User("bob", "user"),
    "token-admin": User("admin", "admin"),
    "token-super": User("root", "super_admin"),
}


class Tokens:
    """A FastAPI dependency: the user whose token the request bears, or 401; 403 without one of `roles`."""

    def __init__(self, path=None, roles=None, optional=False):
        self.users, self.roles, self.optional = USERS, roles, optional
        if path:
            with open(path, encoding="utf-8") as file:
                self.users = {token: User(of["username"], of.get("role", "user"))
                              for token, of in json.load(file).items()}

    async def __call__(self, request: Request):
        given = request.headers.get("authorization")
        if given is None and self.optional:
            return User("anonymous", "user")
        scheme, _, token = (given or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.users:
            raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
        if self.roles and self.users[token].role not in self.roles:
            raise HTTPException(403, "Not enough permissions")
        return self.users[token]


class Database:
    """Stands for a database: a read is counted, sees the versions of that moment, and then takes `delay_ms`."""

    def __init__(self, delay_ms):
        self.delay = delay_ms / 1000
        self.versions = collections.defaultdict(lambda: 1)
        self.reads = collections.Counter()

    def change(self, *names):
        for name in names:
            self.versions[name] += 1

    async def read(self, name, make):
        self.reads[name] += 1
        seen = make()
        await asyncio.sleep(self.delay)
        return seen

    def read_in_thread(self, name, make):
        self.reads[name] += 1
        seen = make()
        time.sleep(self.delay)
        return seen

    def add_routes(self, app):
        @app.get("/judge/reads")
        async def reads():
            """How often the database was really read, and for what."""
            return {"total": sum(self.reads.values()), "of": dict(self.reads)}

        @app.get("/judge/versions")
        async def versions():
            return dict(self.versions)

        @app.post("/judge/change")
        async def change(what: str):
            """Changes data behind the service's back, so that it invalidates nothing."""
            self.change(what)
            return {"what": what, "version": self.versions[what]}


def arguments(documentation, delay_ms=40):
    """The parser of a service's command line, with what all of them take."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", metavar="FILE")
    parser.add_argument("--env", metavar="FILE", help="a .env file; what the environment has goes before it")
    parser.add_argument("--slow-read-ms", type=float, default=delay_ms,
                        help="a database read sees the data at once and answers this much later")
    return parser


def parsed(parser):
    given = parser.parse_args()
    if given.env:
        import dotenv

        dotenv.load_dotenv(given.env)
    return given


def is_true(name, default):
    return os.environ.get(name, default).strip().lower() == "true"


class Server(uvicorn.Server):
    def __init__(self, app, ready):
        super().__init__(uvicorn.Config(app, log_level="error", headers=[("X-Worker", str(os.getpid()))]))
        self.ready = ready

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()


def serve(app, port=0, workers=1):
    """Serves until it is told to end. Several workers are processes forked on one listening socket; they end with
    the process that started them, however that ends."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as uvicorn's own listeners have it
    listening = f"PORT {listener.getsockname()[1]}"
    if workers == 1:
        server = Server(app, lambda: print(listening, flush=True))
        server.run(sockets=[listener])
        sys.exit(0 if server.started else 1)
    reader, writer = os.pipe()
    parent = os.getpid()
    children = [fork_worker(app, listener, writer, parent) for _ in range(workers)]
    os.close(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: [os.kill(child, number) for child in children])
    for _ in children:
        if os.read(reader, 1) != b"r":
            [os.kill(child, signal.SIGKILL) for child in children]
            sys.exit("a worker ended before it served")
    print(listening, flush=True)
    for child in children:
        os.waitpid(child, 0)


def fork_worker(app, listener, writer, parent):
    child = os.fork()
    if child:
        return child
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    server = Server(app, lambda: (os.write(writer, b"r"), os.close(writer)))
    server.run(sockets=[listener])
    os._exit(0 if server.started else 1)
