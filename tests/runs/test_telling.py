"""A run told as a case: what it started from, what arrived, and the same result again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from runs.fakes import ACCOUNT, Bench, activity, holding
from tieout.cases.case import Case, Step
from tieout.cases.output import book_json, step_json
from tieout.cases.reading import read_case
from tieout.cases.running import run_case
from tieout.cases.writing import case_of, case_text
from tieout.core.errors import VenueUnavailable
from tieout.core.instrument import Instrument
from tieout.core.policy import Policy
from tieout.runs.approvals import reject
from tieout.runs.evidence import observation_in
from tieout.runs.story import STEPS_MAX, NoEvidence, Story, story_of

OTHERS = tuple(holding(name, "1") for name in ("B", "C", "D", "E"))


def again(story: Story) -> dict[str, object]:
    """The last step of the story, run again."""
    return run_case(told(story)).json()["steps"][-1]


def told(story: Story) -> Case:
    """The story, written as a case file and read again."""
    steps = tuple(
        Step(
            at=each.at,
            activities=each.activities,
            local=each.local,
            snapshot=each.snapshot if each.snapshot is not None else each.failure,
            approve=each.approve,
        )
        for each in story.steps
    )
    text = case_text(case_of(story.book, policy=story.policy, steps=steps))
    return read_case(text.encode())


def test_a_run_gives_the_same_statement_when_its_case_is_run():
    bench = Bench()
    bench.run(holding("AAPL", "10"), *OTHERS)
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=bench.clock.now()),)
    finished = bench.run(holding("AAPL", "6", price="131"), *OTHERS)
    story = story_of(bench.store, "run-2")
    assert [each.run for each in story.steps] == ["run-1", "run-2"]
    assert again(story) == step_json(finished.plan)


def test_the_first_run_starts_from_nothing():
    bench = Bench()
    finished = bench.run(holding("AAPL", "10"))
    assert again(story_of(bench.store, "run-1")) == step_json(finished.plan)


def test_a_break_about_an_instrument_is_told_again():
    """Its step tells the instrument as the book knew it, its row as the venue did."""
    bench = Bench()
    contract = Instrument(symbol="ESZ6", asset_class="future", multiplier=Decimal(50))
    bench.venue.instruments = (contract,)
    row = holding("ESZ6", "1")._replace(asset_class="future", multiplier="50", currency="USD")
    bench.run(row)
    bench.venue.instruments = (replace(contract, multiplier=Decimal(500)),)
    finished = bench.run(row._replace(multiplier="500"))
    assert [each.kind for each in finished.plan.breaks] == ["reference"]
    assert again(story_of(bench.store, "run-2")) == step_json(finished.plan)
    whole = story_of(bench.store, "run-2", is_whole=True)
    assert again(whole) == step_json(finished.plan)


def test_what_a_run_remembers_comes_along():
    bench = Bench()
    bench.run(holding("A", "1"), *OTHERS)
    bench.run(holding("A", "1"), *OTHERS)
    bench.run(*OTHERS)
    finished = bench.run(*OTHERS)
    story = story_of(bench.store, "run-4")
    assert [each.run for each in story.steps] == ["run-2", "run-3", "run-4"]
    assert [each.kind for each in finished.plan.changes] == ["closed"]
    assert again(story) == step_json(finished.plan)


def test_a_story_may_start_with_the_very_first_run():
    bench = Bench()
    for _ in range(3):
        finished = bench.run(holding("AAPL", "10"))
    story = story_of(bench.store, "run-3", is_whole=True)
    assert [each.run for each in story.steps] == ["run-1", "run-2", "run-3"]
    assert again(story)["tied_out"] is finished.record.tied_out is True


def test_activities_that_the_book_contains_are_not_told_again():
    bench = Bench()
    bench.run(holding("AAPL", "10"))
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=bench.clock.now()),)
    for _ in range(3):
        bench.run(holding("AAPL", "6"))
    steps = story_of(bench.store, "run-4").steps
    assert [(each.run, each.activities) for each in steps] == [("run-3", ()), ("run-4", ())]


def test_an_activity_that_came_again_with_other_content_is_an_error_again():
    bench = Bench()
    bench.run(holding("AAPL", "10"))
    first = activity("f1", "AAPL", "-4", "130", at=bench.clock.now())
    bench.venue.activities = (first,)
    bench.run(holding("AAPL", "6"))
    for _ in range(3):
        bench.run(holding("AAPL", "6"))
    bench.venue.activities = (replace(first, price=Decimal("131")),)
    finished = bench.run(holding("AAPL", "6"))
    assert (finished.record.outcome, finished.record.tied_out) == ("partial", False)
    story = story_of(bench.store, "run-6")
    assert [each.run for each in story.steps] == [f"run-{number}" for number in range(2, 7)]
    assert again(story) == step_json(finished.plan)


def test_a_contradiction_whose_first_report_is_not_kept_is_said():
    bench = Bench()
    bench.run(holding("AAPL", "10"))
    first = activity("f1", "AAPL", "-4", "130", at=bench.clock.now())
    bench.venue.activities = (first,)
    bench.run(holding("AAPL", "6"))
    bench.run(holding("AAPL", "6"))
    bench.store.forget_evidence(bench.clock.now())
    bench.venue.activities = (replace(first, price=Decimal("131")),)
    bench.run(holding("AAPL", "6"))
    with pytest.raises(NoEvidence, match=r"f1 came again with other content .* is not kept any"):
        story_of(bench.store, "run-4")


def test_another_spelling_of_a_known_activity_needs_no_longer_story():
    bench = Bench()
    bench.run(holding("BTC/USD", "1"))
    first = activity("f1", "BTC/USD", "1", "60000", at=bench.clock.now())
    bench.venue.activities = (first,)
    bench.run(holding("BTC/USD", "2"))
    bench.run(holding("BTC/USD", "2"))
    bench.venue.activities = (replace(first, symbol="BTCUSD"),)
    finished = bench.run(holding("BTC/USD", "2"))
    assert finished.record.outcome == "applied"
    story = story_of(bench.store, "run-4")
    assert [each.run for each in story.steps] == ["run-3", "run-4"]


def test_a_held_run_that_a_person_rejected_is_a_step_that_is_held_again():
    bench = Bench()
    bench.run(holding("AAPL", "10"), *OTHERS)
    bench.venue.activities = (activity("f1", "AAPL", "-4", "130", at=bench.clock.now()),)
    held = bench.run()
    reject(bench.order, held.record.id, parts=bench.parts)
    finished = bench.run(holding("AAPL", "5"), *OTHERS)
    story = story_of(bench.store, "run-4")
    assert [each.run for each in story.steps] == ["run-1", "run-2", "run-3", "run-4"]
    statement = run_case(told(story))
    assert [plan.outcome for plan in statement.plans] == ["applied", "held", "applied", "applied"]
    assert step_json(statement.plans[1]) == step_json(held.plan)
    assert book_json(statement.book) == book_json(finished.after)


def test_a_failed_run_is_told_with_its_failure():
    bench = Bench()
    bench.run(holding("AAPL", "10"))
    bench.venue.error = VenueUnavailable("down", venue="paper")
    finished = bench.run()
    assert again(story_of(bench.store, "run-2")) == step_json(finished.plan)


def test_an_unsettled_account_does_not_make_a_story_without_end():
    bench = Bench(policy=Policy(truth="manual"))
    bench.run(holding("AAPL", "10"))
    for _ in range(STEPS_MAX + 5):
        bench.run(holding("AAPL", "9"))
    story = story_of(bench.store, f"run-{STEPS_MAX + 6}")
    assert len(story.steps) <= STEPS_MAX


def test_a_story_starts_later_where_earlier_evidence_is_not_kept():
    bench = Bench()
    bench.run(holding("A", "1"), *OTHERS)
    bench.run(*OTHERS)
    gone = bench.clock.now()
    finished = bench.run(*OTHERS)
    bench.store.forget_evidence(gone)
    story = story_of(bench.store, "run-3")
    assert [each.run for each in story.steps] == ["run-3"]
    assert [each.kind for each in finished.plan.changes] == ["closed"]
    with pytest.raises(NoEvidence, match="is not kept any more"):
        story_of(bench.store, "run-3", is_whole=True)


def test_evidence_that_is_not_kept_any_more_is_said():
    bench = Bench()
    bench.run(holding("AAPL", "10"))
    bench.store.forget_evidence(bench.clock.now())
    with pytest.raises(NoEvidence, match="run-1 is not kept any more"):
        story_of(bench.store, "run-1")
    with pytest.raises(NoEvidence, match="there is no run nope"):
        story_of(bench.store, "nope")


def test_a_run_that_wrote_nothing_has_nothing_to_run_again():
    bench = Bench()
    finished = bench.run(holding("AAPL", "10"))
    bench.store.record_run(ACCOUNT, replace(finished.record, id="lost"), ())
    with pytest.raises(NoEvidence, match="lost wrote nothing to the journal"):
        story_of(bench.store, "lost")


def test_what_was_read_is_kept_to_the_last_digit():
    bench = Bench()
    long = holding("AAPL", "0.123456789012345678901234567890", average="19660.5738784516887649")
    bench.venue.activities = (
        activity("f1", "AAPL", "0.10", "19660.5738784516887649", at=bench.clock.now()),
    )
    bench.run(long)
    observation = observation_in(bench.store.evidence("run-1"), run="run-1")
    assert observation is not None
    assert observation.snapshot is not None
    assert observation.snapshot.holdings == (long,)
    assert observation.activities == bench.venue.activities
    assert str(observation.activities[0].quantity) == "0.10"
