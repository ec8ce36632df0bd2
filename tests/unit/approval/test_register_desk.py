"""Two different people with two different keys, and everything that only looks like it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.approval.register_desk import (
    MOST_SIGNATURES,
    Agreed,
    Disagreed,
    Waiting,
    Wanted,
    agreement,
    statement_name,
)
from gateway.approval.register_statement import IMPORT, LIFT, RegisterStatement, about_hold, about_import
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StatementInvalid

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NAME, DOMAIN = "decisions.csv", "council.example"
ABOUT = about_import(way="changes", file=Digest.of(b"file"), decisions={"consent": 7})
WANTED = Wanted(gateway=DOMAIN, act=IMPORT, about=ABOUT, longest=timedelta(days=7))
STATEMENT = RegisterStatement(
    gateway=DOMAIN, act=IMPORT, about=ABOUT, salt=bytes(32), expires=AT + timedelta(days=6)
)  # fmt: skip
KEYS = {who: SigningKey.generate_ed25519() for who in ("jo", "jo-spare", "kim", "stranger")}


def line(who: str, key: str, act: str = IMPORT) -> str:
    return f'{who}@{DOMAIN} namespaces="{act}@{DOMAIN}" {KEYS[key].public_line()}\n'


SIGNERS = Signers.parse(line("jo", "jo") + line("jo", "jo-spare") + line("kim", "kim"), source="keys/signers/register")


class Table:
    def __init__(self, path):
        self.path = path

    def state(self, statement=STATEMENT):
        (self.path / statement_name(NAME)).write_bytes(statement.encode())

    def sign(self, key, *, namespace=WANTED.namespace, text=None, who=None):
        text = (self.path / statement_name(NAME)).read_bytes() if text is None else text
        name = f"{statement_name(NAME)}.{who or key}.sig"
        (self.path / name).write_text(KEYS[key].sign(text, namespace))

    def found(self, *, wanted=WANTED, signers=SIGNERS, at=AT):
        with DropFolder(self.path) as folder:
            return agreement(folder, NAME, wanted, signers, at)


@pytest.fixture
def table(tmp_path):
    made = Table(tmp_path)
    made.state()
    return made


def slugs(found) -> set[str]:
    assert isinstance(found, Disagreed)
    return {reason.slug for reason in found.reasons}


def test_two_people_are_enough(table):
    table.sign("jo")
    table.sign("kim")
    found = table.found()
    assert isinstance(found, Agreed)
    assert [one.principal for one in found.signed] == [f"jo@{DOMAIN}", f"kim@{DOMAIN}"]
    assert set(found.fingerprints) == {KEYS["jo"].public.fingerprint, KEYS["kim"].public.fingerprint}
    assert found.statement == STATEMENT


def test_nobody_and_one_person_are_not(table):
    assert table.found().missing == 2
    table.sign("kim")
    found = table.found()
    assert isinstance(found, Waiting)
    assert found.missing == 1


def test_one_person_with_two_keys_is_still_one_person(table):
    table.sign("jo")
    table.sign("jo-spare")
    assert table.found().missing == 1


def test_one_signature_under_two_names_is_still_one(table):
    table.sign("jo", who="first")
    table.sign("jo", who="second")
    assert table.found().missing == 1


def test_without_a_statement_there_is_nothing(tmp_path):
    assert Table(tmp_path).found() is None


@pytest.mark.parametrize(
    ("slug", "changes"),
    [
        ("other-gateway", {"gateway": "other.example"}),
        ("statement-of-another", {"about": about_import(way="snapshot", file=Digest.of(b"file"), decisions={"consent": 7})}),
        ("statement-of-another", {"about": about_import(way="changes", file=Digest.of(b"other"), decisions={"consent": 7})}),
        ("statement-of-another", {"about": about_import(way="changes", file=Digest.of(b"file"), decisions={"consent": 8})}),
        ("statement-of-another", {"act": LIFT, "about": about_hold(7, AT)}),
        ("statement-expired", {"expires": AT - timedelta(seconds=1)}),
        ("statement-too-long", {"expires": AT + timedelta(days=7, seconds=1)}),
    ],
)  # fmt: skip
def test_what_two_people_signed_must_be_what_is_wanted_now(table, slug, changes):
    table.state(replace(STATEMENT, **changes))
    assert table.found() is None
    table.sign("jo")
    table.sign("kim")
    assert slug in slugs(table.found())


@pytest.mark.parametrize(
    ("slug", "wrong"),
    [
        ("unknown-key", {"key": "stranger"}),
        ("wrong-namespace", {"key": "kim", "namespace": f"hold.lift@{DOMAIN}"}),
        ("wrong-namespace", {"key": "kim", "namespace": f"{IMPORT}@other.example"}),
        ("signature-mismatch", {"key": "kim", "text": b"something else"}),
    ],
)
def test_one_signature_that_does_not_count_refuses_all(table, slug, wrong):
    table.sign("jo")
    table.sign("kim", who="sound")
    table.sign(**wrong)
    assert slugs(table.found()) == {slug}


def test_whoever_may_only_list_holds_cannot_let_consent_in(table):
    signers = Signers.parse(line("jo", "jo") + line("kim", "kim", "hold.list"), source="keys/signers/register")
    table.sign("jo")
    table.sign("kim")
    assert slugs(table.found(signers=signers)) == {"not-for-this-route"}


def test_a_broken_signature_and_a_link_are_refused(table):
    (table.path / f"{statement_name(NAME)}.a.sig").write_text("no signature")
    (table.path / f"{statement_name(NAME)}.b.sig").symlink_to("/etc/hostname")
    assert slugs(table.found()) == {"signature-malformed", "signature-unreadable"}


def test_more_signatures_than_people_are_refused(table):
    for number in range(MOST_SIGNATURES + 1):
        table.sign("jo", who=f"{number}")
    assert slugs(table.found()) == {"too-many-signatures"}


def test_signatures_of_another_file_are_not_asked(table):
    table.sign("stranger", who="x")
    (table.path / f"{statement_name(NAME)}.x.sig").rename(table.path / "other.csv.register.x.sig")
    assert table.found().missing == 2


def test_a_statement_that_is_not_ours_is_an_error(table):
    (table.path / statement_name(NAME)).write_text("yes please\n")
    with pytest.raises(StatementInvalid):
        table.found()
