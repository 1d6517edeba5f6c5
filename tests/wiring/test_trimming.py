"""What a service lets go of: old events and evidence, never runs, journal or what is kept long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handturned import START
from tieout.core.book import AccountId
from tieout.core.errors import StoreError
from tieout.ports import Event
from wiring.scripted import HOUR

DAY = 24 * HOUR
ONE = AccountId("paper/1")
DAILY = "0 0 * * *"


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def settings(stage):
    return replace(stage.settings(schedule=DAILY), events_days=7, evidence_days=3)


def oldest_event(store):
    return min(each.event.at for each in store.events(limit=100_000))


def test_old_events_and_evidence_go_every_day_while_it_runs(stage, store, paper):
    stage.start(store, settings=settings(stage))
    stage.turn(20 * DAY)
    now = stage.timer.now()
    assert 6 * DAY <= now - oldest_event(store) <= 8 * DAY
    runs = store.runs(ONE, limit=1000)
    assert len(runs) == 21
    kept = [each.started_at for each in runs if store.evidence(each.id)]
    assert 3 <= len(kept) <= 4
    assert min(kept) >= now - 4 * DAY


def test_what_became_too_old_while_it_did_not_run_goes_at_its_start(stage, store, paper):
    for days in (100, 8, 6):
        old = Event(type="run:started", at=START - timedelta(days=days), payload="{}")
        store.add_event(old, account=None)
    stage.start(store, settings=settings(stage))
    assert oldest_event(store) == START - timedelta(days=6)
    assert store.last_event() == 3


def test_a_book_that_cannot_be_tidied_now_is_tidied_the_day_after(stage, store, paper, monkeypatch):
    tried = []

    def refuse(before):
        tried.append(before)
        if len(tried) == 1:
            raise StoreError("has no space left")
        return 0

    monkeypatch.setattr(store, "forget_events", refuse)
    stage.start(store, settings=settings(stage))
    stage.turn(DAY)
    assert len(tried) == 2
    (said,) = [each for each in stage.log.said if each.level == "error"]
    assert said.facts["problem"] == "has no space left"
