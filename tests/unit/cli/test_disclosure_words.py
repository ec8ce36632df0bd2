"""What is said of one handoff to one child's family: never more than is known, and nothing that a page could run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.cli.disclosure_page import page
from gateway.cli.disclosure_words import Told, lines
from gateway.minimise.disclosures import Basis
from gateway.receipts.entry import Entry
from gateway.receipts.proof import Proof
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import NOT_RELEASED, Reach, Shared
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TRANSFER = TransferId("01m87vazweqh4969thnrsw6pwf")
FLOOR = Basis(tier="floor", fields=("forename", "surname"), basis="section 72", mandatory=True)
MORE = Basis(tier="consented", fields=("phone",), basis="the notice", mandatory=False)


def proof(index: int, stage: Stage) -> Proof:
    receipt = Receipt.of_stage(stage, transfer=TRANSFER, route="yss", at=AT, facts=Facts())
    return Proof(entry=Entry.of_receipt(index, receipt), size=9, path=(), note="")


SHARED = Shared(
    transfer=TRANSFER, route="yss", partner="yss", purpose="youth-support", agreement="DSA-1", policy="yss v1",
    policy_hash="00", stage=Stage.DELIVERED, reach=Reach.LEFT, released=("forename", "reference", "surname"),
    withheld={"phone": "no-consent"}, bases=(FLOOR, MORE), proofs=(proof(3, Stage.SEALED), proof(4, Stage.DELIVERED)),
)  # fmt: skip


def said(shared: Shared, name: str = "Youth Support") -> str:
    return "\n".join(lines([Told(shared=shared, partner_name=name)]))


def written(shared: Shared, name: str = "Youth Support", *, reviewer: bool = False) -> str:
    return page([Told(shared=shared, partner_name=name)], council="the council", at=AT, reviewer=reviewer)


@pytest.mark.parametrize(
    ("reach", "word"), [(Reach.LEFT, "released"), (Reach.PERHAPS, "may have left"), (Reach.NOT, "never left")]
)
def test_only_what_reached_the_partner_is_called_released(reach, word):
    shared = replace(SHARED, reach=reach)
    assert f"  {word}" in said(shared)
    assert f"<th>{word.capitalize()}</th>" in written(shared)
    for other in {"released", "may have left", "never left"} - {word}:
        assert f"  {other}" not in said(shared)


def test_each_basis_stands_with_its_own_fields_and_the_reference_with_none_of_them():
    text = said(SHARED)
    assert "forename, surname\n    basis       section 72 (mandatory)" in text
    assert "reference\n    basis       the partner's own reference" in text
    assert "the notice" not in text, "nothing was released on that basis"


def test_what_the_partner_signed_is_told_and_nothing_beyond_it():
    assert "not yet: the partner has signed nothing" in said(SHARED)
    acknowledged = replace(SHARED, proofs=(*SHARED.proofs, proof(5, Stage.ACKNOWLEDGED)))
    assert "the partner signed for it, Tuesday 24 November 2026" in said(acknowledged)
    rejected = replace(SHARED, proofs=(*SHARED.proofs, proof(5, Stage.REJECTED_BY_PARTNER)))
    assert "it rejects the parcel" in said(rejected)
    disposed = replace(acknowledged, proofs=(*acknowledged.proofs, proof(6, Stage.DISPOSED)))
    assert "destroyed by the partner" in said(disposed)


def test_every_receipt_is_named_with_its_leaf_and_its_checkpoint():
    for text in (said(SHARED), written(SHARED)):
        for index in (3, 4):
            assert f"leaf {index}" in text
        assert "signed log of 9" in text


def test_a_child_who_was_withheld_as_a_whole_reads_alike_whatever_the_reason():
    shared = replace(SHARED, released=(), withheld={"forename": NOT_RELEASED, "surname": NOT_RELEASED})
    assert "nothing about this child left" in said(shared)
    assert "on hold" not in said(shared) + written(shared)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "O'Neill & Sons"])
def test_no_name_of_a_partner_becomes_part_of_the_page(name):
    text = written(SHARED, name)
    assert "<script" not in text
    assert "<img" not in text
    assert "default-src 'none'" in text
    assert " & " not in text.split("</style>")[1]


def test_the_reviewers_page_says_that_it_is_not_for_handing_out_and_no_other_does():
    assert "not for handing out" in written(SHARED, reviewer=True)
    assert "not for handing out" not in written(SHARED)
