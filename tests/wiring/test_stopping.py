"""How a service ends: what it still does, what it leaves, and that it can begin again."""

import threading
from datetime import timedelta

import pytest

from handturned import START
from tieout.core.book import AccountId
from tieout.ports import News, ServiceStopping
from tieout.store.memory import MemoryStore
from tieout.wiring.service import Service
from wiring.scripted import HOUR, MINUTE, SECOND

FIVE = 5 * MINUTE
ONE = AccountId("paper/1")
FIRST = START + 10 * SECOND


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def test_a_run_in_progress_finishes_within_the_limit(stage, store, paper):
    paper.takes = 20 * SECOND
    stage.start(store)
    stage.turn(15 * SECOND)
    assert stage.stop(limit=30 * SECOND)
    assert [each.outcome for each in store.runs(ONE)] == ["applied"]
    assert len(store.load(store.accounts()[0]).book.ledgers) == 2


def test_a_run_that_hangs_is_left_after_the_limit_and_has_booked_nothing(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    paper.hangs = True
    stage.turn(FIVE)
    before = stage.timer.now()
    assert stage.stop(limit=30 * SECOND) is False
    assert timedelta(seconds=30) <= stage.timer.now() - before <= MINUTE
    assert [each.outcome for each in store.runs(ONE)] == ["applied"]

    paper.hangs = False
    service = stage.start(store)
    stage.turn(MINUTE)
    assert [each.outcome for each in store.runs(ONE)] == ["applied", "applied"]
    assert service.totals().failed == 0


def test_a_stop_with_nothing_to_do_does_not_wait(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    before = stage.timer.now()
    assert stage.stop(limit=HOUR)
    assert stage.timer.now() - before < MINUTE


def test_a_trigger_never_fails_whatever_the_service_is_doing(stage, paper):
    service = stage.start(store := MemoryStore())
    for account in (None, ONE, AccountId("nope/9"), AccountId("paper/9"), AccountId("")):
        service.trigger("trade", account)
        stage.turn(5 * SECOND)
    triggers = [each.trigger for each in store.runs(ONE, limit=10)]
    assert triggers.count("schedule") == 1
    assert triggers.count("trade") >= 2
    assert stage.log.texts("error") == []
    stage.stop()
    for _ in range(3):
        service.trigger("trade", ONE)
        service.page_opened()


def test_a_trigger_before_the_start_is_nothing_to_fail_over(stage, paper):
    service = Service(stage.settings(), store=MemoryStore(), logger=stage.log, timer=stage.timer)
    service.trigger("trade", ONE)
    service.page_opened()
    assert service.state().next_run_at is None
    assert stage.log.said == []


def test_after_the_end_nothing_is_run(stage, paper):
    service = stage.start()
    stage.turn(timedelta(seconds=30))
    assert len(paper.asked_at) == 1
    stage.stop()
    assert not service.health().is_ready
    service.trigger("trade", ONE)
    assert len(paper.asked_at) == 1
    assert service.stop(limit_s=1.0)


def test_what_was_stopped_can_be_started_again(stage, paper):
    service = stage.start()
    stage.turn(MINUTE)
    stage.timer.ask(service.pause())
    stage.stop()
    paper.tell = None
    stage.start_again(service)
    assert service.is_paused
    assert service.health().is_ready
    stage.timer.ask(service.resume())
    stage.turn(FIVE)
    assert len(paper.asked_at) == 2
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 3
    (answer,) = stage.timer.ask(service.sync())
    assert answer.finished is not None


def test_a_second_start_changes_nothing(stage, paper):
    service = stage.start()
    count = threading.active_count()
    service.start()
    assert threading.active_count() == count
    assert stage.log.texts("warning") == [
        "[PositionReconciliation] Job already running, ignoring start request"
    ]
    stage.turn(MINUTE)
    assert paper.asked_at == [FIRST]


def test_once_a_stop_has_begun_nothing_new_begins(stage, store, paper):
    """While the last answers are given, which may take as long as the limit."""
    service = stage.start(store, settings=stage.settings(schedule="60"))
    stage.turn(MINUTE)
    count = len(paper.asked_at)
    service.begin_stop(limit_s=HOUR.total_seconds())
    stage.turn()
    stage.timer.loop.call_soon_threadsafe(paper.tell, News(kind="changed"))
    service.trigger("trade", ONE)
    service.page_opened()
    stage.turn(10 * MINUTE)
    with pytest.raises(ServiceStopping):
        stage.timer.ask(service.sync())
    assert len(paper.asked_at) == count
    assert service.state().next_run_at is None


def test_there_is_one_limit_from_the_first_word_to_the_end(stage, store, paper):
    service = stage.start(store)
    paper.hangs = True
    waiting = stage.timer.begin(service.sync())
    stage.turn(SECOND)
    service.begin_stop(limit_s=30)
    stage.turn(29 * SECOND)
    assert not waiting.done()
    stage.turn(SECOND)
    with pytest.raises(ServiceStopping, match="after the restart"):
        waiting.result(0)
    before = stage.timer.now()
    assert stage.stop(limit=30 * SECOND) is False
    assert stage.timer.now() - before < 5 * SECOND


def test_a_sync_whose_venue_is_still_asked_for_its_accounts_begins_no_run(stage, store, paper):
    paper.greets_after = 10 * SECOND
    service = stage.start(store)
    waiting = stage.timer.begin(service.sync())
    stage.turn(SECOND)
    service.begin_stop(limit_s=30)
    stage.turn(MINUTE)
    with pytest.raises(ServiceStopping):
        waiting.result(0)
    assert paper.asked_at == []


def test_what_was_asked_for_finishes_within_the_limit(stage, store, paper):
    service = stage.start(store)
    paper.takes = 20 * SECOND
    waiting = stage.timer.begin(service.sync())
    stage.turn(SECOND)
    assert stage.stop(limit=30 * SECOND)
    assert [each.finished.record.outcome for each in waiting.result(5)] == ["applied"]
    assert service.state().next_run_at is None
