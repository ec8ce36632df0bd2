"""What an extract would release, asked before anybody signs anything."""

import csv
import io
import json
import os

import pytest

from gateway.demo import tables
from gateway.demo.numbers import upn
from gateway.footing.ledger.subjects import links
from gateway.story.notes import told, told_released
from tests.end_to_end.conftest import CENSUS, YSS, typing_in
from tests.end_to_end.test_disclosures import about, held, looks, somebody


@pytest.fixture
def ask(untouched):
    return typing_in(untouched)


@pytest.fixture
def extract(untouched, tmp_path):
    """Anywhere but in a drop folder; every world of these tests has the same children."""
    path = tmp_path / "pupils-of-quillfeather.csv"
    path.write_bytes(untouched.extract())
    return path


def everything_kept(world):
    workspace = world.council.configuration.workspace
    return sorted(
        str(path)
        for path in (*workspace.state.rglob("*"), *workspace.outbox.rglob("*"))
        if "register" not in path.parts
    )


def log_size(world):
    with world.opened() as gateway:
        return gateway.log.latest().checkpoint.size


def previewed(type_in, path, *words, route=YSS, stdin=""):
    return type_in("preview", path, "--route", route, *words, stdin=stdin)


def seen(type_in, path, *words, **rest):
    return json.loads(previewed(type_in, path, "--json", *words, **rest).out)


def test_it_foretells_what_leaves_and_leaves_nothing_behind(world, type_in, extract):
    before, size, content = everything_kept(world), log_size(world), extract.read_bytes()
    spoken = previewed(type_in, extract)
    assert spoken.code == 0
    foretold = seen(type_in, extract)
    assert (everything_kept(world), log_size(world), extract.read_bytes()) == (before, size, content)
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    facts = world.facts(transfer, "sealed")
    assert foretold["rows"] == told(facts["rows"])
    assert foretold["released"] == told_released(facts["rows"], facts["released"])
    assert foretold["not_released"] == told(facts["not_released"])


def test_the_ceilings_are_those_of_the_statement(world, type_in, extract):
    ceilings = seen(type_in, extract)["ceilings"]
    dropped = world.drop()
    stated = type_in("release", dropped, "--route", YSS).out
    assert f"rows-at-most: {ceilings['rows']}\n" in stated
    assert f"children-at-most: {ceilings['children']}\n" in stated
    for field, most in ceilings["fields"].items():
        assert f"field-at-most: {field} {most}\n" in stated


def test_columns_stand_by_tier_with_their_basis_and_what_never_leaves_is_named(ask, extract):
    tiers = {column["tier"]: column for column in seen(ask, extract)["columns"]}
    assert tiers["floor"]["mandatory"]
    assert "surname" in tiers["floor"]["fields"]
    assert not tiers["consented"]["mandatory"]
    assert tiers["special"]["fields"] == ["sen_provision"]
    assert "Article 9(2)(a)" in tiers["special"]["basis"]
    said = previewed(ask, extract).out
    (never,) = (line for line in said.splitlines() if "never leaves" in line)
    assert "UPN" in never
    assert '"LocalID"' in never, "as the file has it"


def test_nothing_that_staff_see_tells_one_rule_from_another(ask, extract):
    said = previewed(ask, extract).out + previewed(ask, extract, "--json").out
    assert not [word for word in ("on hold", "objection", "withheld", "by_rule", "duplicate:") if word in said]


def test_the_officers_view_counts_rule_by_rule_and_is_receipted_without_a_child(untouched, ask, extract):
    spoken = previewed(ask, extract, "--rules")
    assert spoken.code == 0
    assert "withheld: on hold, or living with somebody on hold" in spoken.out
    counts = seen(ask, extract, "--rules")["by_rule"]
    assert counts["rows"] == counts["released"] + sum(counts["withheld"].values()) + sum(counts["rejected"].values())
    assert counts["withheld"]["hold"] > 0
    assert [(look["event"], look["matches"]) for look in looks(untouched)[:2]] == [("preview-by-rule", 0)] * 2
    with untouched.opened() as gateway:
        assert gateway.log.entries(kinds=("look-up",), limit=1)[0].receipt.route == YSS


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: content.replace(b"Forename", b"Vorname", 1), 'the column "Forename" is missing'),
        (lambda content: content + b'"\n', "opens a quote that is never closed"),
        (lambda content: b"", "the file is empty"),
        (lambda content: content[: content.index(b"\n") + 1], "not one row"),
    ],
    ids=["header", "quote", "empty", "no-rows"],
)
def test_what_would_refuse_the_file_is_said_and_no_value_of_it(untouched, ask, extract, spoil, words):
    extract.write_bytes(spoil(extract.read_bytes()))
    spoken = previewed(ask, extract)
    assert spoken.code == 4
    assert words in spoken.out
    assert "Vorname" not in spoken.out
    assert "quillfeather" not in spoken.out + spoken.err
    assert untouched.refused() == {}


