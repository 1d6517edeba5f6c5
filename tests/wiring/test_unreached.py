"""A connection that does not even say which accounts it has."""

from datetime import timedelta

from tieout.core.book import AccountId
from tieout.core.errors import VenueUnavailable
from wiring.scripted import MINUTE, SECOND, events

DOWN = VenueUnavailable("no answer", venue="paper")


def outcomes(store, account):
    return [each.outcome for each in store.runs(AccountId(account))]


def test_before_its_accounts_are_known_its_runs_fail_under_its_own_name(stage, store):
    venue = stage.venue("paper", gone=DOWN)
    service = stage.start(store)
    stage.turn(16 * MINUTE)
    assert outcomes(store, "paper") == ["failed"] * 4
    assert service.totals().failed == 4
    assert len(events(store, "system:error")) == 4
    (alert,) = events(store, "alert:raised")
    assert alert["message"] == "paper: 2 runs in a row failed: paper: no answer"
    assert events(store, "alert:recovered") == []

    venue.gone = None
    stage.turn(5 * MINUTE)
    assert outcomes(store, "paper/1") == ["applied"]
    assert outcomes(store, "paper") == ["failed"] * 4
    (over,) = events(store, "alert:recovered")
    assert over["message"] == "paper: over now: the trouble with runs"
    stage.turn(5 * MINUTE)
    assert outcomes(store, "paper/1") == ["applied"] * 2
    assert venue.asked_at[-1] - venue.asked_at[0] == 5 * MINUTE
    assert len(events(store, "alert:raised", "alert:recovered")) == 2


def test_a_name_that_only_failed_is_no_account(stage, store):
    stage.venue("paper", gone=DOWN)
    service = stage.start(store)
    stage.turn(MINUTE)
    stage.turn(timedelta(hours=1))
    assert [each.account for each in service.latest_runs()] == ["paper"]
    stage.venues["paper"].gone = None
    stage.turn(5 * MINUTE)
    assert service.totals(AccountId("paper/1")).successful == 1


def test_accounts_that_are_known_have_failed_runs_of_their_own(stage, store):
    venue = stage.venue("paper", numbers=("1", "2"))
    stage.start(store)
    stage.turn(MINUTE)
    venue.gone = DOWN
    stage.turn(10 * MINUTE)
    for account in ("paper/1", "paper/2"):
        assert outcomes(store, account) == ["failed", "failed", "applied"]
    assert outcomes(store, "paper") == []
    assert sorted(each["account"] for each in events(store, "alert:raised")) == [
        "paper/1",
        "paper/2",
    ]
    venue.gone = None
    stage.turn(5 * MINUTE)
    assert sorted(each["account"] for each in events(store, "alert:recovered")) == [
        "paper/1",
        "paper/2",
    ]


def test_a_connection_that_says_nothing_at_all_fails_at_the_deadline(stage, store):
    venue = stage.venue("paper")
    stage.start(store)
    stage.turn(MINUTE)
    venue.is_silent = True
    stage.turn(timedelta(hours=1))
    assert set(outcomes(store, "paper/1")[:-1]) == {"failed"}
    assert outcomes(store, "paper") == []
    (alert,) = events(store, "alert:raised")
    assert "did not answer within 1000 s" in alert["message"]


def test_an_event_after_it_is_back_is_read_and_not_failed_with_the_old_error(stage, store):
    venue = stage.venue("paper")
    service = stage.start(store)
    stage.turn(MINUTE)
    venue.gone = DOWN
    stage.turn(5 * MINUTE)
    assert outcomes(store, "paper/1")[0] == "failed"
    venue.gone = None
    service.trigger("trade", AccountId("paper/1"))
    stage.turn(SECOND)
    assert outcomes(store, "paper/1")[0] == "applied"


def test_a_mistake_in_the_part_that_reads_a_venue_is_a_failed_run_like_any_other(stage, store):
    stage.venue("paper", gone=KeyError("rows"))
    stage.start(store)
    stage.turn(6 * MINUTE)
    assert outcomes(store, "paper") == ["failed"] * 2
    assert len(events(store, "alert:raised")) == 1
