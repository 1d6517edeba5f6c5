"""One run: what it reads, decides, writes and tells."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from runs.fakes import ACCOUNT, START, Bench, activity, holding, kinds, reply
from tieout.core.activity import ActivityId
from tieout.core.errors import (
    StaleVersion,
    StoreError,
    VenueRefused,
    VenueReplyInvalid,
    VenueUnavailable,
)
from tieout.core.instrument import Instrument
from tieout.core.policy import Policy
from tieout.core.snapshot import Local
from tieout.ports import AccountBusy
from tieout.runs import plan_only
from tieout.store.memory import MemoryStore

AAPL, MSFT = holding("AAPL", "10"), holding("MSFT", "5")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_run_makes_the_book_what_the_broker_says_and_keeps_a_record(bench):
    finished = bench.run(AAPL, MSFT)
    record = bench.store.run("run-1")
    assert bench.quantities == {"AAPL": "10", "MSFT": "5"}
    assert record == finished.record
    assert (record.outcome, record.tied_out, record.trigger) == ("applied", True, "manual")
    assert record.started_at < record.finished_at
    assert record.venue_calls == 1
    assert record.counts == {
        "activities": 0, "breaks": 0, "changes": 2, "created": 2, "errors": 0, "holdings": 2,
        "marked": 0, "removed": 0, "unchanged": 0, "updated": 0,
    }  # fmt: skip
    assert json.loads(record.statement)["created"] == ["AAPL", "MSFT"]


def test_a_fill_explains_what_changed(bench):
    bench.run(AAPL)
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=bench.clock.now()),)
    finished = bench.run(holding("AAPL", "6"))
    (change,) = finished.plan.changes
    assert (change.kind, change.explained_by) == ("reduced", (ActivityId("f1"),))
    assert finished.record.tied_out is True
    assert [str(each.figures.net.value) for each in bench.store.realized(ACCOUNT.id)] == ["120"]


def test_an_activity_that_came_before_is_not_counted_twice(bench):
    bench.run(AAPL)
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=bench.clock.now()),)
    bench.run(holding("AAPL", "6"))
    again = bench.run(holding("AAPL", "6"))
    assert again.plan.changes == ()
    assert again.record.tied_out is True


def test_a_late_fill_rewrites_what_was_estimated(bench):
    bench.run(AAPL)
    at = bench.clock.now()
    bench.run(holding("AAPL", "6", price="110"))
    estimated = bench.store.realized(ACCOUNT.id)
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=at),)
    bench.run(holding("AAPL", "6", price="110"))
    lines = bench.store.realized(ACCOUNT.id)
    assert [str(each.figures.net.value) for each in estimated] == ["40"]
    assert estimated[0].is_estimated
    assert sum(each.figures.net.value for each in lines) == 120
    assert bench.quantities == {"AAPL": "6"}


def test_the_plan_is_what_the_run_then_does_and_writes_nothing(bench):
    bench.run(AAPL, MSFT)
    bench.venue.holdings = (holding("AAPL", "7"),)
    bench.venue.as_of = bench.clock.now()
    before = bench.store.load(ACCOUNT)
    planned = asyncio.run(plan_only(bench.order, venue=bench.venue, parts=bench.parts))
    assert bench.store.load(ACCOUNT) == before
    assert [each.id for each in bench.store.runs()] == ["run-1"]
    done = bench.run(holding("AAPL", "7"))
    assert replace(done.plan, at=planned.plan.at) == planned.plan
    assert kinds(planned.plan.changes) == ["reduced", "missing"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (VenueUnavailable("did not answer", venue="paper"), "unavailable"),
        (VenueRefused("401", venue="paper", advice="set APCA_API_KEY_ID"), "refused"),
        (VenueReplyInvalid("HTML instead of JSON", venue="paper"), "reply_invalid"),
    ],
)
def test_a_venue_that_fails_changes_nothing_but_the_reconciliation(bench, error, kind):
    bench.run(AAPL)
    error.evidence = (reply("GET /account", START),)
    bench.venue.error = error
    finished = bench.run()
    (ledger,) = bench.store.load(ACCOUNT).book.ledgers.values()
    assert (finished.record.outcome, finished.record.tied_out) == ("failed", False)
    assert finished.record.reason.startswith(f"{kind}: ")
    assert finished.record.errors == (str(error),)
    assert (str(ledger.quantity), ledger.reconciliation) == ("10", "FAILED")
    assert [each.call for each in bench.store.evidence("run-2")] == ["GET /account", "tieout:read"]
    assert "system:error" in bench.events()


def test_a_venue_that_hangs_fails_at_the_deadline(bench):
    bench.run(AAPL)
    bench.venue.hangs = True
    bench.parts = replace(bench.parts, deadline_s=0.01)
    finished = bench.run()
    assert finished.record.reason.startswith("unavailable: paper: did not finish within 0.01 s")
    assert bench.quantities == {"AAPL": "10"}


def test_the_run_after_a_failed_one_goes_on_as_if_nothing_had_been(bench):
    bench.run(AAPL)
    bench.venue.error = VenueUnavailable("down", venue="paper")
    bench.run()
    bench.venue.error = None
    finished = bench.run(AAPL)
    assert (finished.record.outcome, finished.record.tied_out) == ("applied", True)


def test_the_cursor_moves_only_with_a_run_that_used_the_activities(bench):
    bench.venue.cursor = "one"
    bench.run(AAPL)
    bench.venue.cursor = "two"
    bench.venue.as_of = START - timedelta(days=1)
    rejected = bench.run(AAPL)
    bench.venue.as_of = None
    bench.venue.error = VenueUnavailable("down", venue="paper")
    bench.run(AAPL)
    bench.venue.error, bench.venue.cursor = None, None
    bench.run(AAPL)
    assert rejected.record.outcome == "rejected"
    assert bench.venue.asked == [None, "one", "one", "one"]
    assert bench.store.load(ACCOUNT).cursor == "one"


def test_an_incomplete_snapshot_closes_nothing(bench):
    bench.run(AAPL, MSFT)
    bench.venue.is_complete = False
    for _ in range(3):
        finished = bench.run(AAPL)
    assert finished.record.outcome == "partial"
    assert bench.quantities == {"AAPL": "10", "MSFT": "5"}


def test_an_empty_snapshot_is_held(bench):
    bench.run(AAPL, MSFT)
    finished = bench.run()
    assert finished.record.outcome == "held"
    assert bench.quantities == {"AAPL": "10", "MSFT": "5"}
    assert "run:held" in bench.events()


def test_a_run_that_somebody_overtook_writes_nothing_but_its_record(bench):
    bench.run(AAPL)
    other = Bench(bench.store)
    other.parts = replace(bench.parts, name_run=lambda _: "overtaking")
    bench.venue.meanwhile = lambda: None
    version = bench.store.load(ACCOUNT).version

    class Overtaken(MemoryStore):
        """The version is right when the book is read and wrong when it is written."""

        def commit(self, commit):
            raise StaleVersion("somebody else wrote to paper/PA1 first; run again")

    overtaken = Overtaken()
    overtaken.__dict__.update(bench.store.__dict__)
    bench.parts = replace(bench.parts, store=overtaken)
    finished = bench.run(holding("AAPL", "7"))
    assert finished.record.outcome == "failed"
    assert "somebody else" in finished.record.reason
    assert bench.store.run(finished.record.id) == finished.record
    assert bench.store.load(ACCOUNT).version == version
    assert bench.quantities == {"AAPL": "10"}
    assert finished.after == finished.before


def test_a_second_run_of_the_account_does_not_begin(bench):
    bench.run(AAPL)
    with bench.store.lease(ACCOUNT.id), pytest.raises(AccountBusy, match="paper/PA1"):
        bench.run(holding("AAPL", "7"))
    assert [each.id for each in bench.store.runs()] == ["run-1"]
    assert bench.quantities == {"AAPL": "10"}


def test_a_store_that_fails_is_an_error_and_the_run_is_recorded_if_it_can_be(bench):
    class Full(MemoryStore):
        def commit(self, commit):
            raise StoreError("the book has no space left")

    bench.store = Full()
    bench.parts = replace(bench.parts, store=bench.store)
    with pytest.raises(StoreError, match="no space left"):
        bench.run(AAPL)
    (record,) = bench.store.runs()
    assert (record.outcome, record.reason) == ("failed", "the book has no space left")


def test_a_store_that_cannot_even_record_says_both(bench):
    class Gone(MemoryStore):
        def commit(self, commit):
            raise StoreError("the disk is gone")

        def record_run(self, account, run, evidence):
            raise StoreError("still gone")

    bench.parts = replace(bench.parts, store=Gone())
    with pytest.raises(StoreError, match="the disk is gone") as caught:
        bench.run(AAPL)
    assert caught.value.__notes__ == ["the run could not be recorded either: still gone"]


def test_events_are_stored_with_the_run_and_told_after_it(bench):
    bench.run(AAPL)
    stored = [each.event for each in bench.store.events()]
    assert bench.published == stored
    assert [each.type for each in stored] == [
        "position:updated",
        "position:opened",
        "run:finished",
    ]
    assert json.loads(stored[0].payload) == {
        "type": "reconciliation",
        "created": ["AAPL"],
        "updated": [],
        "removed": [],
        "timestamp": "2024-11-20T15:00:03.000Z",
    }


def test_prices_alone_are_not_told_as_an_update(bench):
    bench.run(AAPL)
    bench.published.clear()
    bench.run(holding("AAPL", "10", price="120"))
    assert [each.type for each in bench.published] == ["run:finished"]


def test_a_break_is_told_when_it_opens_and_when_both_sides_agree_again(bench):
    bench.run(AAPL, MSFT, holding("TSLA", "3"), holding("NVDA", "3"))
    bench.run(AAPL, MSFT, holding("TSLA", "3"))
    bench.run(AAPL, MSFT, holding("TSLA", "3"), holding("NVDA", "3"))
    told = [each for each in bench.events() if each.startswith("break:")]
    assert told == ["break:opened", "break:resolved"]


def test_a_missing_position_leaves_the_table_where_the_policy_is_delete():
    bench = Bench(policy=Policy(on_missing="delete", missing_confirmations=1))
    others = [holding(name, "1") for name in ("B", "C", "D", "E")]
    bench.run(holding("A", "1"), *others)
    bench.run(*others)
    assert bench.store.ended(ACCOUNT.id) == []
    assert any(entry.ledger == "A" for entry in bench.store.entries(ACCOUNT.id))


def test_a_missing_position_is_listed_as_ended_where_the_policy_is_close():
    bench = Bench(policy=Policy(on_missing="close", missing_confirmations=1))
    others = [holding(name, "1") for name in ("B", "C", "D", "E")]
    bench.run(holding("A", "1"), *others)
    bench.run(*others)
    assert [episode.reason for _, episode in bench.store.ended(ACCOUNT.id)] == ["missing"]


def test_what_a_venue_tells_about_an_instrument_is_used_and_kept(bench):
    bench.venue.instruments = (Instrument(symbol="ES", asset_class="future", multiplier=None),)
    bench.run(holding("ES", "2"))
    told = Instrument(symbol="ES", asset_class="future", venue_ids=("id-1",))
    bench.venue.instruments = (told,)
    bench.run(holding("ES", "2"))
    assert bench.store.load(ACCOUNT).book.instruments == (told,)


def test_what_nobody_used_is_in_the_statement(bench):
    bench.venue.ignored = ("JNLC j1: cash moved between accounts",)
    finished = bench.run(AAPL)
    assert json.loads(finished.record.statement)["ignored"] == [*bench.venue.ignored]


def test_a_booking_of_our_own_needs_no_venue(bench):
    bench.run(AAPL)
    booking = Local(
        action="open", symbol="TSLA", at=bench.clock.now(), quantity=AAPL_QUANTITY, price=PRICE
    )
    finished = bench.sync(None, order=replace(bench.order, local=(booking,)))
    assert (finished.record.outcome, finished.record.tied_out) == ("applied", None)
    assert bench.quantities == {"AAPL": "10", "TSLA": "10"}


def test_an_error_of_an_activity_is_told_with_its_place(bench):
    bench.run(AAPL)
    bench.venue.activities = (activity("f1", "AAPL", "0", "130", at=bench.clock.now()),)
    finished = bench.run(AAPL)
    assert finished.record.outcome == "partial"
    assert finished.record.errors[0].startswith("AAPL f1: ")


def test_a_mistake_of_ours_is_not_hidden_and_the_run_is_on_record(bench):
    bench.venue.error = AssertionError("a bug")
    with pytest.raises(AssertionError, match="a bug"):
        bench.run(AAPL)
    (record,) = bench.store.runs()
    assert record.outcome == "failed"
    assert "a fault of Tieout: AssertionError in tieout.runs" in str(record.reason)
    assert "a bug" not in str(record.reason)  # what a library says may hold a secret


AAPL_QUANTITY = activity("x", "A", "10", "100", at=START).quantity
PRICE = activity("x", "A", "10", "100", at=START).price
