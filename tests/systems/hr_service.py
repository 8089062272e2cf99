"""Imitates the HR portal: Redis first, a dictionary in the process while Redis is away.

    hr_service.py [--fallback-glob fnmatch|prefix] [--retry SECONDS] [--slow-read-ms N] [--tokens FILE] [--env FILE]
                  [--port N]

Data, answered as {success, data, metadata}:
  GET /api/users/N                     user:N, 900 s            GET /api/users/N/roles, /permissions   900 s
  GET /api/employees/N                 employee:N, 300 s        GET /api/employees/rirekisho/CODE      300 s
  GET /api/E[?page=P][&per_page=PP]    E:list:pP:ppPP, 300 s
  GET /api/E/search?q=…[&limit=L]      E:search:HASH:lL, 600 s
  GET /api/dashboard/summary/N         120 s                    GET /api/reports/NAME                1800 s
  GET /api/payroll/WHAT/summary        payroll:WHAT:summary     GET /api/payroll/WHAT/employee/N       1800 s
  GET /api/salary/N/PERIOD             salary:N:PERIOD, 1800 s
E is employees or factories (employee:…, factory:… in keys); WHAT is a period such as 2025-11, or a factory. Pages
after the tenth are [], users above 900 have no roles and salaries of the period 1900-01 are 0: never a hit.
What changes data, with what the service itself invalidates then:
  PUT /api/employees/N                 employee:N
  POST /api/payroll/generate?factory=F payroll:F:*, salary:*, dashboard:*
  POST /api/users/N/password-reset     user:N:*
Management: GET /api/cache/stats, POST /api/cache/invalidate?pattern=P (admin), GET /api/cache/health (no token),
DELETE /api/cache/clear (super admin; FLUSHDB, as the cache has no prefix of its own).
For tests: GET /judge/reads, GET /judge/versions, POST /judge/change?what=employee|payroll|user, GET /judge/fallback.
The fallback matches with fnmatch ([!a] negates, \\ is a character) or by what stands before the first star only.
Environment: REDIS_URL, CACHE_MAX_SIZE_MEMORY (10000), CACHE_DEFAULT_TTL (300).
"""

import collections
import datetime
import fnmatch
import hashlib
import json
import os
import time

import redis
import redis.asyncio
from fastapi import Depends, FastAPI

import common

AWAY = (redis.RedisError, OSError)
ENTITIES = {"employees": "employee", "factories": "factory"}
MEDIUM, USER_CONTEXT, DASHBOARD, REPORT, SEARCH, LIST, PAYROLL = None, 900, 120, 1800, 600, 300, 1800


class Memory:
    """The fallback: the oldest entry makes room."""

    def __init__(self, size, glob):
        self.size, self.glob, self.entries = size, glob, collections.OrderedDict()

    def get(self, key):
        expires, value = self.entries.get(key, (0, None))
        if expires <= time.time():
            self.entries.pop(key, None)
            return None
        return value

    def set(self, key, value, ttl):
        self.entries.pop(key, None)
        while len(self.entries) >= self.size:
            self.entries.popitem(last=False)
        self.entries[key] = (time.time() + ttl, value)

    def matches(self, key, pattern):
        if self.glob == "prefix":
            return key.startswith(pattern.split("*")[0])
        return fnmatch.fnmatchcase(key, pattern)

    def delete(self, pattern):
        keys = [key for key in self.entries if self.matches(key, pattern)]
        for key in keys:
            del self.entries[key]
        return len(keys)


