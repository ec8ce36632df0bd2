"""A secret is followed only where its file is ours to write: nothing is made, and nothing is asked of the ledger, else."""

import os
from dataclasses import replace

import pytest

from gateway.config.generations import rotate_followed
from gateway.config.own_keys import role_named
from gateway.vocabulary.errors import KeyUnavailable

ROLES = ("register", "digest", "reference-first")


def refused(configuration, role, match):
    file = configuration.prepare_keys.folder / f"{role}.key"
    before = file.read_bytes()
    with pytest.raises(KeyUnavailable, match=match) as caught:
        rotate_followed(configuration, role_named(configuration, role), None, bytes, uid=0)
    assert caught.value.remedy
    assert file.read_bytes() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_credential_of_systemds_is_not_ours_to_change(ready, tmp_path, role):
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    (credentials / f"{role}.key").write_bytes((ready.prepare_keys.folder / f"{role}.key").read_bytes())
    (credentials / f"{role}.key").chmod(0o400)
    refused(replace(ready, credentials=credentials), role, "is a credential of systemd's")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("role", ROLES)
def test_keys_of_another_user_are_not_ours_to_change(ready, role):
    os.chown(ready.prepare_keys.folder, 4321, 4321)
    refused(ready, role, "belong to another user")
