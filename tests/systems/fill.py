"""Fills a store as one of the five systems would, and says what is in it and what an event makes stale.

    fill.py SYSTEM WHERE [--entries N] [--ttl S] [--schema a|b|c|d] [--journal delete|wal] [--confusing]

SYSTEM is roa2web, hr-portal, tally-portal or salonos, WHERE then a Redis URL; or roa2web-hybrid, WHERE then the path
of an SQLite file. Beside the entries there are neighbours that belong to nobody's cache: sessions, locks, another
application's keys or tables, and names that look much like the system's own; --confusing adds a table that looks like
the one of the entries. --ttl is for all entries, instead of the documented ones. Prints one JSON object:

  keys        [{"key", "resource", "company", "ttl", …}]: what was written. `resource` is the name in the document, or
              the shape of the key. roa2web has also "params", of which the hash is made, and "tells_company": whether
              the key shows whose it is; the hybrid has "username" and "expired"; tally has "alterid" and
              "superseded"
  neighbours  the keys, or {table: rows}, that must survive everything
  events      [{"event", "arguments", "stale": [key…], "untold": [key…]}]: by the rule that the document names. With a
              company among the arguments, "untold" are the keys of stale resources that do not tell whose they are
  statistics  (hybrid) what performance_log then says, by a clock that has not moved on by much
"""

import argparse
import datetime
import gc
import hashlib
import json
import sqlite3
import time
import uuid

import redis

import l2
import roa_service

USERNAMES = ("ana", "bob", "admin")
ODD_PARAMS = [
    {"text": "Țuică și brânză"}, {"text": "😀 beyond the BMP"}, {"rate": 0.1}, {"rate": 1e22},
    {"rate": 1e16, "zero": -0.0}, {"big": 2**70}, {"none": None, "flag": True},
    {"nested": {"b": [1, 2.5, "x"], "a": {}}, "empty": []}, {"quote": "\"\\\n\t\x7f"},
]


def company_numbers(count):
    """So ordered that even the first few begin as each other does."""
    first = [1, 11, 2, 12, 101]
    return first + [company for company in range(1, 1 + count) if company not in first]


