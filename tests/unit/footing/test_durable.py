"""What returns has happened, what raises has left nothing."""

import os
import shutil
import stat

import pytest

from gateway.footing import durable
from gateway.vocabulary.errors import FormatInvalid, StorageError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def everything(folder):
    return sorted(path.name for path in folder.iterdir())


def interrupted(path, error):
    with durable.created(path) as stream:
        stream.write(b"half")
        raise error


def test_a_file_appears_whole_and_alone(tmp_path):
    with durable.created(tmp_path / "x") as stream:
        stream.write(b"first ")
        assert not (tmp_path / "x").exists()
        stream.write(b"second")
    assert (tmp_path / "x").read_bytes() == b"first second"
    assert everything(tmp_path) == ["x"]
    assert (tmp_path / "x").stat().st_nlink == 1


@pytest.mark.parametrize("error", [FormatInvalid("no"), RuntimeError("defect"), KeyboardInterrupt(), GeneratorExit()])
def test_nothing_is_left_when_the_block_does_not_end_well(tmp_path, error):
    with pytest.raises(type(error)):
        interrupted(tmp_path / "x", error)
    assert everything(tmp_path) == []


@pytest.mark.parametrize("size", [9_000, 1_000_000])
def test_a_disk_that_is_full_is_a_storage_error_and_leaves_nothing(tmp_path, full_after, size):
    with full_after(5_000), pytest.raises(StorageError, match="x could not be written") as caught:
        durable.write_new(tmp_path / "x", bytes(size))
    assert caught.value.remedy
    assert everything(tmp_path) == []


def test_a_file_that_outgrows_the_disk_leaves_the_old_one(tmp_path, full_after):
    durable.write_new(tmp_path / "x", b"old")
    with full_after(5_000), pytest.raises(StorageError):
        durable.replace(tmp_path / "x", bytes(9_000))
    assert (tmp_path / "x").read_bytes() == b"old"
    assert everything(tmp_path) == ["x"]


def folder(path):
    path.mkdir()


def file(path):
    path.write_bytes(b"earlier")


def dangling(path):
    path.symlink_to(path.with_name("nowhere"))


def link(path):
    path.with_name("elsewhere").write_bytes(b"not ours")
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("taken", [file, folder, link, dangling])
def test_a_name_that_is_taken_is_refused_and_stays_as_it_is(tmp_path, taken):
    taken(tmp_path / "x")
    before = (tmp_path / "x").lstat()
    with pytest.raises(StorageError, match="x could not be put in place"):
        durable.write_new(tmp_path / "x", b"later")
    assert (tmp_path / "x").lstat() == before
    assert not (tmp_path / "nowhere").exists()
    assert [name for name in everything(tmp_path) if name.endswith(".tmp")] == []


@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o660])
def test_a_file_has_the_mode_that_was_asked_for_under_any_umask(tmp_path, any_umask, wanted):
    durable.write_new(tmp_path / "x", b"", wanted)
    durable.replace(tmp_path / "x", b"x", wanted)
    assert mode(tmp_path / "x") == wanted


def test_a_file_is_private_unless_something_else_is_asked_for(tmp_path, any_umask):
    durable.write_new(tmp_path / "x", b"")
    assert mode(tmp_path / "x") == 0o600


def test_a_file_is_private_before_its_first_byte(tmp_path):
    before = os.umask(0)
    try:
        with durable.created(tmp_path / "x") as stream:
            assert stat.S_IMODE(os.fstat(stream.fileno()).st_mode) == 0o600
            assert [mode(path) for path in tmp_path.iterdir()] == [0o600]
    finally:
        os.umask(before)


def test_a_replaced_file_is_another_file_and_its_readers_keep_the_old(tmp_path):
    durable.write_new(tmp_path / "x", b"old")
    with (tmp_path / "x").open("rb") as reader:
        durable.replace(tmp_path / "x", b"new")
        assert reader.read() == b"old"
    assert (tmp_path / "x").read_bytes() == b"new"


