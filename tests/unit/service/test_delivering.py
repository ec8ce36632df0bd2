"""Which connections the deliver half keeps: one a route, made anew with its page, and no more than the server allows."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gateway.contract.partner import Endpoint, UploadEndpoint
from gateway.service.delivering import Destinations, Seldom
from gateway.vocabulary.errors import ConfigError, PartnerUnreachable
from tests.simulators.partner import PartnerSimulator

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday


class Kept(PartnerSimulator):
    """A connection that remembers whether it is open."""

    open = True

    def close(self):
        self.open = False


class Pages(Destinations):
    """The pages are here, and what is reached is a simulator."""

    def __init__(self, endpoints):
        super().__init__(None, lambda: AT)
        self.endpoints = endpoints
        self.made = []

    def _partner(self, name):
        if name not in self.endpoints:
            raise ConfigError("suspended")
        return SimpleNamespace(partner=f"of-{name}", endpoint=self.endpoints[name])

    def _destination(self, name, endpoint):
        self.made.append(Kept())
        return self.made[-1]


def endpoint(host="a", **more):
    return Endpoint(host=host, username="council", host_keys=("ssh-ed25519 A",), **more)


def used(pages, name):
    """Its destination, once it was used and let go."""
    with pages.reach(name) as destination:
        return destination


def test_a_route_keeps_its_connection():
    pages = Pages({"yss": endpoint()})
    assert used(pages, "yss") is used(pages, "yss")
    assert pages.made[0].open


def test_a_page_that_changed_is_a_new_connection_and_the_old_one_ends():
    pages = Pages({"yss": endpoint()})
    old = used(pages, "yss")
    pages.endpoints["yss"] = endpoint("b")
    assert used(pages, "yss") is not old
    assert not old.open


def test_a_server_has_no_more_connections_of_ours_than_its_page_allows():
    pages = Pages({name: endpoint(connections=2) for name in "abcd"})
    a, b, c = (used(pages, name) for name in "abc")
    assert [each.open for each in (a, b, c)] == [False, True, True], "who used his longest ago gives way"
    used(pages, "b")
    used(pages, "d")
    assert [each.open for each in (b, c)] == [True, False]


def test_whoever_is_at_work_does_not_give_way_and_the_idle_one_does():
    pages = Pages({name: endpoint(connections=2) for name in "abc"})
    with pages.reach("a") as a:
        b = used(pages, "b")
        used(pages, "c")
        assert (a.open, b.open) == (True, False)


def reached_by_another(pages, name):
    """Another thread asks for it: when it has it, and when it may let it go."""
    has, leave = threading.Event(), threading.Event()

    def use():
        with pages.reach(name):
            has.set()
            leave.wait(20)

    thread = threading.Thread(target=use)
    thread.start()
    return has, leave, thread


def test_whoever_comes_while_a_server_is_used_as_much_as_it_may_be_waits_for_the_next_who_leaves():
    pages = Pages({name: endpoint(connections=1) for name in "ab"})
    with pages.reach("a"):
        has, leave, thread = reached_by_another(pages, "b")
        assert not has.wait(0.05)
    assert has.wait(20)
    leave.set()
    thread.join()


def test_whoever_uses_another_server_or_a_folder_does_not_wait():
    folder = UploadEndpoint(kind="upload", folder="staged")
    pages = Pages({"a": endpoint(connections=1), "b": endpoint("b", connections=1), "c": folder, "d": folder})
    with pages.reach("a"), pages.reach("b"), pages.reach("c"), pages.reach("d"):
        assert len(pages.made) == 4


def test_a_failure_of_whoever_used_it_frees_the_server_too():
    pages = Pages({name: endpoint(connections=1) for name in "ab"})
    with pytest.raises(PartnerUnreachable), pages.reach("a"):
        raise PartnerUnreachable("away")
    with pages.reach("b"):
        assert True not in [each.open for each in pages.made[:1]]


def test_another_server_is_another_matter():
    pages = Pages({"yss": endpoint(connections=1), "dfe": endpoint("b", connections=1), "x": endpoint(port=23)})
    kept = [used(pages, name) for name in ("yss", "dfe", "x")]
    assert all(each.open for each in kept)


@pytest.mark.parametrize(("window", "is_so"), [("Tue 09:00-10:00", True), ("Wed 09:00-10:00", False)])
def test_a_partners_hours_are_asked_of_its_page(window, is_so):
    assert Pages({"yss": endpoint(windows=(window,))}).is_open("yss") is is_so


def test_a_suspended_route_is_refused_where_it_is_waited_for_and_not_at_every_look():
    pages = Pages({})
    assert pages.is_open("yss")
    with pytest.raises(ConfigError):
        used(pages, "yss")


def test_all_connections_end_with_the_half():
    pages = Pages({"yss": endpoint(), "dfe": endpoint("b")})
    kept = [used(pages, name) for name in ("yss", "dfe")]
    pages.close()
    assert not any(each.open for each in kept)


def test_a_page_that_changes_while_its_route_is_in_use_counts_from_the_next_use():
    pages = Pages({"yss": endpoint()})
    with pages.reach("yss"):
        pages.endpoints["yss"] = endpoint(windows=("Sat 01:00-02:00",))
        assert pages.is_open("yss")
    assert not pages.is_open("yss")


def test_a_window_that_closes_while_its_route_is_in_use_is_closed():
    pages = Pages({"yss": endpoint(windows=("Tue 09:00-10:00",))})
    with pages.reach("yss"):
        assert pages.is_open("yss")
        pages._clock = lambda: AT + timedelta(hours=1)
        assert not pages.is_open("yss")


def test_of_each_name_it_is_time_at_once_and_then_not_before_so_many_seconds():
    now = [100.0]
    seldom = Seldom(5.0, lambda: now[0])
    assert [seldom.is_time("a"), seldom.is_time("a"), seldom.is_time("b")] == [True, False, True]
    now[0] += 4.9
    assert not seldom.is_time("a")
    now[0] += 0.2
    assert [seldom.is_time("a"), seldom.is_time("a")] == [True, False]


def test_without_seconds_it_is_always_time():
    seldom = Seldom(0.0, lambda: 100.0)
    assert [seldom.is_time("a"), seldom.is_time("a")] == [True, True]
