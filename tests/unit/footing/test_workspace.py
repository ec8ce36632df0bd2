"""Folders: what is the service's is the service's alone, what is shared is staff's as well."""

import os
import stat
from datetime import UTC, datetime

import pytest

from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId
from tests.required import missing

TRANSFER = TransferId.new(datetime(2026, 11, 24, tzinfo=UTC), bytes)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(
        home=tmp_path / "home", outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "home" / "keys"
    )


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_looks_into_any_folder_of_the_services(workspace, any_umask):
    workspace.make_folders(("yss",))
    made = [workspace.state, *(path for path in workspace.state.rglob("*"))]
    assert len(made) > 8
    assert {mode(path) & 0o077 for path in made} == {0}


def test_staff_can_drop_files_whatever_the_umask(workspace, any_umask):
    workspace.outbox.mkdir(mode=0o770)
    workspace.outbox.chmod(0o770)
    workspace.make_folders(("yss",))
    folders = [workspace.drop_folder("yss"), workspace.refused_folder("yss"), workspace.outcomes_folder("yss")]
    assert [mode(path) & 0o777 for path in folders] == [0o770] * 3


def test_making_folders_again_changes_nothing(workspace):
    workspace.make_folders(("yss",))
    workspace.drop_folder("yss").chmod(0o750)
    before = {path: mode(path) for path in workspace.state.parent.rglob("*")}
    workspace.make_folders(("yss",))
    assert before == {path: mode(path) for path in workspace.state.parent.rglob("*")}


def test_a_folder_in_whose_place_a_file_lies_is_a_storage_error(workspace):
    workspace.outbox.mkdir()
    workspace.drop_folder("yss").write_bytes(b"")
    with pytest.raises(StorageError, match="the folder yss"):
        workspace.make_folders(("yss",))


def test_what_is_the_services_lies_outside_every_share(workspace):
    ours = [
        workspace.prepare_keys, workspace.deliver_keys, workspace.ledger, workspace.arrival(TRANSFER),
        workspace.sealing(TRANSFER), workspace.disclosures("x"), workspace.register_snapshot("x"),
        workspace.to_deliver, workspace.from_deliver, workspace.attempts, workspace.metrics,
    ]  # fmt: skip
    assert all(path.is_relative_to(workspace.state) for path in ours)
    assert not any(path.is_relative_to(workspace.outbox) for path in ours)
    assert len(set(ours)) == len(ours)


def test_the_halves_share_the_mailbox_and_nothing_else(workspace):
    prepare, deliver = workspace.state / "prepare", workspace.state / "deliver"
    assert {os.path.commonpath([path, prepare]) for path in (workspace.ledger, workspace.prepare_keys)} == {
        str(prepare)
    }
    assert {os.path.commonpath([path, deliver]) for path in (workspace.attempts, workspace.deliver_keys)} == {
        str(deliver)
    }


def test_what_was_made_for_two_users_is_left_as_it_is(workspace, any_umask):
    os.umask(0)
    workspace.make_folders(())
    shared = {workspace.state: 0o711, workspace.to_deliver: 0o2750, workspace.from_deliver: 0o2770}
    for folder, mode_of_two in shared.items():
        folder.chmod(mode_of_two)
    workspace.make_folders(("yss",))
    assert {folder: mode(folder) for folder in shared} == shared


def test_orders_that_deliver_could_not_read_are_refused_before_anything_is_sealed(workspace):
    workspace.make_folders(())
    workspace.to_deliver.chmod(0o2750)
    workspace.make_folders(())
    sealing = workspace.sealing(TRANSFER).parent
    if os.geteuid() != 0:
        missing("a folder in another's group needs root")
    os.chown(sealing, -1, 4321)
    with pytest.raises(StorageError, match="mailbox's group") as refused:
        workspace.make_folders(())
    assert "systemd-tmpfiles" in refused.value.remedy


def test_a_drop_folder_gets_its_mode_without_any_chmod_that_names_the_setgid_bit(workspace):
    """systemd's RestrictSUIDSGID refuses those, even where the bit is there already."""
    workspace.outbox.mkdir()
    workspace.outbox.chmod(0o2770)
    before = os.umask(0o007)
    try:
        workspace.make_folders(("yss",))
    finally:
        os.umask(before)
    assert mode(workspace.drop_folder("yss")) == 0o2770
