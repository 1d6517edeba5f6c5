"""An account that was retired: not read, not told of, and still there."""

from dataclasses import replace

import pytest

from tieout.core.errors import VenueUnavailable
from tieout.runs.statistics import position_reconciliation
from tieout.settings.values import AccountSettings
from tieout.store.memory import MemoryStore
from wiring.scripted import MINUTE


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def old(stage):
    stage.venue("paper")
    return stage.venue("old", error=VenueUnavailable("gone", venue="old"))


def errors(service):
    shown = position_reconciliation(service.state(), service.totals(), service.latest_runs())
    return shown["lastResult"]["errors"]


def start(stage, store, **retired):
    accounts = {"old/1": AccountSettings(key="old/1", **retired)}
    return stage.start(store, settings=replace(stage.settings(), accounts=accounts))


def test_its_last_error_is_no_error_of_the_job_any_more(stage, store, old):
    service = start(stage, store)
    stage.turn(MINUTE)
    assert errors(service) == ["old: gone"]
    stage.stop()
    service = start(stage, store, retired=True)
    stage.turn(MINUTE)
    assert errors(service) == []
    runs = sorted(each.account for each in store.runs())  # two accounts go at once
    assert runs == ["old/1", "paper/1", "paper/1"]
    assert {each.id for each in service.overseen()} == {"old/1", "paper/1"}
