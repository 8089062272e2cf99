"""The second tier of the hybrid portal: an SQLite file, with the statements that its service would use.

Not a program. No document tells how the file keeps its entries, so there are four ways, named by a letter:

  a  cache_entries: everything in columns, times as REAL unix seconds, indexed
  b  query_cache: key, data as BLOB, expiry as INTEGER unix seconds; neither a primary key nor an index, and who and
     what an entry is of stands in its key only
  c  hybrid_cache: WITHOUT ROWID, times as 'YYYY-MM-DD HH:MM:SS' in UTC
  d  l2_cache: the key is a digest that tells nothing; created_at and ttl_seconds instead of an expiry

The same file has performance_log as documented.
"""

import datetime
import hashlib
import json
import sqlite3
from typing import NamedTuple, Optional

LOG = """CREATE TABLE IF NOT EXISTS performance_log (
    cache_type TEXT, cache_hit INTEGER, response_time_ms REAL, timestamp REAL)"""
LOG_ROW = "INSERT INTO performance_log (cache_type, cache_hit, response_time_ms, timestamp) VALUES (?, ?, ?, ?)"


class Entry(NamedTuple):
    key: str
    cache_type: str
    company: Optional[int]
    username: str
    value: str  # JSON text
    created: float
    ttl: float


def params_digest(params):
    return hashlib.md5(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()


def utc_text(seconds):
    return datetime.datetime.utcfromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


class Columns:
    """Schema a, and what the others inherit of it."""

    table, key_column, value_column = "cache_entries", "cache_key", "value"
    create = [
        """CREATE TABLE IF NOT EXISTS cache_entries (
            cache_key TEXT PRIMARY KEY, cache_type TEXT NOT NULL, company_id INTEGER, username TEXT,
            value TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS idx_cache_company ON cache_entries (company_id, cache_type)",
        "CREATE INDEX IF NOT EXISTS idx_cache_expires ON cache_entries (expires_at)",
        LOG,
        "CREATE INDEX IF NOT EXISTS idx_performance_timestamp ON performance_log (timestamp)",
    ]
    alive = "expires_at > ?"

    def key(self, cache_type, company, username, params):
        return f"{username}:{cache_type}:{'all' if company is None else company}:{params_digest(params)[:16]}"

    def now(self, now):
        """`now`, as the expression `alive` wants it."""
        return (now,)

    def get(self, key, now):
        return (f"SELECT {self.value_column} FROM {self.table} WHERE {self.key_column} = ? AND {self.alive}",
                (key, *self.now(now)))

    def active(self, now):
        return f"SELECT COUNT(*) FROM {self.table} WHERE {self.alive}", self.now(now)

    def put(self, entry):
        return [("INSERT OR REPLACE INTO cache_entries VALUES (?, ?, ?, ?, ?, ?, ?)",
                 (*entry[:5], entry.created, entry.created + entry.ttl))]

    def drop(self, company=None, cache_type=None):
        """Removes what is of the company and of the type; without either, everything."""
        wanted = {"company_id": company, "cache_type": cache_type}
        wanted = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in wanted)
        return f"DELETE FROM {self.table}" + (f" WHERE {where}" if where else ""), tuple(wanted.values())


class KeyOnly(Columns):
    """Schema b."""

    table, key_column, value_column = "query_cache", "key", "data"
    create = ["CREATE TABLE IF NOT EXISTS query_cache (key TEXT, data BLOB, expiry INTEGER)", LOG]
    alive = "expiry > ?"

    def key(self, cache_type, company, username, params):
        of = "" if company is None else f":company-{company}"
        return f"{cache_type}{of}:user-{username}:{params_digest(params)}"

    def now(self, now):
        return (int(now),)

    def put(self, entry):
        return [("DELETE FROM query_cache WHERE key = ?", (entry.key,)),
                ("INSERT INTO query_cache (key, data, expiry) VALUES (?, ?, ?)",
                 (entry.key, entry.value.encode(), int(entry.created + entry.ttl)))]

    def drop(self, company=None, cache_type=None):
        wanted = [f"{cache_type}:%"] if cache_type is not None else []
        wanted += [f"%:company-{company}:%"] if company is not None else []
        where = " AND ".join("key LIKE ?" for _ in wanted)
        return "DELETE FROM query_cache" + (f" WHERE {where}" if where else ""), tuple(wanted)


class TextTimes(Columns):
    """Schema c."""

    table, value_column = "hybrid_cache", "payload"
    create = [
        """CREATE TABLE IF NOT EXISTS hybrid_cache (
            cache_key TEXT NOT NULL PRIMARY KEY, cache_type TEXT NOT NULL, company_id INTEGER,
            username TEXT NOT NULL, payload TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX IF NOT EXISTS idx_hybrid_company ON hybrid_cache (company_id)",
        LOG,
    ]
    alive = "expires_at > datetime('now')"

    def key(self, cache_type, company, username, params):
        return f"user:{username}|company:{company or '-'}|{cache_type}|{params_digest(params)[:12]}"

    def now(self, now):
        return ()

    def put(self, entry):
        return [("INSERT OR REPLACE INTO hybrid_cache VALUES (?, ?, ?, ?, ?, ?, ?)",
                 (*entry[:5], utc_text(entry.created), utc_text(entry.created + entry.ttl)))]


class Lifetimes(Columns):
    """Schema d."""

    table, key_column = "l2_cache", "key"
    create = [
        """CREATE TABLE IF NOT EXISTS l2_cache (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, cache_type TEXT, company_id INTEGER,
            username TEXT, value TEXT, created_at REAL, ttl_seconds INTEGER)""",
        LOG,
    ]
    alive = "created_at + ttl_seconds > ?"

    def key(self, cache_type, company, username, params):
        return hashlib.sha256(f"{username}|{cache_type}|{company}|{params_digest(params)}".encode()).hexdigest()

    def put(self, entry):
        return [("""INSERT INTO l2_cache (key, cache_type, company_id, username, value, created_at, ttl_seconds)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
                    value = excluded.value, created_at = excluded.created_at, ttl_seconds = excluded.ttl_seconds""",
                 (*entry[:6], int(entry.ttl)))]


SCHEMAS = {"a": Columns(), "b": KeyOnly(), "c": TextTimes(), "d": Lifetimes()}


def create(path, schema, journal="delete"):
    """The file with its tables, made unless it is there."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    for statement in schema.create:
        connection.execute(statement)
    connection.commit()
    connection.close()


def schema_of(path):
    """Which of the schemas an existing file has."""
    connection = sqlite3.connect(path)
    tables = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return next(schema for schema in SCHEMAS.values() if schema.table in tables)
