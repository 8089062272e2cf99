"""A service whose answers say which tier of its cache they are from, and are each user's own.

    tiered_service.py [REDIS_PORT]

Every answer is {"data": …, "metadata": {"source": TIER, "number": N}}, N being another one each time; with
`Cache-Control: no-cache` its source is Oracle. Through the cache every tenth is from L2, all others from L1.
  GET /tiers               the same for everybody. The query may add:
    cold=1      nothing is in the cache
    gzip=1      the body is encoded
    silent=1    there is no metadata
    flag=1      the source is true where it is a cache, else false
  GET /own                 says who asks; the cache keeps it for each user
  GET /shared              likewise, but the cache keeps it for everybody alike; with REDIS_PORT under
                           cache:default:shared:0123456789ab
  GET /denied              is for ana alone, and others get 403; the cache does not ask who it is
  GET /varying             is another text each time
A user is whose bearer token it is: ana-token, bob-token. A token is not good any more whose user is called gone401,
gone302, gone503 (the status) or gone200 (a login page), past the cache and through it. Prints `PORT <number>` once it listens.
"""

import gzip
import itertools
import json
import sys
import threading
from urllib.parse import parse_qs, urlparse

import redis
import serving

STORE = redis.Redis(port=int(sys.argv[1])) if len(sys.argv) > 1 else None
SHARED_KEY = "cache:default:shared:0123456789ab"
NUMBERS, CACHED = itertools.count(1), itertools.count(1)
KEPT = {}
LOCK = threading.Lock()


def compute(path, user):
    """Status and data, as the database has them."""
    if path in ("/own", "/shared"):
        return 200, {"asked_by": user, "companies": [1, 2, 3] if user == "ana" else [1]}
    if path == "/denied":
        return (200, {"salary": 100}) if user == "ana" else (403, {"detail": "Not enough permissions"})
    return 200, {"total": 12}


def through_cache(path, user):
    key = (path, user) if path == "/own" else path
    with LOCK:
        if path == "/shared" and STORE:
            kept = STORE.get(SHARED_KEY)
            if kept:
                return 200, json.loads(kept)
        if key not in KEPT or path == "/shared" and STORE:
            status, data = compute(path, user)
            if status != 200:
                return status, data
            KEPT[key] = data
            if path == "/shared" and STORE:
                STORE.set(SHARED_KEY, json.dumps(data), ex=600)
        return 200, KEPT[key]


class Handler(serving.Handler):
    def do_GET(self):
        asked = urlparse(self.path)
        query = parse_qs(asked.query)
        user = self.headers.get("Authorization", "Bearer nobody-token")[len("Bearer "):-len("-token")]
        if user.startswith("gone"):
            return self.send_away(int(user[len("gone"):]))
        bypass = "no-cache" in self.headers.get("Cache-Control", "") or "cold" in query
        status, data = (compute if bypass else through_cache)(asked.path, user)
        source = "Oracle" if bypass else "L2" if next(CACHED) % 10 == 0 else "L1"
        if "flag" in query:
            source = source != "Oracle"
        whole = {"data": data, "metadata": {"source": source, "number": next(NUMBERS)}}
        if "silent" in query:
            del whole["metadata"]
        body = json.dumps(whole).encode()
        if asked.path == "/varying":
            body = f"text {next(NUMBERS)}".encode()
        if "gzip" in query:
            body = gzip.compress(body)
        coding = {"Content-Encoding": "gzip"} if "gzip" in query else {}
        self.answer(status, body, {"Content-Type": "application/json", **coding})

    def send_away(self, status):
        body = b"<!doctype html><title>Sign in</title>" if status == 200 else b'{"detail": "token has expired"}'
        self.answer(status, body, {"Location": "/login"} if status == 302 else {})


if __name__ == "__main__":
    serving.serve(Handler)
