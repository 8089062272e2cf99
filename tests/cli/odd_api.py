"""A management API that answers in ways of its own, by the first part of the path: /KIND/api/cache/…

Prints `PORT <number>` once it listens. Every request that came is listed by GET /asked, a line each; GET /state is the
state of the switches. A request's bearer token comes back in some of the answers, as careless services do.
"""

import http.server
import json
import threading

STATE = {"user": True, "global": True, "auto-invalidate": True}
ASKED = []
COUNTS = {}
STOP = threading.Event()
HYBRID_HEALTH = {"status": "healthy", "enabled": True, "cache_type": "hybrid", "memory_size": 1, "sqlite_size": 2}
FIELDS = {"user": "cache_enabled", "global": "global_enabled", "auto-invalidate": "auto_invalidate_enabled"}


DONE = {"message": "done", "invalidated_at": "2025-11-01T10:00:00", "deleted_count": 3}
ACT_ANSWERS = {
    "done": {"success": True, **DONE},
    "wrapped": {"success": True, "data": {"success": True, **DONE}},
    "object": {},
    "list": [],
    "null": None,
    "text": "ok",
    "number": 1,
    "error": {"error": "database is locked"},
    "login": {"login_required": True},
    "silent": DONE,
    "wrapped-silent": {"data": DONE},
    "false": {"success": False, **DONE},
    "false-text": {"success": "false", **DONE},
    "zero": {"success": 0, **DONE},
    "none": {"success": None, **DONE},
    "inner": {"success": True, "data": {"success": "no", **DONE}},
}


