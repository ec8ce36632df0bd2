"""What people signed, as ssh-keygen signs it, and everything that only looks like it."""

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.approval.desk import LARGEST_SIGNATURE, MOST_SIGNATURES, evidence_beside, signature_names
from gateway.approval.rules import Approved, Expected, Refused, Waiting, decide
from gateway.approval.statement import Ceilings, Statement
from gateway.crypto.signers import Signers
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, StatementInvalid

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAME, DOMAIN = "Anna Example.csv", "council.example"
PREPARE, APPROVE = f"prepare.yss@{DOMAIN}", f"approve.yss@{DOMAIN}"
EXPECTED = Expected(
    gateway=DOMAIN, route="yss", partner="youth-support", partner_key="SHA256:" + "A" * 43,
    route_digest=Digest.of(b"route"),
)  # fmt: skip
STATEMENT = Statement(
    gateway=DOMAIN, route="yss", partner="youth-support", partner_key="SHA256:" + "A" * 43,
    extract=Digest.of(b"extract"), remarks=None, salt=bytes(32), route_digest=Digest.of(b"route"),
    ceilings=Ceilings(rows=10, children=10, fields={}), since_last="first", expires=AT + timedelta(days=6),
)  # fmt: skip
PEOPLE = ("jo", "kim", "stranger")
_made: dict[str, Path] = {}


class Desk:
    """A drop folder, people with keys of their own, and the files that say what they may do."""

    def __init__(self, tool, keys, path):
        self.tool, self.keys, self.path = tool, keys, path
        self.statement = path / f"{NAME}.release"
        self.options = {"prepare": "", "approve": ""}
        self.people = {"prepare": ["jo"], "approve": ["kim"]}
        self.revoked = frozenset()

    def sign(self, person, namespace, who="", text=None):
        """As a person types it: the signature lies beside the statement."""
        scratch = self.path.parent / "signing"
        scratch.write_bytes(self.statement.read_bytes() if text is None else text)
        command = [self.tool, "-Y", "sign", "-n", namespace, "-f", self.keys[person], scratch]
        subprocess.run(command, check=True, capture_output=True)
        target = self.path / f"{NAME}.release.{who and who + '.'}sig"
        Path(f"{scratch}.sig").rename(target)
        return target

    def signers(self):
        def line(role, person):
            public = self.keys[person].with_suffix(".pub").read_text()
            return f'{person}@x namespaces="{role}.yss@{DOMAIN}"{self.options[role]} {public}'

        return {
            role: Signers.parse("".join(line(role, p) for p in people), source=f"keys/signers/{role}", revoked=self.revoked)
            for role, people in self.people.items()
        }  # fmt: skip

    def evidence(self, at=AT):
        with DropFolder(self.path) as folder:
            return evidence_beside(folder, NAME, route="yss", domain=DOMAIN, signers=self.signers(), at=at)

    def decide(self, at=AT):
        return decide(self.evidence(at), EXPECTED, at)

    def refused(self, at=AT):
        decision = self.decide(at)
        assert isinstance(decision, Refused), decision
        assert "Anna" not in repr(decision)
        return [reason.slug for reason in decision.reasons]


@pytest.fixture
def desk(stock_tool, tmp_path, tmp_path_factory):
    tool = stock_tool("ssh-keygen")
    for person in PEOPLE:
        if person not in _made:
            _made[person] = tmp_path_factory.mktemp("keys") / person
            subprocess.run([tool, "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", _made[person]], check=True)
    path = tmp_path / "yss"
    path.mkdir()
    (path / f"{NAME}.release").write_bytes(STATEMENT.encode())
    return Desk(tool, _made, path)


def test_two_people_in_their_roles_are_enough(desk):
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "kim")
    decision = desk.decide()
    assert isinstance(decision, Approved)
    assert {(s.role, s.principal) for s in decision.signatures} == {("prepare", "jo@x"), ("approve", "kim@x")}


def test_what_the_files_are_called_says_nothing(desk):
    desk.sign("kim", APPROVE)
    desk.sign("jo", PREPARE, "kim")
    assert isinstance(desk.decide(), Approved)


def test_without_a_statement_there_is_no_evidence(desk):
    desk.sign("jo", PREPARE)
    desk.statement.unlink()
    assert desk.evidence() is None


@pytest.mark.parametrize(
    ("signed", "missing"),
    [([], ("prepare", "approve")), ([("jo", PREPARE)], ("approve",)), ([("kim", APPROVE)], ("prepare",))],
)
def test_a_signature_that_is_missing_is_waited_for(desk, signed, missing):
    for person, namespace in signed:
        desk.sign(person, namespace)
    assert desk.decide() == Waiting(missing=missing)


