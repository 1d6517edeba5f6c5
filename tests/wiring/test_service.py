"""A whole service: its day, its pauses, its events, and how it ends."""

from datetime import UTC, datetime

import pytest

from handturned import START
from tieout.core.book import AccountId
from tieout.core.errors import SettingsError, VenueUnavailable
from tieout.ports import AccountBusy, News
from tieout.wiring.keeping import Keeper
from wiring.scripted import HOUR, MINUTE, SECOND, Stage, events

FIVE = 5 * MINUTE
ONE = AccountId("paper/1")
FIRST = START + 10 * SECOND
ROUND = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def change(stage: Stage, **changed: object) -> None:
    assert stage.service is not None
    named = {f"service.{key}": value for key, value in changed.items()}
    stage.timer.ask(stage.service.change_settings(named, by="test"))


@pytest.mark.parametrize(
    ("midnight", "count"),
    [
        (datetime(2026, 3, 8, 5, tzinfo=UTC), 276),
        (datetime(2026, 11, 1, 4, tzinfo=UTC), 300),
        (datetime(2026, 11, 20, 5, tzinfo=UTC), 288),
    ],
)
def test_a_day_of_a_service_runs_at_exactly_the_right_moments(stage, paper, midnight, count):
    stage.timer.at = midnight - MINUTE
    service = stage.start(settings=stage.settings())
    stage.turn(MINUTE + count * FIVE - SECOND)
    rounds = [midnight + each * FIVE for each in range(count)]
    assert paper.asked_at == [midnight - 50 * SECOND, *rounds]
    assert service.totals().successful == count + 1
    stored = service.store.runs(ONE, limit=count + 1)
    assert sorted(each.started_at for each in stored) == paper.asked_at


def test_the_schedule_stands_as_it_is_told(stage, store, paper):
    service = stage.start(store)
    state = service.state()
    assert (state.is_enabled, state.schedule, state.interval_s) == (True, "Every 5 minutes", 300)
    assert (state.is_running, state.next_run_at) == (False, FIRST)
    paper.takes = MINUTE
    stage.turn(30 * SECOND)
    assert service.state().is_running
    assert service.state(ONE).is_running
    assert not service.state(AccountId("paper/2")).is_running
    assert service.state().next_run_at == ROUND
    stage.stop()
    assert service.state().next_run_at is None


@pytest.mark.parametrize(("told", "is_paused"), [("true", True), ("false", False), (True, True)])
def test_a_pause_may_be_told_as_a_word(stage, reopened, paper, told, is_paused):
    service = stage.start(reopened())
    stage.timer.ask(service.change_settings({"service.is_paused": told}, by="somebody"))
    assert service.is_paused is is_paused


def test_a_pause_holds_over_a_restart_while_events_and_people_still_run(stage, reopened, paper):
    service = stage.start(reopened())
    stage.turn(MINUTE)
    stage.timer.ask(service.pause())
    assert (service.is_paused, service.state().next_run_at) == (True, None)
    stage.turn(HOUR)
    assert paper.asked_at == [FIRST]

    stage.stop()
    service = stage.start(reopened())
    assert service.is_paused
    stage.turn(HOUR)
    assert paper.asked_at == [FIRST]
    assert service.state().is_enabled
    (answer,) = stage.timer.ask(service.sync())
    assert answer.finished is not None
    service.trigger("trade", ONE)
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 3

    stage.timer.ask(service.resume())
    stage.turn(FIVE)
    assert len(paper.asked_at) == 4
    stage.stop()
    service = stage.start(reopened())
    assert not service.is_paused
    assert service.state().next_run_at is not None


def test_what_is_disabled_stays_so_over_a_restart(stage, reopened, paper):
    service = stage.start(reopened())
    stage.turn(MINUTE)
    stage.timer.ask(service.disable())
    stage.turn(HOUR)
    stage.stop()
    service = stage.start(reopened())
    stage.turn(HOUR)
    assert paper.asked_at == [FIRST]
    assert (service.state().is_enabled, service.state().next_run_at) == (False, None)
    stage.timer.ask(service.enable())
    stage.turn(FIVE)
    assert len(paper.asked_at) == 2
    assert service.state().is_enabled


def test_a_resume_does_not_enable_and_enabling_does_not_resume(stage, paper):
    service = stage.start()
    for switch in (service.pause, service.disable, service.resume):
        stage.timer.ask(switch())
    stage.turn(HOUR)
    assert paper.asked_at == []
    for switch in (service.pause, service.enable):
        stage.timer.ask(switch())
    stage.turn(HOUR)
    assert paper.asked_at == []


