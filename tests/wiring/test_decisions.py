"""A person decides: that is a run which is kept, but no sync, and it says nothing of the venue."""

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import VenueRefused, VenueUnavailable
from tieout.runs.statistics import position_reconciliation
from wiring.scripted import MINUTE, events, holding
from wiring.test_alerts import began, kept, told

FIVE = 5 * MINUTE
ONE = AccountId("paper/1")
MSFT = holding("MSFT", "5")
DOWN = VenueUnavailable("no answer", venue="paper")


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def decide(stage, action="ignore_break"):
    (found,) = [each for each in stage.service.store.breaks(ONE) if each.symbol is not None]
    return stage.timer.ask(stage.service.settle(ONE, found.id, action))


def differ(stage, paper, quantity="12"):
    paper.holdings = (holding("AAPL", quantity), MSFT)
    stage.turn(2 * FIVE)


def counts(service):
    shown = position_reconciliation(service.state(), service.totals(), service.latest_runs())
    return [shown[key] for key in ("totalRuns", "successfulRuns", "failedRuns", "lastRunTime")]


@pytest.mark.parametrize("action", ["ignore_break", "keep_book", "accept_broker"])
def test_a_decision_is_no_sync_while_the_broker_is_away(stage, store, paper, action):
    service = began(stage, store, kept(stage))
    differ(stage, paper)
    before, good_at = counts(service), service.totals(ONE).last_success_at
    paper.error = DOWN
    stage.turn(MINUTE)
    decide(stage, action)
    assert counts(service) == before
    assert service.totals(ONE).last_success_at == good_at
    assert store.runs(ONE)[0].trigger == "decision"
    assert service.standing(ONE) == store.runs(ONE)[1]


def test_decisions_about_a_held_run_are_no_syncs_but_how_the_account_stands(stage, store, paper):
    service = stage.start(store, settings=kept(stage))
    stage.turn(MINUTE)
    paper.holdings = ()
    stage.turn(FIVE)
    held, before = store.runs(ONE)[0], counts(service)
    assert held.outcome == "held"
    stage.timer.ask(service.reject(held.id))
    assert counts(service) == before
    assert service.totals(ONE).last == held
    assert service.standing(ONE).outcome == "rejected"
    stage.turn(FIVE)
    again = store.runs(ONE)[0]
    stage.timer.ask(service.approve(again.id))
    assert service.totals(ONE).last == again
    assert service.standing(ONE).trigger == "approval"
    assert service.standing(ONE).outcome == "applied"


def test_a_decision_does_not_say_that_the_broker_is_back(stage, store, paper):
    service = began(stage, store, kept(stage))
    differ(stage, paper)
    paper.error = DOWN
    stage.turn(2 * FIVE)
    assert len(told(store)) == 2
    decide(stage)
    assert len(told(store)) == 2
    stage.turn(FIVE)
    assert len(told(store)) == 2
    assert service.totals().failed == 3
    paper.error = None
    stage.turn(FIVE)
    assert told(store)[2:] == ["recovered paper/1: over now: the trouble with runs"]


def test_a_decision_between_failed_runs_does_not_begin_the_count_anew(stage, store, paper):
    began(stage, store, kept(stage, after_failures=3))
    differ(stage, paper)
    paper.error = DOWN
    stage.turn(2 * FIVE)
    decide(stage)
    stage.turn(FIVE)
    assert told(store)[1:] == ["raised paper/1: 3 runs in a row failed: paper: no answer"]


def test_an_ignored_break_is_not_over_and_is_told_again_when_it_changes(stage, store, paper):
    began(stage, store, kept(stage))
    differ(stage, paper)
    assert len(told(store)) == 1
    decide(stage)
    stage.turn(2 * FIVE)
    assert len(told(store)) == 1
    assert store.notices() == {}
    differ(stage, paper, "13")
    assert [each.split(" (")[0] for each in told(store)[1:]] == ["raised paper/1: AAPL is off by 3"]
    differ(stage, paper, "10")
    assert [each.split()[0] for each in told(store)] == ["raised", "raised", "recovered"]


def test_another_kind_of_failure_is_told_again(stage, store, paper):
    stage.start(store, settings=kept(stage))
    stage.turn(MINUTE)
    paper.error = VenueRefused("no", venue="paper", status=401)
    stage.turn(3 * FIVE)
    paper.error = DOWN
    stage.turn(3 * FIVE)
    assert [each.rpartition("failed: ")[2] for each in told(store)] == [
        "paper: no",
        "paper: no answer",
    ]
    paper.gone, paper.error = VenueRefused("no", venue="paper", status=401), None
    stage.turn(3 * FIVE)
    assert len(told(store)) == 3
    assert len(events(store, "alert:recovered")) == 0


def test_another_kind_of_failure_of_a_connection_that_was_never_reached_is_told_again(stage, store):
    venue = stage.venue("paper", gone=VenueRefused("no", venue="paper", status=401))
    stage.start(store, settings=stage.settings())
    stage.turn(3 * FIVE)
    venue.gone = DOWN
    stage.turn(3 * FIVE)
    assert len(told(store)) == 2