def roa2web(count):
    resources, companies = list(roa_service.TTLS), company_numbers(count // 200)
    for i in range(count):
        resource = resources[i % len(resources)]
        turn = i // len(resources)
        readable, company = turn % 2 == 1, companies[turn // 2 % len(companies)]
        params = {} if resource == "companies_list" else {"company": company}
        if resource == "invoices_list":
            params.update(partner=("CLIENTI", "FURNIZORI")[turn // 4 % 2], unpaid=turn // 8 % 2 == 0)
        if resource == "dashboard_trends":
            params.update(period="30d", compare=turn // 4 % 2 == 0)
        if turn // 2 // len(companies) or resource == "companies_list":
            params["page"] = turn
        if not readable and resource == "dashboard_detailed_data" and turn // 2 < len(ODD_PARAMS):
            params.update(ODD_PARAMS[turn // 2])
        value = {"resource": resource, **params, "version": 1, "total": "1234.50", "at": "2025-11-01 00:00:00"}
        yield {"key": roa_service.cache_key(resource, "default", readable=readable, **params), "resource": resource,
               "company": params.get("company"), "ttl": roa_service.TTLS[resource], "params": params,
               "tells_company": readable and "company" in params}, value


def roa2web_events(keys, company=1):
    for event, resources in roa_service.STALE.items():
        yield event, {}, [key["key"] for key in keys if key["resource"] in resources], []
    meant = [key for key in keys if key["resource"] in roa_service.STALE["company-changed"]]
    yield "company-changed", {"company": company}, [
        key["key"] for key in meant
        if key["resource"] == "companies_list" or key["tells_company"] and key["company"] == company
    ], [key["key"] for key in meant if key["resource"] != "companies_list" and not key["tells_company"]]


def hr_portal(count):
    shapes = [  # shape, TTL, value
        ("user:{id}", 900, {"name": "User"}), ("user:{id}:roles", 900, ["staff"]),
        ("user:{id}:permissions", 900, {"read": True}), ("employee:{id}", 300, {"name": "従業員"}),
        ("employee:rirekisho:{code}", 300, {"name": "山田"}), ("dashboard:summary:{id}", 120, {"employees": 42}),
        ("employee:list:p{page}:pp{per_page}", 300, [{"id": 1}]), ("factory:list:p{page}:pp{per_page}", 300, []),
        ("employee:search:{hash}:l{limit}", 600, [{"id": 1}]), ("payroll:{period}:summary", 1800, {"total": 1}),
        ("payroll:{factory}:employee:{id}", 1800, {"total": 1}), ("salary:{id}:{period}", 1800, 250000),
    ]
    for i in range(count):
        shape, ttl, value = shapes[i % len(shapes)]
        number = 1 + i // len(shapes)
        number = {2: 50, 50: 2, 3: 51, 51: 3}.get(number, number)  # so that 5 and 50 are among the first few
        key = shape.format(id=number, code=f"R{number:05}", page=number, per_page=20, limit=10,
                           factory=f"F{number % 12}", hash=hashlib.md5(str(number).encode()).hexdigest()[:8],
                           period=f"{2025 - number // 12}-{1 + number % 12:02}")
        yield {"key": key, "resource": shape, "company": None, "ttl": ttl}, value


def hr_portal_events(keys):
    names = [key["key"] for key in keys]
    lists = ("employee:list:", "employee:search:", "employee:rirekisho:")
    yield "employee-changed", {"id": 5}, [name for name in names if name == "employee:5" or name.startswith(lists)], []
    stale = ("payroll:F1:", "salary:", "dashboard:")
    yield "payroll-generated", {"factory": "F1"}, [name for name in names if name.startswith(stale)], []
    yield "password-reset", {"id": 5}, [name for name in names if name == "user:5" or name.startswith("user:5:")], []


def tally_portal(count):
    guids = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"company {i}")) for i in range(max(3, count // 50))]
    guids.append(guids[0] + "-00000002")  # that begins as another does
    yield {"key": "companies_all_synced", "resource": "companies_all_synced", "company": None, "ttl": 3600,
           "alterid": None, "superseded": False}, [{"guid": guid} for guid in guids[:10]]
    for i in range(count - 1):
        guid, turn = guids[i % len(guids)], i // len(guids)
        alterid = None if turn == 0 else 1000 + turn % 3
        day = datetime.date(2025, 4, 1) + datetime.timedelta(turn // 3)
        filters = [str(day), str(day + datetime.timedelta(364))] if turn > 3 else []
        parts = ["dashboard_data", guid, *([] if alterid is None else [str(alterid)]), *filters]
        yield {"key": ":".join(parts), "resource": "dashboard_data", "company": guid, "ttl": 3600, "alterid": alterid,
               "superseded": False}, {"guid": guid, "alterid": alterid, "sales": 1000.25}


def tally_portal_events(keys):
    newest = {}
    for key in keys:
        newest[key["company"]] = max(newest.get(key["company"], 0), key["alterid"] or 0)
    for key in keys:
        key["superseded"] = key["alterid"] is not None and key["alterid"] < newest[key["company"]]
    guid = keys[1]["company"]
    stale = [key["key"] for key in keys if key["company"] == guid or key["resource"] == "companies_all_synced"]
    yield "sync-completed", {"guid": guid}, stale, []


def salonos(count):
    shapes = [("settings:singleton", 3600), ("catalog:categories:active=True", 1800),
              ("catalog:categories:active=False", 1800)]
    for i in range((count - len(shapes) + 2) // 3):
        day = datetime.date(2025, 11, 1) - datetime.timedelta(i)
        shapes += [(f"dashboard:metrics:{day}", 60), (f"dashboard:top_services:{day}:5", 60),
                   (f"dashboard:staff_performance:{day}", 60)]
    for key, ttl in shapes[:count]:
        yield {"key": key, "resource": ":".join(key.split(":")[:2]), "company": None, "ttl": ttl}, {"version": 1}


def salonos_events(keys):
    for event, start in (("settings-changed", "settings:singleton"), ("category-changed", "catalog:"),
                         ("bill-paid", "dashboard:")):
        yield event, {}, [key["key"] for key in keys if key["key"].startswith(start)], []


SYSTEMS = {
    "roa2web": (roa2web, roa2web_events, [
        "cached:default:dashboard_summary:0123456789ab", "xcache:default:invoices_list:0123456789ab",
        "CACHE:default:invoices_list:0123456789ab", "invoices_list", "cache"]),
    "hr-portal": (hr_portal, hr_portal_events, [
        "users:5", "user-5", "xuser:5", "employees:5", "salary", "payroll_lock:F1", "dashboards:summary:1"]),
    "tally-portal": (tally_portal, tally_portal_events, [
        "companies_all_synced_old", "xcompanies_all_synced", "dashboard_data", "dashboard_data_old:1:2"]),
    "salonos": (salonos, salonos_events, [
        "settings", "settingsx:singleton", "catalogue:categories", "dashboards:metrics:2025-11-01", "xcatalog:a"]),
}


def fill_redis(system, url, count, ttl):
    make, events_of, alike = SYSTEMS[system]
    client = redis.Redis.from_url(url)
    keys, pipeline = [], client.pipeline(transaction=False)
    for key, value in make(count):
        key["ttl"] = ttl or key["ttl"]
        pipeline.setex(key["key"], key["ttl"], json.dumps(value, default=str))
        keys.append(key)
        if len(keys) % 2000 == 0:
            pipeline.execute()
    pipeline.execute()
    return {"system": system, "keys": keys, "neighbours": add_neighbours(client, alike),
            "events": listed(events_of(keys))}


def add_neighbours(client, alike):
    sessions = [f"session:{hashlib.md5(bytes([i])).hexdigest()}" for i in range(20)]
    locks = ["lock:dashboard_summary", "lock:payroll:2025-11", "lock:sync"]
    others = ["otherapp:settings", "otherapp:cache:default:invoices_list:1", "we[i]rd*k?y", "celery-task-meta-1"]
    for key in sessions:
        client.setex(key, 8 * 3600, json.dumps({"username": "ana"}))
    for key in locks + others + alike:
        client.set(key, "another's")
    client.rpush("queue:mails", "one", "two")
    client.hset("otherapp:user:5", mapping={"name": "Ana"})
    client.sadd("otherapp:online", "5", "6")
    client.zadd("otherapp:scores", {"ana": 1.5})
    client.xadd("otherapp:events", {"what": "happened"})
    kinds = ["queue:mails", "otherapp:user:5", "otherapp:online", "otherapp:scores", "otherapp:events"]
    return sessions + locks + others + alike + kinds


def listed(events):
    return [{"event": event, "arguments": arguments, "stale": stale, "untold": untold}
            for event, arguments, stale, untold in events]


def hybrid_entries(schema, count, ttl):
    """One entry in ten has expired."""
    types, companies, now = list(roa_service.TTLS), company_numbers(count // 500), time.time()
    for i in range(count):
        cache_type, username = types[i % len(types)], USERNAMES[i // len(types) % len(USERNAMES)]
        turn = i // len(types) // len(USERNAMES)
        company = None if cache_type == "companies_list" else companies[turn % len(companies)]
        variant = turn if company is None else turn // len(companies)
        params = {"page": variant} if variant else {}
        expired = i // 7 % 10 == 3
        created = now - ttl - 1800 - i % 600 if expired else now - i % max(1, int(ttl / 4))
        value = json.dumps({"resource": cache_type, "company": company, "version": 1, "count": 30, "total": 64822.5,
                            **params})
        key = schema.key(cache_type, company, username, params)
        yield l2.Entry(key, cache_type, company, username, value, created, ttl), expired


def hybrid_events(keys, company=1):
    """The portal's own watching of id_act, and the events of the same portal on Redis."""
    yield "act-moved", {"company": company}, [key["key"] for key in keys if key["company"] == company], []
    for event, resources in roa_service.STALE.items():
        meant = [key for key in keys if key["resource"] in resources]
        yield event, {}, [key["key"] for key in meant], []
        yield event, {"company": company}, [
            key["key"] for key in meant if key["company"] in (company, None)], []


def log_rows(now):
    """Rows of three ages for each of three types; a fourth has hits alone, so that it has no response times."""
    rows, day = [], 24 * 3600
    for age, hits, misses in ((1800, 40, 10), (3 * day, 30, 5), (30 * day, 20, 5)):
        for number, cache_type in enumerate(("dashboard_summary", "invoices_list", "treasury_data")):
            rows += [(cache_type, 1, 0.4 + number + i / 100, now - age - i) for i in range(hits)]
            rows += [(cache_type, 0, 100.9 + 50 * number + i, now - age - i) for i in range(misses)]
        rows.append(("companies_list", 1, 0.2, now - age))
    return rows


def log_statistics(rows, now):
    day = 24 * 3600
    saved = {name: sum(hit for _, hit, _, at in rows if at > now - past)
             for name, past in (("today", day), ("week", 7 * day), ("total", now))}
    times = {}
    for cache_type in sorted({row[0] for row in rows}):
        recent = [(hit, took) for kind, hit, took, at in rows if kind == cache_type and at > now - day]
        hits, misses = ([took for hit, took in recent if hit == wanted] for wanted in (1, 0))
        if hits and misses:
            cached, oracle = sum(hits) / len(hits), sum(misses) / len(misses)
            times[cache_type] = {"cached": cached, "oracle": oracle, "improvement": 100 * (oracle - cached) / oracle}
    return {"queries_saved": saved, "response_times": times}


def fill_sqlite(path, schema, journal, count, ttl, confusing):
    l2.create(path, schema, journal)
    connection = sqlite3.connect(path)
    written = list(hybrid_entries(schema, count, ttl))
    puts = [schema.put(entry)[-1] for entry, _ in written]  # the last statement: nothing is there to be replaced yet
    if puts:
        connection.executemany(puts[0][0], [values for _, values in puts])
    now = time.time()
    rows = log_rows(now)
    connection.executemany(l2.LOG_ROW, rows)
    neighbours = add_tables(connection, written, confusing)
    connection.commit()
    connection.close()
    keys = [{"key": entry.key, "resource": entry.cache_type, "company": entry.company, "ttl": ttl,
             "username": entry.username, "expired": expired} for entry, expired in written]
    active = sum(not expired for _, expired in written)
    return {"system": "roa2web-hybrid", "table": schema.table, "keys": keys, "active": active, "neighbours": neighbours,
            "events": listed(hybrid_events(keys)), "statistics": log_statistics(rows, now)}


def add_tables(connection, written, confusing):
    connection.execute("CREATE TABLE IF NOT EXISTS user_sessions (token TEXT PRIMARY KEY, username TEXT, "
                       "expires_at REAL)")
    connection.executemany("INSERT OR REPLACE INTO user_sessions VALUES (?, 'ana', ?)",
                           [(f"session-{i}", time.time() + 3600) for i in range(20)])
    connection.execute("CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, holder INTEGER)")
    connection.execute("INSERT OR REPLACE INTO locks VALUES ('sync', 1)")
    neighbours = {"user_sessions": 20, "locks": 1}
    if confusing:
        connection.execute("CREATE TABLE IF NOT EXISTS other_cache (cache_key TEXT PRIMARY KEY, value TEXT, "
                           "expires_at REAL)")
        connection.executemany("INSERT OR REPLACE INTO other_cache VALUES (?, '{}', ?)",
                               [(entry.key, time.time() + 3600) for entry, _ in written[:50]])
        neighbours["other_cache"] = len(written[:50])
    return neighbours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=[*SYSTEMS, "roa2web-hybrid"])
    parser.add_argument("where", metavar="WHERE")
    parser.add_argument("--entries", type=int, default=200)
    parser.add_argument("--ttl", type=int)
    parser.add_argument("--schema", choices=sorted(l2.SCHEMAS), default="a")
    parser.add_argument("--journal", choices=("delete", "wal"), default="delete")
    parser.add_argument("--confusing", action="store_true")
    given = parser.parse_args()
    gc.disable()  # nothing of 100,000 entries is ever garbage
    if given.system == "roa2web-hybrid":
        schema = l2.SCHEMAS[given.schema]
        filled = fill_sqlite(given.where, schema, given.journal, given.entries, given.ttl or 3600, given.confusing)
    else:
        filled = fill_redis(given.system, given.where, given.entries, given.ttl)
    print(json.dumps(filled))  # at once: json.dump would take ten times as long


if __name__ == "__main__":
    main()
