"""The cache of the hybrid portal in one worker: L1, a dictionary in the process, over L2, an SQLite file.

Not a program. As the portal does it: a connection to L2 for each operation (aiosqlite, whose default is to wait five
seconds for a lock), statistics of L1 alone, switches that only this process knows, SQL that fails shown as zeros.
"""

import asyncio
import fnmatch
import json
import os
import sqlite3
import threading
import time
from typing import NamedTuple, Optional

import aiosqlite
import redis

import common
import l2


class Held(NamedTuple):
    """An entry of L1."""

    expires: float
    cache_type: str
    company: Optional[int]
    username: str
    data: object


def fits(pattern, text):
    """A text is meant as it is, {"glob": …} is a glob."""
    if isinstance(pattern, dict):
        return fnmatch.fnmatchcase(text, pattern["glob"])
    return pattern == text


def takes(selection, key, held):
    """Whether one selection of roacache's message takes an entry. What this service does not know takes it, too: an
    entry too many that goes is read again, one too few is stale."""
    segments = {"company": held.company, "user": held.username}
    if "resources" in selection and not any(fits(each, held.cache_type) for each in selection["resources"]):
        return False
    for segment in selection.get("segments", []):
        value = segments.get(segment["name"])
        if value is None and segment["name"] in segments and not segment["or_absent"]:
            return False
        if value is not None and not fits(segment["value"], str(value)):
            return False
    for name in ("keys", "match"):
        patterns = [{"glob": each} if name == "match" else each for each in selection.get(name, [])]
        if patterns and not any(fits(each, key) for each in patterns):
            return False
    return True