def test_a_folder_cannot_be_replaced_by_a_file(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(StorageError, match="x could not be replaced"):
        durable.replace(tmp_path / "x", b"new")
    assert everything(tmp_path) == ["x"]


@pytest.mark.parametrize("make", [file, folder])
def test_what_is_published_moves_and_leaves_nothing_behind(tmp_path, make):
    make(tmp_path / "draft")
    durable.publish(tmp_path / "draft", tmp_path / "final")
    assert everything(tmp_path) == ["final"]


@pytest.mark.parametrize("make", [file, folder])
def test_nothing_is_published_over_a_name_that_is_taken(tmp_path, make):
    make(tmp_path / "draft")
    (tmp_path / "final").mkdir()
    (tmp_path / "final" / "other").write_bytes(b"other")
    with pytest.raises(StorageError, match="final could not be published"):
        durable.publish(tmp_path / "draft", tmp_path / "final")
    assert everything(tmp_path) == ["draft", "final"]
    assert everything(tmp_path / "final") == ["other"]


def test_a_file_is_not_published_over_a_file(tmp_path):
    file(tmp_path / "draft")
    (tmp_path / "final").write_bytes(b"there")
    with pytest.raises(StorageError):
        durable.publish(tmp_path / "draft", tmp_path / "final")
    assert (tmp_path / "final").read_bytes() == b"there"


def test_what_is_gone_already_can_be_removed_again(tmp_path):
    file(tmp_path / "x")
    for _ in range(2):
        durable.remove(tmp_path / "x")
        durable.remove(tmp_path / "no folder" / "x")
        durable.remove_folder(tmp_path / "x")
        durable.discard_folder(tmp_path / "x")
    assert everything(tmp_path) == []


def test_a_folder_that_is_not_empty_is_not_removed(tmp_path):
    (tmp_path / "x").mkdir()
    file(tmp_path / "x" / "y")
    with pytest.raises(StorageError, match="the folder x could not be removed"):
        durable.remove_folder(tmp_path / "x")
    assert everything(tmp_path / "x") == ["y"]


def test_a_folder_is_discarded_with_its_content_and_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    file(outside / "kept")
    (tmp_path / "x" / "sub").mkdir(parents=True)
    file(tmp_path / "x" / "sub" / "y")
    (tmp_path / "x" / "link").symlink_to(outside)
    durable.discard_folder(tmp_path / "x")
    assert everything(tmp_path) == ["outside"]
    assert everything(outside) == ["kept"]


def test_a_folder_that_somebody_else_made_anew_meanwhile_is_left_alone(tmp_path):
    folder = tmp_path / "draft"
    folder.mkdir()
    file(folder / "order.json")

    def overtaken():
        folder.rename(tmp_path / "old")
        folder.mkdir()
        file(folder / "order.json")

    with pytest.raises(StorageError, match="the folder draft could not be removed"):
        durable.discard_folder(folder, overtaken, first="order.json")
    assert everything(folder) == ["order.json"]
    assert everything(tmp_path / "old") == []


def test_whoever_was_overtaken_removes_nothing_of_a_folder(tmp_path):
    (tmp_path / "x").mkdir()
    file(tmp_path / "x" / "y")

    def refuse():
        raise StorageError("the turn is over")

    with pytest.raises(StorageError, match="the turn is over"):
        durable.discard_folder(tmp_path / "x", refuse, first="y")
    assert everything(tmp_path / "x") == ["y"]


def test_what_a_successor_has_taken_away_already_stops_nobody(tmp_path):
    (tmp_path / "x").mkdir()
    file(tmp_path / "x" / "y")
    durable.discard_folder(tmp_path / "x", lambda: shutil.rmtree(tmp_path / "x"), first="y")
    assert everything(tmp_path) == []


def test_a_private_folder_is_private_and_so_is_all_above_it_that_is_new(tmp_path):
    before = os.umask(0)
    try:
        durable.private_folder(tmp_path / "state" / "prepare" / "arrivals")
    finally:
        os.umask(before)
    made = [tmp_path / "state", tmp_path / "state" / "prepare", tmp_path / "state" / "prepare" / "arrivals"]
    assert [mode(path) for path in made] == [0o700] * 3


def test_a_private_folder_that_is_a_file_is_refused(tmp_path):
    file(tmp_path / "x")
    with pytest.raises(StorageError, match="the folder x could not be made"):
        durable.private_folder(tmp_path / "x")


def test_a_shared_folder_lets_the_group_in_under_any_umask_and_keeps_what_it_inherits(tmp_path, any_umask):
    tmp_path.chmod(0o2770)
    durable.shared_folder(tmp_path / "yss")
    assert mode(tmp_path / "yss") == 0o2770
    (tmp_path / "yss").chmod(0o2750)
    durable.shared_folder(tmp_path / "yss")
    assert mode(tmp_path / "yss") == 0o2750, "what a person has set is left"


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path):
    for act in (durable.write_new, durable.replace):
        with pytest.raises(StorageError):
            act(tmp_path / "nowhere" / "x", b"")
