"""Signed webhooks over a real socket: what arrives, when it is tried again, and what is kept."""

import asyncio
import base64
import itertools
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handturned import START, HandTurned
from notify.receiver import SECRET, Receiver, Waited, webhook_at
from tieout.core.book import AccountId
from tieout.core.errors import StoreError
from tieout.notify import Deliveries, Target, Undelivered, Wanted, Webhook
from tieout.ports import Event, Store, StoredEvent
from tieout.runs.apart import apart
from tieout.store.sqlite import SqliteStore

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Lines:
    """A logger that keeps everything as one text."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warning(self, event: str, **facts: Any) -> None:
        self.said.append(f"warning {event} {facts}")

    def error(self, event: str, **facts: Any) -> None:
        self.said.append(f"error {event} {facts}")


class Bench:
    """A file with an outbox, and one Deliveries after the other over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.timer = HandTurned()
        self.log = Lines()
        self.told = 0

    def publish(self, store: Store, kind: str = "run:finished", account: str = "paper/1") -> int:
        self.told += 1
        payload = f'{{"number": {self.told}, "price": 150.250000000000000001}}'
        event = Event(type=kind, at=self.timer.now(), payload=payload)
        return store.add_event(event, account=AccountId(account) if account else None)

    def life(
        self, targets: Iterable[Target], *steps: "timedelta | Callable[[SqliteStore], object]"
    ) -> SqliteStore:
        """One life of the program: its deliveries run while time is turned and things are done."""
        store = SqliteStore(self.path)

        async def living() -> None:
            deliveries = Deliveries(
                targets, store=store, timer=self.timer, log=self.log, apart=apart
            )
            running = asyncio.create_task(deliveries.run())
            await self.timer.turn(timedelta())
            for step in steps:
                if isinstance(step, timedelta):
                    await self.timer.turn(step)
                else:
                    step(store)
                    deliveries.wake()
                    await self.timer.turn(timedelta())
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        self.timer.run(living())
        store.close()
        return store

    def hook(self, receiver: Receiver, **how: Any) -> Waited:
        return Waited(webhook_at(receiver, clock=self.timer, **how))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "book.db")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def other() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_message_is_signed_as_standard_webhooks_says(bench, receiver):
    bench.life([bench.hook(receiver)], bench.publish)
    (posted,) = receiver.posted
    message = posted.verified(SECRET)
    assert message["type"] == "run:finished"
    assert message["account"] == "paper/1"
    assert message["timestamp"] == "2026-11-20T15:00:30Z"
    assert message["data"]["number"] == 1
    assert b"150.250000000000000001" in posted.body
    assert posted.headers["content-type"] == "application/json"
    assert int(posted.headers["webhook-timestamp"]) == int(START.timestamp())
    assert posted.path == "/hook"


def test_a_secret_of_another_kind_is_taken_as_it_is():
    for secret, key in [("plain words", b"plain words"), ("whsec_not base64!", None)]:
        with Receiver() as receiver:
            timer = HandTurned()
            hook = webhook_at(receiver, clock=timer, secret=secret)
            event = Event(type="run:finished", at=START, payload="{}")
            timer.run(hook.send(StoredEvent(id=1, account=None, run=None, event=event)))
            expected = secret.encode() if key is None else key
            receiver.posted[0].verified("whsec_" + base64.b64encode(expected).decode())


def test_a_refused_message_is_tried_again_with_growing_waits_and_the_same_id(bench, receiver):
    times: list[datetime] = []
    receiver.status = 500
    answer = receiver.answer
    receiver.answer = lambda *given: (times.append(bench.timer.now()), answer(*given))[1]
    bench.life([bench.hook(receiver)], bench.publish, 10 * HOUR)
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits[:4] == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]
    assert waits == sorted(waits)
    assert waits[-1] == HOUR
    assert len({each.id for each in receiver.posted}) == 1
    stamps = [int(each.headers["webhook-timestamp"]) for each in receiver.posted]
    assert stamps == [int(each.timestamp()) for each in times]
    for each in receiver.posted:
        each.verified(SECRET)


@pytest.mark.parametrize("asked", ["90", "Fri, 20 Nov 2026 15:02:00 GMT"])
def test_a_receiver_that_names_a_time_is_left_alone_until_then(bench, receiver, asked):
    receiver.say(429, retry_after=asked)
    bench.life([bench.hook(receiver)], bench.publish, 89 * SECOND)
    assert len(receiver.posted) == 1
    bench.life([bench.hook(receiver)], SECOND)
    assert len(receiver.taken) == 1


