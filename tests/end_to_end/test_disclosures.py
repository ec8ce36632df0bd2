"""What was shared about one child, as the data protection officer asks for it and hands it out."""

import json
import os
import re
from html.parser import HTMLParser

import pytest

from gateway.crypto import merkle
from gateway.crypto.checkpoint import open_checkpoint
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in


@pytest.fixture
def ask(delivered):
    return typing_in(delivered)


@pytest.fixture
def handed_over(world):
    """Delivered; for tests that spoil something."""
    world.approved()
    world.run()
    return world


@pytest.fixture
def reviewer(delivered, tmp_path):
    """The hold reviewer's private key."""
    return somebody(delivered, tmp_path, "reviewer", "hold.list")


def somebody(world, folder, name, act):
    key, path = SigningKey.generate_ed25519(), folder / f"{name}.key"
    with world.council.configuration.workspace.signers("register").open("a") as signers:
        signers.write(f'{name}@{DOMAIN} namespaces="{of_act(act, DOMAIN)}" {key.public_line()}\n')
    path.write_bytes(key.openssh_private())
    path.chmod(0o600)
    return path


def about(world, situation):
    return f"upn: {world.people.in_situation(situation).fields['upn']}\n"


def held(world):
    return about(world, world.people.held[0].situation)


def looks(world):
    with world.opened() as gateway:
        return [dict(entry.receipt.facts) for entry in gateway.log.entries(kinds=("look-up",))]


def test_what_left_and_what_did_not_is_told_with_its_basis_and_the_look_is_receipted(delivered, ask):
    (rich,) = json.loads(ask("disclosures", "--json", stdin=about(delivered, "parent-yes-to-all")).out)
    assert (rich["route"], rich["reach"], rich["values_kept"]) == (YSS, "left", False)
    assert "phone" in rich["released"]
    bases = {field: basis for basis in rich["bases"] for field in basis["fields"]}
    assert set(bases) == set(rich["released"])
    assert bases["surname"]["mandatory"]
    assert "section" in bases["surname"]["basis"] or "Act 2008" in bases["surname"]["basis"]
    assert not bases["phone"]["mandatory"]
    assert "consent" in bases["phone"]["basis"]
    assert "Article 9(2)(a)" in bases["sen_provision"]["basis"]
    (poor,) = json.loads(ask("disclosures", "--json", stdin=about(delivered, "parent-no")).out)
    assert poor["withheld"]["phone"] == "no-consent"
    assert "phone" not in poor["released"]
    assert [look["event"] for look in looks(delivered)[:2]] == ["disclosures-shown"] * 2


def test_the_lines_say_in_plain_words_with_whom_why_and_whether_it_was_received(delivered, ask):
    said = ask("disclosures", stdin=about(delivered, "parent-no")).out
    assert "to Youth Support Service (acknowledged)" in said
    assert "youth-support, by agreement DSA-YSS-1" in said
    assert "(mandatory)" in said
    assert "no consent that covers it was in force" in said
    assert "acknowledged  the partner signed for it, Tuesday 24 November 2026" in said
    assert "values are not kept" in said


def test_each_receipt_is_proved_against_a_checkpoint_that_the_log_signed(delivered, ask):
    (one,) = json.loads(ask("disclosures", "--json", stdin=about(delivered, "parent-no")).out)
    with delivered.opened() as gateway:
        key = gateway.log.public
    rungs = [receipt["kind"] for receipt in one["receipts"] if receipt["kind"] in set(Stage)]  # others may follow
    assert rungs[-3:] == ["sealed", "delivered", "acknowledged"]
    for receipt in one["receipts"]:
        checkpoint, _ = open_checkpoint(receipt["checkpoint"].encode(), key)
        assert checkpoint.size == receipt["checkpoint_size"]
        path = [bytes.fromhex(digest) for digest in receipt["path"]]
        merkle.verify_inclusion(bytes.fromhex(receipt["hash"]), receipt["leaf"], checkpoint.size, path, checkpoint.root)


