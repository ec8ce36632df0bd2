"""Which verb is for whom: every act with every role, and what is no act."""

import pytest

from gateway.service.desk.roles import ANALYST, DPO, MAY, OPERATOR, RETURNS, ROLES, act_of, check
from gateway.vocabulary.errors import Refused, UsageError

TABLE = {
    "preview x.csv --route yss": {OPERATOR, DPO, ANALYST},
    "preview x.csv --route yss --rules": {DPO},
    "preview --child x.csv --route yss": {DPO},
    "disclosures": {DPO},
    "disclosures --json": {DPO},
    "incident 01J": {DPO},
    "incident 01J --who": {DPO},
    "hold add --reason refuge": {OPERATOR, DPO},
    "hold lift 1": {OPERATOR, DPO},
    "hold list --key k": {DPO},
    "hold release 01J": {DPO},
    "consent import f --as changes": {OPERATOR, DPO},
    "consent record --decision refuse": {OPERATOR, DPO},
    "consent withdraw --purpose p": {OPERATOR, DPO},
    "consent show": {DPO},
    "withdraw": {OPERATOR, DPO},
    "withdraw --consented-only --route yss": {OPERATOR, DPO},
    "recall 01J --reason wrong-file": {OPERATOR, DPO},
    "status": {OPERATOR, DPO},
    "status --json": {OPERATOR, DPO},
    "todo": {OPERATOR, DPO},
    "receipts list": {OPERATOR, DPO},
    "receipts list --needs-person --json": {OPERATOR, DPO},
    "receipts show 01J": {OPERATOR, DPO},
    "receipts show 01J --by-rule": {DPO},
    "receipts show --by-rule 01J": {DPO},
    "purge --legal-hold 01J": {DPO},
    "purge --legal-hold=01J": {DPO},
    "purge --legal-hold-child": {DPO},
    "purge --lift 01J": {DPO},
    "purge --lift-child": {DPO},
    "retry 01J": {OPERATOR},
    "resend 01J": {OPERATOR},
    "resolve 01J delivered --reason asked": {OPERATOR},
    "open 01J --identity i --into d": {RETURNS},
    "uploaded 01J --reference C": {OPERATOR, RETURNS},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("words", TABLE)
def test_each_role_may_what_the_table_says_and_nothing_else(words, role):
    if role in TABLE[words]:
        check(words.split(), {role})
    else:
        with pytest.raises(Refused, match="is for members of handoff-"):
            check(words.split(), {role})


def test_the_table_of_this_test_has_every_act():
    assert {act_of(words.split()) for words in TABLE} == set(MAY)


@pytest.mark.parametrize("words", TABLE)
def test_who_is_in_no_group_may_nothing(words):
    with pytest.raises(Refused):
        check(words.split(), ())


def test_a_refusal_names_every_group_that_may():
    with pytest.raises(Refused, match="'gateway hold add' is for members of handoff-operator or handoff-dpo"):
        check(["hold", "add"], {ANALYST})


def test_several_groups_are_as_good_as_the_best_of_them():
    check(["disclosures"], {ANALYST, DPO})


@pytest.mark.parametrize(
    "words",
    [
        "run", "keys rotate log", "receipts verify", "receipts", "route sign yss", "purge", "purge --dry-run",
        "purge --last-contact f", "list receipts", "show --by-rule receipts", "hold", "hold remove", "hold --help add",
        "consent", "consent Import f", "HOLD add", "add hold", "",
    ],
)  # fmt: skip
def test_what_is_no_act_of_the_desk_is_for_nobody(words):
    with pytest.raises(UsageError, match="no such verb"):
        check(words.split(" "), ROLES)


@pytest.mark.parametrize("where", ["--rules x.csv --route yss", "x.csv --route --rules", "-- --rules --route yss"])
def test_an_option_for_fewer_people_counts_wherever_it_stands(where):
    with pytest.raises(Refused):
        check(["preview", *where.split()], {ANALYST, OPERATOR})
