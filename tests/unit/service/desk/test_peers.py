"""Who is at the other end: by the kernel's word on a real socket, and what groups make of it."""

import os
import socket

import pytest

from gateway.service.desk.peers import OVERFLOW, credentials_of, peer_of, roles_of
from gateway.service.desk.roles import ROLES

GROUPS = {"operator": 901, "dpo": 902, "analyst": 903, "returns": 904}


def test_the_kernel_names_the_user_and_all_groups_of_whoever_connected():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        uid, gids = credentials_of(theirs)
    assert uid == os.geteuid()
    assert gids >= {os.getegid(), *os.getgroups()}


def test_on_a_machine_without_our_groups_only_the_services_own_user_has_roles():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        assert peer_of(theirs, own=os.geteuid()).roles == set(ROLES)


def test_what_is_no_unix_socket_has_nobody_at_its_other_end():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unconnected:
        uid, _ = credentials_of(unconnected)
        assert roles_of(uid, (), own=1, groups=GROUPS) == frozenset()


@pytest.mark.parametrize(
    ("gids", "roles"),
    [
        ((), set()), ((100,), set()), ((901,), {"operator"}), ((902, 903, 100), {"dpo", "analyst"}),
        ((901, 902, 903), {"operator", "dpo", "analyst"}), ((904, 903, 902, 901), set(ROLES)),
    ],
)  # fmt: skip
def test_groups_and_nothing_else_give_a_person_roles(gids, roles):
    assert roles_of(1000, gids, own=500, groups=GROUPS) == roles


@pytest.mark.parametrize("uid", [0, 500])
def test_root_and_the_services_own_user_could_do_it_in_place_and_may_here(uid):
    assert roles_of(uid, (), own=500, groups=GROUPS) == set(ROLES)


def test_whom_the_kernel_does_not_show_is_nobody_whatever_the_groups_say():
    assert roles_of(OVERFLOW, GROUPS.values(), own=500, groups=GROUPS) == frozenset()


def test_a_group_that_this_machine_does_not_have_is_nobodys():
    assert roles_of(1000, (901,), own=500, groups={"dpo": 902}) == frozenset()