def test_what_never_reached_the_partner_is_not_called_released(world, type_in):
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    assert world.stages() == [Stage.FAILED]
    said = type_in("disclosures", stdin=about(world, "parent-no")).out
    assert "never left" in said
    assert "  released" not in said
    assert "no: it was not delivered" in said


def test_a_policy_that_changes_later_does_not_change_what_was_shared(handed_over, type_in):
    before = type_in("disclosures", stdin=about(handed_over, "parent-yes-to-all")).out
    page = handed_over.council.home / "config" / "policies" / "yss.toml"
    page.write_text(page.read_text().replace("public task", "whim"))
    after = type_in("disclosures", stdin=about(handed_over, "parent-yes-to-all")).out
    assert without_sizes(after) == without_sizes(before)


def without_sizes(said: str) -> str:
    """The log grows by each look."""
    return re.sub(r"signed log of \d+", "signed log", said)


def test_nobody_but_the_reviewer_is_told_that_a_child_is_on_hold(delivered, ask, reviewer):
    said = [ask("disclosures", stdin=child).out for child in (held(delivered), about(delivered, "objection"))]
    assert all("nothing about this child left" in one for one in said)
    assert without_sizes(said[0]) == without_sizes(said[1])
    assert "on hold" not in said[0]
    told = ask("disclosures", "--reviewer", reviewer, stdin=held(delivered))
    assert "on hold, or living with somebody on hold" in told.out
    objecting = ask("disclosures", "--json", "--reviewer", reviewer, stdin=about(delivered, "objection")).out
    assert set(json.loads(objecting)[0]["withheld"].values()) == {"objection"}
    assert ["signer" in look for look in looks(delivered)[:4]] == [True, True, False, False]


@pytest.mark.parametrize("act", ["hold.lift", "register.record"])
def test_whoever_is_not_the_reviewer_is_told_nothing_at_all(delivered, ask, tmp_path, act):
    key, before = somebody(delivered, tmp_path, "clerk", act), looks(delivered)
    spoken = ask("disclosures", "--reviewer", key, stdin=held(delivered))
    assert (spoken.code, spoken.out) == (70, "")
    assert looks(delivered) == before


def test_disclosures_that_were_tampered_with_are_found_out(handed_over, type_in):
    (transfer,) = handed_over.transfers()
    path = handed_over.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    assert type_in("disclosures", stdin=about(handed_over, "parent-no")).code == 0
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    spoken = type_in("disclosures", stdin=about(handed_over, "parent-no"))
    assert (spoken.code, spoken.out) == (70, "")


def test_what_was_taken_back_before_it_left_is_passed_over_while_its_file_is_not_there(world, type_in):
    """It is minimised again, or refused for good: nothing was shared by it, and other answers do not wait for it."""
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    path = world.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    path.rename(path.with_name("away"))
    assert type_in("disclosures", stdin=about(world, "parent-no")).code == 74, "sealed: it may leave at any moment"
    world.hold({"upn": world.people.in_situation("parent-yes").fields["upn"]})
    assert world.stages() == [Stage.REVOKED]
    spoken = type_in("disclosures", stdin=about(world, "parent-no"))
    assert (spoken.code, "no handoff" in spoken.out) == (0, True)


@pytest.mark.parametrize("memory", [b"", b"[1]", b'{"x": 3}', b"\xff"])
def test_a_spoilt_memory_of_digests_is_made_again(handed_over, type_in, memory):
    path = handed_over.council.configuration.workspace.disclosures("digests.json")
    first = type_in("disclosures", stdin=about(handed_over, "parent-no")).out
    kept = path.read_bytes()
    path.write_bytes(memory)
    assert without_sizes(type_in("disclosures", stdin=about(handed_over, "parent-no")).out) == without_sizes(first)
    assert path.read_bytes() == kept


