"""Imitates the portal of the desktop sync service: Redis if it is switched on, else a dictionary; thread-safe.

    tally_service.py [--slow-read-ms N] [--env FILE] [--port N]

  GET /api/companies                              companies_all_synced
  GET /api/dashboard/GUID[?from=D][&to=D]         dashboard_data:GUID:ALTERID:FROM:TO, without what is not given;
                                                  of a company that was never synced, dashboard_data:GUID alone
  POST /api/sync/GUID                             a sync: the AlterID grows; then companies_all_synced and
                                                  dashboard_data:GUID are invalidated, the latter without a star,
                                                  so that it matches nothing longer; a failure there fails no sync
For tests: GET /judge/reads, GET /judge/versions (alterid:GUID), POST /judge/change?what=alterid:GUID,
  GET /judge/memory.
Environment: REDIS_ENABLED (false), REDIS_HOST, REDIS_PORT, REDIS_DB, REDIS_PASSWORD, CACHE_TTL_SECONDS (3600).
"""

import fnmatch
import json
import os
import threading
import time
from typing import Optional

import redis
from fastapi import FastAPI, HTTPException, Query

import common

GUIDS = {
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301": "Maple Traders",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301-00000002": "Maple Traders (branch)",
    "b1f7c9aa-0d2e-4f63-8a51-6c1d2e3f4a5b": "Ṭally & Sons",
    "c0ffee00-1111-2222-3333-444455556666": "Never Synced Ltd",
}
NEVER_SYNCED = "c0ffee00-1111-2222-3333-444455556666"


class Cache:
    def __init__(self):
        self.ttl = int(os.environ.get("CACHE_TTL_SECONDS", "3600"))
        self.lock, self.memory, self.redis = threading.Lock(), {}, None
        if common.is_true("REDIS_ENABLED", "false"):
            self.redis = redis.Redis(
                host=os.environ.get("REDIS_HOST", "localhost"), port=int(os.environ.get("REDIS_PORT", "6379")),
                db=int(os.environ.get("REDIS_DB", "0")), password=os.environ.get("REDIS_PASSWORD") or None,
                decode_responses=True, socket_connect_timeout=2)
            try:
                self.redis.ping()
            except redis.RedisError:
                self.redis = None

    def get(self, key):
        if self.redis is not None:
            try:
                text = self.redis.get(key)
            except redis.RedisError:
                return None
            return None if text is None else json.loads(text)
        with self.lock:
            expires, value = self.memory.get(key, (0, None))
            if expires <= time.time():
                self.memory.pop(key, None)
                return None
            return value

    def set(self, key, value):
        if self.redis is not None:
            try:
                self.redis.setex(key, self.ttl, json.dumps(value))
            except redis.RedisError:
                pass
            return
        with self.lock:
            self.memory[key] = (time.time() + self.ttl, value)

    def invalidate(self, pattern):
        """May fail when Redis does: the sync goes on all the same."""
        if self.redis is not None:
            keys = list(self.redis.scan_iter(match=pattern))
            return self.redis.delete(*keys) if keys else 0
        with self.lock:
            keys = [key for key in self.memory if fnmatch.fnmatchcase(key, pattern)]
            for key in keys:
                del self.memory[key]
            return len(keys)


def dashboard_key(guid, alterid, filters=()):
    return ":".join(["dashboard_data", guid, *([] if alterid is None else [str(alterid)]), *filters])


def make_app(given):
    app, cache, database = FastAPI(), Cache(), common.Database(given.slow_read_ms)
    database.add_routes(app)
    for number, guid in enumerate(GUIDS):
        if guid != NEVER_SYNCED:
            database.versions[f"alterid:{guid}"] = 1000 + number

    def alterid(guid):
        if guid not in GUIDS:
            raise HTTPException(404, "Company not found")
        return database.versions.get(f"alterid:{guid}")

    def read(key, make):
        cached = cache.get(key)
        if cached is None:
            cached = database.read_in_thread(key.split(":")[0], make)
            cache.set(key, cached)
        return cached

    @app.get("/api/companies")
    def companies():
        return read("companies_all_synced", lambda: [{"guid": guid, "name": name, "alterid": alterid(guid)}
                                                     for guid, name in GUIDS.items() if alterid(guid)])

    @app.get("/api/dashboard/{guid}")
    def dashboard(guid: str, first: Optional[str] = Query(None, alias="from"),
                  last: Optional[str] = Query(None, alias="to")):
        synced = alterid(guid)
        filters = [date for date in (first, last) if date]
        return read(dashboard_key(guid, synced, filters), lambda: {
            "guid": guid, "alterid": synced, "from": first, "to": last, "sales": 1000.25, "vouchers": 17})

    @app.post("/api/sync/{guid}")
    def sync(guid: str):
        alterid(guid)
        database.change(f"alterid:{guid}")
        try:
            deleted = cache.invalidate("companies_all_synced") + cache.invalidate(f"dashboard_data:{guid}")
        except redis.RedisError as error:
            return {"success": True, "guid": guid, "alterid": alterid(guid), "cache_error": str(error)}
        return {"success": True, "guid": guid, "alterid": alterid(guid), "deleted": deleted}

    @app.get("/judge/memory")
    def memory():
        with cache.lock:
            return sorted(cache.memory)

    return app


if __name__ == "__main__":
    asked = common.parsed(common.arguments(__doc__))
    common.serve(make_app(asked), asked.port)
