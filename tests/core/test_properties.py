"""What must hold for every history, whatever arrives when: fold, plan, snapshots, journal."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from core.driving import (
    Run,
    Step,
    empty_book,
    in_any_order,
    last_book,
    policy_of,
    run,
    runs,
    steps_of,
    told,
    whole_fold,
)
from core.histories import ANYTHING, Flavour, History, history, snapshot
from core.seeds import holds_for_generated_histories
from core.stories import CORRUPTIONS, INCONCLUSIVE, SECOND, story
from tieout.core.book import Book
from tieout.core.codec import from_plain, to_plain
from tieout.core.facts import Fact, Observed
from tieout.core.instrument import LedgerId
from tieout.core.journal import GENESIS, Entry, check_chain, entries_of, facts_in, ledger_after
from tieout.core.needs import history_needed
from tieout.core.plan import Change
from tieout.core.pnl import total_of
from tieout.core.policy import Policy
from tieout.core.position import Episode, Ledger
from tieout.core.rebuilding import rebuild
from tieout.core.snapshot import Snapshot
from tieout.core.tieout import tie_out

# A rename that is not announced is only seen where the venue has ids.
SEEN_BY_ID = Flavour(venue_ids=True, renames_max=1, refusals=False)
LIVED = Flavour(renames_max=0, refusals=False)
PLAIN = replace(LIVED, splits=False, corrections=False)


def any_policy(random: Random, lived: History) -> Policy:
    return policy_of(
        lived,
        on_missing=random.choice(("flag", "close", "delete")),
        missing_confirmations=random.choice((1, 2)),
        guard_close_min=random.choice((3, 99)),
        guard_empty=random.random() < 0.5,
    )


def any_story(random: Random) -> tuple[Policy, list[Run]]:
    """A history as it was lived through, run by run."""
    lived = history(random, random.choice((SEEN_BY_ID, LIVED)))
    policy = any_policy(random, lived)
    return policy, list(runs(empty_book(lived), story(random, lived), policy))


# Arrival


@holds_for_generated_histories(share=0.18, kept=(1814, 313, 1051, 919, 781, 816))
def test_any_order_and_any_repetition_of_activities_give_the_same_book(random: Random) -> None:
    lived = history(random, ANYTHING)
    policy, book = policy_of(lived), empty_book(lived)
    at_once = last_book(book, [Step(activities=lived.activities, now=lived.end_at)], policy)
    shuffled = in_any_order(random, lived.activities)
    piecemeal = last_book(book, steps_of(random, shuffled, at=lived.end_at), policy)
    assert told(piecemeal, policy) == told(at_once, policy)


@holds_for_generated_histories(share=0.08)
def test_what_is_known_already_changes_nothing_when_it_comes_again(random: Random) -> None:
    lived = history(random, ANYTHING)
    policy = policy_of(lived)
    step = Step(activities=lived.activities, now=lived.end_at)
    once = run(empty_book(lived), step, policy)
    again = run(once.after, replace(step, activities=tuple(in_any_order(random, step.activities))),
                policy)  # fmt: skip
    assert again.plan.changes == ()
    assert again.plan.errors == ()
    assert again.after == once.after


@holds_for_generated_histories(share=0.08, kept=(1001215,))
def test_when_all_is_heard_the_book_is_that_of_the_order_of_time(random: Random) -> None:
    """Whatever snapshots showed in between: late news replaces what they made us book."""
    lived = history(random, PLAIN)
    policy = policy_of(lived, on_missing="close", missing_confirmations=random.choice((1, 2)))
    book = last_book(empty_book(lived), story(random, lived, broken=False), policy)
    if has_inferred_split(book):
        return
    at_once = Step(activities=lived.activities, now=lived.end_at)
    expected = told(last_book(empty_book(lived), [at_once], policy), policy)
    assert told(book, policy) == expected


def has_inferred_split(book: Book) -> bool:
    facts = (fact for known in book.facts.values() for fact in known)
    return any(isinstance(fact, Observed) and fact.ratio is not None for fact in facts)


# Folding


@holds_for_generated_histories(share=0.07, kept=(463, 322))
def test_what_is_added_at_the_end_gives_what_the_whole_history_gives(random: Random) -> None:
    policy, lived_through = any_story(random)
    for made in lived_through:
        for key, folded in whole_fold(made.after, policy).items():
            ledger = made.after.ledgers[key]
            assert to_plain(ledger.position) == to_plain(folded.position), key
            assert to_plain(ledger.totals) == to_plain(folded.totals), key
            assert ledger.last_at == folded.last_at, key
        rebuilt = rebuild(made.after)
        for key, ledger in made.after.ledgers.items():
            assert to_plain(rebuilt[key]) == to_plain(ledger), key


# Plans


@holds_for_generated_histories(share=0.12)
def test_the_plan_is_what_the_sync_then_does(random: Random) -> None:
    lived = history(random, LIVED)
    policy = any_policy(random, lived)
    for made in runs(empty_book(lived), story(random, lived), policy):
        known = repr(made.before)
        assert run(made.before, made.step, policy).plan == made.plan
        assert repr(made.before) == known
        check_told(made)


def check_told(made: Run) -> None:
    """Every quantity that moved and every figure that was realized is in a change, once."""
    moved: dict[LedgerId, list[Change]] = {}
    for change in made.plan.changes:
        if change.kind in ("missing", "invalid"):
            continue
        moved.setdefault(change.ledger, []).append(change)
    for key, ledger in made.after.ledgers.items():
        before = made.before.ledgers.get(key, Ledger(id=key, instrument=ledger.instrument))
        changes = moved.pop(key, [])
        assert [change.before for change in changes] == [
            before.quantity, *(change.after for change in changes)
        ][: len(changes)], key  # fmt: skip
        assert (changes[-1].after if changes else before.quantity) == ledger.quantity, key
    assert not moved
    realized = total_of(change.realized for change in made.plan.changes if change.realized)
    assert realized.same_money(made.after.realized.minus(made.before.realized))


@holds_for_generated_histories(share=0.05, kept=(1001413,))
def test_no_more_history_is_needed_than_is_asked_for(random: Random) -> None:
    policy, lived_through = any_story(random)
    for made in lived_through:
        step, book = made.step, made.before
        needed = history_needed(book, step.snapshot, step.activities)
        arriving = {activity.id for activity in step.activities}
        lean = replace(
            book,
            facts={key: facts for key, facts in book.facts.items() if key in needed},
            digests={key: known for key, known in book.digests.items() if key in arriving},
        )
        again = tie_out(lean, step.snapshot, step.activities, policy=policy, now=step.now)
        assert again == made.plan


# Snapshots


@holds_for_generated_histories(share=0.14)
def test_where_the_broker_is_right_the_book_follows_and_then_ties_out(random: Random) -> None:
    lived = history(random, LIVED)
    policy = policy_of(
        lived, on_missing="close", missing_confirmations=1, guard_empty=False, guard_close_min=99
    )
    heard = tuple(each for each in lived.activities if random.random() < 0.6)
    at = lived.end_at + SECOND
    sight = snapshot(lived.truth(), at=at, random=random)
    first = run(book_with_history(lived, policy), Step(activities=heard, now=at), policy)
    second = run(first.after, Step(snapshot=sight, now=at), policy)
    third = run(second.after, Step(snapshot=sight, now=at + SECOND), policy)
    check_equal_to(second.after, sight)
    if has_inferred_split(third.after):
        return
    assert third.plan.changes == ()
    costs = [each for each in third.plan.breaks if each.status == "open"]
    assert third.plan.tied_out is not bool(costs)
    for each in costs:  # what is left of our own units keeps its average
        assert each.kind == "cost"
        position = third.after.ledgers[each.ledger or LedgerId("")].position
        assert position is not None
        assert position.basis == "actual"


def book_with_history(lived: History, policy: Policy) -> Book:
    """An account that was looked at once, when it was empty."""
    at = lived.activities[0].at - SECOND
    return run(
        empty_book(lived), Step(snapshot=Snapshot(as_of=at, holdings=()), now=at), policy
    ).after


def check_equal_to(book: Book, sight: Snapshot) -> None:
    """The book holds what the snapshot shows, at its averages where it has no better ones."""
    shown = {row.symbol: row for row in sight.holdings}
    held = {each.instrument.symbol: each for each in book.ledgers.values() if each.quantity}
    assert set(shown) == set(held)
    for symbol, ledger in held.items():
        row, position = shown[symbol], ledger.position
        assert position is not None
        assert Decimal(row.quantity or "") == position.quantity, symbol
        if position.basis == "venue" and row.average_price is not None:
            assert Decimal(row.average_price) == position.average_price(ledger.instrument), symbol


@holds_for_generated_histories(share=0.06)
def test_a_suspicious_snapshot_closes_nothing(random: Random) -> None:
    """Nor do any number of those that prove nothing."""
    lived = history(random, LIVED)
    policy = policy_of(lived, on_missing=random.choice(("flag", "close", "delete")))
    at = lived.end_at + SECOND
    good = snapshot(lived.truth(), at=at, random=random)
    book = run(
        book_with_history(lived, policy),
        Step(activities=lived.activities, snapshot=good, now=at),
        policy,
    ).after
    known = set(book.ledgers)
    for number in range(1, 4):
        kinds = CORRUPTIONS if number == 1 else INCONCLUSIVE
        later = replace(good, as_of=at + SECOND * number)
        sight = random.choice(kinds)(random, later)
        made = run(book, Step(snapshot=sight, now=at + SECOND * number), policy)
        assert not known & {key for key, _ in made.plan.ended}
        for key in known:
            before, after = made.before.ledgers[key].quantity, made.after.ledgers[key].quantity
            assert (after > 0, after < 0) == (before > 0, before < 0), key
        book = made.after


# Journal


@holds_for_generated_histories(share=0.14)
def test_a_book_rebuilt_from_its_journal_is_the_stored_one(random: Random) -> None:
    _, lived_through = any_story(random)
    journal: list[Entry] = []
    for number, made in enumerate(lived_through, start=1):
        journal += entries_of(
            made.plan,
            account="main",
            before=made.before.ledgers,
            run=f"r{number}",
            sequence=len(journal),
            previous=journal[-1].hash if journal else GENESIS,
        )
    assert check_chain(journal) == (len(journal), journal[-1].hash)
    book = lived_through[-1].after
    facts: dict[LedgerId, tuple[Fact, ...]] = {}
    stored: dict[LedgerId, Ledger] = {}
    for entry in journal:
        for fact in facts_in(entry):
            facts[fact.ledger] = (*facts.get(fact.ledger, ()), fact)
        after = ledger_after(entry)
        if after is not None:
            stored[after.id] = after
    assert stored == book.ledgers
    assert facts == book.facts
    assert rebuild(replace(book, facts=facts)) == book.ledgers


@holds_for_generated_histories(share=0.03)
def test_what_is_written_is_read_back_the_same(random: Random) -> None:
    _, lived_through = any_story(random)
    for made in lived_through:
        for fact in made.plan.facts:
            assert from_plain(Fact, to_plain(fact)) == fact
        for ledger in made.plan.ledgers.values():
            assert from_plain(Ledger, to_plain(ledger)) == ledger
        for change in made.plan.changes:
            assert from_plain(Change, to_plain(change)) == change
        for _, episode in made.plan.ended:
            assert from_plain(Episode, to_plain(episode)) == episode
        assert from_plain(type(made.plan), to_plain(made.plan)) == made.plan