def test_a_forged_memory_of_digests_does_not_help_against_an_export(handed_over, type_in, tmp_path):
    """Whoever can write the state could claim that a file is known; what goes out of the house is hashed anew."""
    (transfer,) = handed_over.transfers()
    folder = handed_over.council.configuration.workspace.disclosures("x").parent
    child = about(handed_over, "parent-no")
    type_in("disclosures", stdin=child)
    path = folder / f"{transfer}.parquet"
    path.write_bytes(path.read_bytes().replace(b"duckdb", b"DUCKDB"))
    here, memory = path.stat(), json.loads((folder / "digests.json").read_bytes())
    memory[path.name][:5] = [here.st_dev, here.st_ino, here.st_size, here.st_mtime_ns, here.st_ctime_ns]
    (folder / "digests.json").write_text(json.dumps(memory))
    assert type_in("disclosures", stdin=child).code == 0
    assert type_in("disclosures", "--export", tmp_path / "page.html", stdin=child).code == 70
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("stdin", ["", "\n\n", "name: x\n", "upn\n", "upn: not-one\n", "surname: Quill\n"])
def test_a_child_that_cannot_be_recognised_is_not_looked_up(delivered, ask, stdin):
    before = looks(delivered)
    assert ask("disclosures", stdin=stdin).code in (2, 65)
    assert looks(delivered) == before


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_for_an_access_request_is_whole_private_and_names_nobody(delivered, ask, tmp_path):
    path = tmp_path / "page.html"
    child = delivered.people.in_situation("parent-yes-to-all")
    spoken = ask("disclosures", "--export", path, stdin=f"upn: {child.fields['upn']}\n")
    assert spoken.code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    page = _Page()
    page.feed(path.read_text("utf-8"))
    said = " ".join(page.text)
    assert not {"script", "img", "link", "iframe", "form"} & set(page.tags)
    for words in (
        "Youth Support Service",
        "forename",
        "phone",
        "public task",
        "does not keep",
        "leaf",
        "signed for it",
    ):
        assert words in said
    for field in ("upn", "forename", "surname", "postcode", "date_of_birth"):
        assert child.fields[field] not in said


def test_the_page_tells_of_holds_to_the_reviewer_only_and_then_says_so(delivered, ask, tmp_path, reviewer):
    plain, told = tmp_path / "plain.html", tmp_path / "told.html"
    ask("disclosures", "--export", plain, stdin=held(delivered))
    spoken = ask("disclosures", "--export", told, "--reviewer", reviewer, stdin=held(delivered))
    assert "on hold" not in plain.read_text("utf-8")
    assert "nothing" in plain.read_text("utf-8")
    assert "on hold" in told.read_text("utf-8")
    assert "not for handing out" in told.read_text("utf-8")
    assert "not for handing out" in spoken.err


def test_nothing_is_overwritten_and_then_nothing_is_looked_up(delivered, ask, tmp_path):
    path, link, before = tmp_path / "page.html", tmp_path / "link.html", looks(delivered)
    path.write_text("theirs")
    link.symlink_to(tmp_path / "elsewhere")
    for taken in (path, link):
        assert ask("disclosures", "--export", taken, stdin=about(delivered, "parent-no")).code == 2
    assert ask("disclosures", "--json", "--export", tmp_path / "new", stdin=about(delivered, "parent-no")).code == 2
    assert path.read_text() == "theirs"
    assert looks(delivered) == before
    assert not os.path.lexists(tmp_path / "elsewhere")


def test_a_page_that_cannot_be_written_repeats_no_name(delivered, ask, tmp_path):
    spoken = ask("disclosures", "--export", tmp_path / "no" / "Quillfeather.html", stdin=about(delivered, "parent-no"))
    assert spoken.code == 74
    assert "Quillfeather" not in spoken.err + spoken.out


def test_a_child_who_was_in_no_handoff_is_told_in_plain_words(untouched, tmp_path):
    ask, child = typing_in(untouched), about(untouched, "parent-no")
    assert "no handoff" in ask("disclosures", stdin=child).out
    assert json.loads(ask("disclosures", "--json", stdin=child).out) == []
    ask("disclosures", "--export", tmp_path / "page.html", stdin=child)
    assert "Nothing was handed over" in (tmp_path / "page.html").read_text("utf-8")
