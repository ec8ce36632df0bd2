"""Keys follow each other without a gap: told before they are used, and never lost on the way."""

import os
import secrets
from datetime import timedelta

import pytest

from gateway.config.checkup.key_dates import NAME
from gateway.config.key_changes import make, retire, rotate
from gateway.config.own_keys import AHEAD, LIFETIME, retired, ring_of, role_named, roles, standing
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.vocabulary.errors import KeyUnavailable, NeedsPerson, UsageError
from tests.unit.config.sound import AT, DOMAIN, found, signers

SIGNING = ["signing", "observation", "sftp-first"]


def private(ready, name):
    return ring_of(ready, role_named(ready, name.removesuffix(".next"))).folder / f"{name}.key"


def public(ready, name):
    return ready.workspace.public_keys / f"{name}.pub"


def new(ready, name):
    return make(ready, role_named(ready, name), secrets.token_bytes)


def put_to_use(ready, name, at=AT):
    return rotate(ready, role_named(ready, name), at)


def test_there_is_a_key_for_every_role_partner_and_route(ready):
    names = [role.name for role in roles(ready)]
    assert names == ["signing", "log", "register", "digest", "reference-first", "reference-second", "observation",
                     "sftp-first", "sftp-second"]  # fmt: skip
    assert all(standing(ready, role).there for role in roles(ready))


def test_a_role_that_there_is_not_is_refused_with_a_suggestion(ready):
    with pytest.raises(UsageError) as refused:
        role_named(ready, "sining")
    assert refused.value.remedy == "did you mean 'signing'?"


@pytest.mark.parametrize("name", SIGNING)
def test_a_key_that_follows_is_private_published_and_not_in_use(ready, name):
    before = private(ready, name).read_bytes()
    fingerprint = new(ready, name)
    stands = standing(ready, role_named(ready, name))
    assert stands.following == fingerprint != stands.fingerprint
    assert private(ready, name).read_bytes() == before
    assert private(ready, f"{name}.next").stat().st_mode & 0o777 == 0o600
    assert public(ready, f"{name}.next").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", SIGNING)
def test_rotating_puts_it_to_use_and_what_was_signed_before_verifies_with_the_retired_half(ready, name):
    ring, role = ring_of(ready, role_named(ready, name)), role_named(ready, name)
    old = ring.signing_key(name)
    signature = old.sign(b"before", f"content@{DOMAIN}")
    fingerprint = new(ready, name)
    assert put_to_use(ready, name) == fingerprint == ring.signing_key(name).fingerprint
    stands = standing(ready, role)
    assert (stands.fingerprint, stands.following) == (fingerprint, None)
    assert not private(ready, f"{name}.next").exists()
    (was,) = retired(ready)
    assert (was.role, was.until, was.key.fingerprint) == (name, AT.replace(microsecond=0), old.fingerprint)
    verified = UnverifiedSignature.parse(signature).verify(b"before", f"content@{DOMAIN}")
    assert verified.key == was.key


def test_nothing_is_left_of_a_private_half_that_was_replaced(ready):
    seed = ready.prepare_keys.signing_key("signing").openssh_private("signing")
    new(ready, "signing")
    put_to_use(ready, "signing")
    assert not [path for path in ready.home.rglob("*") if path.is_file() and path.read_bytes() == seed]


@pytest.mark.parametrize("step", ["archived", "replaced", "published"])
def test_a_rotation_that_was_broken_off_is_ended_by_rotating_again(ready, step):
    """The work of the steps before the break, done by hand."""
    old, fingerprint = standing(ready, role_named(ready, "signing")).fingerprint, new(ready, "signing")
    archive = ready.workspace.public_keys / "retired"
    archive.mkdir()
    (archive / f"signing-{AT:%Y%m%dT%H%M%SZ}.pub").write_bytes(public(ready, "signing").read_bytes())
    if step in ("replaced", "published"):
        private(ready, "signing").write_bytes(private(ready, "signing.next").read_bytes())
    if step == "published":
        public(ready, "signing").write_bytes(public(ready, "signing.next").read_bytes())
    assert put_to_use(ready, "signing") == fingerprint
    assert [was.key.fingerprint for was in retired(ready)] == [old]
    assert standing(ready, role_named(ready, "signing")).fingerprint == fingerprint
    assert not private(ready, "signing.next").exists()


def test_a_key_is_not_rotated_before_one_follows(ready):
    before = private(ready, "signing").read_bytes()
    with pytest.raises(UsageError, match="no key follows"):
        put_to_use(ready, "signing")
    assert private(ready, "signing").read_bytes() == before


def test_only_one_key_follows(ready):
    new(ready, "signing")
    with pytest.raises(UsageError, match="follows signing is there already"):
        new(ready, "signing")


def test_a_key_that_shall_not_follow_is_destroyed_and_the_one_in_use_stays(ready):
    before = private(ready, "signing").read_bytes()
    new(ready, "signing")
    retire(ready, role_named(ready, "signing"))
    assert not private(ready, "signing.next").exists()
    assert not public(ready, "signing.next").exists()
    assert private(ready, "signing").read_bytes() == before


