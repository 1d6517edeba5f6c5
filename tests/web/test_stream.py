"""Events over a real socket: resumed, chosen, and ended in good order."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from runs.fakes import holding
from tieout.core.book import AccountId
from tieout.ports import Event
from tieout.store.sqlite import SqliteStore
from tieout.web.events import Pace
from web.house import PASSWORD, House, bench_at, opened, secret_of, some_runs, soon
from web.listening import Listener
from web.live import live
from web.timer import START

QUICK = Pace(poll_s=0.01, pause_s=0.001, heartbeat_s=0.05, recent_max=20, page=7)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tieout.ports import Event
from tieout.store.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
event = Event(type="run:started", at=datetime.now(UTC), payload='{"by": "another process"}')
store.add_event(event, account=None)
store.close()
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def place(book: Path) -> Iterator[tuple[House, str]]:
    """A house whose book is a file, and where it can be reached."""
    store = SqliteStore(book)
    some_runs(store)
    some_runs_of(store, "other/PA2", 3)
    with opened(store, pace=QUICK) as house, live(house) as url:
        yield house, url
    store.close()


def tell(store: Any, number: int, *, kind: str = "tick", account: str | None = None) -> int:
    """Write an event; its id."""
    event = Event(type=kind, at=START, payload=f'{{"number": {number}}}')
    written: int = store.add_event(event, account=account and AccountId(account))
    return written


def some_runs_of(store: Any, account: str, count: int) -> None:
    bench = bench_at(store, account, runs_named=account.replace("/", "-"))
    for number in range(count):
        bench.run(holding("AAPL", str(number + 1)))


def numbers(told: list[Any]) -> list[int]:
    return [each.data["number"] for each in told]


def test_a_new_client_is_told_where_it_stands_and_then_the_news(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url) as client:
        greeting = client.frame()
        assert client.status == 200
        assert "content-type: text/event-stream" in client.head
        assert greeting is not None
        assert greeting.id == house.store.last_event()
        assert greeting.text.startswith("retry: 2000")
        written = tell(house.store, 1)
        (event,) = client.events(1)
    assert (event.id, event.type, event.data) == (written, "tick", {"number": 1})


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_client_goes_on_after_the_event_it_had_last(place: tuple[House, str], way: str) -> None:
    house, url = place
    ids = [tell(house.store, number) for number in range(5)]
    if way == "header":
        headers = {"X-API-Key": secret_of("read"), "Last-Event-ID": str(ids[1])}
        client = Listener(url, headers=headers)
    else:
        client = Listener(url, last_event_id=ids[1])
    with client:
        assert numbers(client.events(3)) == [2, 3, 4]


def test_a_client_that_was_away_long_is_told_everything_page_by_page(
    place: tuple[House, str],
) -> None:
    house, url = place
    first = tell(house.store, 0)
    ids = [tell(house.store, number) for number in range(1, 120)]
    hub = house.app.state.hub
    assert soon(lambda: hub.counts.position == ids[-1])
    with Listener(url, last_event_id=first) as client:
        told = client.events(119)
        assert [each.id for each in told] == ids
        tell(house.store, 120)
        assert numbers(client.events(1)) == [120]


def test_clients_that_reconnect_at_random_lose_and_repeat_nothing(
    place: tuple[House, str],
) -> None:
    house, url = place
    chance, last = Random(5), house.store.last_event()
    seen: list[int] = []
    for written in range(0, 200, 10):
        for number in range(written, written + 10):
            tell(house.store, number)
        with Listener(url, last_event_id=last) as client:
            told = client.events(chance.randint(1, written + 10 - len(seen)))
            seen += numbers(told)
            last = told[-1].id or last
    with Listener(url, last_event_id=last) as client:
        seen += numbers(client.events(200 - len(seen)))
    assert seen == list(range(200))


@pytest.mark.parametrize("last", ["999999999", "", "000"])
def test_an_id_of_another_book_gives_news_only_or_everything(
    place: tuple[House, str], last: str
) -> None:
    house, url = place
    before = house.store.last_event()
    with Listener(url, last_event_id=last) as client:
        greeting = client.frame()
        assert greeting is not None
        assert greeting.id == (0 if last == "000" else before)


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "9" * 19, "١"])
def test_an_id_that_is_no_number_is_refused(place: tuple[House, str], last: str) -> None:
    with Listener(place[1], last_event_id=last) as client:
        assert client.status == 400


B, D = "break:opened", "run:held"


@pytest.mark.parametrize("types", [[B, D], [f"{B},{D}"], [f"{B},", D], ["break:*", D]])
def test_only_the_types_asked_for_are_told(place: tuple[House, str], types: list[str]) -> None:
    house, url = place
    with Listener(url, type=types) as client:
        client.frame()
        for number, kind in enumerate(["run:started", B, "system:error", D, "run:finished", B]):
            tell(house.store, number, kind=kind)
        assert numbers(client.events(3)) == [1, 3, 5]


@pytest.mark.parametrize("types", ["bogus", "bogus:*", f"{B},breaks", "*"])
def test_a_type_of_which_there_is_no_event_is_refused(place: tuple[House, str], types: str) -> None:
    with Listener(place[1], type=types) as client:
        assert client.status == 400


def test_only_the_accounts_asked_for_are_told(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, account="other/PA2") as client:
        client.frame()
        for number, account in enumerate(["paper/PA1", "other/PA2", None, "other/PA2"]):
            tell(house.store, number, account=account)
        assert numbers(client.events(2)) == [1, 3]


@pytest.mark.parametrize("accounts", [["other/PA2,paper/PA1"], ["other/PA2", "paper/PA1,"]])
def test_several_accounts_are_named_like_several_types(
    place: tuple[House, str], accounts: list[str]
) -> None:
    house, url = place
    with Listener(url, account=accounts) as client:
        client.frame()
        for number, account in enumerate(["paper/PA1", "other/PA2", None, "third/PA3"]):
            tell(house.store, number, account=account)
        tell(house.store, 4, account="paper/PA1")
        assert numbers(client.events(3)) == [0, 1, 4]


def test_one_of_several_accounts_that_nobody_has_is_not_found(place: tuple[House, str]) -> None:
    with Listener(place[1], account="other/PA2,no/such") as client:
        assert client.status == 404


def test_both_choices_together_narrow_it_down(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, account=["other/PA2", "paper/PA1"], type=B) as client:
        client.frame()
        tell(house.store, 1, kind="a", account="other/PA2")
        tell(house.store, 2, kind=B, account=None)
        tell(house.store, 3, kind=B, account="paper/PA1")
        assert numbers(client.events(1)) == [3]


def test_an_account_that_nobody_has_is_not_found(place: tuple[House, str]) -> None:
    with Listener(place[1], account="no/such") as client:
        assert client.status == 404


def test_a_quiet_stream_beats(place: tuple[House, str]) -> None:
    with Listener(place[1]) as client:
        client.frame()
        beats = [client.frame() for _ in range(3)]
    assert [each and each.text for each in beats] == [":"] * 3


def test_a_client_that_wants_none_of_the_events_is_kept_awake_too(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, type="settings:changed") as client:
        client.frame()
        for number in range(30):
            tell(house.store, number)
        beat = client.frame()
        assert beat is not None
        assert beat.text == ":"


def test_events_of_a_run_are_told(place: tuple[House, str]) -> None:
    house, url = place
    with Listener(url, type="position:updated") as client:
        client.frame()
        some_runs_of(house.store, "third/PA3", 1)
        (event,) = client.events(1)
    assert event.data["type"] == "reconciliation"


def test_events_of_other_connections_and_processes_are_told(
    place: tuple[House, str], book: Path
) -> None:
    _, url = place
    with Listener(url) as client:
        client.frame()
        other = SqliteStore(book)
        tell(other, 7)
        other.close()
        assert numbers(client.events(1)) == [7]
        subprocess.run([sys.executable, "-c", WRITER, str(book)], check=True)
        (event,) = client.events(1)
    assert event.data == {"by": "another process"}


def test_one_who_missed_what_is_no_longer_kept_is_told_so(place: tuple[House, str]) -> None:
    house, url = place
    first = tell(house.store, 0)
    for number in range(1, 50):
        tell(house.store, number)
    hub = house.app.state.hub
    assert soon(lambda: hub.counts.position == first + 49)
    house.timer.skip(days=1)
    house.store.forget_events(house.timer.now())
    with Listener(url, last_event_id=first) as client:
        gap, *rest = client.events(2)
        assert (gap.type, gap.data) == ("stream:gap", {"after": first})
        assert rest[0].id is not None
        assert rest[0].id > first + 1


def test_one_who_missed_nothing_is_not_told_of_a_gap(place: tuple[House, str]) -> None:
    house, url = place
    ids = [tell(house.store, number) for number in range(100)]
    hub = house.app.state.hub
    assert soon(lambda: hub.counts.position == ids[-1])
    with Listener(url, last_event_id=ids[0]) as client:
        assert {each.type for each in client.events(99)} == {"tick"}


# The end of a stream


def test_closing_ends_streams_after_a_whole_frame_and_the_next_goes_on(
    place: tuple[House, str],
) -> None:
    house, url = place
    with Listener(url) as client:
        client.frame()
        tell(house.store, 1)
        (event,) = client.events(1)
        house.app.state.hub.close()
        assert {each.text for each in client.rest()} <= {":"}
    tell(house.store, 2)
    with (
        opened(house.store, pace=QUICK, is_new=False) as again,
        live(again) as there,
        Listener(there, last_event_id=event.id) as client,
    ):
        assert numbers(client.events(1)) == [2]


@pytest.mark.parametrize("way", ["a revoked key", "a removed user", "a logout", "time"])
def test_one_who_may_no_longer_listen_is_cut_off(place: tuple[House, str], way: str) -> None:
    house, url = place
    headers = {"X-API-Key": secret_of("read")}
    if way != "a revoked key":
        headers = {"Cookie": f"session={signed_in(url)}"}
    with Listener(url, headers=headers) as client, Listener(url, headers=everything()) as other:
        client.frame()
        other.frame()
        end(house, url, way, headers)
        client.rest()
        assert client.is_over
        tell(house.store, 1)
        assert numbers(other.events(1)) == [1]


def everything() -> dict[str, str]:
    return {"X-API-Key": secret_of("everything")}


def signed_in(url: str) -> str:
    body = {"username": "read", "password": PASSWORD}
    return httpx.post(f"{url}/api/login", json=body).cookies["session"]


def end(house: House, url: str, way: str, headers: dict[str, str]) -> None:
    if way == "a revoked key":
        house.store.revoke_key("read", at=house.timer.now())
    elif way == "a removed user":
        house.store.drop_user("read")
    elif way == "a logout":
        httpx.post(f"{url}/api/logout", headers=headers).raise_for_status()
    else:
        house.timer.skip(hours=13)


def test_a_client_that_goes_is_no_longer_counted(place: tuple[House, str]) -> None:
    house, url = place
    counts = house.app.state.hub.counts
    with Listener(url) as client:
        client.frame()
        assert counts.clients == 1
    assert soon(lambda: counts.clients == 0)
    assert counts.dropped == 0
