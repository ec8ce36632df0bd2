"""Judges one extract, once; a process of its own, that imports what prepare does for it and nothing of the tests.

python -m tests.bench.judge_once counted|count|holds EXTRACT SNAPSHOT FOLDER DAY
"""

import gc
import os
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from gateway.minimise.workers import Workers

REGISTER_KEY, REFERENCE_KEY = bytes(range(32)), bytes(range(32, 64))
HELD = {
    "upn": "H801200001001", "uln": "1000000000", "local_id": "N9", "forename": "Nobody", "surname": "Here",
    "date_of_birth": "2011-01-01", "address_line_1": "1 Nowhere", "postcode": "NM1 1AB",
}  # fmt: skip
"""Somebody who is in no extract: each kind of identifier is looked for all the same."""
WRITTEN = "ours.csv"
_TOP = Path(__file__).resolve().parents[2]


def main(way: str, extract: str, register: str, folder: str, day: str) -> None:
    gc.disable()  # while it loads, and without plugins, as the command itself does (`cli.verbs`, `cli.main`)
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    workers = Workers()
    workers.warm()  # as whoever picks an extract up does: the rest is loaded while they start
    from gateway.config.pages import load_page
    from gateway.contract.policy import Policy
    from gateway.contract.schema import Schema
    from gateway.minimise.engine import Job, minimising
    from gateway.minimise.identifiers import pseudonyms

    gc.enable()
    disclosures = Path(folder) / "disclosures.parquet"
    disclosures.unlink(missing_ok=True)
    job = Job(
        extract=Path(extract), schema=load_page(_TOP, Schema, "yss-csv"), policy=load_page(_TOP, Policy, "yss"),
        at=datetime.combine(date.fromisoformat(day), time(12), UTC), register=Path(register), holds=(),
        register_key=REGISTER_KEY, reference_key=REFERENCE_KEY, disclosures=disclosures, counted=way == "counted",
    )  # fmt: skip
    if way == "holds":
        job = replace(job, counted=True, holds=pseudonyms(HELD, key=REGISTER_KEY))
    with closing(workers), minimising(job, workers) as run, (Path(folder) / WRITTEN).open("wb") as file:
        for chunk in run.chunks():
            file.write(chunk)
    if run.outcome().duplicates or not Path(file.name).stat().st_size:
        sys.exit("nothing was released")
    gc.freeze()  # as the command does when it leaves


if __name__ == "__main__":
    main(*sys.argv[1:])
