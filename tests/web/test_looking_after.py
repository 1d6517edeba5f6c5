"""What the stream does about its clients now and then, and what must not end it."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from tieout.core.errors import StoreError
from tieout.store.memory import MemoryStore
from tieout.web.events import Client, EventHub, Pace

HASTY = Pace(heartbeat_s=0.0, pause_s=0.0, poll_s=0.001)
LIMIT_S = 10


def looked_after(may_listen: Callable[[], bool]) -> tuple[bool, bool]:
    """Whether a client is gone and the stream still runs, once it was asked for twice."""
    asked: list[int] = []

    def asking() -> bool:
        asked.append(1)
        return may_listen()

    async def stream() -> tuple[bool, bool]:
        hub = EventHub(MemoryStore(), pace=HASTY)
        client = Client(position=0, may_listen=asking)
        hub.join(client)
        running = asyncio.create_task(hub.run())
        async with asyncio.timeout(LIMIT_S):
            while len(asked) < 2 and not client.is_gone:
                await asyncio.sleep(0)
        is_running = not running.done()
        running.cancel()
        return client.is_gone, is_running

    return asyncio.run(stream())


def cannot_tell() -> bool:
    raise StoreError("the disk is away")


def test_a_client_that_may_listen_goes_on() -> None:
    assert looked_after(lambda: True) == (False, True)


def test_a_client_that_may_not_listen_any_more_is_dropped() -> None:
    assert looked_after(lambda: False) == (True, True)


def test_who_may_not_listen_any_more_is_dropped_at_once_where_that_is_told() -> None:
    may_listen = [True]

    async def stream() -> bool:
        hub = EventHub(MemoryStore(), pace=Pace(heartbeat_s=3600.0, pause_s=0.0, poll_s=3600.0))
        client = Client(position=0, may_listen=lambda: may_listen[0])
        hub.join(client)
        running = asyncio.create_task(hub.run())
        await asyncio.sleep(0)
        may_listen[0] = False
        hub.look_after_all()
        async with asyncio.timeout(LIMIT_S):
            while not client.is_gone:
                await asyncio.sleep(0)
        running.cancel()
        return client.is_gone

    assert asyncio.run(stream())


def test_a_store_that_cannot_say_who_may_listen_ends_no_stream() -> None:
    assert looked_after(cannot_tell) == (False, True)


LOWERED = """
import resource
from tieout.web.server import OPEN_FILES, allow_many_clients
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
allow_many_clients()
wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (wanted, hard)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 100))
allow_many_clients()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100, 100)
"""


def test_it_takes_as_many_clients_as_the_machine_allows() -> None:
    pytest.importorskip("resource", reason="only systems with such a limit have to raise it")
    subprocess.run([sys.executable, "-c", LOWERED], check=True)
