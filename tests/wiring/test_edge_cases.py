"""Situations from practice (docs/edge-cases.md) that a whole service must survive."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from handturned import START
from tieout.core.book import AccountId
from tieout.core.errors import VenueRefused, VenueUnavailable
from tieout.core.snapshot import Holding
from tieout.ports import AccountBusy, News
from tieout.runs.schedule import schedule_of
from tieout.settings.quiet import QuietHours
from tieout.settings.values import AccountSettings, Alerts
from wiring.scripted import HOUR, MINUTE, SECOND, events, holding

FIVE = 5 * MINUTE
QUANTITIES = {"AAPL": "10", "MSFT": "5"}
ONE = AccountId("paper/1")
AWAY = VenueUnavailable("503: system maintenance", venue="paper")


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def priced(symbol: str, price: str) -> Holding:
    return Holding(symbol=symbol, quantity=QUANTITIES[symbol], average_price="100", price=price)


def alerts(store):
    return [each.event.type for each in store.events(limit=100_000) if "alert:" in each.event.type]


def outcomes(store):
    return [each.outcome for each in reversed(store.runs(ONE))]


def at(stage, moment: str):
    """Turn time until this moment."""
    stage.turn(datetime.fromisoformat(moment).replace(tzinfo=UTC) - stage.timer.now())


@pytest.mark.parametrize("connection", [None, "paper"])
def test_case_54_and_89_in_quiet_hours_nobody_is_told_of_a_failed_run(
    stage, store, paper, connection
):
    hours = QuietHours(start=time(23, 45), end=time(0, 30), connection=connection)
    settings = replace(stage.settings(timezone="UTC"), alerts=Alerts(quiet=(hours,)))
    stage.start(store, settings=settings)
    at(stage, "2026-11-20T23:46:00")
    paper.error = AWAY
    at(stage, "2026-11-21T00:29:00")
    assert outcomes(store)[-2:] == ["failed", "failed"]
    assert alerts(store) == []
    paper.error, paper.holdings = None, (holding("AAPL", "12"), holding("MSFT", "5"))
    at(stage, "2026-11-21T02:00:00")
    assert alerts(store) == []
    assert store.load(store.accounts()[0]).book.ledgers["AAPL"].quantity == 12


def test_case_54_an_outage_that_lasts_past_the_quiet_hours_is_told_once(stage, store, paper):
    hours = QuietHours(start=time(23, 45), end=time(0, 30))
    settings = replace(stage.settings(timezone="UTC"), alerts=Alerts(quiet=(hours,)))
    stage.start(store, settings=settings)
    at(stage, "2026-11-20T23:46:00")
    paper.error = AWAY
    at(stage, "2026-11-21T00:31:00")
    assert alerts(store) == ["alert:raised"]
    at(stage, "2026-11-21T01:30:00")
    paper.error = None
    at(stage, "2026-11-21T02:00:00")
    assert alerts(store) == ["alert:raised", "alert:recovered"]


def test_case_54_quiet_hours_of_one_connection_are_not_those_of_another(stage, store, paper):
    hours = QuietHours(start=time(10), end=time(20), connection="other")
    stage.start(store, settings=replace(stage.settings(), alerts=Alerts(quiet=(hours,))))
    stage.turn(MINUTE)
    paper.error = AWAY
    stage.turn(HOUR)
    assert alerts(store) == ["alert:raised"]


def test_case_79_an_update_out_of_order_is_read_anew(stage, store, paper):
    stage.start(store, settings=stage.settings(schedule="86400"))
    stage.turn(MINUTE)
    paper.holdings = (holding("AAPL", "3"), holding("MSFT", "5"))
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
    stage.turn(MINUTE)
    assert store.runs(ONE)[0].trigger == "stream"
    assert store.load(store.accounts()[0]).book.ledgers["AAPL"].quantity == 3


def test_case_81_cron_stream_and_on_demand_at_the_same_moment_are_one_run(stage, store, paper):
    service = stage.start(store)
    stage.turn(MINUTE)
    paper.takes = 10 * SECOND
    at(stage, "2026-11-20T15:04:59.900000")
    loop = stage.timer.loop
    loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
    service.trigger("trade", ONE)
    stage.turn(5 * SECOND)
    assert service.state(ONE).is_running
    with pytest.raises(AccountBusy):
        stage.timer.ask(service.sync())
    stage.turn(4 * MINUTE)
    triggers = [each.trigger for each in reversed(store.runs(ONE))]
    assert triggers == ["schedule", "schedule"]  # it began after all of them, and saw them all


def test_case_81_what_happens_during_a_run_is_one_run_more(stage, store, paper):
    service = stage.start(store)
    stage.turn(MINUTE)
    paper.takes = 10 * SECOND
    at(stage, "2026-11-20T15:05:01")
    for _ in range(3):
        service.trigger("trade", ONE)
        stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
        stage.turn(SECOND)
    stage.turn(4 * MINUTE)
    triggers = [each.trigger for each in reversed(store.runs(ONE))]
    assert triggers == ["schedule", "schedule", "stream"]
    first, second = paper.asked_at[1:]
    assert second >= first + paper.takes


def test_case_83_a_session_is_polled_alike_before_and_after_a_clock_change():
    session = schedule_of("*/5 9-16 * * 1-5", zone="America/New_York")
    counts = {}
    for day, opening in (("2026-10-30", "13:30"), ("2026-11-02", "14:30")):
        opens = datetime.fromisoformat(f"{day}T{opening}").replace(tzinfo=UTC)
        closes = opens + timedelta(hours=6, minutes=30)
        due, ticks = session.next_after(opens - SECOND), []
        while due <= closes:
            ticks.append(due)
            due = session.next_after(due)
        assert ticks[0] == opens
        assert ticks[-1] == closes
        counts[day] = len(ticks)
    assert set(counts.values()) == {79}


def test_case_84_coins_do_not_sleep_at_the_weekend(stage, store, paper):
    stage.start(store)
    at(stage, "2026-11-21T12:00:00")  # a Saturday
    paper.holdings = (holding("AAPL", "10"), holding("MSFT", "5"), holding("BTC/USD", "0.5"))
    stage.turn(FIVE)
    book = store.load(store.accounts()[0]).book
    assert str(book.ledgers["BTC/USD"].quantity) == "0.5"
    assert {each.reconciliation for each in book.ledgers.values()} <= {"SYNCED", "DRIFT"}
    assert book.ledgers["AAPL"].reconciliation == "SYNCED"


def test_case_85_a_price_that_jumps_outside_the_session_is_no_alert(stage, store, paper):
    stage.start(store)
    at(stage, "2026-11-21T02:59:00")  # 21:59 in New York
    paper.holdings = (priced("AAPL", "105"), priced("MSFT", "105"))
    stage.turn(2 * MINUTE)
    paper.holdings = (priced("AAPL", "60"), priced("MSFT", "60"))
    stage.turn(FIVE)
    book = store.load(store.accounts()[0]).book
    assert book.marks["AAPL"].price == "60"
    assert book.ledgers["AAPL"].reconciliation == "SYNCED"
    assert alerts(store) == []
    assert store.runs(ONE)[0].tied_out


def test_case_88_a_revoked_key_is_told_once_and_tried_once_an_interval(stage, store, paper):
    service = stage.start(store)
    stage.turn(MINUTE)
    known = store.load(store.accounts()[0]).book
    paper.error = VenueRefused("401: unauthorized", venue="paper", advice="make a new key")
    stage.turn(HOUR)
    assert len(paper.asked_at) == 13
    assert alerts(store) == ["alert:raised"]
    (alert,) = events(store, "alert:raised")
    assert "make a new key" in alert["message"]
    book = store.load(store.accounts()[0]).book
    assert {key: each.position for key, each in book.ledgers.items()} == {
        key: each.position for key, each in known.ledgers.items()
    }
    assert book.state.as_of == known.state.as_of == START + 10 * SECOND
    paper.error = None
    stage.turn(FIVE)
    assert alerts(store) == ["alert:raised", "alert:recovered"]
    assert service.totals(ONE).last.tied_out


def test_case_91_a_hundred_drifts_are_one_alert_with_a_count_and_some_of_them(stage, store, paper):
    names = [f"S{number:03}" for number in range(100)]
    paper.holdings = tuple(holding(each, "10") for each in names)
    account = AccountSettings(key=ONE, policy={"truth": "book"})
    settings = replace(stage.settings(), accounts={ONE: account})
    stage.start(store, settings=settings)
    stage.turn(MINUTE)
    paper.holdings = tuple(holding(each, "1000") for each in names)
    stage.turn(HOUR)
    (alert,) = events(store, "alert:raised")
    assert alert["message"].count(" is off by ") == 5
    assert alert["message"].startswith("paper/1: 100 matters: S000 is off")
    assert alert["message"].endswith("; and 95 more")
    assert len(alert["matters"]) == 100
    book = store.load(store.accounts()[0]).book
    assert {each.reconciliation for each in book.ledgers.values()} == {"DRIFT"}
