"""Generated histories driven through the core: arrivals, runs, and the whole fold of a book."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.histories import BEGIN, History
from tieout.core.activity import Activity
from tieout.core.book import Account, AccountId, Book
from tieout.core.codec import to_plain
from tieout.core.draft import Draft
from tieout.core.instrument import LedgerId
from tieout.core.plan import Plan
from tieout.core.policy import Policy
from tieout.core.snapshot import Failure, Snapshot
from tieout.core.tieout import tie_out
from tieout.core.working import Folded

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one run is given."""

    activities: tuple[Activity, ...] = ()
    snapshot: Snapshot | Failure | None = None
    now: datetime = BEGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: the book before it, what it was given, what it planned, the book after it."""

    before: Book
    step: Step
    plan: Plan
    after: Book


def empty_book(history: History, *, venue: str = "alpaca") -> Book:
    """An account of which nothing is known but its instruments."""
    return Book(account=Account(id=AccountId("main"), venue=venue), instruments=history.instruments)


def policy_of(history: History, **choices: Any) -> Policy:
    return Policy(cost_basis=history.cost_basis, **choices)


def run(book: Book, step: Step, policy: Policy) -> Run:
    plan = tie_out(book, step.snapshot, step.activities, policy=policy, now=step.now)
    return Run(before=book, step=step, plan=plan, after=book.after(plan))


def runs(book: Book, steps: Iterable[Step], policy: Policy) -> Iterator[Run]:
    """One run after the other, each on the book that the one before left."""
    for step in steps:
        made = run(book, step, policy)
        yield made
        book = made.after


def last_book(book: Book, steps: Iterable[Step], policy: Policy) -> Book:
    for made in runs(book, steps, policy):
        book = made.after
    return book


def batches(random: Random, activities: Sequence[Activity]) -> list[tuple[Activity, ...]]:
    """The activities cut into pieces, in the order they are given."""
    pieces, rest = [], list(activities)
    while rest:
        size = random.randint(1, max(1, len(rest)))
        pieces.append(tuple(rest[:size]))
        rest = rest[size:]
    return pieces


def in_any_order(random: Random, activities: Sequence[Activity]) -> list[Activity]:
    """The activities shuffled, some of them told two or three times."""
    told = [*activities, *(each for each in activities if random.random() < 0.3)]
    random.shuffle(told)
    return told


def steps_of(random: Random, activities: Sequence[Activity], *, at: datetime) -> list[Step]:
    """The activities as they arrive over some runs without snapshots."""
    pieces = batches(random, activities)
    return [
        Step(activities=piece, now=at + HOUR * number)
        for number, piece in enumerate(pieces, start=1)
    ]


def whole_fold(book: Book, policy: Policy) -> dict[LedgerId, Folded]:
    """Every ledger folded from its first fact; what was joined to another is told there."""
    draft = Draft(book, policy=policy, now=BEGIN)
    return {
        key: draft.by_method(key, draft.method, until=None)
        for key, ledger in book.ledgers.items()
        if ledger.joined is None
    }


def told(book: Book, policy: Policy) -> dict[str, Any]:
    """A book as plain material, without the order in which things were heard of."""
    positions = {}
    for key, folded in whole_fold(book, policy).items():
        ledger = book.ledgers[key]
        assert ledger.instrument.symbol not in positions
        positions[ledger.instrument.symbol] = {
            "position": to_plain(ledger.position),
            "totals": to_plain(ledger.totals.by_currency),
            "closings": to_plain(folded.closings),
            "ended": to_plain(folded.ended),
        }
    return {
        "positions": dict(sorted(positions.items())),
        "realized": dict(sorted(to_plain(book.realized.by_currency).items())),
    }