def test_a_signature_that_is_not_written_yet_is_waited_for(desk):
    desk.sign("jo", PREPARE)
    (desk.path / f"{NAME}.release.kim.sig").touch()
    assert desk.decide() == Waiting(missing=("approve",))


@pytest.mark.parametrize(
    ("person", "namespace", "slug"),
    [
        ("stranger", APPROVE, "unknown-key"),
        ("jo", APPROVE, "unknown-key"),
        ("kim", "approve", "wrong-namespace"),
        ("kim", "file", "wrong-namespace"),
        ("kim", f"route.yss@{DOMAIN}", "wrong-namespace"),
        ("kim", f"approve.ofsted@{DOMAIN}", "wrong-namespace"),
        ("kim", "approve.yss@other.example", "wrong-namespace"),
        ("kim", APPROVE.upper(), "wrong-namespace"),
    ],
)
def test_a_signature_of_the_wrong_key_or_for_another_act_refuses(desk, person, namespace, slug):
    desk.sign("jo", PREPARE)
    desk.sign(person, namespace, "kim")
    assert desk.refused() == [slug]


def test_a_preparers_signature_is_never_an_approvers(desk):
    desk.sign("jo", PREPARE)
    desk.sign("jo", PREPARE, "again")
    assert desk.decide() == Waiting(missing=("approve",))


def test_a_signers_file_of_another_route_lets_nobody_sign_here(desk):
    desk.sign("jo", PREPARE)
    signers = desk.signers()
    other = Signers.parse(
        f'jo@x namespaces="prepare.ofsted@{DOMAIN}" {desk.keys["jo"].with_suffix(".pub").read_text()}', source="x"
    )
    with DropFolder(desk.path) as folder:
        evidence = evidence_beside(
            folder, NAME, route="yss", domain=DOMAIN, signers=signers | {"prepare": other}, at=AT
        )
    assert [fault.slug for fault in evidence.faults] == ["not-for-this-route"]


def test_one_person_does_not_sign_twice(desk):
    desk.people = {"prepare": ["jo"], "approve": ["jo"]}
    desk.sign("jo", PREPARE)
    desk.sign("jo", APPROVE, "jo")
    assert desk.refused() == ["one-person-twice", "one-key-twice"]


def test_one_person_with_two_keys_is_still_one(desk):
    desk.people = {"prepare": ["jo"], "approve": []}
    public = desk.keys["kim"].with_suffix(".pub").read_text()
    second = Signers.parse(f'jo@x namespaces="{APPROVE}" {public}', source="keys/signers/approve")
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "jo")
    with DropFolder(desk.path) as folder:
        signers = desk.signers() | {"approve": second}
        evidence = evidence_beside(folder, NAME, route="yss", domain=DOMAIN, signers=signers, at=AT)
    assert [reason.slug for reason in decide(evidence, EXPECTED, AT).reasons] == ["one-person-twice"]


def test_one_key_under_two_names_is_still_one(desk):
    desk.people = {"prepare": ["jo"], "approve": []}
    public = desk.keys["jo"].with_suffix(".pub").read_text()
    second = Signers.parse(f'josephine@x namespaces="{APPROVE}" {public}', source="keys/signers/approve")
    desk.sign("jo", PREPARE)
    desk.sign("jo", APPROVE, "jo")
    with DropFolder(desk.path) as folder:
        signers = desk.signers() | {"approve": second}
        evidence = evidence_beside(folder, NAME, route="yss", domain=DOMAIN, signers=signers, at=AT)
    assert [reason.slug for reason in decide(evidence, EXPECTED, AT).reasons] == ["one-key-twice"]


def test_a_signer_whose_time_has_passed_refuses(desk):
    desk.options["approve"] = ',valid-before="20261124090000Z"'
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "kim")
    assert isinstance(desk.decide(AT - timedelta(seconds=1)), Approved)
    assert desk.refused() == ["signer-expired"]


def test_a_key_that_has_been_revoked_refuses(desk):
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "kim")
    desk.revoked = frozenset({desk.evidence().signatures[0].fingerprint})
    assert len(desk.refused()) == 1
    assert desk.evidence().faults[0].slug == "revoked-key"


@pytest.mark.parametrize(
    "edit", [lambda s: replace(s, salt=b"\1" * 32), lambda s: replace(s, expires=s.expires + timedelta(hours=1))]
)
def test_a_statement_that_was_edited_after_signing_refuses(desk, edit):
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "kim")
    desk.statement.write_bytes(edit(STATEMENT).encode())
    assert desk.refused() == ["signature-mismatch", "signature-mismatch"]


