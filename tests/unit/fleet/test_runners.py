"""Runners: every host has its turn once, as many at a time as there is room for, and none before."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.fleet.runners import Threads


@given(st.lists(st.integers(), max_size=30), st.integers(1, 8))
def test_every_host_has_one_turn(hosts: list[int], forks: int) -> None:
    assert sorted(Threads(forks).run(hosts, lambda host: host)) == sorted(hosts)


def test_a_host_is_taken_when_there_is_room_for_it_and_not_before() -> None:
    taken: list[int] = []
    go_on = threading.Semaphore(0)

    def hosts() -> Iterator[int]:
        for host in range(5):
            taken.append(host)
            yield host

    def work(host: int) -> int:
        go_on.acquire()
        return host

    results = Threads(2).run(hosts(), work)
    go_on.release()
    next(results)
    assert taken == [0, 1]
    go_on.release(5)
    assert len([*results]) == 4
    assert taken == [0, 1, 2, 3, 4]


def test_whoever_gives_the_hosts_can_stop() -> None:
    stop = threading.Event()

    def hosts() -> Iterator[int]:
        for host in range(100):
            if stop.is_set():
                return
            yield host

    def work(host: int) -> int:
        if host == 3:
            stop.set()
        return host

    done = list(Threads(1).run(hosts(), work))
    assert done == [0, 1, 2, 3]


def test_breaking_off_does_not_wait_for_those_in_flight() -> None:
    forever = threading.Event()

    def work(host: int) -> int:
        if host:
            forever.wait()
        raise RuntimeError("a defect")

    try:
        with pytest.raises(RuntimeError, match="a defect"):
            list(Threads(2).run([0, 1], work))
    finally:
        forever.set()
