"""A service with a cache in Redis that may be stopped under it.

    drilled_service.py REDIS_PORT

GET /report is computed, and kept in Redis for ten minutes. The query may add:
  frail=1    while Redis is away it answers 500
  fallback=1 while Redis is away it is kept in memory
  stubborn=1 once Redis was away it is never asked again
X-Cache says HIT or MISS. Prints `PORT <number>` once it listens.
"""

import sys
from urllib.parse import parse_qs, urlparse

import redis
import serving

STORE = redis.Redis(port=int(sys.argv[1]), socket_connect_timeout=1)
GIVEN_UP = [False]


def report(query):
    """Status, and what X-Cache says."""
    if GIVEN_UP[0] and "stubborn" in query:
        return 200, "MISS"
    try:
        if STORE.get("cache:default:report:0123456789ab"):
            return 200, "HIT"
        STORE.set("cache:default:report:0123456789ab", "kept", ex=600)
    except redis.RedisError:
        GIVEN_UP[0] = True
        if "fallback" in query:
            return 200, "HIT"
        return 500 if "frail" in query else 200, "MISS"
    return 200, "MISS"


class Handler(serving.Handler):
    def do_GET(self):
        status, outcome = report(parse_qs(urlparse(self.path).query))
        self.answer(status, b'{"total": 12}', {"X-Cache": outcome})


if __name__ == "__main__":
    serving.serve(Handler)
