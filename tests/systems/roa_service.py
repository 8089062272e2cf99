"""Imitates the accounting portal on Redis: cache-aside in its service layer, with its traps.

    roa_service.py [--readable] [--positional RESOURCE]… [--slow-read-ms N] [--tokens FILE] [--env FILE] [--port N]

A bearer token may be given and need not; the answers say whose they were, and companies_list depends on it.
  GET /api/dashboard/summary?company=N       GET /api/dashboard/trends?company=N[&period=30d][&compare=true]
  GET /api/dashboard/detailed-data?company=N, and so /performance, /cashflow, /maturity
  GET /api/invoices?company=N[&partner=CLIENTI][&unpaid=true][&until=YYYY-MM-DD]
  GET /api/invoices/summary?company=N        GET /api/treasury?company=N             GET /api/companies
`until` is a date, which has no place in a key: the service fails with 500, cached or not.
What changes the data, and as in the service invalidates nothing:
  POST /api/invoices?company=N   POST /api/payments?company=N   POST /api/treasury?company=N   PUT /api/companies/N
For tests: GET /judge/reads, GET /judge/versions (RESOURCE:N), POST /judge/change?what=RESOURCE:N, and
POST /judge/invalidate?resource=R, the service's own function, which no endpoint of it calls.
--readable puts readable segments before the hash; --positional calls a resource's function without parameter names.
Environment: REDIS_URL, REDIS_PASSWORD, REDIS_ENABLED (unset: off), CACHE_DEFAULT_TTL, REDIS_MAX_CONNECTIONS,
REDIS_SOCKET_CONNECT_TIMEOUT, REDIS_SOCKET_KEEPALIVE.
"""

import datetime
import decimal
import hashlib
import json
import os
from typing import Optional

import redis
import redis.asyncio
from fastapi import Depends, FastAPI

import common

TTLS = {
    "dashboard_summary": 300, "dashboard_trends": 180, "dashboard_detailed_data": 60, "dashboard_performance": 180,
    "dashboard_cashflow": 180, "dashboard_maturity": 180, "invoices_list": 60, "invoices_summary": 180,
    "companies_list": 600, "treasury_data": 120,
}
DASHBOARDS = [resource for resource in TTLS if resource.startswith("dashboard_")]
STALE = {
    "invoice-changed": ["invoices_list", "invoices_summary", "dashboard_summary", "dashboard_trends"],
    "payment-recorded": ["invoices_list", "dashboard_summary", "treasury_data", "dashboard_cashflow"],
    "treasury-transaction": ["treasury_data", "dashboard_summary", "dashboard_cashflow"],
    "company-changed": ["companies_list", *DASHBOARDS],
}
READABLE = ("company", "partner", "unpaid", "period", "compare")


def params_hash(params):
    return hashlib.md5(json.dumps(params, sort_keys=True).encode("utf-8")).hexdigest()[:12]


def readable_segments(params):
    spelled = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
    return [f"{name}-{spelled[name]}" for name in READABLE if spelled.get(name) is not None]


def cache_key(resource, tenant_id, readable=False, **params):
    segments = readable_segments(params) if readable else []
    return ":".join(["cache", tenant_id, resource, *segments, params_hash(params)])


class Cache:
    def __init__(self):
        self.client = None
        self.default_ttl = int(os.environ.get("CACHE_DEFAULT_TTL", "300"))

    async def connect(self):
        """Once, at the start: a Redis that is away then is away for good."""
        if not common.is_true("REDIS_ENABLED", "false"):
            return
        client = redis.asyncio.from_url(
            os.environ.get("REDIS_URL", "redis://roa-redis:6379/0"), decode_responses=True,
            password=os.environ.get("REDIS_PASSWORD") or None,
            max_connections=int(os.environ.get("REDIS_MAX_CONNECTIONS", "50")),
            socket_connect_timeout=float(os.environ.get("REDIS_SOCKET_CONNECT_TIMEOUT", "5")),
            socket_keepalive=common.is_true("REDIS_SOCKET_KEEPALIVE", "true"))
        try:
            await client.ping()
            self.client = client
        except (redis.RedisError, OSError):
            await client.close()

    async def get(self, key):
        if self.client is None:
            return None
        try:
            text = await self.client.get(key)
        except (redis.RedisError, OSError):
            return None
        return json.loads(text) if text else None

    async def set(self, key, value, ttl=None):
        if self.client is None:
            return
        try:
            await self.client.setex(key, ttl or self.default_ttl, json.dumps(value, default=str))
        except (redis.RedisError, OSError):
            pass

    async def invalidate(self, resource=None, tenant_id="default"):
        """Documented: `resource="dashboard"` is for all dashboard_*. It is for cache:default:dashboard:* alone."""
        if self.client is None:
            return 0
        keys = [key async for key in self.client.scan_iter(match=f"cache:{tenant_id}:{resource or '*'}:*")]
        return await self.client.delete(*keys) if keys else 0


