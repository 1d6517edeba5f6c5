"""What people are told of, and when: once, again on change or after a time, and when it is over."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import VenueUnavailable
from tieout.ports import Store
from tieout.settings import Settings
from tieout.settings.values import AccountSettings, Alerts
from tieout.wiring.service import Service
from wiring.scripted import HOUR, MINUTE, Stage, events, holding

FIVE = 5 * MINUTE
MSFT = holding("MSFT", "5")
ONE = AccountId("paper/1")


def kept(stage: Stage, *, policy: dict[str, Any] | None = None, **alerts: Any) -> Settings:
    account = AccountSettings(key=ONE, policy=policy or {})
    return replace(stage.settings(), accounts={ONE: account}, alerts=Alerts(**alerts))


def began(stage: Stage, store: Store | None, settings: Settings) -> Service:
    """A service that has adopted what the broker has; from now on the book is right."""
    service = stage.start(store, settings=settings)
    stage.turn(MINUTE)
    changed = {"accounts.paper/1.policy.truth": "book"}
    stage.timer.ask(service.change_settings(changed, by="test"))
    return service


def told(store: Store) -> list[str]:
    """Every alert in a word and its text."""
    return [
        f"{each.event.type.removeprefix('alert:')} {events_text(each.event.payload)}"
        for each in store.events(limit=1_000_000)
        if each.event.type.startswith("alert:")
    ]


def events_text(payload: str) -> str:
    message: str = json.loads(payload)["message"]
    return message


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def test_a_break_is_told_once_when_it_is_seen_twice(stage, store, paper):
    began(stage, store, kept(stage))
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.turn(FIVE)
    assert told(store) == []
    stage.turn(FIVE)
    (line,) = told(store)
    assert line.startswith("raised paper/1: AAPL is off by 2 (quantity, break ")
    stage.turn(HOUR)
    assert len(told(store)) == 1


def test_a_break_that_changes_is_told_again_and_its_end_once(stage, store, paper):
    began(stage, store, kept(stage))
    for quantity in ("12", "13", "13"):
        paper.holdings = (holding("AAPL", quantity), MSFT)
        stage.turn(2 * FIVE)
    assert [each.split(" (")[0] for each in told(store)] == [
        "raised paper/1: AAPL is off by 2",
        "raised paper/1: AAPL is off by 3",
    ]
    paper.holdings = (holding("AAPL", "10"), MSFT)
    stage.turn(HOUR)
    over = told(store)[2:]
    assert len(over) == 1
    assert over[0].startswith("recovered paper/1: over now: break ")
    named = told(store)[1].rpartition("break ")[2].rstrip(")")
    assert over[0].endswith(f"break {named}")
    assert store.notices() == {}


def test_a_break_that_passes_by_is_told_to_nobody(stage, store, paper):
    began(stage, store, kept(stage))
    for quantity in ("12", "10", "11", "10"):
        paper.holdings = (holding("AAPL", quantity), MSFT)
        stage.turn(FIVE)
    assert told(store) == []


@pytest.mark.parametrize(("hours", "count"), [("6", 4), ("24", 1), ("0", 1), ("0.5", 48)])
def test_what_stays_wrong_is_told_again_after_the_set_time(stage, paper, hours, count):
    service = began(stage, None, kept(stage, repeat_hours=Decimal(hours)))
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.turn(24 * HOUR)
    assert len(told(service.store)) == count
    (notice,) = service.store.notices().values()
    assert notice.times == count


def test_more_confirmations_mean_a_later_alert(stage, store, paper):
    policy = {"alert_confirmations": 4}
    began(stage, store, kept(stage, policy=policy))
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.turn(3 * FIVE)
    assert told(store) == []
    stage.turn(FIVE)
    assert len(told(store)) == 1


def test_a_failed_run_says_nothing_of_breaks(stage, store, paper):
    began(stage, store, kept(stage))
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.turn(2 * FIVE)
    paper.error = VenueUnavailable("down", venue="paper")
    stage.turn(FIVE)
    assert len(told(store)) == 1
    paper.error = None
    stage.turn(FIVE)
    assert len(told(store)) == 1


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_failed_runs_are_told_when_there_are_as_many_as_set(stage, store, paper, failures):
    stage.start(store, settings=kept(stage, after_failures=failures))
    stage.turn(MINUTE)
    paper.error = VenueUnavailable("down", venue="paper")
    stage.turn((failures - 1) * FIVE)
    assert told(store) == []
    stage.turn(FIVE)
    many = f"{failures} runs in a row" if failures > 1 else "a run"
    assert told(store) == [f"raised paper/1: {many} failed: paper: down"]
    stage.turn(HOUR)
    assert len(told(store)) == 1
    paper.error = None
    stage.turn(HOUR)
    assert told(store)[1:] == ["recovered paper/1: over now: the trouble with runs"]


def test_runs_that_fail_now_and_then_are_told_to_nobody(stage, store, paper):
    stage.start(store, settings=kept(stage))
    stage.turn(MINUTE)
    for number in range(8):
        paper.error = VenueUnavailable("down", venue="paper") if number % 2 else None
        stage.turn(FIVE)
    assert told(store) == []


def test_a_repeat_says_for_how_many_runs_it_has_failed_by_now(stage, paper):
    service = stage.start(settings=kept(stage, repeat_hours=Decimal(1)))
    stage.turn(MINUTE)
    paper.error = VenueUnavailable("down", venue="paper")
    stage.turn(2 * HOUR)
    assert told(service.store)[:2] == [
        "raised paper/1: 2 runs in a row failed: paper: down",
        "raised paper/1: 14 runs in a row failed: paper: down",
    ]


def test_a_held_run_is_told_at_once_and_is_over_when_it_is_approved(stage, store, paper):
    service = stage.start(store, settings=kept(stage, policy={"missing_confirmations": 1}))
    stage.turn(MINUTE)
    paper.holdings = ()
    stage.turn(FIVE)
    held = store.runs(ONE)[0]
    assert held.outcome == "held"
    (line,) = told(store)
    assert line.startswith("raised paper/1: the run is held (")
    assert line.endswith(f"approve or reject run {held.id}")
    stage.timer.ask(service.approve(held.id))
    assert told(store)[1:] == ["recovered paper/1: over now: the trouble with runs"]


def test_a_held_run_that_stays_held_is_told_once(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    paper.holdings = ()
    stage.turn(HOUR)
    assert len(told(store)) == 1
    paper.holdings = (holding("AAPL", "10"), MSFT)
    stage.turn(FIVE)
    assert [each.split()[0] for each in told(store)] == ["raised", "recovered"]


def test_a_rejected_snapshot_is_over_with_the_next_good_run(stage, store, paper):
    service = stage.start(store)
    stage.turn(MINUTE)
    paper.holdings = ()
    stage.turn(FIVE)
    paper.holdings = (holding("AAPL", "10"), MSFT)
    stage.timer.ask(service.reject(store.runs(ONE)[0].id))
    assert len(told(store)) == 1
    stage.turn(FIVE)
    assert [each.split()[0] for each in told(store)] == ["raised", "recovered"]


def test_a_snapshot_that_is_partly_read_is_told_with_what_was_missing(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    paper.is_complete = False
    stage.turn(HOUR)
    (line,) = told(store)
    assert line.startswith("raised paper/1: partly read: ")
    assert store.runs(ONE)[0].outcome == "partial"
    paper.is_complete = True
    stage.turn(HOUR)
    assert told(store)[1:] == ["recovered paper/1: over now: the trouble with runs"]


def test_what_people_were_told_is_remembered_over_a_restart(stage, reopened, paper):
    settings = kept(stage)
    began(stage, reopened(), settings)
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.turn(HOUR)
    for _ in range(3):
        stage.stop()
        stage.start(store := reopened(), settings=settings)
        stage.turn(HOUR)
    assert len(told(store)) == 1
    stage.stop()
    paper.holdings = (holding("AAPL", "10"), MSFT)
    stage.start(store := reopened(), settings=settings)
    stage.turn(MINUTE)
    assert [each.split()[0] for each in told(store)] == ["raised", "recovered"]


def test_an_account_that_has_a_name_is_told_by_it(stage, store, paper):
    settings = kept(stage)
    named = replace(settings.accounts[ONE], name="main book")
    stage.start(store, settings=replace(settings, accounts={ONE: named}))
    stage.turn(MINUTE)
    paper.error = VenueUnavailable("down", venue="paper")
    stage.turn(2 * FIVE)
    assert told(store) == ["raised main book: 2 runs in a row failed: paper: down"]
    assert events(store, "alert:raised")[0]["account"] == ONE
