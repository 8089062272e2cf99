"""A service with a cache, whose answers take 3 ms where they are computed. Prints `PORT <number>` once it listens.

/right?company=N   is cached under its whole query
/wrong?company=N   is cached by a key that forgot the company
POST /right        is cached by its body
/asked             tells what was asked so far, a line each: HIT or MISS or BYPASS, the target, a blank, the body

Requests with a Cache-Control of no-cache go past the cache; others with a query that was never asked are misses.
"""

import threading
import time

import serving

CACHE = {}
ASKED = []
LOCK = threading.Lock()


class Handler(serving.Handler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/asked":
            with LOCK:
                return self.answer(200, "\n".join(ASKED).encode())
        path, _, query = self.path.partition("?")
        key = path if path == "/wrong" else (self.path, body)
        past = "no-cache" in self.headers.get("Cache-Control", "")
        with LOCK:
            kept = None if past else CACHE.get(key)
            outcome = "BYPASS" if past else "MISS" if kept is None else "HIT"
            ASKED.append(f"{outcome} {self.path} {body.decode()}")
        if kept is None:
            time.sleep(0.003)
            about = [part for part in query.split("&") if part.startswith("company=")]
            kept = b'{"about": "%s%s"}' % ("".join(about).encode(), body.replace(b'"', b"'"))
            if not past:
                with LOCK:
                    CACHE[key] = kept
        self.answer(200, kept, {"Content-Type": "application/json", "X-Cache": outcome})

    do_POST = do_GET


if __name__ == "__main__":
    serving.serve(Handler)
