"""docs/PARTNERS.md is what partners type: its Linux steps are read out of it and run, on a parcel that we sealed."""

import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from gateway.crypto.ssh_keys import PublicKey
from gateway.partner.kit import steps
from gateway.partner.receiving import receive
from gateway.partner.settings import load_receiver
from gateway.seal.acknowledgement import Awaited, UnverifiedAcknowledgement
from gateway.seal.rejections import REJECTIONS, SEQUENCE_GAP
from tests.simulators.council import AT, CSV, DOMAIN, ME, SENDER, Council

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PARTNERS.md"
UNANSWERED = {"envelope-signature", "replayed", SEQUENCE_GAP}
"""As `gateway receive` has it: what is not the council's, was answered before, or waits for another parcel."""
TOOLS = ("age", "age-keygen", "unzip", "sha256sum", "ssh-keygen")


def blocks() -> dict[str, str]:
    """The shell blocks of the document, by the word behind `sh`."""
    text = DOCUMENT.read_text("utf-8")
    found = re.finditer(r"^ *```sh ([a-z-]+)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return {match[1]: textwrap.dedent(match[2]) for match in found}


class Desk:
    """A partner's folder, in which blocks of the document are typed, one shell each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = ""

    def type_in(self, block: str, *, fails: bool = False) -> str:
        done = subprocess.run(
            ["sh"], cwd=self.folder, input=self.names + blocks()[block], capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, f"{block}: {done.stdout}{done.stderr}"
        return done.stdout

    def meet(self, council: Council) -> None:
        """The public halves go one way, the kit's signers file the other."""
        secret = (self.folder / "identity.txt").read_text().splitlines()
        council.recipient = secret[1].removeprefix("# public key: ")
        acts = f"envelope@{DOMAIN},content@{DOMAIN}"
        line = f'{SENDER} namespaces="{acts}" {council.key.public_line()}\n'
        (self.folder / "council.signers").write_text(line)
        page = {"me": ME, "sender": SENDER, "domain": DOMAIN, "log_key": council.log.public.spelled}
        (self.folder / "receiver.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in page.items()))

    def take(self, council: Council, **changed) -> Awaited:
        sealed = council.seal(self.folder, **changed)
        transfer = sealed.parcel.transfer
        self.names = f"COUNCIL={SENDER}\nDOMAIN={DOMAIN}\nME={ME}\nTRANSFER={transfer}\n"
        return Awaited(
            transfer=transfer, recipient=ME, envelope=sealed.envelope, manifest=sealed.manifest, rows=sealed.rows
        )


@pytest.fixture
def council() -> Council:
    return Council("")


@pytest.fixture
def desk(tmp_path, council, stock_tool) -> Desk:
    for tool in TOOLS:
        stock_tool(tool)
    desk = Desk(tmp_path / "desk")
    desk.folder.mkdir()
    desk.type_in("make-keys")
    desk.meet(council)
    return desk


@pytest.mark.parametrize("version", [1, 2])
def test_the_steps_as_they_are_written_check_open_and_answer_a_parcel(desk, council, version):
    awaited = desk.take(council, version=version)
    told = desk.type_in("check")
    assert f'"transfer":"{awaited.transfer}"' in told
    assert '"expires":"2026-12-24T09:30:00Z"' in told
    desk.type_in("open")
    assert (desk.folder / "parcel" / "yss.csv").read_bytes() == CSV
    desk.type_in("answer")
    body, signature = (desk.folder / f"{awaited.transfer}.ack.json{end}" for end in ("", ".sig"))
    key = PublicKey.parse((desk.folder / "acknowledge.pub").read_text())
    answer = UnverifiedAcknowledgement.parse(body.read_bytes(), signature.read_bytes()).verify(key, DOMAIN)
    answer.check(awaited)
    assert (answer.disposition, answer.rows) == ("accepted", 2)


def test_the_names_that_the_document_shows_are_those_that_its_steps_use(desk):
    shown = re.findall(r"^([A-Z]+)=", blocks()["names"], re.MULTILINE)
    assert shown == ["COUNCIL", "DOMAIN", "ME", "TRANSFER"]
    used = set(re.findall(r"\$\{?([A-Z]+)", "".join(blocks().values())))
    assert set(shown) <= used


def test_the_kit_has_the_same_steps_word_for_word():
    found = blocks()
    assert (found["make-keys"], found["install"]) == (steps.MAKE_KEYS, steps.INSTALL)
    assert (found["check"], found["open"], found["answer"]) == (steps.CHECK, steps.OPEN, steps.ANSWER)
    assert (found["make-gpg-key"], found["check-gpg"]) == (steps.MAKE_GPG_KEY, steps.CHECK_GPG)
    assert (found["open-gpg"], found["answer-gpg"]) == (steps.OPEN_GPG, steps.ANSWER_GPG)
    assert found["install-gpg"] == steps.INSTALL_GPG


def test_every_reason_that_a_partner_can_sign_is_told():
    table = DOCUMENT.read_text("utf-8").split("| code |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) == REJECTIONS.keys() - UNANSWERED


def test_a_rejection_as_the_document_says_it_is_verified(desk, council):
    awaited = desk.take(council)
    desk.type_in("open")
    desk.type_in("answer")
    body = desk.folder / f"{awaited.transfer}.ack.json"
    page = body.read_text().replace('"accepted"', '"rejected"').replace('"code":null', '"code":"file-hash"')
    body.write_text(re.sub(r'"(manifest|rows)":("[0-9a-f]+"|[0-9]+)', r'"\1":null', page))
    (signature := body.with_name(f"{body.name}.sig")).unlink()
    namespace = f"acknowledge@{DOMAIN}"
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", "acknowledge", body], cwd=desk.folder, check=True
    )
    key = PublicKey.parse((desk.folder / "acknowledge.pub").read_text())
    answer = UnverifiedAcknowledgement.parse(body.read_bytes(), signature.read_bytes()).verify(key, DOMAIN)
    answer.check(awaited)
    assert (answer.disposition, answer.code) == ("rejected", "file-hash")


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", [".age", ".json", ".json.sig"])
def test_a_file_that_was_changed_ends_the_check(desk, council, name):
    awaited = desk.take(council)
    spoil(desk.folder / f"{awaited.transfer}{name}")
    desk.type_in("check", fails=True)


def test_a_strangers_parcel_ends_the_check(desk):
    stranger = Council((desk.folder / "identity.txt").read_text().splitlines()[1].removeprefix("# public key: "))
    desk.take(stranger)
    desk.type_in("check", fails=True)


def test_a_parcel_for_somebody_else_ends_the_check(desk, council):
    desk.take(council)
    desk.names = desk.names.replace(f"ME={ME}", "ME=somebody-else")
    desk.type_in("check", fails=True)


def test_another_parcels_content_ends_the_opening(desk, council):
    """Sealed to us and signed by the council, but not what this envelope names."""
    awaited, envelope = desk.take(council), desk.names
    other = desk.take(council, rows=7)
    (desk.folder / f"{other.transfer}.age").replace(desk.folder / f"{awaited.transfer}.age")
    desk.names = envelope
    desk.type_in("open", fails=True)


def test_a_fifth_file_in_the_container_ends_the_opening(desk, council):
    made = council.pieces()
    whole = made.container

    def with_another(data, page, signature):
        import io
        import zipfile

        from tests.simulators.council import build

        sink = io.BytesIO(build(data, page, signature))
        with zipfile.ZipFile(sink, "a") as archive:
            archive.writestr("extra", b"")
        return sink.getvalue()

    assert whole is None
    made.container = with_another
    transfer = made.write(desk.folder)
    desk.names = f"COUNCIL={SENDER}\nDOMAIN={DOMAIN}\nME={ME}\nTRANSFER={transfer}\n"
    desk.type_in("open", fails=True)


def test_the_folder_as_it_is_installed_receives(desk, council):
    desk.type_in("install")
    home = desk.folder / "receiver"
    council.seal(home / "inbox")
    (received,) = receive(load_receiver(home), AT)
    assert received.result == "accepted"