def test_the_key_in_use_is_never_retired(ready):
    with pytest.raises(UsageError, match="is in use"):
        retire(ready, role_named(ready, "signing"))
    assert private(ready, "signing").exists()


@pytest.mark.parametrize("name", ["signing", "register", "digest", "reference-first", "sftp-second"])
def test_a_key_that_is_missing_is_made_and_used_at_once(ready, name):
    private(ready, name).unlink()
    public(ready, name).unlink(missing_ok=True)
    new(ready, name)
    assert private(ready, name).stat().st_mode & 0o777 == 0o600
    assert standing(ready, role_named(ready, name)).there


def test_a_key_that_is_lost_or_a_credential_is_followed_and_never_replaced_in_silence(ready):
    private(ready, "signing").unlink()
    before = public(ready, "signing").read_bytes()
    fingerprint = new(ready, "signing")
    assert public(ready, "signing").read_bytes() == before
    assert put_to_use(ready, "signing") == fingerprint == ready.prepare_keys.signing_key("signing").fingerprint
    assert [was.role for was in retired(ready)] == ["signing"]


@pytest.mark.parametrize("name", ["log", "register", "reference-first", "digest"])
def test_keys_that_all_that_was_recorded_hangs_on_are_never_just_replaced(ready, name):
    before = private(ready, name).read_bytes()
    with pytest.raises(UsageError, match="is not replaced"):
        put_to_use(ready, name)
    assert private(ready, name).read_bytes() == before


@pytest.mark.parametrize("name", ["register", "reference-first", "digest"])
def test_a_secret_that_is_there_is_never_overwritten_by_a_new_one(ready, name):
    before = private(ready, name).read_bytes()
    with pytest.raises(UsageError):
        new(ready, name)
    assert private(ready, name).read_bytes() == before


def test_deliver_s_key_is_not_replaced_while_its_reports_are_unread(ready):
    new(ready, "observation")
    (ready.workspace.from_deliver / "report.json").write_bytes(b"{}")
    with pytest.raises(NeedsPerson, match="have not been read"):
        put_to_use(ready, "observation")
    (ready.workspace.from_deliver / "report.json").unlink()
    assert put_to_use(ready, "observation")


@pytest.mark.parametrize("change", [new, put_to_use], ids=["new", "rotate"])
def test_where_no_public_half_can_be_written_no_private_one_changes(ready, without_licence, change):
    """On a server keys/public is root's: what was made before it failed there would be told to nobody."""
    if change is put_to_use:
        new(ready, "signing")
    folder = private(ready, "signing").parent
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ready.workspace.public_keys.chmod(0o555)
    with pytest.raises(KeyUnavailable, match="may not write to keys/public"):
        without_licence(lambda: change(ready, "signing"))
    ready.workspace.public_keys.chmod(0o755)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_retired_half_that_cannot_be_read_is_told(ready):
    new(ready, "signing")
    put_to_use(ready, "signing")
    (path,) = (ready.workspace.public_keys / "retired").iterdir()
    path.write_text("spoiled")
    with pytest.raises(KeyUnavailable):
        list(retired(ready))


def test_somebody_else_makes_no_keys_for_the_half_that_could_not_read_them(ready, without_licence):
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else here")
    folder = private(ready, "signing").parent
    os.chown(folder, 12345, -1)
    with pytest.raises(KeyUnavailable, match="another user"):
        new(ready, "signing")


# thirty days ahead


def aged(ready, name, days):
    made = (AT - timedelta(days=days)).timestamp()
    os.utime(private(ready, name), (made, made))


def warnings(ready):
    return [sentence for outcome, name, sentence in found(ready) if (outcome, name) == ("warn", NAME)]


@pytest.mark.parametrize(("left", "warned"), [(31, 0), (30, 1), (1, 1), (0, 1), (-400, 1)])
def test_a_signing_key_is_warned_of_thirty_days_ahead(ready, left, warned):
    aged(ready, "sftp-first", LIFETIME.days - left)
    assert len(warnings(ready)) == warned


@pytest.mark.parametrize("name", ["log", "register", "digest", "reference-first"])
def test_keys_that_are_not_replaced_by_date_are_not_warned_of(ready, name):
    aged(ready, name, 5000)
    assert warnings(ready) == []


def ends(ready, days, *more):
    end = f"{AT + timedelta(days=days):%Y%m%d}Z"
    path = signers(ready, "prepare")
    text = path.read_text().replace('" ssh-', f'",valid-before="{end}" ssh-', 1)
    path.write_text(text + "".join(more))


@pytest.mark.parametrize(("days", "warned"), [(AHEAD.days + 2, 0), (AHEAD.days - 1, 1), (2, 1)])
def test_a_person_s_right_that_ends_is_warned_of_thirty_days_ahead(ready, days, warned):
    ends(ready, days)
    assert len(warnings(ready)) == warned


def test_a_person_s_right_that_goes_on_elsewhere_is_not_warned_of(ready):
    whole = signers(ready, "prepare").read_text()
    ends(ready, 10, whole)
    assert warnings(ready) == []