NONSENSE = [
    "soon", "-5", "1e9", "９", "99999999", "9" * 19, "Fri, 99 Nov", "",
    "Sat, 31 Feb 2026 10:00:00 GMT",
    f"Fri, 20 Nov {'9' * 20} 10:00:00 GMT", f"Fri, 20 Nov 2026 10:00:00 +{'9' * 20}",
]  # fmt: skip


@pytest.mark.parametrize("asked", NONSENSE)
def test_a_time_that_makes_no_sense_is_not_waited_for(bench, receiver, asked):
    receiver.say(503, retry_after=asked)
    bench.life([bench.hook(receiver)], bench.publish, 5 * SECOND)
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("asked", ["999999", "Fri, 27 Nov 2026 15:00:30 GMT"])
def test_nobody_is_left_alone_for_longer_than_an_hour(bench, receiver, asked):
    receiver.say(503, retry_after=asked)
    bench.life([bench.hook(receiver)], bench.publish, HOUR - SECOND)
    assert len(receiver.posted) == 1
    bench.life([bench.hook(receiver)], SECOND)
    assert len(receiver.taken) == 1


def test_an_answer_that_comes_piece_by_piece_has_to_end_in_time(monkeypatch):
    """Each piece comes within the timeout of the client, and the last never."""
    monkeypatch.setattr("tieout.notify.webhook.TIMEOUT_S", 0.5)
    is_over = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not is_over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        hook = Webhook("ops", url=url, secret=SECRET, wanted=Wanted(), clock=HandTurned())
        event = Event(type="run:finished", at=START, payload="{}")
        stored = StoredEvent(id=1, account=None, run=None, event=event)
        sending = asyncio.wait_for(hook.send(stored), 10)
        with pytest.raises(Undelivered, match=r"no answer within 0\.5 s"):
            asyncio.run(sending)
        is_over.set()
        dripping.join()


def test_a_restart_loses_nothing_repeats_nothing_and_keeps_the_order(bench, receiver):
    receiver.status = 503
    bench.life([bench.hook(receiver)], *[bench.publish] * 3, 4 * SECOND)
    bench.life([bench.hook(receiver)], *[bench.publish] * 3, 12 * SECOND)
    receiver.status = 200
    bench.life([bench.hook(receiver)], 10 * MINUTE)
    bench.life([bench.hook(receiver)], bench.publish, MINUTE)
    assert [each.event for each in receiver.taken] == [1, 2, 3, 4, 5, 6, 7]
    assert len({each.id for each in receiver.taken}) == 7
    assert {each.event for each in receiver.posted if each.status == 503} == {1}


def test_a_restart_does_not_shorten_a_wait(bench, receiver):
    receiver.say(500, 500, 500, 500)
    bench.life([bench.hook(receiver)], bench.publish, 36 * SECOND)
    assert len(receiver.posted) == 4
    for _ in range(5):
        bench.life([bench.hook(receiver)], 7 * SECOND)
    assert len(receiver.posted) == 4
    bench.life([bench.hook(receiver)], 5 * SECOND)
    assert len(receiver.taken) == 1


def test_a_clock_that_was_set_back_between_two_lives_makes_no_wait_longer(bench, receiver):
    receiver.say(503)
    bench.life([bench.hook(receiver)], bench.publish, SECOND)
    bench.timer.at -= 48 * HOUR
    bench.life([bench.hook(receiver)], HOUR)
    assert [each.status for each in receiver.posted] == [503, 200]


def test_events_of_another_process_are_found_without_being_woken(bench, receiver):
    def elsewhere(_: SqliteStore) -> None:
        other = SqliteStore(bench.path)
        bench.publish(other)
        other.close()

    seen: list[int] = []
    bench.life(
        [bench.hook(receiver)],
        2 * SECOND,
        lambda _: None,
        elsewhere,
        5 * SECOND,
        lambda _: seen.append(len(receiver.taken)),
    )
    assert seen == [1]


def test_one_that_fails_holds_up_no_other(bench, receiver, other):
    receiver.status = 500
    hooks = [bench.hook(receiver, name="bad"), bench.hook(other, name="good")]
    bench.life(hooks, *[bench.publish, SECOND] * 20)
    assert [each.event for each in other.taken] == list(range(1, 21))
    assert {each.event for each in receiver.posted} == {1}


class Broken:
    """A target with a mistake in it."""

    name = "webhook/broken"

    def __init__(self) -> None:
        self.tries = 0

    def wants(self, event: StoredEvent) -> bool:
        return True

    async def send(self, event: StoredEvent) -> None:
        self.tries += 1
        if self.tries < 4:
            raise KeyError("a mistake of ours")

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def test_a_mistake_in_one_target_ends_no_delivery(bench, other):
    broken = Broken()
    bench.life([broken, bench.hook(other)], bench.publish, MINUTE, bench.publish, MINUTE)
    assert [each.event for each in other.taken] == [1, 2]
    assert broken.tries == 5