def test_the_schedule_is_changed_while_it_runs_and_over_a_restart(stage, reopened, paper):
    stage.start(reopened())
    stage.turn(MINUTE)
    changed_at = stage.timer.now()
    change(stage, schedule="60")
    stage.turn(3 * MINUTE)
    assert paper.asked_at[1:] == [changed_at + each * MINUTE for each in (1, 2, 3)]
    stage.stop()
    service = stage.start(reopened())
    assert service.state().interval_s == 60
    change(stage, schedule=None)
    assert service.state().schedule == "Every 5 minutes"
    (last,) = events(service.store, "settings:changed")[-1:]
    assert last == {"changed": {"service.schedule": None}, "by": "test"}


def test_a_change_that_has_nothing_to_do_with_it_puts_no_run_off(stage, paper):
    stage.start(settings=stage.settings(schedule="300"))
    for _ in range(10):
        change(stage, stale_page_s=60)
        stage.turn(MINUTE)
    assert paper.asked_at == [FIRST, FIRST + FIVE]


def test_wrong_changes_are_all_named_and_none_is_kept(stage, store, paper):
    service = stage.start(store)
    with pytest.raises(SettingsError) as caught:
        change(stage, schedule="whenever", sync_on_trade="perhaps", port=1, stale_page_s=30)
    for named in ("service.schedule", "service.sync_on_trade", "service.port"):
        assert named in str(caught.value)
    assert service.store.runtime_settings() == {}
    assert service.desk.settings.service.stale_page_s == 300
    assert events(store, "settings:changed") == []


# Events


def test_a_trade_is_followed_by_a_run_of_its_account(stage, store, paper):
    service = stage.start(store)
    stage.turn(MINUTE)
    service.trigger("trade", ONE)
    stage.turn(SECOND)
    assert [each.trigger for each in store.runs(ONE)] == ["trade", "schedule"]
    assert paper.asked_at[1] == START + MINUTE + SECOND / 2


def test_a_trade_before_the_first_round_is_followed_by_a_run_too(stage, store, paper):
    service = stage.start(store)
    service.trigger("trade", ONE)
    stage.turn(SECOND)
    assert [each.trigger for each in store.runs(ONE)] == ["trade"]


def test_trades_are_not_followed_where_that_is_switched_off(stage, store, paper):
    service = stage.start(store, settings=stage.settings(sync_on_trade=False))
    stage.turn(MINUTE)
    service.trigger("trade", ONE)
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 1
    service.trigger("reconnect")
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 2


def test_any_number_of_events_during_a_run_are_one_run_after_it(stage, store, paper):
    paper.takes = 20 * SECOND
    service = stage.start(store)
    stage.turn(15 * SECOND)
    for trigger in ("trade", "reconnect", "page", "trade"):
        service.trigger(trigger, ONE)
        assert paper.tell is not None
        stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
        stage.turn(SECOND)
    stage.turn(2 * MINUTE)
    assert paper.asked_at == [FIRST, FIRST + 20 * SECOND]


def test_a_stream_that_connects_after_the_first_round_is_followed_by_a_reading(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    assert paper.tell is not None
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="connected"))
    stage.turn(MINUTE)
    assert [each.trigger for each in store.runs(ONE)] == ["reconnect", "schedule"]


def test_a_stream_makes_runs_when_it_says_something_or_comes_back(stage, store, paper):
    stage.start(store)
    assert paper.tell is not None
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="connected"))  # is no news yet
    stage.turn(MINUTE)
    said = [
        News(kind="changed"),
        News(kind="lost", reason="the connection ended"),
        News(kind="connected"),
        News(kind="changed", account=AccountId("1")),
        News(kind="changed", account=AccountId("2")),
    ]
    for news in said:
        assert paper.tell is not None
        stage.timer.loop.call_soon_threadsafe(paper.tell, news)
        stage.turn(2 * SECOND)
    triggers = [each.trigger for each in store.runs(ONE)]
    assert triggers == ["stream", "reconnect", "stream", "schedule"]
    lost = [each for each in stage.log.said if "lost" in each.text]
    assert [(each.level, each.facts["reason"]) for each in lost] == [
        ("warning", "the connection ended")
    ]


def test_a_stream_is_not_followed_where_that_is_switched_off(stage, store, paper):
    stage.start(store, settings=stage.settings(sync_on_position_update=False))
    stage.turn(MINUTE)
    for kind in ("connected", "changed", "connected"):
        assert paper.tell is not None
        stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind=kind))
        stage.turn(MINUTE)
    assert [each.trigger for each in store.runs(ONE)] == ["reconnect", "reconnect", "schedule"]


def test_a_page_that_is_opened_on_an_old_book_makes_it_new(stage, store, paper):
    service = stage.start(store, settings=stage.settings(schedule="0 0 * * *"))
    stage.turn(MINUTE)
    service.page_opened()
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 1
    stage.turn(FIVE)
    for _ in range(3):
        service.page_opened()
    stage.turn(MINUTE)
    assert [each.trigger for each in store.runs(ONE)] == ["page", "schedule"]


def hear(stage, paper, kind="changed"):
    assert paper.tell is not None
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind=kind))
    stage.turn(10 * SECOND)


