"""A file unlike the last handoff waits for one more person, over a real server."""

from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage


def a_second_approver(world):
    council, key = world.council, SigningKey.generate_ed25519()
    domain = council.configuration.settings.domain
    signers = council.configuration.workspace.signers("approve")
    line = f'second@{domain} namespaces="{of_route("approve", "yss", domain)}" {key.public_line()}\n'
    signers.write_text(signers.read_text() + line)
    return key


def half_of(world) -> bytes:
    header, *rows = world.extract().splitlines(keepends=True)
    return b"".join([header, *rows[: len(rows) // 2]])


def hand_over(world, **dropped):
    world.clock.turn(minutes=1)  # transfers are in order of their time
    world.drop(**dropped)
    world.run("prepare")
    world.sign_both(name=dropped.get("name", "pupils.csv"))
    world.run()


def test_half_a_file_waits_for_a_second_approver_and_says_so(world):
    hand_over(world)
    hand_over(world, content=half_of(world), name="half.csv")
    assert world.stages()[1] is Stage.WAITING
    assert "second approver" in world.waiting()
    statement = (world.council.configuration.workspace.drop_folder("yss") / "half.csv.release").read_text()
    assert "beyond-limits: removals rows\n" in statement


def test_with_a_second_approver_it_leaves(world):
    key = a_second_approver(world)
    hand_over(world)
    hand_over(world, content=half_of(world), name="half.csv")
    folder = world.council.configuration.workspace.drop_folder("yss")
    namespace = of_route("approve", "yss", world.council.configuration.settings.domain)
    (folder / "half.csv.release.second.sig").write_text(key.sign((folder / "half.csv.release").read_bytes(), namespace))
    world.run()
    assert world.stages()[1] not in (Stage.WAITING, Stage.REFUSED, Stage.PAUSED)