class Cache:
    def __init__(self, database, given):
        self.database, self.retry = database, given.retry
        url = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
        self.redis = redis.asyncio.from_url(url, decode_responses=True, socket_connect_timeout=2)
        self.memory = Memory(int(os.environ.get("CACHE_MAX_SIZE_MEMORY", "10000")), given.fallback_glob)
        self.default_ttl = int(os.environ.get("CACHE_DEFAULT_TTL", "300"))
        self.away_until = 0.0
        self.hits = self.misses = 0

    async def with_redis(self, operation, otherwise):
        """What the operation on Redis gives or, while that is away, what `otherwise` gives."""
        if time.monotonic() >= self.away_until:
            try:
                return await operation()
            except AWAY:
                self.away_until = time.monotonic() + self.retry
        return otherwise()

    async def backend(self):
        async def ping():
            await self.redis.ping()
            return "redis"

        return await self.with_redis(ping, lambda: "in-memory")

    async def get(self, key):
        async def from_redis():
            text = await self.redis.get(key)
            return json.loads(text) if text is not None else None

        return await self.with_redis(from_redis, lambda: self.memory.get(key))

    async def set(self, key, value, ttl):
        await self.with_redis(lambda: self.redis.setex(key, ttl, json.dumps(value, default=str)),
                              lambda: self.memory.set(key, value, ttl))

    async def read(self, key, ttl, make):
        cached = await self.get(key)
        if cached:  # so that [], {} and 0 are never a hit
            self.hits += 1
            return cached
        self.misses += 1
        value = await self.database.read(key.split(":")[0], make)
        await self.set(key, value, ttl or self.default_ttl)
        return value

    async def invalidate(self, pattern):
        async def in_redis():
            keys = [key async for key in self.redis.scan_iter(match=pattern, count=500)]
            return await self.redis.delete(*keys) if keys else 0

        return await self.with_redis(in_redis, lambda: self.memory.delete(pattern))

    async def clear(self):
        self.memory.entries.clear()
        await self.with_redis(self.redis.flushdb, lambda: None)
        self.hits = self.misses = 0

    async def statistics(self):
        async def of_redis():
            info, keys = await self.redis.info("memory"), await self.redis.dbsize()
            return {"status": "healthy", "backend": "redis", "total_entries": keys,
                    "redis_memory": info["used_memory_human"], "redis_keys_total": keys}

        of_backend = await self.with_redis(of_redis, lambda: {
            "status": "degraded", "backend": "in-memory", "total_entries": len(self.memory.entries),
            "redis_memory": "N/A", "redis_keys_total": 0})
        looked_up = self.hits + self.misses
        return {**of_backend, "cache_hits": self.hits, "cache_misses": self.misses,
                "hit_rate_percent": round(100 * self.hits / looked_up, 2) if looked_up else 0.0}


def wrapped(data):
    return {"success": True, "data": data, "metadata": {"timestamp": now(), "version": "1.0"}}


def now():
    return datetime.datetime.utcnow().isoformat() + "Z"


def add_data_routes(app, cache, version):
    @app.get("/api/users/{user}")
    async def user(user: int):
        return wrapped(await cache.read(f"user:{user}", USER_CONTEXT, lambda: {
            "id": user, "name": f"User {user}", "version": version["user"]}))

    @app.get("/api/users/{user}/roles")
    async def roles(user: int):
        return wrapped(await cache.read(f"user:{user}:roles", USER_CONTEXT,
                                        lambda: ["staff", "viewer"] if user <= 900 else []))

    @app.get("/api/users/{user}/permissions")
    async def permissions(user: int):
        return wrapped(await cache.read(f"user:{user}:permissions", USER_CONTEXT, lambda: {
            "read": True, "write": user % 2 == 0, "version": version["user"]}))

    @app.get("/api/employees/rirekisho/{code}")
    async def rirekisho(code: str):
        return wrapped(await cache.read(f"employee:rirekisho:{code}", MEDIUM, lambda: {
            "code": code, "name": "山田 太郎", "version": version["employee"]}))

    @app.get("/api/employees/{employee:int}")
    async def employee(employee: int):
        return wrapped(await cache.read(f"employee:{employee}", MEDIUM, lambda: {
            "id": employee, "name": f"従業員 {employee}", "version": version["employee"]}))

    @app.get("/api/dashboard/summary/{dashboard}")
    async def dashboard(dashboard: int):
        return wrapped(await cache.read(f"dashboard:summary:{dashboard}", DASHBOARD, lambda: {
            "id": dashboard, "employees": 42, "version": version["payroll"]}))

    @app.get("/api/reports/{name}")
    async def report(name: str):
        return wrapped(await cache.read(f"report:{name}", REPORT, lambda: {"name": name}))

    @app.get("/api/payroll/{what}/summary")
    async def payroll(what: str):
        return wrapped(await cache.read(f"payroll:{what}:summary", PAYROLL, lambda: {
            "of": what, "total": 1234567, "version": version["payroll"]}))

    @app.get("/api/payroll/{what}/employee/{employee}")
    async def payslip(what: str, employee: int):
        return wrapped(await cache.read(f"payroll:{what}:employee:{employee}", PAYROLL, lambda: {
            "of": what, "employee": employee, "version": version["payroll"]}))

    @app.get("/api/salary/{employee}/{period}")
    async def salary(employee: int, period: str):
        return wrapped(await cache.read(f"salary:{employee}:{period}", PAYROLL,
                                        lambda: 0 if period == "1900-01" else 250000 + version["payroll"]))

    def add_entity(path, entity):
        @app.get(f"/api/{path}")
        async def page(page: int = 1, per_page: int = 20):
            return wrapped(await cache.read(f"{entity}:list:p{page}:pp{per_page}", LIST, lambda: [
                {"id": per_page * (page - 1) + i, "version": version[entity]} for i in range(1, per_page + 1)
            ] if page <= 10 else []))

        @app.get(f"/api/{path}/search")
        async def search(q: str, limit: int = 10):
            digest = hashlib.md5(q.encode()).hexdigest()[:8]
            return wrapped(await cache.read(f"{entity}:search:{digest}:l{limit}", SEARCH, lambda: [
                {"id": i, "found": q, "version": version[entity]} for i in range(1, limit + 1)]))

    for path, entity in ENTITIES.items():
        add_entity(path, entity)


