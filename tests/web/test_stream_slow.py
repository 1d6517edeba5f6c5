"""A client that stops reading is dropped, and nobody else notices."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tieout.ports import Event
from tieout.store.memory import MemoryStore
from tieout.web.events import Pace
from web.house import House, opened, soon
from web.listening import Listener
from web.live import live
from web.timer import START

COUNT = 120
LARGE = "x" * 100_000
IMPATIENT = Pace(poll_s=0.01, pause_s=0.001, heartbeat_s=0.05, stuck_s=0.3)


@pytest.fixture
def place() -> Iterator[tuple[House, str]]:
    with opened(MemoryStore(), pace=IMPATIENT) as house, live(house) as url:
        yield house, url


def tell_much(house: House) -> None:
    for number in range(COUNT):
        payload = json.dumps({"number": number, "large": LARGE})
        house.store.add_event(Event(type="tick", at=START, payload=payload), account=None)


def numbers(told: list[Any]) -> list[int]:
    return [each.data["number"] for each in told if each.type == "tick"]


def test_it_is_dropped_alone_and_loses_nothing_when_it_comes_back(
    place: tuple[House, str],
) -> None:
    house, url = place
    counts = house.app.state.hub.counts
    with Listener(url, receive_bytes=4096) as slow, Listener(url) as other:
        first = slow.frame()
        other.frame()
        assert first is not None
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(other.events, COUNT)
            tell_much(house)
            assert numbers(reading.result()) == list(range(COUNT))
        assert soon(lambda: counts.dropped == 1)
        assert soon(lambda: counts.clients == 1)
        got = slow.rest()
        assert len(numbers(got)) < COUNT
    last = max((each.id for each in got if each.id is not None), default=first.id)
    with Listener(url, last_event_id=last) as again:
        missing = again.events(COUNT - len(numbers(got)))
    assert numbers(got) + numbers(missing) == list(range(COUNT))


def test_metrics_tell_of_clients_and_of_those_that_were_dropped(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, receive_bytes=4096) as slow:
        slow.frame()
        assert "tieout_sse_clients 1.0" in metrics(house, url)
        tell_much(house)
        assert soon(lambda: "tieout_sse_dropped_total 1.0" in metrics(house, url))
    assert soon(lambda: "tieout_sse_clients 0.0" in metrics(house, url))
    assert soon(lambda: "tieout_outbox_lag_events 0.0" in metrics(house, url))


def metrics(house: House, url: str) -> str:
    return httpx.get(f"{url}/metrics", headers=house.key("read")).text


def test_requests_are_answered_while_a_client_does_not_read(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, receive_bytes=4096) as slow:
        slow.frame()
        tell_much(house)
        for _ in range(20):
            asked = httpx.get(f"{url}/api/positions", headers=house.key("read"), timeout=5)
            assert asked.status_code == 200
