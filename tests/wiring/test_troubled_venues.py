"""Venues in trouble beside venues that are well: what the others notice of it, which is nothing."""

from datetime import datetime, timedelta

import pytest

from handturned import START
from notify.receiver import SECRET, Receiver, Waited, webhook_at
from tieout.core.book import AccountId
from tieout.core.errors import VenueUnavailable
from tieout.ports import News, Store
from wiring.scripted import HOUR, MINUTE, SECOND, ScriptedVenue, Stage, events

FIVE = 5 * MINUTE
FIRST = START + 10 * SECOND
ROUND = datetime(2026, 11, 20, 15, 5, tzinfo=START.tzinfo)


def schedule(count: int) -> list[datetime]:
    """The first round, and those by the clock after it."""
    return [FIRST, *(ROUND + each * FIVE for each in range(count - 1))]


def alerts(store: Store) -> list[tuple[str, str]]:
    return [
        (each.event.type, each.account or "")
        for each in store.events(limit=1_000_000)
        if each.event.type.startswith("alert:")
    ]


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


class Trouble:
    """Three connections, one of which is in trouble, and somebody who is told of alerts."""

    def __init__(self, stage: Stage, store: Store, receiver: Receiver) -> None:
        self.stage, self.store, self.receiver = stage, store, receiver
        self.ill: ScriptedVenue = stage.venue("ill")
        self.well = [stage.venue("well"), stage.venue("other", numbers=("1", "2"))]
        hook = webhook_at(receiver, clock=stage.timer, types=("alert:*",))
        self.service = stage.start(store, targets=[Waited(hook)])

    def told(self) -> list[tuple[str, str]]:
        """What the webhook was told, every message once and rightly signed."""
        assert len({each.id for each in self.receiver.taken}) == len(self.receiver.taken)
        return [
            (each.verified(SECRET)["type"], each.verified(SECRET)["account"])
            for each in self.receiver.taken
        ]

    def check_others(self, rounds: int) -> None:
        """The others were read at every tick, to the microsecond."""
        assert self.well[0].asked_at == schedule(rounds)
        assert sorted({*self.well[1].asked_at}) == schedule(rounds)
        assert len(self.well[1].asked_at) == 2 * rounds


@pytest.fixture
def trouble(stage, store, receiver) -> Trouble:
    return Trouble(stage, store, receiver)


def test_an_hour_of_failures_is_one_alert_and_one_recovery_and_the_others_keep_their_schedule(
    trouble,
):
    stage, store = trouble.stage, trouble.store
    stage.turn(4 * MINUTE + 29 * SECOND)  # one good run
    trouble.ill.error = VenueUnavailable("502 Bad Gateway", venue="ill")
    stage.turn(HOUR)
    assert alerts(store) == [("alert:raised", "ill/1")]
    assert trouble.told() == [("alert:raised", "ill/1")]
    trouble.ill.error = None
    stage.turn(HOUR)
    assert alerts(store) == [("alert:raised", "ill/1"), ("alert:recovered", "ill/1")]
    assert trouble.told() == alerts(store)
    trouble.check_others(25)
    outcomes = [each.outcome for each in store.runs(AccountId("ill/1"))]
    assert outcomes == ["applied"] * 12 + ["failed"] * 12 + ["applied"]
    assert trouble.service.totals().failed == 12


def test_a_venue_that_hangs_holds_up_no_other_and_is_told_of_once(trouble):
    stage, store = trouble.stage, trouble.store
    stage.turn(MINUTE)
    trouble.ill.hangs = True
    stage.turn(2 * HOUR)
    assert alerts(store) == [("alert:raised", "ill/1")]
    (alert,) = events(store, "alert:raised")
    assert "did not finish within 1000 s" in alert["message"]
    skips = [each for each in stage.log.texts("warning") if "already in progress" in each]
    assert len(skips) > 10
    trouble.ill.hangs = False
    stage.turn(HOUR)
    assert alerts(store) == [("alert:raised", "ill/1"), ("alert:recovered", "ill/1")]
    assert trouble.told() == alerts(store)
    trouble.check_others(37)


def test_the_three_troubles_at_once_stay_apart(stage, store, receiver):
    hanging, failing, well = (stage.venue(each) for each in ("hanging", "failing", "well"))
    service = stage.start(store)
    stage.turn(MINUTE)
    hanging.hangs, failing.error = True, VenueUnavailable("no answer", venue="failing")
    stage.turn(HOUR)
    assert sorted(alerts(store)) == [("alert:raised", "failing/1"), ("alert:raised", "hanging/1")]
    hanging.hangs, failing.error = False, None
    stage.turn(HOUR)
    assert sorted(alerts(store)[2:]) == [
        ("alert:recovered", "failing/1"),
        ("alert:recovered", "hanging/1"),
    ]
    assert well.asked_at == schedule(25)
    assert service.totals(AccountId("well/1")).failed == 0


def test_somebody_who_asks_for_a_hanging_account_is_told_at_once_that_it_is_busy(stage, store):
    venue = stage.venue("ill", hangs=True)
    service = stage.start(store)
    stage.turn(MINUTE)
    venue.is_silent = True

    async def asking() -> str:
        try:
            await service.sync("ill/1")
        except Exception as error:
            return type(error).__name__
        return "done"

    assert stage.timer.ask(asking()) == "AccountBusy"
    assert stage.timer.now() == START + MINUTE


def test_a_long_outage_is_told_again_after_the_set_time(stage, store):
    venue = stage.venue("ill", error=VenueUnavailable("no answer", venue="ill"))
    stage.start(store)
    stage.turn(timedelta(hours=50))
    raised = events(store, "alert:raised")
    assert [each["timestamp"] for each in raised] == [
        "2026-11-20T15:05:00.000Z",
        "2026-11-21T15:05:00.000Z",
        "2026-11-22T15:05:00.000Z",
    ]
    venue.error = None
    stage.turn(FIVE)
    assert len(events(store, "alert:recovered")) == 1


def test_a_stream_that_ends_in_a_fault_is_listened_to_again_later_and_later(stage, store):
    paper = stage.venue("paper")
    paper.deaf = [
        ValueError("a frame"),
        ValueError("a frame"),
        VenueUnavailable("no route", venue="paper"),
    ]
    stage.start(store)
    for _ in range(60):
        stage.turn(SECOND)
    after = [each - START for each in paper.listened_at]
    assert after == [0 * SECOND, 5 * SECOND, 15 * SECOND, 35 * SECOND]
    first, second = [each.facts["reason"] for each in stage.log.said if "lost" in each.text]
    assert "ValueError" in first
    assert "no route" in second
    assert paper.tell is not None
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
    stage.turn(2 * SECOND)
    assert store.runs(AccountId("paper/1"))[0].trigger == "stream"
