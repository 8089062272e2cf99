"""Imitates the point of sale: a cache and the login sessions in one Redis.

    salon_service.py [--slow-read-ms N] [--env FILE] [--port N]

  POST /api/auth/login {"username", "password"} → {"token"}: ana/ana-secret or bob/bob-secret; makes session:TOKEN
  GET /api/auth/me with that bearer token; 401 once the session is gone
  GET /api/settings                                      settings:singleton, 3600 s
  GET /api/dashboard/metrics[?date=D]                    dashboard:metrics:D, 60 s
  GET /api/dashboard/top-services[?date=D][&limit=N]     dashboard:top_services:D:N, 60 s
  GET /api/dashboard/staff-performance[?date=D]          dashboard:staff_performance:D, 60 s
  GET /api/catalog/categories[?active=B]                 catalog:categories:active=True (or False), 1800 s
With a session: PUT /api/settings, POST /api/catalog/categories (both invalidate), POST /api/bills/N/pay (does not:
dashboards are left to expire). Before 2000 there were no bills: the lists of such days are [], never a hit.
For tests: GET /judge/reads, GET /judge/versions, POST /judge/change?what=settings|categories|bills.
Environment: REDIS_URL, DISABLE_CACHE=true.
"""

import datetime
import json
import os
import secrets
from typing import Optional

import redis
import redis.asyncio
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

import common

PASSWORDS = {"ana": "ana-secret", "bob": "bob-secret"}
SESSION_SECONDS = 8 * 3600
AWAY = (redis.RedisError, OSError)


class Login(BaseModel):
    username: str
    password: str


class Cache:
    def __init__(self, database):
        self.database = database
        url = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
        self.redis = redis.asyncio.from_url(url, decode_responses=True)
        self.off = common.is_true("DISABLE_CACHE", "false")

    async def read(self, key, ttl, make):
        cached = None if self.off else await self.get(key)
        if cached:  # so that [], {} and 0 are never a hit
            return cached
        value = await self.database.read(key.split(":")[0], make)
        if not self.off:
            try:
                await self.redis.setex(key, ttl, json.dumps(value, default=str))
            except AWAY:
                pass
        return value

    async def get(self, key):
        try:
            text = await self.redis.get(key)
            return json.loads(text) if text else None
        except AWAY:
            return None

    async def invalidate(self, pattern):
        try:
            keys = [key async for key in self.redis.scan_iter(match=pattern)]
            return await self.redis.delete(*keys) if keys else 0
        except AWAY:
            return 0


def add_sessions(app, cache):
    async def session(request: Request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            text = await cache.redis.get(f"session:{token}") if scheme.lower() == "bearer" else None
        except AWAY:
            raise HTTPException(503, "Sessions are unavailable")
        if text is None:
            raise HTTPException(401, "Not logged in", {"WWW-Authenticate": "Bearer"})
        return json.loads(text)

    @app.post("/api/auth/login")
    async def login(given: Login):
        if PASSWORDS.get(given.username) != given.password:
            raise HTTPException(401, "Wrong user name or password")
        token = secrets.token_hex(16)
        try:
            held = {"username": given.username, "logged_in": datetime.datetime.now().isoformat()}
            await cache.redis.setex(f"session:{token}", SESSION_SECONDS, json.dumps(held))
        except AWAY:
            raise HTTPException(503, "Sessions are unavailable")
        return {"token": token, "expires_in": SESSION_SECONDS}

    @app.get("/api/auth/me")
    async def me(who=Depends(session)):
        return who

    return session


def make_app(given):
    app, database = FastAPI(), common.Database(given.slow_read_ms)
    cache = Cache(database)
    database.add_routes(app)
    session = add_sessions(app, cache)
    version = database.versions

    def of_day(date, make):
        return (lambda: make(version["bills"])) if date.year >= 2000 else (lambda: [])

    @app.get("/api/settings")
    async def settings():
        return await cache.read("settings:singleton", 3600,
                                lambda: {"salon": "Salão Açaí", "currency": "BRL", "version": version["settings"]})

    @app.get("/api/dashboard/metrics")
    async def metrics(date: Optional[datetime.date] = None):
        date = date or datetime.date.today()
        make = of_day(date, lambda bills: {"date": str(date), "bills": 10 + bills, "version": bills})
        return await cache.read(f"dashboard:metrics:{date}", 60, make)

    @app.get("/api/dashboard/top-services")
    async def top_services(date: Optional[datetime.date] = None, limit: int = 5):
        date = date or datetime.date.today()
        make = of_day(date, lambda bills: [{"service": f"Service {i}", "sold": 50 - i, "version": bills}
                                           for i in range(1, limit + 1)])
        return await cache.read(f"dashboard:top_services:{date}:{limit}", 60, make)

    @app.get("/api/dashboard/staff-performance")
    async def staff_performance(date: Optional[datetime.date] = None):
        date = date or datetime.date.today()
        make = of_day(date, lambda bills: [{"staff": f"Person {i}", "revenue": 100 * i, "version": bills}
                                           for i in range(1, 6)])
        return await cache.read(f"dashboard:staff_performance:{date}", 60, make)

    @app.get("/api/catalog/categories")
    async def categories(active: bool = True):
        return await cache.read(f"catalog:categories:active={active}", 1800, lambda: [
            {"id": i, "name": f"Category {i}", "active": active, "version": version["categories"]}
            for i in range(1, 6)])

    @app.put("/api/settings")
    async def change_settings(who=Depends(session)):
        database.change("settings")
        return {"success": True, "invalidated": await cache.invalidate("settings:singleton")}

    @app.post("/api/catalog/categories", status_code=201)
    async def change_categories(who=Depends(session)):
        database.change("categories")
        return {"success": True, "invalidated": await cache.invalidate("catalog:*")}

    @app.post("/api/bills/{bill}/pay")
    async def pay(bill: int, who=Depends(session)):
        database.change("bills")
        return {"success": True, "bill": bill}

    return app


if __name__ == "__main__":
    asked = common.parsed(common.arguments(__doc__))
    common.serve(make_app(asked), asked.port)
