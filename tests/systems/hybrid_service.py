"""Imitates the hybrid accounting portal: each worker's own L1 in memory over one L2 in SQLite, keys by user.

    hybrid_service.py [--l2 FILE] [--oracle FILE] [--schema a|b|c|d] [--journal delete|wal] [--workers N]
                      [--auto-invalidate] [--poll SECONDS] [--notify-redis URL [--channel NAME]] [--log-wait]
                      [--not-initialised] [--failing] [--clear-method M] [--benchmark-method M]
                      [--slow-read-ms N] [--tokens FILE] [--env FILE] [--port N]

Data, all with a bearer token, answered as {"data": …, "metadata": {"source": "L1" | "L2" | "Oracle", …}}:
  GET /api/dashboard/summary?company=N            GET /api/dashboard/trends?company=N[&period=30d]
  GET /api/invoices?company=N[&partner=CLIENTI][&unpaid=true]
  GET /api/invoices/summary?company=N             GET /api/treasury?company=N          GET /api/companies
  POST /api/invoices?company=N[&amount=X][&act=false]   changes data and invalidates nothing; act=false changes an
                                                  invoice that is there, so that max(id_act) does not move
Management: /api/cache/stats, /invalidate, /toggle-user, /toggle-global, /toggle-auto-invalidate, /health, /clear and
/benchmark. Switches and L1 are of the worker that the request reaches, which the header X-Worker names.
For tests: GET /judge/state. Environment: CACHE_ENABLED, CACHE_L1_TTL, CACHE_L2_TTL, CACHE_AUTO_INVALIDATE.
"""

import contextlib
import datetime
import os
import tempfile
import time
from typing import Optional

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

import common
import l2
from hybrid_cache import HybridCache
from oracle import Oracle

METHODS = ("GET", "POST", "DELETE")


class What(BaseModel):
    company_id: Optional[int] = None
    cache_type: Optional[str] = None


class Switch(BaseModel):
    enabled: bool


def parse():
    parser = common.arguments(__doc__)
    parser.add_argument("--l2", metavar="FILE")
    parser.add_argument("--oracle", metavar="FILE")
    parser.add_argument("--schema", choices=sorted(l2.SCHEMAS), default="a")
    parser.add_argument("--journal", choices=("delete", "wal"), default="delete")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--auto-invalidate", action="store_true", help="begin with the watching of id_act on")
    parser.add_argument("--poll", type=float, default=1.0, metavar="SECONDS", help="between two looks at id_act")
    parser.add_argument("--notify-redis", metavar="URL", help="drop L1 when a message comes")
    parser.add_argument("--channel", default="cache:invalidate")
    parser.add_argument("--log-wait", action="store_true", help="answer only when performance_log has the row")
    parser.add_argument("--not-initialised", action="store_true", help="as if the cache had failed to start")
    parser.add_argument("--failing", action="store_true", help="every statistics query fails")
    parser.add_argument("--clear-method", choices=METHODS, default="POST")
    parser.add_argument("--benchmark-method", choices=METHODS, default="POST")
    return common.parsed(parser)


@contextlib.contextmanager
def answering_500(doing):
    """As the portal wraps each of its calls, and so its own 503, too."""
    try:
        yield
    except Exception as error:
        raise HTTPException(500, f"Error {doing}: {error}")


def local_now():
    return datetime.datetime.now().isoformat()


def add_data_routes(app, cache, oracle, user_of):
    async def answer(cache_type, company, user, **params):
        begun = time.perf_counter()
        params = {name: value for name, value in params.items() if value is not None}
        if cache is None:
            data, source = await oracle.read(cache_type, company, params), "Oracle"
            took = (time.perf_counter() - begun) * 1000
        else:
            data, source, took = await cache.read(cache_type, company, user.name, params)
        if data is None:
            raise HTTPException(404, "Company not found")
        metadata = {"source": source, "response_time_ms": round(took, 3), "cache_type": cache_type}
        return {"data": data, "metadata": metadata}

    @app.get("/api/dashboard/summary")
    async def summary(company: int, user=Depends(user_of)):
        return await answer("dashboard_summary", company, user)

    @app.get("/api/dashboard/trends")
    async def trends(company: int, period: str = "30d", user=Depends(user_of)):
        return await answer("dashboard_trends", company, user, period=period)

    @app.get("/api/invoices")
    async def invoices(company: int, partner: Optional[str] = None, unpaid: bool = False, user=Depends(user_of)):
        return await answer("invoices_list", company, user, partner=partner, unpaid=unpaid)

    @app.get("/api/invoices/summary")
    async def invoices_summary(company: int, user=Depends(user_of)):
        return await answer("invoices_summary", company, user)

    @app.get("/api/treasury")
    async def treasury(company: int, user=Depends(user_of)):
        return await answer("treasury_data", company, user)

    @app.get("/api/companies")
    async def companies(user=Depends(user_of)):
        return await answer("companies_list", None, user)

    @app.post("/api/invoices", status_code=201)
    def add_invoice(company: int, partner: str = "CLIENTI", amount: float = 1.0, act: bool = True,
                    user=Depends(user_of)):
        version = oracle.add_invoice(company, partner, amount, act)
        if version is None:
            raise HTTPException(404, "Company not found")
        return {"success": True, "company": company, "version": version}

    @app.get("/judge/state")
    async def state():
        """What this worker holds, and what the database was asked by all of them."""
        asked = {"worker": os.getpid(), "oracle_reads": oracle.reads.value}
        if cache is None:
            return asked
        return {**asked, "l1": sorted(cache.l1), "notices": cache.notices, "unlogged": len(cache.unlogged)}


