"""The simulator, the real SDK, runs and SQLite together, on a clock that is moved by hand."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tieout.core.book import Account
from tieout.ports import Commit
from tieout.settings import Connection, Secret, Settings
from tieout.settings.values import AccountSettings
from tieout.simulators.alpaca import AlpacaSimulator, running
from tieout.simulators.faults import (
    CutBody,
    EmptyList,
    ErrorObject,
    Fault,
    HtmlBody,
    NullBody,
    Reset,
    SetField,
    Status,
    WrongAccount,
)
from tieout.simulators.market import Market
from tieout.store.sqlite import SqliteStore
from tieout.wiring import Answer, Desk

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "MSFT", "NVDA", "TSLA")


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.at = MONDAY

    def now(self) -> datetime:
        return self.at

    def skip(self, **span: float) -> None:
        self.at += timedelta(**span)


class World:
    """A broker, a book on disk and the desk between them."""

    def __init__(self, folder: Path, *, policy: dict[str, object] | None = None) -> None:
        self.clock = Clock()
        self.market = Market(clock=self.clock.now, chance=Random(1))
        self.market.open_account("main", cash="1000000")
        for symbol in SYMBOLS:
            self.market.list_asset(symbol, price="100")
            self.market.trade("main", symbol, "10")
        self.simulator = AlpacaSimulator(self.market)
        self.path = folder / "book.db"
        self.policy = policy or {}

    def start(self) -> None:
        keys = self.simulator.credentials("main")
        number = self.market.account("main").number
        connection = Connection(
            name="paper",
            venue="alpaca",
            address=self.simulator.address,
            key=Secret(keys.key_id),
            secret=Secret(keys.secret_key),
        )
        key = f"paper/{number}"
        self.settings = Settings(
            connections=(connection,),
            accounts={key: AccountSettings(key=key, name="main", policy=self.policy)},
        )
        self.desk = Desk(self.settings, store=SqliteStore(self.path), clock=self.clock)

    def stop(self) -> None:
        asyncio.run(self.desk.aclose())

    def sync(self) -> Answer:
        """An hour later: one run."""
        self.clock.skip(hours=1)
        (answer,) = asyncio.run(self.desk.sync())
        return answer

    def trade(self, symbol: str, quantity: str, price: str) -> None:
        self.clock.skip(minutes=10)
        self.market.set_price(symbol, price)
        self.market.trade("main", symbol, quantity)

    def fault(self, effect: object, *, path: str = "/v2/positions", times: int | None = 1) -> None:
        self.simulator.faults.add(Fault(effect, path=path, times=times))

    @property
    def account(self) -> Account:
        (account,) = self.desk.store.accounts()
        return account

    @property
    def quantities(self) -> dict[str, str]:
        ledgers = self.desk.store.load(self.account).book.ledgers.values()
        return {each.instrument.symbol: str(each.quantity) for each in ledgers if each.position}

    def is_sound(self) -> bool:
        return self.desk.verify(self.account.id).is_sound


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    with running(world.simulator):
        world.start()
        world.sync()
        yield world
        world.stop()


def outcome(answer: Answer) -> tuple[str, bool | None]:
    assert answer.finished is not None, answer.error
    return answer.finished.record.outcome, answer.finished.record.tied_out


def kinds(answer: Answer) -> list[tuple[str, str]]:
    assert answer.finished is not None, answer.error
    return [(change.symbol, change.kind) for change in answer.finished.plan.changes]


FOUR = dict.fromkeys(SYMBOLS, "10")


def test_the_first_sync_takes_over_what_is_there(world):
    assert world.quantities == FOUR
    assert world.account.id == f"paper/{world.market.account('main').number}"


def test_fills_are_booked_at_their_prices(world):
    world.trade("AAPL", "-4", "130")
    world.trade("TSLA", "-25", "90")
    answer = world.sync()
    assert outcome(answer) == ("applied", True)
    assert kinds(answer) == [("AAPL", "reduced"), ("TSLA", "flipped")]
    lines = world.desk.store.realized(world.account.id)
    assert sorted(str(each.figures.net.value) for each in lines) == ["-100", "120"]
    assert world.is_sound()


def test_a_split_realizes_nothing(world):
    world.clock.skip(days=1)
    world.market.split("NVDA", old="1", new="4")
    answer = world.sync()
    assert outcome(answer) == ("applied", True)
    assert kinds(answer) == [("NVDA", "split")]
    assert world.quantities["NVDA"] == "40"
    assert world.desk.store.realized(world.account.id) == []


def test_a_position_that_was_sold_is_closed_in_the_same_run(world):
    world.trade("AAPL", "-10", "130")
    answer = world.sync()
    assert outcome(answer) == ("applied", True)
    assert kinds(answer) == [("AAPL", "closed")]
    (ended,) = world.desk.store.ended(world.account.id)
    assert ended[1].reason == "fill"


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        (Status(401), "/v2/*"),
        (Status(403), "/v2/positions"),
        (Status(404), "/v2/positions"),
        (Status(500), "/v2/account"),
        (Status(502), "/v2/account/activities*"),
        (Reset(), "/v2/*"),
        (CutBody(), "/v2/positions"),
        (NullBody(), "/v2/positions"),
        (HtmlBody(), "/v2/positions"),
        (ErrorObject(), "/v2/positions"),
        (ErrorObject(), "/v2/account"),
        (WrongAccount("other"), "/v2/*"),
    ],
)
def test_a_reply_that_cannot_be_trusted_closes_nothing(world, effect, path):
    world.market.open_account("other", cash="5")
    world.fault(effect, path=path, times=None)
    answer = world.sync()
    assert outcome(answer)[1] is False
    assert world.quantities == FOUR
    assert not any(kind == "closed" for _, kind in kinds(answer))
    world.simulator.faults.remove(None)
    assert outcome(world.sync()) == ("applied", True)
    assert world.is_sound()


def test_what_happened_in_an_outage_is_found_afterwards(world):
    world.fault(Status(401), path="/v2/*", times=None)
    world.sync()
    world.trade("MSFT", "-5", "120")
    world.sync()
    world.simulator.faults.remove(None)
    answer = world.sync()
    assert outcome(answer) == ("applied", True)
    assert kinds(answer) == [("MSFT", "reduced")]


def test_an_unreadable_row_keeps_its_position_and_the_others_go_on(world):
    world.fault(SetField(field="qty", value="NaN", row=0))
    answer = world.sync()
    assert outcome(answer) == ("partial", False)
    assert world.quantities == FOUR
    ledgers = world.desk.store.load(world.account).book.ledgers.values()
    assert sorted(each.reconciliation for each in ledgers) == ["FAILED", *["SYNCED"] * 3]


def test_an_empty_reply_is_held_ten_times_with_one_alert(world):
    world.fault(EmptyList(), times=10)
    answers = [world.sync() for _ in range(10)]
    assert {outcome(each) for each in answers} == {("held", False)}
    assert [bool(each.finished.plan.alerts) for each in answers] == [True, *[False] * 9]
    assert world.quantities == FOUR
    assert outcome(world.sync()) == ("applied", True)
    assert world.desk.store.ended(world.account.id) == []


def test_a_held_reply_closes_everything_once_it_is_approved(world):
    world.fault(EmptyList())
    held = world.sync()
    finished = asyncio.run(world.desk.approve(held.finished.record.id))
    assert {change.kind for change in finished.plan.changes} == {"closed"}
    assert world.quantities == {}
    assert world.is_sound()


def test_a_held_reply_is_forgotten_once_it_is_rejected(world):
    world.fault(EmptyList())
    held = world.sync()
    world.desk.reject(held.finished.record.id)
    assert world.quantities == FOUR
    assert outcome(world.sync()) == ("applied", True)
    assert world.is_sound()


def test_a_vanished_position_closes_when_two_snapshots_in_a_row_lack_it(world):
    account = world.market.account("main")
    with world.market.changing():
        account.holdings.pop("NVDA")
    first, second, third = world.sync(), world.sync(), world.sync()
    assert kinds(first) == [("NVDA", "missing")]
    assert kinds(second) == [("NVDA", "closed")]
    assert outcome(third) == ("applied", True)


def test_a_book_is_the_same_after_the_program_was_started_anew(world):
    world.trade("AAPL", "-4", "130")
    world.sync()
    before = world.desk.store.load(world.account)
    world.stop()
    world.start()
    assert world.desk.store.load(world.account) == before
    world.trade("AAPL", "-6", "140")
    assert kinds(world.sync()) == [("AAPL", "closed")]


def in_a_thread(sync: Callable[[], Coroutine[None, None, object]]) -> None:
    """Run it while another loop is running in this thread."""
    thread = threading.Thread(target=lambda: asyncio.run(sync()))
    thread.start()
    thread.join()


class Paused:
    """A store whose writer lost its lease, and wakes up to write when somebody else has."""

    def __init__(self, store: SqliteStore, meanwhile: Callable[[], object]) -> None:
        self._store = store
        self._meanwhile = meanwhile

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def lease(self, account: str) -> AbstractContextManager[None]:
        return nullcontext()

    def commit(self, commit: Commit) -> int:
        self._meanwhile()
        return self._store.commit(commit)


def test_a_writer_that_was_overtaken_commits_nothing(world):
    store = Paused(SqliteStore(world.path), lambda: in_a_thread(world.desk.sync))
    late = Desk(world.settings, store=store, clock=world.clock)
    world.trade("AAPL", "-4", "130")
    (answer,) = asyncio.run(late.sync())
    record = answer.finished.record
    assert (record.outcome, record.tied_out) == ("failed", False)
    assert "somebody else" in record.reason
    assert world.desk.store.run(record.id) == record
    assert world.desk.store.load(world.account).version == 2
    assert world.quantities["AAPL"] == "6"
    assert world.is_sound()
