#!/usr/bin/python3
"""A service with a cache that forgets, in a way of its own on each path, whose answer it keeps.

usage: two_users.py

Users are their bearer tokens; `Cache-Control: no-cache` goes past the cache, and X-Cache says whether it answered.

/company?company=N  each user's own, but of company 7
/page               the same page for all, kept with the cookie of its first reader
/session            likewise, with a cookie that is new in each answer
/balanced           likewise, with a balancer's cookie
/home               a redirect to each user's home
/right              a page and a cookie of each user's own
"""

import http.server
import json
import secrets
import threading

ENTRIES = {}
LOCK = threading.Lock()


def answer(path, user):
    """Status, fields and document."""
    name = path.partition("?")[0]
    if name == "/home":
        return 302, [("Location", "/home/" + user)], ""
    cookies = {"/page": f"session={user}-5f3a9c77; Path=/; HttpOnly",
               "/session": f"session={secrets.token_hex(8)}a1; Path=/",
               "/balanced": f"SERVERID=server-{user}-5f3a9c77",
               "/right": f"session={user}-5f3a9c77"}
    fields = [("Set-Cookie", cookies[name])] if name in cookies else []
    own = name in ("/company", "/right")
    return 200, fields, json.dumps({"title": "Summary", "user": user if own else "all"})


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece, for which no acknowledgement is waited

    def do_GET(self):
        user = self.headers.get("Authorization", "").removeprefix("Bearer ")
        kept_apart = self.path.startswith(("/right", "/company")) and not self.path.endswith("company=7")
        key = (self.path, user if kept_apart else None)
        hit = False
        if "no-cache" in self.headers.get("Cache-Control", ""):
            made = answer(self.path, user)
        else:
            with LOCK:
                hit = key in ENTRIES
                made = ENTRIES.setdefault(key, ENTRIES.get(key) or answer(self.path, user))
        status, fields, body = made
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("X-Cache", "HIT" if hit else "MISS")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
print("PORT", server.server_address[1], flush=True)
server.serve_forever()