def test_a_hundred_failures_give_up_and_go_on(bench, receiver):
    receiver.status = 500

    class Refusing(Broken):
        async def send(self, event: StoredEvent) -> None:
            if event.id == 1:
                self.tries += 1
                raise Undelivered("no")
            self.tries += 1000

    refusing = Refusing()
    bench.life([refusing], bench.publish, bench.publish, timedelta(days=3))
    assert refusing.tries < 100
    bench.life([refusing], timedelta(days=3))
    assert refusing.tries == 1100
    (gave_up,) = [each for each in bench.log.said if "gave up" in each]
    assert gave_up.startswith("error [Notify] webhook/broken was not told of event 1")


def test_only_what_is_wanted_is_told(bench, receiver):
    hooks = [
        bench.hook(receiver, name="breaks", types=("break:*",)),
        bench.hook(receiver, name="one", types=("run:finished",), accounts=("paper/2",)),
    ]
    bench.life(
        hooks,
        *(
            lambda store, kind=kind, account=account: bench.publish(store, kind, account)
            for kind, account in [
                ("break:opened", "paper/1"),
                ("breaks:other", "paper/1"),
                ("run:finished", "paper/1"),
                ("run:finished", "paper/2"),
                ("run:finished", ""),
                ("break:resolved", "paper/2"),
            ]
        ),
        SECOND,
    )
    assert sorted(each.event for each in receiver.taken) == [1, 4, 5, 6]


def test_a_new_target_is_told_what_happens_from_then_on(bench, receiver, other):
    first, second = bench.hook(receiver, name="first"), bench.hook(other, name="second")
    bench.life([first], bench.publish, bench.publish)
    bench.life([bench.hook(receiver, name="first"), second], bench.publish, SECOND)
    assert [each.event for each in receiver.taken] == [1, 2, 3]
    assert [each.event for each in other.taken] == [3]


def test_a_change_of_what_is_wanted_does_not_bring_back_the_past(bench, receiver):
    bench.life([bench.hook(receiver, types=("nothing",))], bench.publish, bench.publish)
    bench.life([bench.hook(receiver)], bench.publish, SECOND)
    assert [each.event for each in receiver.taken] == [3]


def test_no_secret_is_in_the_log_or_in_the_file(bench):
    secret = "whsec_" + base64.b64encode(b"planted signing secret!!").decode()
    token = "planted-token-in-the-address"
    with Receiver() as receiver:
        url = f"{receiver.url}/{token}?key={token}"
        receiver.say(500, 302, location=f"http://127.0.0.1:1/{token}")
        bench.life([Waited(aimed(bench, url, secret))], bench.publish, 30 * SECOND)
    bench.life([Waited(aimed(bench, url, secret))], bench.publish, MINUTE)  # nobody is there now
    rows = sqlite3.connect(bench.path).execute("SELECT * FROM deliveries").fetchall()
    kept = bench.path.read_bytes() + repr(rows).encode() + "\n".join(bench.log.said).encode()
    assert b"no answer (ConnectError)" in kept
    for planted in (token, secret, secret.removeprefix("whsec_"), "planted signing secret"):
        assert planted.encode() not in kept


def aimed(bench: Bench, url: str, secret: str) -> Webhook:
    return Webhook("ops", url=url, secret=secret, wanted=Wanted(), clock=bench.timer)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://[::1", "http://xn--/", "http://\0/"]
)
def test_an_address_that_leads_nowhere_is_a_failed_attempt(bench, url):
    bench.life([Waited(aimed(bench, url, SECRET))], bench.publish, MINUTE)
    assert any("could not be told" in each for each in bench.log.said)
    store = SqliteStore(bench.path)
    assert store.deliveries()["webhook/ops"].attempts >= 3
    store.close()


def test_an_event_is_told_once_while_the_disk_takes_no_progress(bench, receiver, monkeypatch):
    put, is_full = SqliteStore.put_delivery, [True]

    def full_at_times(store: SqliteStore, delivery: Any) -> None:
        if is_full[0] and bench.told:
            raise StoreError("the disk is full")
        put(store, delivery)

    monkeypatch.setattr(SqliteStore, "put_delivery", full_at_times)
    bench.life(
        [bench.hook(receiver)],
        bench.publish,
        MINUTE,
        lambda _: is_full.clear() or is_full.append(False),
        MINUTE,
    )
    assert len(receiver.posted) == 1
    bench.life([bench.hook(receiver)], MINUTE)
    assert len(receiver.posted) == 1
