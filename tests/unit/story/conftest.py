"""The deliver half of the gateway, alone on a machine."""

import pytest

from gateway.footing.workspace import Workspace
from tests.simulators.deliver_half import DeliverHalf, Refusing


@pytest.fixture
def half(tmp_path):
    workspace = Workspace(home=tmp_path, outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "keys")
    half = DeliverHalf(workspace, {"yss": Refusing(), "dfe": Refusing()})
    yield half
    half.attempts.close()
