"""A service that computes for a few milliseconds and keeps the answers in Redis alone.

    cached_by_redis.py REDIS_PORT

GET /report?company=N is cached under cache:client-1:dashboard_summary:N. The query may add:
  silent=1  no X-Cache header
  local=1   answers are cached in this process as well, where nobody can remove them
  never=1   nothing is looked up or cached
  once=1    one computation at a time for a key, and the others wait for it
  switched=1  as with no-cache while /switch?cache=off was asked for last, and not /switch?cache=on
  away=1    everything is redirected to where it was asked for
  herd=N    more than N at once are refused with 503
`Cache-Control: no-cache` goes past the cache. Prints `PORT <number>` once it listens.
"""

import collections
import hashlib
import json
import sys
import threading
from urllib.parse import parse_qs, urlparse

import redis
import serving

STORE = redis.Redis(port=int(sys.argv[1]))
LOCAL = {}
ON = [True]
BUSY = [0]
COUNTING = threading.Lock()
LOCKS = collections.defaultdict(threading.Lock)


def compute(company):
    digest = company.encode()
    for _ in range(10_000):
        digest = hashlib.sha256(digest).digest()
    return json.dumps({"company": company, "rating": digest.hex()}).encode()


def look_up(key, local):
    if local and key in LOCAL:
        return LOCAL[key]
    return STORE.get(key)


def found(query, bypass):
    """The body, and what X-Cache says."""
    company = query.get("company", ["1"])[0]
    if bypass:
        return compute(company), "BYPASS"
    if "never" in query:
        return compute(company), "MISS"
    key, local = f"cache:client-1:dashboard_summary:{company}", "local" in query
    body = look_up(key, local)
    if body is not None:
        return body, "HIT"
    if "once" in query:
        with LOCKS[key]:
            body = look_up(key, local)
            if body is not None:
                return body, "HIT"
            return keep(key, company)
    return keep(key, company)


def keep(key, company):
    body = compute(company)
    STORE.set(key, body, ex=600)
    LOCAL[key] = body
    return body, "MISS"


class Handler(serving.Handler):
    def do_GET(self):
        query = parse_qs(urlparse(self.path).query)
        if "cache" in query:
            ON[0] = query["cache"] == ["on"]
        if "away" in query:
            return self.answer(302, b"", {"Location": self.path})
        with COUNTING:
            BUSY[0] += 1
            crowded = BUSY[0] > int(query.get("herd", ["1000"])[0])
        switched_off = "switched" in query and not ON[0]
        body, outcome = found(query, switched_off or "no-cache" in self.headers.get("Cache-Control", ""))
        with COUNTING:
            BUSY[0] -= 1
        told = {} if "silent" in query else {"X-Cache": outcome}
        self.answer(503 if crowded else 200, body, {"Content-Type": "application/json", **told})


if __name__ == "__main__":
    serving.serve(Handler)
