"""Hosts dealt with on other machines: Dask deals them out to its workers, and brings back what happens there.

Each worker logs in by keys and ssh_config of its own. A host whose worker is lost goes to another one, which waits for
the host's lock and goes on from what it finds there.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from distributed import Client, Future, fire_and_forget, get_worker, wait
from distributed.client import FIRST_COMPLETED

from provision import __version__
from provision.errors import OperatorError
from provision.events import Observer, Observers
from provision.fleet.runners import HEARS, Work

Result = TypeVar("Result")

CONNECT_LIMIT = 10.0
"""Seconds for the scheduler to answer."""
NO_WORKER_LIMIT = 60.0
"""Seconds without a single worker after which hosts aren't waited for any more."""
EVENTS_LIMIT = 10.0
"""Seconds by which a host's events may come behind its result: they go another way."""


class Teller(Observers):
    """An observer on a worker: what it hears goes to a Dask topic. `ident` tells one attempt at a host from another."""

    def __init__(self, topic: str) -> None:
        super().__init__()
        self.ident, self.told = uuid.uuid4().hex, 0
        self._topic = topic

    def _tell(self, event: Callable[..., None], *about: Any) -> None:
        self.told += 1
        get_worker().log_event(self._topic, (self.ident, pickle.dumps((event.__name__, about))))


class Hearer:
    """The other end of a topic: tells the run's observer, in order, and knows what has come of each attempt."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._heard: Counter[str] = Counter()
        self._news = threading.Condition()
        # an observer may write to a disk, which the client's own thread must not wait for
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")

    def hear(self, event: tuple[float, tuple[str, bytes]]) -> None:
        """Called by the client with each event of the topic."""
        self._pool.submit(self._tell, *event[1])

    def _tell(self, ident: str, packed: bytes) -> None:
        name, about = pickle.loads(packed)  # noqa: S301  from our own workers, which run our code as it is
        getattr(self._observer, name)(*about)
        with self._news:
            self._heard[ident] += 1
            self._news.notify_all()

    def await_all(self, ident: str, count: int) -> None:
        """Wait until so many events of an attempt were told, so that none comes behind its result."""
        with self._news:
            self._news.wait_for(lambda: self._heard[ident] >= count, EVENTS_LIMIT)

    def close(self) -> None:
        """Hear nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _do(alone: Callable[[Observer], Result], topic: str) -> tuple[Result, str, int]:
    """A task, on its worker."""
    teller = Teller(topic)
    return alone(teller), teller.ident, teller.told


class Workers:
    """As many hosts at a time as `forks` says, on the workers of a Dask scheduler."""

    def __init__(self, client: Client, forks: int) -> None:
        self._client, self._forks = client, forks

    def run(self, hosts: Iterable[str], work: Work[Result]) -> Iterator[Result]:
        topic, hearer = f"docker-provision-{uuid.uuid4().hex}", Hearer(work.observer)
        self._client.subscribe_topic(topic, hearer.hear)
        waiting, flying = iter(hosts), dict[Future[Any], str]()
        try:
            while True:
                for host in islice(waiting, self._forks - len(flying)):
                    flying[self._submit(work.alone(host), topic)] = host
                if not flying:
                    return
                for future in self._done(flying):
                    yield _result(future, flying.pop(future), work, hearer)
        finally:
            # not cancelled: whoever breaks off lets go of the hosts in flight
            for future in flying:
                fire_and_forget(future)
            self._client.unsubscribe_topic(topic)
            hearer.close()

    def _submit(self, alone: Callable[[Observer], Any], topic: str) -> Future[Any]:
        return self._client.submit(_do, alone, topic, pure=False)

    def _done(self, flying: Mapping[Future[Any], str]) -> list[Future[Any]]:
        """Those that are done by now, or all where no worker has been there for too long."""
        alone_since: float | None = None
        while True:
            try:
                return list(wait(list(flying), HEARS, FIRST_COMPLETED).done)
            except TimeoutError:
                now = time.monotonic()
                alone_since = None if self._client.nthreads() else alone_since or now
                if alone_since is not None and now - alone_since > NO_WORKER_LIMIT:
                    return list(flying)


def _result(future: Future[Any], host: str, work: Work[Result], hearer: Hearer) -> Result:
    if not future.done():
        return work.lost(host, f"no worker was there for {NO_WORKER_LIMIT:g} s")
    if future.status != "finished":
        error = None if future.cancelled() else future.exception()
        return work.lost(host, f"{type(error).__name__}: {error}" if error else "the scheduler went away")
    result, ident, count = future.result()
    hearer.await_all(ident, count)
    return result  # type: ignore[no-any-return]  # a Future knows no type


@contextmanager
def of(scheduler: str, forks: int | None) -> Iterator[Workers]:
    """The workers of a scheduler; `forks` None: as many hosts at a time as they have threads.

    Raises OperatorError where the scheduler isn't reached, has no workers, or they run another version.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is said by us
    try:
        client = Client(scheduler, timeout=CONNECT_LIMIT, name="docker-provision")
    except (OSError, ValueError, TypeError) as error:
        raise OperatorError(
            f"--scheduler: {scheduler} isn't reached ({' '.join(str(error).split()) or type(error).__name__}): is it"
            " running, and has Dask's configuration here its certificates (distributed.comm.tls)?"
        ) from None
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise OperatorError(f"--scheduler: {scheduler} has no workers: start some by `dask worker`")
        _raise_if_other(client)
        yield Workers(client, forks or threads)
    finally:
        client.close(timeout=CONNECT_LIMIT)


def _raise_if_other(client: Client) -> None:
    """Raises OperatorError for workers that have another version of this program, or none."""

    def version() -> str:
        # sent whole, since a worker without the program couldn't look it up by its name
        try:
            from provision import __version__  # noqa: PLC0415
        except ImportError:
            return "none"
        return __version__

    others = {address: found for address, found in client.run(version).items() if found != __version__}
    if others:
        told = ", ".join(f"{address} has {found}" for address, found in sorted(others.items()))
        raise OperatorError(
            f"--scheduler: workers must have this program in version {__version__}: {told}; install it there"
        )