@pytest.mark.parametrize(
    "edit", [lambda b: b.replace(b"\n", b"\r\n"), lambda b: b"\xef\xbb\xbf" + b, lambda b: b + b" "]
)
def test_a_statement_that_an_editor_saved_in_its_own_way_is_none(desk, edit):
    desk.statement.write_bytes(edit(STATEMENT.encode()))
    with pytest.raises(StatementInvalid):
        desk.evidence()


def second(desk):
    """The approver's signature, somewhere else."""
    target = desk.sign("kim", APPROVE, "kim")
    return target, target.rename(desk.path.parent / "elsewhere")


def a_link(desk):
    target, elsewhere = second(desk)
    target.symlink_to(elsewhere)


def a_dangling_link(desk):
    (desk.path / f"{NAME}.release.kim.sig").symlink_to("nowhere")


def a_hard_link(desk):
    target, elsewhere = second(desk)
    os.link(elsewhere, target)


def a_pipe(desk):
    os.mkfifo(desk.path / f"{NAME}.release.kim.sig")


def a_folder(desk):
    (desk.path / f"{NAME}.release.kim.sig").mkdir()


def too_large(desk):
    target = desk.sign("kim", APPROVE, "kim")
    target.write_bytes(target.read_bytes() + bytes(LARGEST_SIGNATURE))


@pytest.mark.parametrize("trap", [a_link, a_dangling_link, a_hard_link, a_pipe, a_folder, too_large])
def test_a_signature_that_is_no_plain_small_file_refuses(desk, trap):
    desk.sign("jo", PREPARE)
    trap(desk)
    assert desk.refused() == ["signature-unreadable"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b[:-1],
        lambda b: b[: len(b) // 2],
        lambda b: b + b,
        lambda b: b"\0",
        lambda b: b.replace(b"U1NI", b"U1NJ"),
    ],
)
def test_a_signature_that_is_damaged_refuses(desk, spoil):
    desk.sign("jo", PREPARE)
    target = desk.sign("kim", APPROVE, "kim")
    target.write_bytes(spoil(target.read_bytes()))
    assert desk.refused() == ["signature-malformed"]


def test_a_signature_that_windows_saved_counts(desk):
    desk.sign("jo", PREPARE)
    target = desk.sign("kim", APPROVE, "kim")
    target.write_bytes(target.read_bytes().replace(b"\n", b"\r\n"))
    assert isinstance(desk.decide(), Approved)


@pytest.mark.parametrize(("count", "good"), [(MOST_SIGNATURES, True), (MOST_SIGNATURES + 1, False), (40, False)])
def test_more_signatures_than_anybody_needs_refuse(desk, count, good):
    desk.sign("kim", APPROVE, "kim")
    data = desk.sign("jo", PREPARE, "jo").read_bytes()
    for number in range(count - 2):
        (desk.path / f"{NAME}.release.x{number:02}.sig").write_bytes(data)
    if good:
        assert isinstance(desk.decide(), Approved)
    else:
        assert "too-many-signatures" in desk.refused()
    assert len(signature_names(NAME, sorted(path.name for path in desk.path.iterdir()))) == count


def test_one_bad_signature_among_good_ones_refuses_and_all_are_told(desk):
    desk.sign("jo", PREPARE)
    desk.sign("kim", APPROVE, "kim")
    desk.sign("stranger", APPROVE, "a")
    desk.sign("kim", "file", "b")
    assert sorted(desk.refused()) == ["unknown-key", "wrong-namespace"]


def test_signatures_beside_another_extract_are_not_this_ones():
    present = [
        "a.csv.release.sig", "a.csv.release.kim.sig", "b.csv.release.sig", "a.csv.release", "a.csv.sig",
        "a.csv.releasesig", "xa.csv.release.sig", "a.csv.release.kim.sig.part", "A.csv.release.sig",
    ]  # fmt: skip
    assert signature_names("a.csv", sorted(present)) == ["a.csv.release.kim.sig", "a.csv.release.sig"]


def test_remarks_are_bound_as_they_lie_there(desk):
    remarks = desk.path / f"{NAME}.handoff.toml"
    remarks.write_bytes(b'remark = "x"\n')
    assert desk.evidence().remarks == Digest.of(b'remark = "x"\n')
    remarks.unlink()
    remarks.symlink_to(desk.statement)
    with pytest.raises(ExtractInvalid):
        desk.evidence()