def hr(data):
    return {"success": True, "data": data, "metadata": {}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json", **headers):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode() if size else ""
        if self.path == "/asked":
            return self.send(200, "".join(line + "\n" for line in ASKED), "text/plain")
        if self.path == "/state":
            return self.send(200, STATE)
        ASKED.append(f"{self.command} {self.path} {body}".strip())
        kind, _, call = self.path[1:].partition("/api/cache")
        if kind.startswith("act-"):
            return self.answers_an_act(kind[len("act-"):], call)
        if kind.startswith("back-"):
            return self.switches_back_slowly(int(kind[len("back-"):]), call, body)
        if kind.startswith("at-"):
            return self.fails_at(kind, call, body)
        return getattr(self, "as_" + kind.replace("-", "_"))(call.partition("?")[0], body)

    do_GET = do_POST = do_DELETE = answer

    def as_login(self, call, body):
        self.send(302, "", Location="http://127.0.0.1:1/login?next=/api/cache&token=abc")

    def as_login_page(self, call, body):
        self.send(200, "<!doctype html><title>Sign in</title>", "text/html")

    def as_text(self, call, body):
        self.send(200, "all is well", "text/plain")

    def as_empty(self, call, body):
        self.send(200, "")

    def as_list(self, call, body):
        self.send(200, [1, 2, 3])

    def as_echo(self, call, body):
        self.send(401, {"detail": f"no such token: {self.headers.get('Authorization')}\x1b[2J\u202e"})

    def as_forbidden(self, call, body):
        self.send(403, {"detail": "Not enough permissions"})

    def as_missing(self, call, body):
        self.send(404, {"detail": "Not Found"})

    def as_broken(self, call, body):
        self.send(500, "Internal Server Error", "text/plain")

    def as_starting(self, call, body):
        self.send(500, {"detail": "Error getting cache stats: 503: Cache not initialized"})

    def as_gateway(self, call, body):
        self.send(502, "<html>Bad Gateway</html>", "text/html")

    def as_sick(self, call, body):
        self.send(200, {"status": "error", "error": "database disk image is malformed"})

    def as_unstarted(self, call, body):
        self.send(200, {"status": "not_initialized", "enabled": False})

    def as_slow(self, call, body):
        STOP.wait(20)

    def as_cut(self, call, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\": ")
        self.close_connection = True

    def as_endless(self, call, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            self.close_connection = True

    def as_endless_head(self, call, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            while True:
                self.wfile.write(b"X-More: yes\r\n" * 1000)
        except OSError:
            self.close_connection = True

    def as_deep(self, call, body):
        self.send(200, "[" * 300000 + "]" * 300000)

    def as_parrot(self, call, body):
        """Repeats the token wherever it can."""
        told = self.headers.get("Authorization")
        if call == "/health":
            return self.send(200, {"status": "healthy", "enabled": True, "cache_type": told})
        if call == "/stats":
            return self.send(200, {"user_enabled": True, "cache_type": told, "response_times": {told: {"cached": 1}}})
        return self.send(200, {"success": True, "message": told, told: [told, {"deep": [told]}]})

    def as_invalid(self, call, body):
        if call == "/health":
            return self.send(200, HYBRID_HEALTH)
        return self.send(422, {"detail": [{"loc": ["body"], "msg": "value is not a valid integer", "type": "x"}]})

    def as_second_fails(self, call, body):
        """The first invalidation works, those behind it do not."""
        if call == "/health":
            return self.send(200, HYBRID_HEALTH)
        if sum("/second-fails/api/cache/invalidate" in line for line in ASKED) > 1:
            return self.send(500, {"detail": "disk I/O error"})
        return self.send(200, {"success": True, "message": "done", "invalidated_at": "2025-11-01T10:00:00"})

    def as_unsuccessful(self, call, body):
        if call == "/health":
            return self.send(200, HYBRID_HEALTH)
        return self.send(200, {"success": False, "message": "nothing was done"})

    def as_hr_uncounted(self, call, body):
        self.send(200, hr({"status": "healthy", "backend": "redis"} if call == "/health" else {"success": True}))

    def as_hr(self, call, body):
        if call == "/health":
            return self.send(200, hr({"status": "healthy", "backend": "redis", "message": "fine"}))
        return self.send(200, hr({"success": True, "deleted_count": 1, "message": "done"}))

    def as_fallback(self, call, body):
        self.send(200, hr({"status": "degraded", "backend": "in-memory", "message": "Redis is away"}))

    def as_hidden_health(self, call, body):
        """A proxy lets nobody see /health."""
        if call == "/health":
            return self.send(404, "no", "text/plain")
        return self.switched(call, body)

    def as_switched(self, call, body):
        return self.send(200, HYBRID_HEALTH) if call == "/health" else self.switched(call, body)

    def as_once(self, call, body):
        """Can be switched off, and not on again."""
        if call.startswith("/toggle") and json.loads(body)["enabled"]:
            return self.send(500, {"detail": "no"})
        return self.as_switched(call, body)

    def answers_an_act(self, name, call):
        """What is asked to be done is answered so; all else as usual."""
        if call in ("/health", "/stats"):
            return self.send(200, HYBRID_HEALTH)
        return self.send(204, "") if name == "204" else self.send(200, json.dumps(ACT_ANSWERS[name]))

    def switches_back_slowly(self, milliseconds, call, body):
        if call.startswith("/toggle") and json.loads(body)["enabled"]:
            STOP.wait(milliseconds / 1000)
        return self.as_switched(call, body)

    def fails_at(self, kind, call, body):
        """at-N-HOW: the N-th time that a switch is to be on does not go well, and nothing is switched then."""
        _, number, how = kind.split("-")
        if not (call.startswith("/toggle") and json.loads(body)["enabled"]):
            return self.as_switched(call, body)
        COUNTS[kind + call] = COUNTS.get(kind + call, 0) + 1
        if COUNTS[kind + call] != int(number):
            return self.as_switched(call, body)
        if how.isdigit():
            return self.send(int(how), {"detail": "no more"})
        if how == "slow":
            STOP.wait(20)
        if how == "other":
            return self.send(200, {"success": True, "cache_enabled": False, "global_enabled": False})
        self.close_connection = True

    def switched(self, call, body):
        if call == "/stats":
            return self.send(200, {"enabled": STATE["global"], "global_enabled": STATE["global"],
                                   "user_enabled": STATE["user"], "auto_invalidate": STATE["auto-invalidate"],
                                   "hit_rate": 1, "total_hits": 3, "total_misses": 1})
        if call.startswith("/toggle-"):
            which = call[len("/toggle-"):]
            STATE[which] = json.loads(body)["enabled"]
            return self.send(200, {"success": True, FIELDS[which]: STATE[which]})
        if call == "/clear":
            return self.send(405, {"detail": "Method Not Allowed"})
        return self.send(404, {"detail": "Not Found"})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print("PORT", server.server_address[1], flush=True)
server.serve_forever()