def add_changing_routes(app, cache, database):
    @app.put("/api/employees/{employee}")
    async def change_employee(employee: int):
        database.change("employee")
        return wrapped({"id": employee, "deleted_count": await cache.invalidate(f"employee:{employee}")})

    @app.post("/api/payroll/generate")
    async def generate(factory: str):
        database.change("payroll")
        deleted = [await cache.invalidate(pattern) for pattern in (f"payroll:{factory}:*", "salary:*", "dashboard:*")]
        return wrapped({"factory": factory, "deleted_count": sum(deleted)})

    @app.post("/api/users/{user}/password-reset")
    async def reset(user: int):
        database.change("user")
        return wrapped({"id": user, "deleted_count": await cache.invalidate(f"user:{user}:*")})


def add_management_routes(app, cache, given):
    admin = common.Tokens(given.tokens, roles=("admin", "super_admin"))
    super_admin = common.Tokens(given.tokens, roles=("super_admin",))

    @app.get("/api/cache/stats")
    async def stats(user=Depends(admin)):
        return wrapped(await cache.statistics())

    @app.post("/api/cache/invalidate")
    async def invalidate(pattern: str, user=Depends(admin)):
        deleted = await cache.invalidate(pattern)
        return wrapped({"success": True, "message": f"Invalidated {deleted} cache entries", "deleted_count": deleted,
                        "pattern": pattern})

    @app.get("/api/cache/health")
    async def health():
        begun = time.perf_counter()
        backend = await cache.backend()
        return wrapped({"status": "healthy" if backend == "redis" else "degraded",
                        "message": "Redis answers" if backend == "redis" else "Redis is away: using memory",
                        "response_time_ms": round((time.perf_counter() - begun) * 1000, 2), "backend": backend})

    @app.delete("/api/cache/clear")
    async def clear(user=Depends(super_admin)):
        await cache.clear()
        return wrapped({"success": True, "message": "All cache cleared", "timestamp": now()})

    @app.get("/judge/fallback")
    async def fallback():
        return sorted(cache.memory.entries)


def make_app(given):
    app, database = FastAPI(), common.Database(given.slow_read_ms)
    cache = Cache(database, given)
    database.add_routes(app)
    add_changing_routes(app, cache, database)
    add_management_routes(app, cache, given)
    add_data_routes(app, cache, database.versions)
    return app


def parse():
    parser = common.arguments(__doc__)
    parser.add_argument("--fallback-glob", choices=("fnmatch", "prefix"), default="fnmatch")
    parser.add_argument("--retry", type=float, default=1.0, metavar="SECONDS", help="before Redis is tried again")
    return common.parsed(parser)


if __name__ == "__main__":
    asked = parse()
    common.serve(make_app(asked), asked.port)
