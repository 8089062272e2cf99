"""A service with a cache, whose key is right for some paths and forgets the query for others.

Prints `PORT <number>` once it listens. `Cache-Control: no-cache` goes past the cache.
"""

import http.server
import itertools
import json
import threading
import urllib.parse

CACHE = {}
LOCK = threading.Lock()
STAMPS = itertools.count(1)


def compute(path, company):
    """The answer of the database: status and body."""
    rows = [{"company": company, "invoice": number} for number in range(5)]
    if path.startswith("/stamped"):
        return 200, json.dumps({"at": next(STAMPS), "rows": rows}).encode()
    if path.startswith("/clock"):
        return 200, json.dumps({"at": next(STAMPS), "zone": "Europe/Bucharest", "daylight saving": False}).encode()
    if path.startswith("/currencies"):
        return 200, json.dumps(["EUR", "RON", "USD"] * 10).encode()
    if path.startswith("/none"):
        return 204, b""
    return 200, json.dumps(rows).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        company = urllib.parse.parse_qs(url.query).get("company", [""])[0]
        key = url.path if url.path.endswith("-shared") else self.path
        with LOCK:
            bypass = self.headers.get("Cache-Control") == "no-cache"
            state = "BYPASS" if bypass else "HIT" if key in CACHE else "MISS"
            if bypass:
                status, body = compute(url.path, company)
            else:
                status, body = CACHE.setdefault(key, compute(url.path, company))
        self.send_response(status)
        self.send_header("X-Cache", state)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print("PORT", server.server_address[1], flush=True)
    server.serve_forever()
