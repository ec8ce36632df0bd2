"""A Common Transfer File of many pupils, read as the engine is given it, against lxml's bare parse of the same file.

Ours does more for it: it looks for what is hostile, takes each pupil's cells, and writes and
validates them as delimited text; the bare parse makes a tree and nothing of it, in a process that loads
lxml and nothing else. Run as a module, it reads one file, once:

    python -m tests.bench.transfer_file FILE
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gateway.config.pages import load_page
from gateway.contract.schema import Schema
from gateway.formats.delimited import DelimitedReader
from gateway.formats.opening import opened
from tests.bench.measure import MB, Figures, Step, in_pairs, measured, median_of, seconds
from tests.bench.table import Row

LONGEST, MOST_MEMORY = 3.0, 200 * MB
PARSE = "import sys; from lxml import etree; etree.parse(sys.argv[1])"
TOP = Path(__file__).resolve().parents[2]
BASIC = (
    "<BasicDetails><NCyearActual>9</NCyearActual><Ethnicity>WBRI</Ethnicity><Languages><Type><Language>ENG</Language>"
    "</Type></Languages><EnrolStatus>C</EnrolStatus><MedicalFlag>false</MedicalFlag></BasicDetails>"
    "<SENhistory><SEN><StartDate>2020-01-01</StartDate><SENprovision>N</SENprovision></SEN></SENhistory>"
)
CONTACTS = (
    "<Phones><Phone><TelephoneType>H</TelephoneType><PhoneNo>020 7946 0001</PhoneNo></Phone></Phones>"
    "<Contacts><Contact><Order>1</Order><Title>Ms</Title><Surname>Tarn</Surname><Forename>Noor</Forename>"
    "<Relationship>MOT</Relationship><AddressAsPupil>true</AddressAsPupil><Phones><Phone><TelephoneType>M</TelephoneType>"
    "<PhoneNo>07700 900001</PhoneNo></Phone></Phones></Contact></Contacts>"
)
ASSESSMENTS = "".join(
    f"<StageAssessment><Locale>ENG</Locale><Year>2024</Year><Subject>{subject}</Subject><Method>TA</Method>"
    f"<Component>{part}</Component><ResultStatus>R</ResultStatus><Result>{part}</Result></StageAssessment>"
    for subject in ("ENG", "MAT", "SCI")
    for part in ("LEV", "OUT", "SCO")
)


def transfer_file(pupils: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> Row:
    """`pairs` measured pairs after one that only warms up."""
    path = extract(kept, pupils)
    ours = Step("read", [sys.executable, "-m", "tests.bench.transfer_file", str(path)])
    bare = Step("parse", [sys.executable, "-c", PARSE, str(path)])
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        folder = Path(name)
        found = in_pairs(
            pairs,
            lambda watched: (
                measured([ours], folder, watched=watched),
                measured([bare], folder, watched=watched),
            ),
        )
    tell(f"  {pupils:,} pupils: {seconds(found)}")
    return _row(f"read a CTF of {pupils:,}", found)


def extract(kept: Path, pupils: int) -> Path:
    """Invented pupils, one as large as the next; made once."""
    path = kept / f"transfer-file-{pupils}.xml"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8") as file:
            file.write("<CTfile><Header><CTFversion>25.0</CTFversion></Header><CTFpupilData>\n")
            file.writelines(map(_pupil, range(pupils)))
            file.write("</CTFpupilData></CTfile>\n")
        unfinished.rename(path)
    return path


def _pupil(number: int) -> str:
    return (
        f"<Pupil><UPN>A{number:012}</UPN><Surname>Tärn-{number}</Surname><Forename>Wilf</Forename><DOB>2012-03-04</DOB>"
        f"<Sex>M</Sex>{BASIC}<Address><BS7666Address><PAON>{number}</PAON><Street>High Road</Street><Town>Northmere</Town>"
        f"</BS7666Address><PostCode>NM1 1AB</PostCode></Address>{CONTACTS}"
        f"<StageAssessments><KeyStage><Stage>KS2</Stage>{ASSESSMENTS}</KeyStage></StageAssessments></Pupil>\n"
    )


def _row(what: str, pairs: list[tuple[Figures, ...]]) -> Row:
    ours, bare = median_of([a for a, _ in pairs]), median_of([b for _, b in pairs])
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    return Row(
        what=what, ours=ours, comparator=bare, by="lxml parse", ratio=ratio, longest=LONGEST, most_memory=MOST_MEMORY
    )  # fmt: skip


def read_once(path: Path) -> int:
    """How many rows came out, the header among them."""
    schema = load_page(TOP, Schema, "yss-ctf")
    with path.open("rb", buffering=0) as stream:
        return sum(piece.rows for piece in DelimitedReader(opened(stream, schema.reading()), delimiter=",").pieces())


if __name__ == "__main__":
    read_once(Path(sys.argv[1]))
