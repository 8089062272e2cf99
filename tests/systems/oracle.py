"""What stands for the Oracle database of the accounting portal: an SQLite file, shared by the service's workers.

Not a program. A company has a number, a schema (COMPANY_7 for 7) and, since SQLite has no schemas, a table
`{schema}_act` with id_act for each invoice. Its version in `companies` grows with every change, and every answer
carries it, so that a stale answer can be told from a fresh one.
"""

import asyncio
import multiprocessing
import sqlite3

COMPANIES = 20


class Oracle:
    def __init__(self, path, delay_ms):
        self.path, self.delay = path, delay_ms / 1000
        self.reads = multiprocessing.Value("q", 0)  # of all workers
        connection = self.connect()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS companies (id INTEGER PRIMARY KEY, schema TEXT, name TEXT, "
                           "version INTEGER)")
        if not connection.execute("SELECT 1 FROM companies").fetchone():
            for company in range(1, COMPANIES + 1):
                self.add_company(connection, company)
        connection.commit()
        connection.close()

    @staticmethod
    def add_company(connection, company):
        schema = f"COMPANY_{company}"
        connection.execute("INSERT INTO companies VALUES (?, ?, ?, 1)", (company, schema, f"Societatea {company} ȘRL"))
        connection.execute(f"CREATE TABLE {schema}_act (id_act INTEGER PRIMARY KEY, partner TEXT, amount REAL, "
                           "paid INTEGER)")
        rows = [(("CLIENTI", "FURNIZORI")[i % 2], 100.5 * (i + company), i % 3 == 0) for i in range(30)]
        connection.executemany(f"INSERT INTO {schema}_act (partner, amount, paid) VALUES (?, ?, ?)", rows)

    def connect(self):
        return sqlite3.connect(self.path)

    def latest(self, connection):
        """max(id_act) of every company."""
        companies = connection.execute("SELECT id, schema FROM companies").fetchall()
        return {company: connection.execute(f"SELECT max(id_act) FROM {schema}_act").fetchone()[0]
                for company, schema in companies}

    def add_invoice(self, company, partner, amount, moves_act):
        """With `moves_act` a new invoice; without, one that is there gets another amount, which max(id_act) does not
        show. The company's new version, or None for a company that is unknown."""
        connection = self.connect()
        found = connection.execute("SELECT schema FROM companies WHERE id = ?", (company,)).fetchone()
        version = None
        if found:
            if moves_act:
                connection.execute(f"INSERT INTO {found[0]}_act (partner, amount, paid) VALUES (?, ?, 0)",
                                   (partner, amount))
            else:
                connection.execute(f"UPDATE {found[0]}_act SET amount = ? WHERE id_act = 1", (amount,))
            connection.execute("UPDATE companies SET version = version + 1 WHERE id = ?", (company,))
            version = connection.execute("SELECT version FROM companies WHERE id = ?", (company,)).fetchone()[0]
            connection.commit()
        connection.close()
        return version

    def query(self, resource, company, params):
        connection = self.connect()
        try:
            if company is None:
                rows = connection.execute("SELECT id, name, version FROM companies ORDER BY id").fetchall()
                return {"companies": [dict(zip(("id", "name", "version"), row)) for row in rows]}
            found = connection.execute("SELECT schema, version FROM companies WHERE id = ?", (company,)).fetchone()
            if not found:
                return None
            condition, values = "1", []
            if params.get("partner") is not None:
                condition, values = condition + " AND partner = ?", values + [params["partner"]]
            if params.get("unpaid"):
                condition += " AND paid = 0"
            rows = connection.execute(f"SELECT id_act, partner, amount, paid FROM {found[0]}_act WHERE {condition} "
                                      "ORDER BY id_act", values).fetchall()
        finally:
            connection.close()
        answer = {"resource": resource, "company": company, "version": found[1]}
        if resource == "invoices_list":
            answer["invoices"] = [dict(zip(("id_act", "partner", "amount", "paid"), row)) for row in rows]
        else:
            answer["count"], answer["total"] = len(rows), round(sum(row[2] for row in rows), 2)
            answer.update(params)
        return answer

    async def read(self, resource, company, params):
        """What the database has at this moment, answered `delay` later."""
        with self.reads.get_lock():
            self.reads.value += 1
        seen = await asyncio.to_thread(self.query, resource, company, params)
        await asyncio.sleep(self.delay)
        return seen
