"""What lies in files: pages of configuration, tables, documents in XML, exported evidence; and what is sound of each kind."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path

from gateway.config.machine import PAGE as MACHINE
from gateway.config.machine import read_settings
from gateway.config.pages import CONFIG, NAME_KEYS, load_page
from gateway.contract.document import Document
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import RoutePage
from gateway.contract.schema import Schema
from gateway.crypto.age import generate_identity
from gateway.crypto.ssh_keys import SigningKey
from gateway.formats.delimited import DelimitedReader, split_header
from gateway.formats.text import Transcoded
from gateway.formats.xml.rows import Rows
from gateway.formats.xml.validating import Validating, compiled
from gateway.minimise.pupil_numbers import UPN_LETTERS, is_upn
from gateway.minimise.register_file import RegisterFile
from gateway.minimise.register_import import HEADER, decisions_of
from gateway.partner.database.records import is_table, records, removals
from gateway.partner.onboarding import make_receiver
from gateway.partner.settings import PAGE as RECEIVER
from gateway.partner.settings import load_receiver
from gateway.receipts.stand_alone import check_receipts
from tests.simulators.council import AT, DOMAIN, ME, SENDER, GrowingLog
from tests.unit.formats.test_xml_rows import READING, document

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"
LOG = GrowingLog()


@cache
def ground() -> Path:
    """A folder of this process, for parsers that read files; gone with it."""
    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    GROUND.append(folder)
    return Path(folder.name)


GROUND: list[tempfile.TemporaryDirectory] = []


def in_place(path: Callable[[], Path], parse: Callable[[Path], object]) -> Callable[[bytes], None]:
    """Each input lies where the parser reads it."""

    def parse_file(data: bytes) -> None:
        where = path()
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)
        parse(where)

    return parse_file


# pages


def page(kind: type[Document], name: str):
    def parse(path: Path) -> None:
        load_page(path.parents[2], kind, name)

    where = NAME_KEYS[kind][0]
    sound = lambda: [(CONFIGURATION / where / f"{name}.toml").read_bytes()]  # noqa: E731
    return in_place(lambda: ground() / CONFIG / where / f"{name}.toml", parse), sound


def partner_page() -> list[bytes]:
    """The one that is shipped has no keys yet."""
    key = SigningKey.generate_ed25519().public_line()
    return [
        f"""partner = "youth-support"
name = "Youth Support Service"
recipient = "{generate_identity().recipient().spelled()}"
acknowledgement_key = "{key}"
ack_within = "PT24H"

[endpoint]
host = "sftp.youth.example"
username = "council"
host_keys = ["{key}"]
windows = ["Mon-Fri 07:00-19:00"]

[endpoint.rotation]
host_key = "{key}"
begins = 2026-12-01
ends = 2026-12-31
""".encode()
    ]


def _settings(path: Path) -> None:
    read_settings(path.parents[1], {})


@cache
def receiver_home(name: str = "receiver") -> Path:
    home = ground() / name
    make_receiver(
        home, me=ME, sender=SENDER, domain=DOMAIN, sender_key=SigningKey.generate_ed25519().public, log_key=LOG.public
    )
    return home


def receiver_page() -> list[bytes]:
    kept = receiver_home().with_name("kept.toml")
    if not kept.exists():
        kept.write_bytes((receiver_home() / RECEIVER).read_bytes())
    more = b'first = { yss = 57 }\ninto = "sqlite:///youth.sqlite"\n'
    return [kept.read_bytes(), kept.read_bytes() + more]


def _successions_file() -> list[bytes]:
    from tests.hostile.parsers_of_words import OLD, _succession

    note = _succession().decode()
    page = receiver_home("following") / RECEIVER
    page.write_text(page.read_text().replace(LOG.public.spelled, OLD.public.spelled))
    return [json.dumps(note).encode() + b"\n"]


# tables


def _delimited(data: bytes) -> None:
    for number, piece in enumerate(DelimitedReader(io.BytesIO(data), delimiter=",", piece=7).pieces()):
        if number == 0:
            split_header(piece, delimiter=",")


def _decisions(data: bytes) -> None:
    file = RegisterFile(stream=io.BytesIO(data), expected="x")
    list(decisions_of(file, key=bytes(32), recorded=AT, purposes=None))


def _received(path: Path) -> None:
    if is_table(path, "yss.csv"):
        _, rows = records(path)
        list(rows)


UPN = next(f"{letter}820432120001" for letter in UPN_LETTERS if is_upn(f"{letter}820432120001"))
DECISIONS = (
    f"{','.join(HEADER)}\n"
    f"{UPN},yss,parent,consent,consented,2026-09-01,2027-09-01,v3,form-17\n"
    f'{UPN},yss,parent,refuse,,2026-10-01,,,"a ""word"""\n'
).encode()
TABLE = b'Reference,Forename,Mobile\r\nr1,"Otti, called ""O""",07700900001\r\nr2,Wilf,\r\n'
REMOVALS = b"Reference,Remove\nr1,whole\nr2,Mobile Email\n"


# XML


def _rows(data: bytes) -> None:
    rows = Rows(Transcoded(io.BytesIO(data), encoding="utf-8", size=len(data)), READING)
    while rows.read(1 << 16):
        pass


def _transcode(encoding: str, data: bytes) -> None:
    text = Transcoded(io.BytesIO(data), encoding=encoding, size=len(data))
    while text.read(16):
        pass


XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="A"><xs:complexType><xs:sequence>
<xs:element name="B" maxOccurs="unbounded" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""


def _validate(data: bytes) -> None:
    validating = Validating(XSD, records=["B"])
    validating.feed(data)
    validating.close()


# evidence, as an auditor's script reads it


class _Crashed(Exception):
    pass


def _checked(path: Path) -> None:
    """It says that all is well, or what is not; and nothing else ever."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = check_receipts.main(["--log", LOG.public.spelled, str(path)])
    if code not in (0, 1) or not said.getvalue():
        raise _Crashed


@cache
def _log() -> None:
    LOG.append(*(receipt(number) for number in range(2)))


def receipt(number: int) -> bytes:
    about = {"at": f"2026-11-24T09:3{number}:00Z", "facts": {}, "kind": "sealed", "route": "yss", "transfer": "x"}
    return json.dumps(about, sort_keys=True).encode()


def _proof() -> list[bytes]:
    import base64

    from gateway.crypto.merkle import inclusion

    _log()
    body = ground() / "proof.json"
    body.write_bytes(receipt(1))
    path = "".join(base64.b64encode(one).decode() + "\n" for one in inclusion(1, LOG.size, LOG.node))
    return [f"c2sp.org/tlog-proof@v1\nindex 1\n{path}\n{LOG.note()}".encode()]


@cache
def exported() -> Path:
    _log()
    folder = ground() / "exported"
    for name, content in EXPORTED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content())
    return folder


def _entries() -> bytes:
    return b"".join(len(receipt(number)).to_bytes(2, "big") + receipt(number) for number in range(LOG.size))


EXPORTED: dict[str, Callable[[], bytes]] = {
    "tile/entries/000.p/2": _entries,
    "tile/0/000.p/2": lambda: b"".join(LOG.node(0, number) for number in range(LOG.size)),
    "checkpoint": lambda: LOG.note().encode(),
    "checkpoints.jsonl": lambda: json.dumps(LOG.note()).encode() + b"\n",
}


@contextmanager
def _put_back(path: Path, content: bytes) -> Iterator[None]:
    try:
        yield
    finally:
        path.write_bytes(content)


def export_of(name: str):
    def parse(data: bytes) -> None:
        path = exported() / name
        with _put_back(path, EXPORTED[name]()):
            path.write_bytes(data)
            _checked(exported())

    def sound() -> list[bytes]:
        exported()
        return [EXPORTED[name]()]

    return parse, sound


def _handed_over(path: Path) -> None:
    _checked(path.with_name("proof.tlog-proof"))


def _successions_of_a_proof() -> list[bytes]:
    from tests.hostile.parsers_of_words import _succession

    folder = ground() / "handed-over"
    folder.mkdir(exist_ok=True)
    (folder / "proof.tlog-proof").write_bytes(_proof()[0])
    (folder / "proof.json").write_bytes(receipt(1))
    return [json.dumps(_succession().decode()).encode() + b"\n", b"7\n", b"[" * 5000]


PARSERS = {
    "machine's page": (
        in_place(lambda: ground() / MACHINE, _settings), lambda: [(CONFIGURATION / "gateway.toml").read_bytes()]
    ),
    "route's page": page(RoutePage, "yss"),
    "policy": page(Policy, "yss"),
    "policy of a return": page(Policy, "dfe-school-census-xml"),
    "schema": page(Schema, "yss-csv"),
    "schema of XML": page(Schema, "school-census-xml"),
    "partner's page": (page(Partner, "youth-support")[0], partner_page),
    "receiver's page": (
        in_place(lambda: receiver_home() / RECEIVER, lambda path: load_receiver(path.parent)), receiver_page
    ),
    "receiver's successions": (
        in_place(
            lambda: receiver_home("following") / "keys" / "successions.jsonl", lambda path: load_receiver(path.parents[1])
        ),
        _successions_file,
    ),
    "delimited": (_delimited, lambda: [TABLE, DECISIONS]),
    "consent import": (_decisions, lambda: [DECISIONS]),
    "received table": (in_place(lambda: ground() / "yss.csv", _received), lambda: [TABLE]),
    "received removals": (in_place(lambda: ground() / "removal.csv", removals), lambda: [REMOVALS]),
    "xml": (_rows, lambda: [document([("a", "b", "c", "d"), ("e", "", "f<", "é")])]),
    "xml against its xsd": (_validate, lambda: [b"<A><B>x</B><B>y</B></A>"]),
    "xsd": (compiled, lambda: [XSD]),
    "cp1252": (partial(_transcode, "cp1252"), lambda: [b"Reference,Forename\nr1,Zo\xeb\n"]),
    "utf-16": (partial(_transcode, "utf-16"), lambda: ["Reference\nr1\n".encode("utf-16")]),
    "proof": (in_place(lambda: ground() / "proof.tlog-proof", _checked), _proof),
    "successions of a proof": (in_place(lambda: ground() / "handed-over" / "successions.jsonl", _handed_over), _successions_of_a_proof),
    **{f"exported {name}": export_of(name) for name in EXPORTED},
}  # fmt: skip
SLOW = {
    name: 5
    for name in PARSERS
    if "page" in name or name.startswith(("policy", "schema", "receive", "export", "proof", "succession"))
}
"""How many times fewer inputs: a file is written for each, or a signature verified."""
