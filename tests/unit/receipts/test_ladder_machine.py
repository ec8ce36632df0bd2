"""Any sequence of appends, in the log and in a naive model beside it: the same stages, and always a sound log."""

import shutil
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gateway.footing.ledger import Ledger
from gateway.receipts.log import ReceiptLog
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import FOLLOWS, Stage
from tests.ledgers import OnSqlite, Place, emptied
from tests.unit.receipts.ground import KEY, ORIGIN, a_transfer, close_opened, event, open_log, rung

TRANSFERS = [a_transfer(number) for number in range(1, 5)]
EXAMPLES = {"sqlite": 12, "postgresql": 4}


class Ladder(RuleBasedStateMachine):
    def __init__(self, fresh: Callable[[], Place]) -> None:
        super().__init__()
        self.place = fresh()
        self.ledger = Ledger.open(self.place.url)
        self.log = ReceiptLog(self.ledger, key=KEY, origin=ORIGIN)
        self.stages: dict[str, Stage | None] = dict.fromkeys(TRANSFERS)
        self.size = 0

    def append(self, *steps: tuple[str, Stage]) -> None:
        """All of them or none, whatever the model thinks of them."""
        after, allowed = dict(self.stages), True
        for transfer, stage in steps:
            allowed = allowed and stage in FOLLOWS[after[transfer]]
            after[transfer] = stage
        try:
            self.log.append(*(rung(stage, transfer) for transfer, stage in steps))
        except StorageError:
            assert not allowed
            return
        assert allowed
        self.stages, self.size = after, self.size + len(steps)

    @rule(transfer=st.sampled_from(TRANSFERS), stage=st.sampled_from(Stage))
    def any_rung(self, transfer, stage):
        self.append((transfer, stage))

    @rule(transfer=st.sampled_from(TRANSFERS), data=st.data())
    def a_rung_that_may_follow(self, transfer, data):
        if following := sorted(FOLLOWS[self.stages[transfer]]):
            self.append((transfer, data.draw(st.sampled_from(following))))

    @rule(steps=st.lists(st.tuples(st.sampled_from(TRANSFERS), st.sampled_from(Stage)), min_size=2, max_size=4))
    def several_at_once(self, steps):
        self.append(*steps)

    @rule()
    def something_beside_the_ladder(self):
        self.log.append(event())
        self.size += 1

    @rule()
    def by_another_process(self):
        self.log = open_log(self.place)

    @invariant()
    def the_stages_are_those_of_the_model(self):
        assert {transfer: self.log.stage(transfer) for transfer in TRANSFERS} == self.stages
        standing = {stage for stage in self.stages.values() if stage}
        assert set(self.log.in_stage(*Stage)) == {transfer for transfer, stage in self.stages.items() if stage}
        assert all(self.log.in_stage(stage) for stage in standing)

    def teardown(self):
        verified = verify_log(self.ledger, self.log.public, every=True)
        assert verified.size == self.size
        close_opened()
        self.ledger.close()


@pytest.fixture
def fresh(request, tmp_path, kind):
    """An empty ledger each time that it is called."""
    if kind == "postgresql":
        running = request.getfixturevalue("cluster")
        return lambda: emptied(running)
    made, number = request.getfixturevalue("empty"), count()
    return lambda: OnSqlite(shutil.copy(made.path, tmp_path / f"ledger-{next(number)}"))


@pytest.mark.parametrize("kind", EXAMPLES)
def test_any_sequence_of_appends_leads_where_the_model_says(fresh, kind):
    chosen = settings(max_examples=EXAMPLES[kind], stateful_step_count=15, deadline=None)
    run_state_machine_as_test(lambda: Ladder(fresh), settings=chosen)
