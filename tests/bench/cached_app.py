"""A FastAPI service with a little cache of its own: computes, keeps, and says so in X-Cache.

With the argument `gzip` it compresses what it answers, as FastAPI's middleware does it: with the time of day within.

Prints `PORT <number>` once it listens.
"""

import hashlib
import socket
import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import StreamingResponse

app = FastAPI()
if "gzip" in sys.argv[1:]:
    app.add_middleware(GZipMiddleware, minimum_size=1)
CACHE = {}


def compute(company):
    digest = company.encode()
    for _ in range(20_000):
        digest = hashlib.sha256(digest).digest()
    return {"company": company, "rating": digest.hex(), "açúcar": [1, 2.5, None]}


@app.get("/api/summary")
def summary(company: str, request: Request, response: Response):
    if "no-cache" in request.headers.get("cache-control", ""):
        response.headers["X-Cache"] = "BYPASS"
        return compute(company)
    response.headers["X-Cache"] = "HIT" if company in CACHE else "MISS"
    if company not in CACHE:
        CACHE[company] = compute(company)
    return CACHE[company]


@app.get("/api/stream")
def stream():
    return StreamingResponse((f"line {i}\n" for i in range(100)), media_type="text/plain")


@app.get("/api/fails")
def fails():
    raise ValueError("as it should")


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print("PORT", listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