def add_management_routes(app, cache, user_of, given):
    def started():
        if cache is None:
            raise RuntimeError("503: Cache not initialized")
        return cache

    @app.get("/api/cache/stats")
    async def stats(user=Depends(user_of)):
        with answering_500("getting cache stats"):
            return await started().statistics(user.name)

    @app.post("/api/cache/invalidate")
    async def invalidate(what: What, user=Depends(user_of)):
        with answering_500("invalidating cache"):
            await started().invalidate(what.company_id, what.cache_type)
        named = [f"company {what.company_id}"] if what.company_id is not None else []
        named += [f"type {what.cache_type}"] if what.cache_type is not None else []
        return {"success": True, "message": f"Cache invalidated: {', '.join(named) or 'everything'}",
                "invalidated_at": local_now()}

    @app.post("/api/cache/toggle-user")
    async def toggle_user(switch: Switch, user=Depends(user_of)):
        with answering_500("toggling user cache"):
            (started().users_off.discard if switch.enabled else started().users_off.add)(user.name)
        return {"success": True, "username": user.name, "cache_enabled": switch.enabled,
                "message": f"Cache {'enabled' if switch.enabled else 'disabled'} for {user.name}"}

    @app.post("/api/cache/toggle-global")
    async def toggle_global(switch: Switch, user=Depends(user_of)):
        with answering_500("toggling global cache"):
            started().enabled = switch.enabled
        return {"success": True, "global_enabled": switch.enabled,
                "message": f"Cache globally {'enabled' if switch.enabled else 'disabled'}",
                "note": "Runtime only: the setting is lost at the next start"}

    @app.post("/api/cache/toggle-auto-invalidate")
    async def toggle_auto_invalidate(switch: Switch, user=Depends(user_of)):
        with answering_500("toggling auto-invalidation"):
            started().auto_invalidate = switch.enabled
        return {"success": True, "auto_invalidate_enabled": switch.enabled,
                "message": f"Auto-invalidation {'enabled' if switch.enabled else 'disabled'}",
                "note": "Runtime only: the setting is lost at the next start"}

    @app.get("/api/cache/health")
    async def health():
        if cache is None:
            return {"status": "not_initialized", "enabled": False}
        try:
            return {"status": "healthy", "enabled": cache.enabled, "cache_type": "hybrid",
                    "memory_size": cache.memory_size(), "sqlite_size": await cache.sqlite_size(),
                    "auto_invalidate_running": cache.is_polling()}
        except Exception as error:
            return {"status": "error", "error": str(error)}

    async def clear(user=Depends(user_of)):
        with answering_500("clearing cache"):
            await started().clear()
        return {"success": True, "message": "All cache cleared"}

    async def benchmark(company: int = 1, user=Depends(user_of)):
        """Times one read of each source: Oracle, then L2 without L1, then L1."""
        with answering_500("running benchmark"):
            times, key = {}, started().schema.key("dashboard_summary", company, user.name, {})
            await cache.invalidate(company, "dashboard_summary")
            for name in ("oracle", "l2", "l1"):
                if name == "l2":
                    cache.l1.pop(key, None)
                _, source, took = await cache.read("dashboard_summary", company, user.name, {})
                times[name] = {"source": source, "response_time_ms": round(took, 3)}
        return {"success": True, "company_id": company, "results": times}

    app.add_api_route("/api/cache/clear", clear, methods=[given.clear_method])
    app.add_api_route("/api/cache/benchmark", benchmark, methods=[given.benchmark_method])


def make_app(given, folder):
    app = FastAPI()
    oracle = Oracle(given.oracle or os.path.join(folder, "oracle.db"), given.slow_read_ms)
    user_of = common.Tokens(given.tokens)
    cache = None
    if not given.not_initialised:
        path, schema = given.l2 or os.path.join(folder, "cache.db"), l2.SCHEMAS[given.schema]
        l2.create(path, schema, given.journal)
        cache = HybridCache(path, schema, oracle, given.poll, given.auto_invalidate, given.failing, given.log_wait)

        @app.on_event("startup")
        def start():
            cache.start_threads(given.notify_redis, given.channel)

    add_data_routes(app, cache, oracle, user_of)
    add_management_routes(app, cache, user_of, given)
    return app


if __name__ == "__main__":
    asked = parse()
    with tempfile.TemporaryDirectory() as temporary:
        common.serve(make_app(asked, temporary), asked.port, asked.workers)