class HybridCache:
    def __init__(self, path, schema, oracle, poll_seconds=1.0, auto_invalidate=False, failing=False, log_wait=False):
        self.path, self.schema, self.oracle = path, schema, oracle
        self.poll_seconds, self.failing, self.log_wait = poll_seconds, failing, log_wait
        self.l1_ttl = float(os.environ.get("CACHE_L1_TTL", "300"))
        self.l2_ttl = float(os.environ.get("CACHE_L2_TTL", "3600"))
        self.enabled = common.is_true("CACHE_ENABLED", "true")
        self.auto_invalidate = common.is_true("CACHE_AUTO_INVALIDATE", str(auto_invalidate))
        self.users_off = set()
        self.l1 = {}
        self.hits = self.misses = self.notices = 0
        self.unlogged, self.logging = [], None
        self.poller = self.listener = None

    # Reading through the two tiers

    def is_on(self, username):
        return self.enabled and username not in self.users_off

    async def read(self, cache_type, company, username, params):
        """The data, where it came from, and the milliseconds that took."""
        begun = time.perf_counter()
        if not self.is_on(username):
            data = await self.oracle.read(cache_type, company, params)
            return data, "Oracle", (time.perf_counter() - begun) * 1000
        key = self.schema.key(cache_type, company, username, params)
        data, source = self.from_l1(key), "L1"
        if data is None:
            data, source = await self.from_l2(key), "L2"
            if data is not None:
                self.keep_in_l1(key, cache_type, company, username, data)
        if data is None:
            data, source = await self.oracle.read(cache_type, company, params), "Oracle"
        took = (time.perf_counter() - begun) * 1000
        if source == "Oracle" and data is not None:
            self.keep_in_l1(key, cache_type, company, username, data)
            entry = l2.Entry(key, cache_type, company, username, json.dumps(data), time.time(), self.l2_ttl)
            await self.keep_in_l2(entry)
        await self.log(cache_type, source != "Oracle", took)
        return data, source, took

    def from_l1(self, key):
        held = self.l1.get(key)
        if held is not None and held.expires > time.time():
            self.hits += 1
            return held.data
        self.l1.pop(key, None)
        self.misses += 1
        return None

    def keep_in_l1(self, key, cache_type, company, username, data):
        self.l1[key] = Held(time.time() + self.l1_ttl, cache_type, company, username, data)

    async def from_l2(self, key):
        try:
            rows = await self.rows(*self.schema.get(key, time.time()))
            return json.loads(rows[0][0]) if rows else None
        except (sqlite3.Error, ValueError):
            return None

    async def keep_in_l2(self, entry):
        try:
            await self.change(self.schema.put(entry))
        except sqlite3.Error:
            pass

    async def rows(self, sql, values=()):
        async with aiosqlite.connect(self.path) as connection:
            async with connection.execute(sql, values) as cursor:
                return await cursor.fetchall()

    async def change(self, statements):
        """Executes them in one transaction; how many rows the last one changed."""
        async with aiosqlite.connect(self.path) as connection:
            for sql, values in statements:
                cursor = await connection.execute(sql, values)
            await connection.commit()
            return cursor.rowcount

    # The performance log: written beside the answers, several rows in a transaction if they come fast

    async def log(self, cache_type, hit, took):
        self.unlogged.append((cache_type, int(hit), took, time.time()))
        if self.logging is None or self.logging.done():
            self.logging = asyncio.create_task(self.write_log())
        if self.log_wait:
            await asyncio.shield(self.logging)

    async def write_log(self):
        while self.unlogged:
            rows, self.unlogged = self.unlogged, []
            try:
                async with aiosqlite.connect(self.path) as connection:
                    await connection.executemany(l2.LOG_ROW, rows)
                    await connection.commit()
            except sqlite3.Error:
                pass

    # Invalidation

    def drop_l1(self, company=None, cache_type=None):
        for key, held in list(self.l1.items()):
            if company in (None, held.company) and cache_type in (None, held.cache_type):
                self.l1.pop(key, None)

    async def invalidate(self, company=None, cache_type=None):
        self.drop_l1(company, cache_type)
        await self.change([self.schema.drop(company, cache_type)])

    async def clear(self):
        await self.invalidate()
        self.hits = self.misses = 0

    # Statistics

    async def statistics_rows(self, sql, values=()):
        if self.failing:
            raise sqlite3.OperationalError("disk I/O error")
        return await self.rows(sql, values)

    async def sqlite_size(self):
        return (await self.statistics_rows(*self.schema.active(time.time())))[0][0]

    def memory_size(self):
        now = time.time()
        return sum(held.expires > now for held in list(self.l1.values()))

    async def statistics(self, username):
        looked_up = self.hits + self.misses
        saved, times, size, day = {"today": 0, "week": 0, "total": 0}, {}, 0, 24 * 3600
        try:
            for name, since in (("today", time.time() - day), ("week", time.time() - 7 * day), ("total", 0)):
                count = "SELECT COUNT(*) FROM performance_log WHERE cache_hit = 1 AND timestamp > ?"
                saved[name] = (await self.statistics_rows(count, (since,)))[0][0]
            times = await self.response_times(time.time() - day)
            size = await self.sqlite_size()
        except sqlite3.Error:
            saved, times = {"today": 0, "week": 0, "total": 0}, {}
        return {
            "enabled": self.enabled,
            "global_enabled": self.enabled,
            "user_enabled": username not in self.users_off,
            "cache_type": "hybrid",
            "hit_rate": round(100 * self.hits / looked_up, 2) if looked_up else 0.0,
            "total_hits": self.hits,
            "total_misses": self.misses,
            "queries_saved": saved,
            "response_times": times,
            "cache_size": {"memory": self.memory_size(), "sqlite": size},
            "auto_invalidate": self.auto_invalidate,
            "last_cleanup": None,
        }

    async def response_times(self, since):
        rows = await self.statistics_rows(
            """SELECT cache_type, AVG(CASE WHEN cache_hit = 1 THEN response_time_ms END),
                      AVG(CASE WHEN cache_hit = 0 THEN response_time_ms END)
               FROM performance_log WHERE timestamp > ? GROUP BY cache_type""", (since,))
        return {cache_type: {"cached": int(cached), "oracle": int(oracle),
                             "improvement": round(100 * (oracle - cached) / oracle, 1) if oracle else 0.0}
                for cache_type, cached, oracle in rows if cached is not None and oracle is not None}

    # Threads: one watches max(id_act), one may listen to Redis

    def start_threads(self, redis_url=None, channel=None):
        seen = self.latest_acts()
        self.poller = threading.Thread(target=self.poll, args=(seen,), daemon=True)
        self.poller.start()
        if redis_url:
            subscribed = threading.Event()
            self.listener = threading.Thread(target=self.listen, args=(redis_url, channel, subscribed), daemon=True)
            self.listener.start()
            subscribed.wait(5)

    def is_polling(self):
        return self.auto_invalidate and self.poller is not None and self.poller.is_alive()

    def latest_acts(self):
        connection = self.oracle.connect()
        try:
            return self.oracle.latest(connection)
        finally:
            connection.close()

    def poll(self, seen):
        while self.poll_seconds >= 0:
            time.sleep(self.poll_seconds)
            if not self.auto_invalidate:
                continue
            try:
                for company, latest in self.latest_acts().items():
                    if seen.get(company, latest) != latest:
                        self.invalidate_from_thread(company)
                    seen[company] = latest
            except sqlite3.Error:
                pass  # the next round sees the same difference

    def invalidate_from_thread(self, company):
        self.drop_l1(company)
        connection = sqlite3.connect(self.path)
        try:
            connection.execute(*self.schema.drop(company))
            connection.commit()
        finally:
            connection.close()

    def listen(self, url, channel, subscribed):
        """Drops L1 when told; all of it when the connection was lost, since nobody knows what was said meanwhile."""
        while True:
            try:
                subscription = redis.Redis.from_url(url).pubsub()
                subscription.subscribe(channel)
                for message in subscription.listen():
                    if message["type"] == "subscribe":
                        self.drop_l1()
                        subscribed.set()
                    elif message["type"] == "message":
                        self.told(message["data"])
            except redis.RedisError:
                time.sleep(0.5)

    def told(self, data):
        """What roacache says was invalidated, or an object with company_id and cache_type; of anything else all goes."""
        notice = None
        try:
            notice = json.loads(data)
        except ValueError:
            pass
        try:
            if str(notice.get("schema", "")).startswith("roacache.invalidation/") and not notice["everything"]:
                self.drop_selected(notice["selections"])
            else:
                self.drop_l1(notice.get("company_id"), notice.get("cache_type"))
        except (AttributeError, KeyError, TypeError):
            self.drop_l1()
        self.notices += 1

    def drop_selected(self, selections):
        for key, held in list(self.l1.items()):
            if any(takes(selection, key, held) for selection in selections):
                self.l1.pop(key, None)
