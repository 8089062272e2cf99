"""Fills a Redis exactly as one of the served systems does, next to another application's keys, and prints as JSON
what an operator should then find: own keys with their TTLs, foreign keys, and for each event the keys it makes stale.

usage: fill_profile.py SOCKET PROFILE
"""

import hashlib
import json
import sys

import redis

server = redis.Redis(unix_socket_path=sys.argv[1])
own = {}
foreign = []


def put(key, ttl, value):
    server.setex(key, ttl, json.dumps(value))
    own[key] = ttl


def stale(*tests):
    return sorted(key for key in own if any(test(key) for test in tests))


def begins(*prefixes):
    return lambda key: key.startswith(prefixes)


def roa2web():
    ttls = {
        "dashboard_summary": 300, "dashboard_trends": 180, "dashboard_detailed_data": 60, "dashboard_performance": 180,
        "dashboard_cashflow": 180, "dashboard_maturity": 180, "invoices_list": 60, "invoices_summary": 180,
        "companies_list": 600, "treasury_data": 120,
    }
    for tenant in ("default", "client-1", "client-10"):
        for resource, ttl in ttls.items():
            for company in (1, 2, 123):
                params = {"company": company, "period": "30d", "names": ["Țară", "🙂"], "ratio": 0.1}
                text = json.dumps(params, sort_keys=True)
                put(f"cache:{tenant}:{resource}:{hashlib.md5(text.encode()).hexdigest()[:12]}", ttl, params)
        put(f"cache:{tenant}:dashboard_summary:company-123:abc456def789", 300, {})
        put(f"cache:{tenant}:dashboard_summary:company-456:abc456def780", 300, {})
        put(f"cache:{tenant}:invoices_list:company-123:partner-CLIENTI:unpaid-true:xyz890", 60, [])
        put(f"cache:{tenant}:dashboard_trends:company-456:period-30d:compare-true:def123", 180, [])

    def of(tenant, *resources):
        return lambda key: key.split(":")[1] == tenant and key.split(":")[2] in resources

    dashboards = [resource for resource in ttls if resource.startswith("dashboard_")]
    other_company = lambda key: any(part.startswith("company-") and part != "company-123" for part in key.split(":"))
    return [
        (["-e", "invoice-changed"], stale(of("default", "invoices_list", "invoices_summary", "dashboard_summary", "dashboard_trends"))),
        (["-e", "payment-recorded", "-t", "client-1"], stale(of("client-1", "invoices_list", "dashboard_summary", "treasury_data", "dashboard_cashflow"))),
        (["-e", "treasury-transaction"], stale(of("default", "treasury_data", "dashboard_summary", "dashboard_cashflow"))),
        (["-e", "company-changed"], stale(of("default", "companies_list", *dashboards))),
        (["-e", "company-changed=123"], [key for key in stale(of("default", "companies_list", *dashboards)) if not other_company(key)]),
        (["-e", "treasury-transaction", "--all-tenants"], [key for key in own if key.split(":")[2] in ("treasury_data", "dashboard_summary", "dashboard_cashflow")]),
    ]


def hr_portal():
    for user in (7, 70, 71):
        put(f"user:{user}", 900, {})
        put(f"user:{user}:roles", 900, [])
        put(f"user:{user}:permissions", 900, [])
        put(f"dashboard:summary:{user}", 120, {})
    for employee in (5, 50):
        put(f"employee:{employee}", 300, {})
        put(f"employee:rirekisho:R{employee}", 300, {})
    for entity in ("employee", "factory"):
        for page in (1, 2):
            put(f"{entity}:list:p{page}:pp50", 300, [])
        put(f"{entity}:search:0123456789ab:l20", 600, [])
    for scope in ("2025-11", "F1", "F10"):
        put(f"payroll:{scope}:totals", 1800, {})
        put(f"payroll:{scope}:employee:5", 1800, {})
    put("salary:5", 300, {})
    put("salary:F1:5", 300, {})
    return [
        (["-e", "employee-changed=5"], stale(lambda key: key == "employee:5", begins("employee:list:", "employee:search:", "employee:rirekisho:"))),
        (["-e", "payroll-generated=F1"], stale(begins("payroll:F1:", "salary:", "dashboard:"))),
        (["-e", "password-reset=7"], stale(lambda key: key == "user:7", begins("user:7:"))),
    ]


def tally_portal():
    put("companies_all_synced", 3600, [])
    for guid in ("0b5f6b3e-1111-4222-8333-444455556666", "0b5f6b3e-1111-4222-8333-444455556667"):
        for alterid in (17, 18):
            put(f"dashboard_data:{guid}:{alterid}:2025-04-01:2026-03-31", 3600, {})
            put(f"dashboard_data:{guid}:{alterid}", 3600, {})
        put(f"dashboard_data:{guid}", 3600, {})
    guid = "0b5f6b3e-1111-4222-8333-444455556666"
    return [([f"-e", f"sync-completed={guid}"], stale(lambda key: key == "companies_all_synced", lambda key: key == f"dashboard_data:{guid}", begins(f"dashboard_data:{guid}:")))]


def salonos():
    put("settings:singleton", 3600, {})
    for date in ("2026-01-31", "2026-02-01"):
        put(f"dashboard:metrics:{date}", 60, {})
        put(f"dashboard:top_services:{date}:5", 60, [])
        put(f"dashboard:staff_performance:{date}", 60, [])
    for active in (True, False):
        put(f"catalog:categories:active={active}", 1800, [])
    return [
        (["-e", "settings-changed"], ["settings:singleton"]),
        (["-e", "category-changed"], stale(begins("catalog:"))),
        (["-e", "bill-paid"], stale(begins("dashboard:"))),
    ]


events = {"roa2web": roa2web, "hr-portal": hr_portal, "tally-portal": tally_portal, "salonos": salonos}[sys.argv[2]]()

for number in range(20):
    for key in (f"session:{number}", f"login:{number}:token", f"lock:cache:default:{number}", f"mail:queue:{number}"):
        server.set(key, "of another application")
        foreign.append(key)
server.set(b"session:\xff\n", "x")

print(json.dumps({
    "own": own,
    "foreign": foreign,
    "events": [{"arguments": arguments, "stale": sorted(keys)} for arguments, keys in events],
}))
