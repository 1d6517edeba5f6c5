"""A person decides: held runs are approved or rejected, breaks are settled."""

import asyncio
from dataclasses import replace

import pytest

from runs.fakes import ACCOUNT, Bench, holding, kinds
from tieout.core.policy import Policy
from tieout.runs.approvals import NothingHeld, approve, reject, settle

AAPL, MSFT = holding("AAPL", "10"), holding("MSFT", "5")
TSLA = holding("TSLA", "1")


@pytest.fixture
def held() -> Bench:
    bench = Bench()
    bench.run(AAPL, MSFT)
    bench.run()
    return bench


def test_approving_closes_what_the_held_run_listed_in_a_run_of_its_own(held):
    finished = asyncio.run(approve(held.order, "run-2", parts=held.parts))
    assert (finished.record.id, finished.record.trigger) == ("run-3", "approval")
    assert kinds(finished.plan.changes) == ["closed", "closed"]
    assert held.quantities == {}
    assert held.store.load(ACCOUNT).book.state.held is None


def test_rejecting_discards_the_snapshot_and_leaves_the_book(held):
    finished = reject(held.order, "run-2", parts=held.parts)
    state = held.store.load(ACCOUNT).book.state
    assert (finished.record.outcome, finished.record.trigger) == ("rejected", "approval")
    assert "run-2" in finished.record.reason
    assert held.quantities == {"AAPL": "10", "MSFT": "5"}
    assert state.held is None
    assert held.run(AAPL, MSFT).record.tied_out is True


def test_after_a_rejection_the_same_reply_is_held_again_and_alerts_again(held):
    reject(held.order, "run-2", parts=held.parts)
    again = held.run()
    assert again.record.outcome == "held"
    assert [each.kind for each in again.plan.alerts] == ["held"]


def test_the_breaks_that_only_a_rejected_snapshot_showed_are_over(held):
    finished = reject(held.order, "run-2", parts=held.parts)
    assert [each.status for each in finished.plan.breaks] == ["resolved", "resolved"]
    assert list(held.store.breaks(ACCOUNT.id)) == []
    again = held.run()
    assert [(each.symbol, each.seen) for each in again.plan.breaks] == [("AAPL", 0), ("MSFT", 0)]


def test_nothing_is_accepted_on_the_word_of_a_rejected_snapshot():
    bench = Bench()
    bench.run(AAPL, MSFT, TSLA)
    missing = bench.run(MSFT, TSLA).plan.breaks[0]
    held = bench.run().record
    reject(bench.order, held.id, parts=bench.parts)
    with pytest.raises(NothingHeld, match="AAPL was missing from a snapshot that was rejected"):
        asyncio.run(settle(bench.order, missing, "accept_broker", parts=bench.parts))
    assert bench.quantities == {"AAPL": "10", "MSFT": "5", "TSLA": "1"}
    assert [(each.symbol, each.seen) for each in bench.store.breaks(ACCOUNT.id)] == [("AAPL", 1)]


@pytest.mark.parametrize("run_id", ["run-1", "run-9"])
def test_only_the_run_that_waits_can_be_decided_about(held, run_id):
    with pytest.raises(NothingHeld, match="run-2 does"):
        asyncio.run(approve(held.order, run_id, parts=held.parts))
    with pytest.raises(NothingHeld, match="run-2 does"):
        reject(held.order, run_id, parts=held.parts)
    assert [each.id for each in held.store.runs()] == ["run-2", "run-1"]


def test_a_run_is_decided_about_once(held):
    asyncio.run(approve(held.order, "run-2", parts=held.parts))
    with pytest.raises(NothingHeld, match="no run of paper/PA1 waits"):
        reject(held.order, "run-2", parts=held.parts)


def test_a_newer_held_run_takes_the_place_of_the_one_before(held):
    held.run()
    with pytest.raises(NothingHeld, match="run-3 does"):
        asyncio.run(approve(held.order, "run-2", parts=held.parts))


@pytest.fixture
def disputed() -> Bench:
    bench = Bench()
    bench.run(AAPL, MSFT)
    bench.order = replace(bench.order, policy=Policy(truth="manual"))
    bench.run(holding("AAPL", "9"), MSFT)
    return bench


def test_accepting_the_broker_makes_the_book_follow(disputed):
    (found,) = disputed.store.breaks(ACCOUNT.id)
    asyncio.run(settle(disputed.order, found, "accept_broker", parts=disputed.parts))
    assert disputed.quantities == {"AAPL": "9", "MSFT": "5"}
    assert disputed.store.breaks(ACCOUNT.id) == []
    assert disputed.run(holding("AAPL", "9"), MSFT).record.tied_out is True


@pytest.mark.parametrize("action", ["keep_book", "ignore_break"])
def test_a_difference_one_lives_with_keeps_nobody_from_being_tied_out(disputed, action):
    (found,) = disputed.store.breaks(ACCOUNT.id)
    asyncio.run(settle(disputed.order, found, action, parts=disputed.parts))
    assert disputed.quantities == {"AAPL": "10", "MSFT": "5"}
    assert disputed.run(holding("AAPL", "9"), MSFT).record.tied_out is True


def test_a_break_of_the_whole_source_is_nobodys_to_settle(disputed):
    (found,) = disputed.store.breaks(ACCOUNT.id)
    source = replace(found, kind="incomplete_source", symbol=None, ledger=None)
    with pytest.raises(NothingHeld, match="ends with the next good run"):
        asyncio.run(settle(disputed.order, source, "accept_broker", parts=disputed.parts))
