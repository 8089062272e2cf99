"""A service over a database that counts its queries, each answer 12 of them, and tells how many there were.

    queried_service.py

GET /report is answered by the cache, which costs nothing; with `Cache-Control: no-cache` by the database.
  every=N  each N-th answer of the cache is a miss
GET /count is {"db": {"queries": N}}. The query may add:
  as=text   the number is text
  as=plain  the body is the number alone
  as=word   it is no number
  own=N     to be read costs N queries
  stuck=1   it never moves
  back=N    it begins anew when it has reached N
  fails=N   from the N-th reading on it answers 500
  others=N  somebody else makes N queries before every fourth reading, when no block runs
Prints `PORT <number>` once it listens.
"""

import json
import threading
from urllib.parse import parse_qs, urlparse

import serving

QUERIES, READINGS, CACHED = [0], [0], [0]
COUNTING = threading.Lock()


def report(query, bypass):
    """What X-Cache says."""
    with COUNTING:
        CACHED[0] += 0 if bypass else 1
        missed = "every" in query and CACHED[0] % int(query["every"][0]) == 0
        QUERIES[0] += 12 if bypass or missed else 0
    return "BYPASS" if bypass else "MISS" if missed else "HIT"


def count(query):
    """Status and body."""
    with COUNTING:
        READINGS[0] += 1
        QUERIES[0] += int(query.get("own", ["0"])[0])
        if READINGS[0] % 4 == 3:
            QUERIES[0] += int(query.get("others", ["0"])[0])
        number = 7 if "stuck" in query else QUERIES[0] % int(query.get("back", [str(10**12)])[0])
        if READINGS[0] >= int(query.get("fails", [str(10**12)])[0]):
            return 500, "{}"
    form = query.get("as", [""])[0]
    if form == "plain":
        return 200, f"{number}\n"
    value = {"text": str(number), "word": "many"}.get(form, number)
    return 200, json.dumps({"db": {"queries": value}})


class Handler(serving.Handler):
    def do_GET(self):
        asked = urlparse(self.path)
        query, outcome, status = parse_qs(asked.query), None, 200
        if asked.path == "/count":
            status, body = count(query)
        else:
            outcome = report(query, "no-cache" in self.headers.get("Cache-Control", ""))
            body = '{"total": 12}'
        told = {"X-Cache": outcome} if outcome else {}
        self.answer(status, body.encode(), {"Content-Type": "application/json", **told})


if __name__ == "__main__":
    serving.serve(Handler)
