"""A venue that has had enough: the real Alpaca module at the simulator, in one turned time."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from handturned import START, HandTurned
from tieout.core.book import AccountId
from tieout.ports import Tell
from tieout.simulators.alpaca import AlpacaSimulator, Dialect, running
from tieout.simulators.faults import Fault, Status
from tieout.simulators.market import Market
from tieout.simulators.messages import Reply, Request
from tieout.venues.alpaca.venue import AlpacaVenue
from wiring.scripted import MINUTE, SECOND, Stage, events

FIVE = 5 * MINUTE
ROUND = datetime(2026, 11, 20, 15, 5, tzinfo=START.tzinfo)


@dataclass(frozen=True)
class Heard:
    """One call, as the simulator answered it."""

    at: datetime
    account: str | None
    status: int
    retry_after_s: int | None


class Counting(AlpacaSimulator):
    """The simulator, which notes when it was called."""

    def __init__(self, timer: HandTurned, *, requests_per_minute: int) -> None:
        market = Market(clock=timer.now, chance=random.Random(20261120))
        market.list_asset("AAPL", price="190")
        for name in ("limited", "free"):
            market.open_account(name, cash="100000")
            market.trade(name, "AAPL", "10")
        super().__init__(market, dialect=Dialect(requests_per_minute=requests_per_minute))
        self.heard: list[Heard] = []
        self._timer = timer

    def headers(self, request: Request, reply: Reply) -> Mapping[str, str]:
        asked = reply.headers.get("retry-after")
        self.heard.append(
            Heard(
                at=self._timer.now(),
                account=self.account_of(request),
                status=reply.status,
                retry_after_s=None if asked is None else int(asked),
            )
        )
        return super().headers(request, reply)

    def of(self, account: str) -> list[Heard]:
        return [each for each in self.heard if each.account == account]


class Unheard(AlpacaVenue):
    """The real module without its stream, which has a time of its own."""

    async def listen(self, tell: Tell) -> None:
        """Nothing is told."""


def connect(stage: Stage, simulator: Counting) -> None:
    """Two logins at one venue, one of which will be limited."""
    for name in ("limited", "free"):
        key = simulator.credentials(name)
        stage.venues[name] = Unheard(
            name=name,
            address=simulator.address,
            key=key.key_id,
            secret=key.secret_key,
            clock=stage.timer,
            chance=lambda: 0.5,
        )


def check_silence(heard: list[Heard]) -> None:
    """After a 429 nothing is called before the time it asked for, but what was under way."""
    for number, refused in enumerate(heard):
        if refused.retry_after_s is None:
            continue
        until = refused.at + timedelta(seconds=refused.retry_after_s)
        early = [each.at for each in heard[number + 1 :] if refused.at < each.at < until]
        assert early == [], f"called at {early}, asked at {refused.at} to wait until {until}"


@pytest.fixture
def simulator(stage: Stage) -> Iterator[Counting]:
    simulator = Counting(stage.timer, requests_per_minute=200)
    with running(simulator):
        connect(stage, simulator)
        yield simulator
        stage.end()


def numbers(simulator: Counting, name: str) -> AccountId:
    return AccountId(f"{name}/{simulator.market.account(name).number}")


@pytest.mark.parametrize("retry_after_s", [7, 600])
def test_a_limited_account_is_left_alone_as_long_as_it_asked(
    stage, store, simulator, retry_after_s
):
    service = stage.start(store)
    stage.turn(MINUTE)
    fault = Fault(Status(429, retry_after_s=retry_after_s), account="limited", times=None)
    simulator.faults.add(fault)
    stage.turn(30 * MINUTE)
    raised = events(store, "alert:raised")
    assert [each["account"] for each in raised] == [numbers(simulator, "limited")]
    for each in range(6):  # people and events do not make it be called either
        service.trigger("trade", numbers(simulator, "limited"))
        stage.turn((each + 1) * 11 * SECOND)
    check_silence(simulator.of("limited"))

    simulator.faults.remove()
    stage.turn(30 * MINUTE)
    check_silence(simulator.of("limited"))
    assert [each["account"] for each in events(store, "alert:recovered")] == [
        numbers(simulator, "limited")
    ]
    assert len(events(store, "alert:raised")) == 1
    assert store.runs(numbers(simulator, "limited"))[0].outcome == "applied"

    began = [each.started_at for each in store.runs(numbers(simulator, "free"), limit=1000)]
    rounds = [ROUND + each * FIVE for each in range(len(began) - 1)]
    assert sorted(began) == [START + 10 * SECOND, *rounds]
    assert {each.status for each in simulator.of("free")} == {200}


def test_a_schedule_that_asks_too_much_stays_within_the_limit(stage, store):
    simulator = Counting(stage.timer, requests_per_minute=10)
    with running(simulator):
        connect(stage, simulator)
        stage.start(store, settings=stage.settings(schedule="5"))
        stage.turn(5 * MINUTE)
        stage.end()
    for name in ("limited", "free"):
        heard = simulator.of(name)
        assert [each for each in heard if each.status == 429]
        check_silence(heard)
        refused = [each.at for each in heard if each.status == 429]
        assert len(refused) <= 2 * 6, "at most what was under way in each minute"
        runs = store.runs(numbers(simulator, name), limit=1000)
        assert len([each for each in runs if each.outcome == "applied"]) >= 10
