"""Every fault of the simulated Hyperliquid at every call of a sync, through desk and store."""

import asyncio
from collections.abc import Iterator

import pytest

from tieout.core.numbers import normal, plain
from tieout.settings import Connection, Settings
from tieout.simulators.faults import (
    ClockSkew,
    CutBody,
    EmptyList,
    EmptyRows,
    ErrorObject,
    Fault,
    HtmlBody,
    NullBody,
    Reset,
    SetField,
    ShortPage,
    Silence,
    StalePositions,
    Status,
    WrongAccount,
)
from tieout.simulators.hyperliquid import HyperliquidSimulator, running
from tieout.store.memory import MemoryStore
from tieout.venues.hyperliquid import venue as hyperliquid
from tieout.venues.hyperliquid.limits import Limits
from tieout.wiring import Answer, Desk
from venues.hyperliquid_market import EVERYTHING, UNLIMITED, quiet_market
from venues.market import MarketClock

IMPATIENT = Limits(read_s=0.2, call_s=1, tries_max=1, settle_s=0)
DAY_S = 86_400 + 60
CALLS = (
    "clearinghouseState", "clearinghouseState/xyz", "spotClearinghouseState", "userFillsByTime",
    "userFunding", "userNonFundingLedgerUpdates", "perpDexs", "allMids", "userRole",
    "subAccounts", "meta", "meta/xyz", "spotMeta", "*",
)  # fmt: skip
FAULTS = {
    **{f"status {code}": Status(code, retry_after_s=0) for code in (401, 429, 503)},
    "reset": Reset(),
    "silence": Silence(),
    "cut": CutBody(),
    "null": NullBody(),
    "web page": HtmlBody(),
    "error": ErrorObject(),
    "empty list": EmptyList(),
    "empty rows": EmptyRows(),
    "short page": ShortPage(),
    "another account": WrongAccount("other"),
    "old positions": StalePositions(seconds=4 * DAY_S),
    "NaN": SetField(field="assetPositions.position.szi", value="NaN"),
    "clock ahead": ClockSkew(seconds=100_000),
    "clock behind": ClockSkew(seconds=-100_000),
}


class World:
    """An account at the simulator, and a desk for every sync, as a shell has."""

    def __init__(self, simulator: HyperliquidSimulator, clock: MarketClock) -> None:
        self.simulator = simulator
        self.market = simulator.market
        self.clock = clock
        self.store = MemoryStore()
        connection = Connection(
            name="hl",
            venue="hyperliquid",
            address=simulator.address,
            account=simulator.address_of("main"),
        )
        self.settings = Settings(connections=(connection,))

    def sync(self) -> Answer:
        """A day later, so that nothing is taken from what was asked before."""
        self.clock.advance(DAY_S)
        desk = Desk(self.settings, store=self.store, clock=self.clock)

        async def once() -> Answer:
            try:
                (answer,) = await desk.sync()
            finally:
                await desk.leave()
            return answer

        return asyncio.run(once())

    def held(self) -> dict[str, str]:
        (account,) = self.store.accounts()
        rows = self.store.load(account).book.ledgers.values()
        return {row.instrument.symbol: plain(normal(row.quantity)) for row in rows if row.position}


HELD = {"BTC": "1", "ETH": "-2", "xyz:TSLA": "3", "HYPE/USDC": "7.9944"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(hyperliquid, "with_timeout", lambda *_, **__: IMPATIENT)
    clock = MarketClock()
    market = quiet_market(clock)
    market.move_to_dex("main", "xyz", "10000")
    market.move_class("main", "-50000")
    market.trade("main", "BTC", "2", price="60000")
    market.trade("main", "ETH", "-2")
    market.trade("main", "xyz:TSLA", "3")
    market.trade("main", "@107", "8")
    market.trade("other", "ETH", "1")
    simulator = HyperliquidSimulator(market, dialect=UNLIMITED)
    with running(simulator):
        world = World(simulator, clock)
        world.sync()
        clock.advance(DAY_S)
        market.trade("main", "BTC", "-1", price="61000")
        market.pay_funding("ETH", "0.0001")
        assert is_tied_out(world.sync())
        assert world.held() == HELD
        yield world


def is_tied_out(answer: Answer) -> bool:
    assert answer.finished is not None, answer.error
    record = answer.finished.record
    return (record.outcome, record.tied_out, record.errors) == ("applied", True, ())


def is_classified(answer: Answer) -> bool:
    """Whether a run that was not good says of what kind that was, and why."""
    assert answer.finished is not None, answer.error
    record = answer.finished.record
    if record.outcome in ("failed", "held", "rejected"):
        return bool(record.reason)
    return True


def calls_for(fault: str) -> tuple[str, ...]:
    """Some calls of each fault, so that each call has a third of the faults."""
    return CALLS[list(FAULTS).index(fault) % 3 :: 3]


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        *((name, calls_for(name)) for name in FAULTS),
        *(pytest.param(name, CALLS, marks=pytest.mark.torture) for name in FAULTS),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} calls",
)
def test_a_fault_at_any_call_closes_and_changes_nothing(world, name, calls):
    for call in calls:
        path = EVERYTHING if call == "*" else f"/info/{call}"
        number = world.simulator.faults.add(Fault(FAULTS[name], path=path, times=None))
        answer = world.sync()
        assert world.held() == HELD, (call, answer.finished.record)
        assert is_classified(answer), call
        kinds = {change.kind for change in answer.finished.plan.changes}
        assert not kinds - {"missing", "invalid", "marked", "unchanged"}, (call, kinds)
        world.simulator.faults.remove(number)
        good = world.sync()
        if not is_tied_out(good):  # what did not follow from anything is believed the second time
            good = world.sync()
        assert is_tied_out(good), (call, good.finished.record)
        assert world.held() == HELD, call


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        *((Status(code), "refused") for code in (401, 403, 404, 422)),
        *((Status(code, retry_after_s=0), "unavailable") for code in (429, 500, 502, 503)),
        (Reset(), "unavailable"),
        (Silence(), "unavailable"),
        *((each(), "reply_invalid") for each in (CutBody, NullBody, HtmlBody, ErrorObject)),
        (EmptyList(), "reply_invalid"),
    ],
)
def test_every_failure_has_its_class(world, effect, kind):
    world.simulator.faults.add(Fault(effect, path="/info/clearinghouseState", times=None))
    record = world.sync().finished.record
    assert record.outcome == "failed"
    assert record.reason.startswith(f"{kind}: "), record.reason
