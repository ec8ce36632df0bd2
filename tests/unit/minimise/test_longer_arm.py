"""Who stays in scope past twenty: only with a code that a policy names a condition for."""

import pytest

from gateway.contract.policy import Eligibility, LongerArm
from gateway.minimise.engine import minimising
from gateway.vocabulary.errors import ConfigError
from tests.unit.minimise.ground import POLICY, SCHEMA, a_child, a_job, as_csv, judged

LONGER = LongerArm(until_age=25, evidence="sen_provision", codes=("E", "K"), condition="Article 9(2)(g)")
REACHING = POLICY.model_copy(update={"eligibility": Eligibility(from_age=13, until_age=20, longer=LONGER)})


@pytest.mark.parametrize(
    ("born", "code", "policy", "leaves"),
    [
        ("2004-03-04", "E", POLICY, False),  # no policy has named a condition
        ("2004-03-04", "E", REACHING, True),
        ("2004-03-04", "K", REACHING, True),
        ("2004-03-04", "N", REACHING, False),
        ("2004-03-04", "", REACHING, False),
        ("2004-03-04", "EK", REACHING, False),
        ("2004-03-04", "e", REACHING, False),
        ("2000-01-01", "E", REACHING, False),  # past 25
        ("2014-03-04", "E", REACHING, False),  # the arm makes nobody older
        ("2010-03-04", "N", REACHING, True),
    ],
)
def test_past_twenty_only_with_a_code_that_the_policy_names_a_condition_for(tmp_path, born, code, policy, leaves):
    child = a_child(date_of_birth=born, sen_provision=code)
    assert bool(judged(tmp_path, [child, a_child(2)], policy=policy).outcome.rows_out == 2) is leaves


def test_the_evidence_must_stand_in_the_schema(tmp_path):
    without = SCHEMA.model_copy(update={"columns": tuple(c for c in SCHEMA.columns if c.field != "sen_provision")})
    job = a_job(tmp_path, as_csv([a_child()], without), schema=without, policy=REACHING)
    with pytest.raises(ConfigError, match="sen_provision"), minimising(job):
        pass
