"""The same work as people do it by hand today: a query, `age`, `sftp`. The comparator of `run --once`.

The query only filters, joins and projects: no check of a number, no hold, no duplicate, no pseudonym, no
record of who left, no signature, no receipt, nothing made durable. Engine and tools are left as they come.
"""

import sys
from datetime import date
from pathlib import Path

from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from tests.bench.ground import Server
from tests.bench.measure import Step

WRITTEN = "handoff.csv"


def steps(folder: Path, extract: Path, register: Path, *, schema: Schema, policy: Policy, server: Server,
          today: date) -> list[Step]:  # fmt: skip
    """Three commands, one after another, with everything in `folder`."""
    written, sealed, batch = folder / WRITTEN, folder / f"{WRITTEN}.age", folder / "batch"
    batch.write_text(f"put {sealed} inbox/handoff.csv.age\n")
    for path in (written, sealed):
        path.unlink(missing_ok=True)
    return [
        query_step(folder, extract, register, schema=schema, policy=policy, today=today),
        Step("age", ["age", "-r", server.recipient, "-o", str(sealed), str(written)]),
        Step("sftp", ["sftp", "-q", "-b", str(batch), *server.stock_options(), server.stock_address()]),
    ]


def query_step(folder: Path, extract: Path, register: Path, *, schema: Schema, policy: Policy, today: date) -> Step:
    """The first of them: a script of two lines, which loads the engine and nothing else."""
    script = folder / "query.py"
    asked = query(extract, register, folder / WRITTEN, schema=schema, policy=policy, today=today)
    script.write_text(f"import duckdb\nduckdb.execute('''{asked}''')\n")
    return Step("query", [sys.executable, str(script)])


def query(extract: Path, register: Path, written: Path, *, schema: Schema, policy: Policy, today: date) -> str:
    """Children of the route's ages, with what the policy releases; more for those whose decision is a yes."""
    born = f"try_cast({_cell(schema, 'date_of_birth')} as date)"
    ages = policy.eligibility
    between = f"{born} <= {_ago(today, ages.from_age)} and {born} > {_ago(today, ages.until_age)}" if ages else "true"
    decider = f"case when {born} > {_ago(today, policy.right_holder_age)} then 'parent' else 'young-person' end"
    return f"""copy (
      select {", ".join(_column(schema, policy, column.field, column.header) for column in policy.output)}
      from read_csv('{extract}', all_varchar=true, header=true, delim='{schema.delimiter}') e
      left join (select upn, decided_by from read_csv('{register}', all_varchar=true, header=true)
                 where decision = 'consent' and purpose = '{policy.purpose}') c
        on {_cell(schema, "upn")} = c.upn and c.decided_by = {decider}
      where {between}
    ) to '{written}' (format csv, header)"""


def _column(schema: Schema, policy: Policy, field: str, header: str) -> str:
    if field == "reference":
        return f'{_cell(schema, "local_id" if schema.column("local_id") else "upn")} as "{header}"'
    value = _cell(schema, field)
    if field not in policy.floor.fields:
        value = f"case when c.upn is not null then {value} end"
    return f'{value} as "{header}"'


def _cell(schema: Schema, field: str) -> str:
    column = schema.column(field)
    return f'e."{column.header}"' if column else "''"


def _ago(today: date, years: int) -> str:
    return f"DATE '{today}' - INTERVAL {years} YEAR"