def test_rows_that_would_be_withheld_for_their_own_faults_are_named_by_row_and_column(untouched, ask, extract):
    header, *rows = csv.reader(io.StringIO(extract.read_text("utf-8")))
    place = header.index("DateOfBirth")
    rows[4][place] = "31.12.2011 Canaryname"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    extract.write_text(text.getvalue(), "utf-8")
    found = seen(ask, extract)
    assert 'row 6: "DateOfBirth" is not a date' in found["places"]
    assert "Canaryname" not in previewed(ask, extract).out


def test_the_differences_from_the_last_handoff_and_the_limits_it_would_pass_are_said(world, type_in, extract):
    assert seen(type_in, extract)["since_last"] == "first"
    world.approved()
    world.run()
    half = extract.read_bytes().splitlines(keepends=True)
    extract.write_bytes(b"".join(half[: len(half) // 2]))
    found = seen(type_in, extract)
    assert found["since_last"].startswith("rows -")
    assert {"removals", "rows"} <= set(found["beyond_limits"])
    assert "a second approver must sign (rows)" in previewed(type_in, extract).out


def test_the_very_file_that_was_handed_over_would_be_refused_and_one_that_waits_would_not(world, type_in):
    dropped = world.drop()
    world.run("prepare")
    assert previewed(type_in, dropped).code == 0
    world.sign_both()
    content = dropped.read_bytes()
    world.run()
    dropped.write_bytes(content)
    spoken = previewed(type_in, dropped)
    assert spoken.code == 4
    assert "handed-over-before" in spoken.out


def test_a_route_that_nobody_has_signed_can_be_looked_at_and_is_called_suspended(world, type_in, extract):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace("demo = true", 'clock = "host"'))
    spoken = previewed(type_in, extract)
    assert spoken.code == 3
    assert "suspended      the route yss is suspended: nobody has signed it" in spoken.out
    assert "released" in spoken.out


def test_a_return_says_that_it_is_sent_whole_or_not_at_all(untouched, ask, tmp_path):
    path = tmp_path / "return.csv"
    path.write_bytes(untouched.extract(CENSUS))
    assert previewed(ask, path, route=CENSUS).code == 0
    path.write_bytes(tables.extract(untouched.people.children, untouched.council.schema(CENSUS)))
    spoken = previewed(ask, path, route=CENSUS)
    assert spoken.code == 4
    assert "whole or not at all" in spoken.out


@pytest.mark.parametrize("make", ["link", "fifo", "missing", "folder"])
def test_only_a_plain_file_is_read(ask, extract, tmp_path, make):
    path = tmp_path / "odd.csv"
    if make == "link":
        path.symlink_to(extract)
    elif make == "fifo":
        os.mkfifo(path)
    elif make == "folder":
        path.mkdir()
    spoken = previewed(ask, path)
    assert spoken.code == (2 if make == "missing" else 65)
    assert "drop folder" not in spoken.err, "it lies elsewhere"
    assert "what to do: " in spoken.err
    assert previewed(ask, tmp_path / "none" / "x.csv").code == 2


def of_child(untouched, ask, extract, situation, *words):
    return json.loads(previewed(ask, extract, "--child", "--json", *words, stdin=about(untouched, situation)).out)


def test_of_one_child_it_says_which_tiers_open_and_by_which_decisions(untouched, ask, extract):
    rich = of_child(untouched, ask, extract, "parent-yes-to-all")
    assert rich["tiers_open"] == ["floor", "consented", "special"]
    assert {decision["decision"] for decision in rich["consent"][0]["decisions"]} == {"consent"}
    poor = of_child(untouched, ask, extract, "parent-no")
    assert poor["tiers_open"] == ["floor"]
    assert poor["withheld"]["phone"] == "no-consent"
    said = previewed(ask, extract, "--child", stdin=about(untouched, "parent-no")).out
    assert "consented  closed" in said
    assert "refuse" in said
    assert [look["event"] for look in looks(untouched)[:3]] == ["preview-of-child"] * 3


def test_what_it_says_of_a_child_is_what_the_release_does(world, type_in, extract):
    situations = ("parent-yes", "parent-yes-to-all", "parent-no", "objection", "no-row")
    narrowed = world.people.in_situation("parent-yes").fields["upn"]
    world.record(
        b"upn,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence\n"
        + f"{narrowed},youth-support,parent,consent,,phone;sen_provision,2026-11-24,,,PN-1,F-1\n".encode()
    )
    foretold = {name: of_child(world, type_in, extract, name) for name in situations}
    assert foretold["parent-yes"]["tiers_open"] == ["floor", "special"]
    assert foretold["parent-yes"]["fields_open"] == ["phone"]
    world.approved()
    world.run()
    for name, child in foretold.items():
        shared = json.loads(type_in("disclosures", "--json", stdin=about(world, name)).out)
        assert [one["released"] for one in shared] == [child["released"]]
        assert [one["withheld"] for one in shared] == [child["withheld"]]


def renumbered(world, *situations):
    """The extract with another UPN for these children, each of whom has had the first one's; and their new ones."""
    old = world.people.in_situation(situations[0]).fields["upn"]
    fresh = {name: upn(9_876 + place, 2031) for place, name in enumerate(situations)}
    children = [
        child.but(child.situation, upn=fresh[child.situation], former_upn=old) if child.situation in fresh else child
        for child in world.people.children
    ]
    return tables.extract(children, world.council.schema(YSS)), fresh


def test_a_child_whose_upn_has_changed_is_foretold_with_what_was_decided_under_the_former_one(world, type_in, extract):
    content, fresh = renumbered(world, "parent-yes-to-all")
    (changed,) = fresh.values()
    extract.write_bytes(content)
    before = everything_kept(world)
    told_of = json.loads(previewed(type_in, extract, "--child", "--json", stdin=f"upn: {changed}\n").out)
    counts = seen(type_in, extract, "--rules")["by_rule"]
    assert told_of["tiers_open"] == ["floor", "consented", "special"]
    assert told_of["consent"][0]["decisions"]
    assert everything_kept(world) == before
    with world.opened() as gateway, gateway.ledger.reading() as tx:
        assert links(tx) == ()
    world.drop(content)
    world.run("prepare")
    world.sign_both()
    world.run()
    facts = world.facts(world.transfers()[0], "sealed")
    assert (dict(facts["tiers"]), dict(facts["fields"])) == (counts["tiers"], counts["fields"])


def test_a_former_upn_that_two_children_claim_is_nobodys_in_a_preview_too(untouched, ask, extract):
    content, fresh = renumbered(untouched, "parent-yes-to-all", "parent-no")
    extract.write_bytes(content)
    for changed in fresh.values():
        told_of = json.loads(previewed(ask, extract, "--child", "--json", stdin=f"upn: {changed}\n").out)
        assert told_of["tiers_open"] == ["floor"]
        assert told_of["consent"] == []


def test_why_a_child_would_be_withheld_as_a_whole_is_the_reviewers(untouched, ask, extract, tmp_path):
    reviewer = somebody(untouched, tmp_path, "reviewer", "hold.list")
    said = previewed(ask, extract, "--child", stdin=held(untouched)).out
    assert "would not be released: nothing about this child was released" in said
    assert "on hold" not in said
    told_to_reviewer = previewed(ask, extract, "--child", "--reviewer", reviewer, stdin=held(untouched)).out
    assert "would not be released: on hold" in told_to_reviewer
    assert "signer" in looks(untouched)[0]


def test_a_child_who_is_not_in_the_scope_is_said_to_have_no_row_and_no_reason_is_guessed(untouched, ask, extract):
    young = next(child for child in untouched.people.children if child.outcome == "outside-ages")
    spoken = previewed(ask, extract, "--child", stdin=f"upn: {young.fields['upn']}\n")
    assert "no row about this child is in the scope" in spoken.out


def test_of_a_file_that_would_be_refused_no_child_is_told_of_but_why(untouched, ask, extract):
    extract.write_bytes(extract.read_bytes() + b'"\n')
    spoken = previewed(ask, extract, "--child", stdin=about(untouched, "parent-yes-to-all"))
    assert spoken.code == 4
    assert "nothing of the file would leave" in spoken.out
    assert "open " not in spoken.out


@pytest.mark.parametrize("words", [("--child", "--rules"), ("--reviewer", "key")])
def test_options_that_contradict_each_other_are_refused_before_anything_is_read(untouched, ask, extract, words):
    before = looks(untouched)
    assert previewed(ask, extract, *words).code == 2
    assert looks(untouched) == before


def test_a_child_that_cannot_be_recognised_is_not_explained(untouched, ask, extract):
    before = looks(untouched)
    assert previewed(ask, extract, "--child", stdin="upn: Canaryname\n").code == 65
    assert previewed(ask, extract, "--child", stdin="").code == 2
    assert looks(untouched) == before