def test_what_is_disabled_runs_by_nothing_but_people(stage, store, paper):
    service = stage.start(store, settings=stage.settings(stale_page_s=60))
    stage.turn(MINUTE)
    stage.timer.ask(service.disable())
    stage.turn(FIVE)
    hear(stage, paper)
    hear(stage, paper, "connected")
    service.trigger("trade", ONE)
    service.page_opened()
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 1
    stage.timer.ask(service.sync())
    assert len(paper.asked_at) == 2
    stage.timer.ask(service.enable())
    hear(stage, paper)
    assert [each.trigger for each in store.runs(ONE)] == ["stream", "manual", "schedule"]


@pytest.mark.parametrize("kind", ["stream", "page", "reconnect"])
def test_events_are_followed_while_paused_over_a_restart(stage, reopened, paper, kind):
    service = stage.start(reopened(), settings=stage.settings(stale_page_s=60))
    stage.turn(MINUTE)
    stage.timer.ask(service.pause())
    stage.stop()
    stage.timer.at += FIVE
    service = stage.start(reopened(), settings=stage.settings(stale_page_s=60))
    stage.turn(MINUTE)
    if kind == "page":
        service.page_opened()
        stage.turn(10 * SECOND)
    else:
        hear(stage, paper, "changed" if kind == "stream" else "connected")
    if kind == "reconnect":  # the first connect is no news, the next one is
        hear(stage, paper, "connected")
    assert [each.trigger for each in service.store.runs(ONE)] == [kind, "schedule"]


def test_a_stream_that_connects_after_a_round_in_vain_is_followed_by_a_reading(stage, store, paper):
    paper.gone = VenueUnavailable("no answer", venue="paper")
    stage.start(store)
    stage.turn(MINUTE)
    paper.gone = None
    hear(stage, paper, "connected")
    assert [each.trigger for each in store.runs(ONE)] == ["reconnect"]


def test_a_page_that_is_opened_all_the_time_is_looked_at_once_a_second(stage, paper, monkeypatch):
    looked = []
    monkeypatch.setattr(Keeper, "page_opened", lambda keeper, now: looked.append(now))
    service = stage.start()
    for _ in range(3):
        service.page_opened()
    stage.turn(SECOND)
    service.page_opened()
    stage.turn(SECOND)
    assert looked == [START, START + SECOND]


def test_somebody_else_who_asks_meanwhile_is_told_that_it_is_busy(stage, store, paper):
    paper.takes = 20 * SECOND
    service = stage.start(store)
    stage.turn(15 * SECOND)
    with pytest.raises(AccountBusy, match="a run of paper/1 is in progress"):
        stage.timer.ask(service.sync())
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 1


def test_a_sync_is_in_progress_while_its_venue_is_still_asked_for_its_accounts(stage, store, paper):
    paper.greets_after = 3 * SECOND
    service = stage.start(store, settings=stage.settings(schedule="0 0 * * *", first_run_s=3600))
    first = stage.timer.begin(service.sync())
    stage.turn(SECOND)
    assert service.state().is_running
    for wanted in (None, "paper", "paper/1"):
        with pytest.raises(AccountBusy, match="in progress"):
            stage.timer.ask(service.sync(wanted))
    stage.turn(MINUTE)
    assert [each.error for each in first.result()] == [None]
    assert len(paper.asked_at) == 1
    assert not service.state().is_running


def test_a_sync_of_one_account_does_not_wait_for_another_that_was_asked_for(stage, store):
    slow = stage.venue("slow", greets_after=10 * MINUTE)
    quick = stage.venue("quick", numbers=("1", "2"), greets_after=SECOND)
    service = stage.start(store, settings=stage.settings(schedule="0 0 * * *", first_run_s=7200))
    both = stage.timer.begin(service.sync())
    stage.turn(MINUTE)
    assert len(quick.asked_at) == 2
    again = [stage.timer.begin(service.sync(f"quick/{number}")) for number in (1, 2)]
    stage.turn(MINUTE)
    assert [len(each.result()) for each in again] == [1, 1]
    with pytest.raises(AccountBusy, match="a run of slow is in progress"):
        stage.timer.ask(service.sync("slow"))
    stage.turn(HOUR)
    assert len(both.result()) == 3
    assert len(slow.asked_at) == 1


def test_an_account_that_is_not_there_is_said(stage, paper):
    service = stage.start()
    with pytest.raises(SettingsError, match="no account or connection is named 'nope'"):
        stage.timer.ask(service.sync("nope"))


def test_a_second_event_before_the_first_round_is_seen_by_it_and_no_warning(stage):
    paper = stage.venue("paper", greets_after=MINUTE)
    stage.start(settings=stage.settings(first_run_s=3600))
    for _ in range(2):
        stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
        stage.turn(SECOND)
    stage.turn(2 * MINUTE)
    assert len(paper.asked_at) == 1
    assert stage.log.texts("warning") == []