def cached(cache, resource, readable):
    """The service layer's decorator: only keyword arguments reach the key, and of these not who asks."""

    def decorate(function):
        async def call(*arguments, **named):
            params = {name: value for name, value in named.items() if name not in ("username", "current_user")}
            key = cache_key(resource, "default", readable=readable, **params)
            found = await cache.get(key)
            if found is not None:
                return found
            result = await function(*arguments, **named)
            await cache.set(key, result, TTLS.get(resource))
            return result

        return call

    return decorate


def make_services(cache, database, readable):
    """The function of each resource."""

    def content(resource, company, username, params):
        """Dates and decimals: numbers and ISO text in what was just read, text in what comes from the cache."""
        answer = {"resource": resource, "asked_by": username, "version": database.versions[f"{resource}:{company}"],
                  "read_at": datetime.datetime.now(), **params}
        if resource == "companies_list":
            return {**answer, "companies": [{"id": i, "name": f"Compania {i} ȘRL"} for i in (1, 2, 3, 123, 456)
                                            if username != "bob" or i < 3]}
        if resource == "invoices_list":
            invoices = [{"id": i, "amount": decimal.Decimal(i * company) / 4, "due": datetime.date(2025, 11, i)}
                        for i in range(1, 21)]
            return {**answer, "company": company, "invoices": invoices if company > 0 else []}
        return {**answer, "company": company, "total": decimal.Decimal(company) * 10 + decimal.Decimal("0.50")}

    def make(resource):
        @cached(cache, resource, readable)
        async def read(company=None, username=None, **params):
            if company == 0 and resource == "dashboard_maturity":
                return await database.read(resource, lambda: None)  # null, which is never a hit
            return await database.read(resource, lambda: content(resource, company, username, params))

        return read

    return {resource: make(resource) for resource in TTLS}


def make_app(given):
    app, cache, database = FastAPI(), Cache(), common.Database(given.slow_read_ms)
    services = make_services(cache, database, given.readable)
    user_of = common.Tokens(given.tokens, optional=True)
    app.on_event("startup")(cache.connect)
    database.add_routes(app)

    async def ask(resource, company, user, **params):
        params = {name: value for name, value in params.items() if value is not None}
        if resource in given.positional:
            return await services[resource](company, user.name, **params)
        return await services[resource](company=company, username=user.name, **params)

    def add_dashboard(path, resource):
        @app.get(f"/api/dashboard/{path}")
        async def dashboard(company: int, user=Depends(user_of)):
            return await ask(resource, company, user)

    for path, resource in (("summary", "dashboard_summary"), ("detailed-data", "dashboard_detailed_data"),
                           ("performance", "dashboard_performance"), ("cashflow", "dashboard_cashflow"),
                           ("maturity", "dashboard_maturity")):
        add_dashboard(path, resource)

    @app.get("/api/dashboard/trends")
    async def trends(company: int, period: str = "30d", compare: Optional[bool] = None, user=Depends(user_of)):
        return await ask("dashboard_trends", company, user, period=period, compare=compare)

    @app.get("/api/invoices")
    async def invoices(company: int, partner: Optional[str] = None, unpaid: Optional[bool] = None,
                       until: Optional[datetime.date] = None, user=Depends(user_of)):
        return await ask("invoices_list", company, user, partner=partner, unpaid=unpaid, until=until)

    @app.get("/api/invoices/summary")
    async def invoices_summary(company: int, user=Depends(user_of)):
        return await ask("invoices_summary", company, user)

    @app.get("/api/treasury")
    async def treasury(company: int, user=Depends(user_of)):
        return await ask("treasury_data", company, user)

    @app.get("/api/companies")
    async def companies(user=Depends(user_of)):
        return await services["companies_list"](username=user.name)

    def happen(event, company):
        for resource in STALE[event]:
            database.change(f"{resource}:{None if resource == 'companies_list' else company}")
        return {"success": True, "event": event, "company": company}

    @app.post("/api/invoices", status_code=201)
    async def add_invoice(company: int):
        return happen("invoice-changed", company)

    @app.post("/api/payments", status_code=201)
    async def add_payment(company: int):
        return happen("payment-recorded", company)

    @app.post("/api/treasury", status_code=201)
    async def add_transaction(company: int):
        return happen("treasury-transaction", company)

    @app.put("/api/companies/{company}")
    async def change_company(company: int):
        return happen("company-changed", company)

    @app.post("/judge/invalidate")
    async def invalidate(resource: str):
        return {"deleted": await cache.invalidate(resource)}

    return app


def parse():
    parser = common.arguments(__doc__)
    parser.add_argument("--readable", action="store_true")
    parser.add_argument("--positional", action="append", default=[], choices=sorted(TTLS), metavar="RESOURCE")
    return common.parsed(parser)


if __name__ == "__main__":
    asked = parse()
    common.serve(make_app(asked), asked.port)
