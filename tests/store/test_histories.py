"""Generated histories through the core and the store: the book is the core's at every step."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

import pytest

from core.driving import Step, empty_book, in_any_order, policy_of, run, steps_of, whole_fold
from core.histories import ANYTHING, history
from store.plans import commit_of
from tieout.core.book import Book
from tieout.core.pnl import Totals, total_of
from tieout.core.policy import Policy
from tieout.core.position import Episode
from tieout.core.rebuilding import method_of_book
from tieout.core.working import Folded
from tieout.ports import BookStore, Past
from tieout.store import MemoryStore, SqliteStore, verify

SEEDS = range(60)
FLAVOUR = replace(ANYTHING, length_max=20)


@dataclass(frozen=True)
class Told:
    """A history that went into a store run by run, and the book after each."""

    steps: list[Step]
    books: list[Book]
    policy: Policy

    @property
    def last(self) -> Book:
        return self.books[-1]


def tell(store: BookStore, seed: int) -> Told:
    """One generated history, in any order of arrival."""
    random = Random(seed)
    past = history(random, FLAVOUR)
    arrivals = in_any_order(random, past.activities)
    steps = steps_of(random, arrivals, at=past.end_at)
    books = [empty_book(past)]
    for number, step in enumerate(steps):
        books.append(_commit(store, books[-1], step, policy_of(past), name=f"{seed}-{number}"))
    return Told(steps=steps, books=books[1:], policy=policy_of(past))


def _commit(store: BookStore, book: Book, step: Step, policy: Policy, *, name: str) -> Book:
    """A run on the book as the store has it; what is in memory only checks it."""
    stored = store.load(book.account, activity_ids=[each.id for each in step.activities])
    facts = store.history(book.account.id, book.ledgers)
    ours = replace(stored.book, instruments=book.instruments, facts=facts)
    made = run(ours, step, policy)
    folds = whole_fold(made.after, policy)
    links = {key for key in made.plan.ledgers if made.after.ledgers[key].links}
    pasts = {
        key: _past(folds.get(key))
        for key in made.plan.ledgers
        if key in book.ledgers or key in links
        for key in made.plan.ledgers
        if key in book.ledgers or key in links
    }
    store.commit(commit_of(stored, made.plan, run=name, pasts=pasts))
    return run(book, step, policy).after


def _past(folded: Folded | None) -> Past:
    """What a ledger tells; one that turned out to be another tells nothing itself."""
    return Past(ended=folded.ended, closings=folded.closings) if folded else Past()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> BookStore:
    return MemoryStore() if request.param == "memory" else request.getfixturevalue("empty")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stored_book_is_the_core_s_book(store: BookStore, seed: int):
    told = tell(store, seed)
    account = told.last.account
    stored = store.load(account).book
    assert dict(stored.ledgers) == dict(told.last.ledgers)
    assert stored.state == told.last.state
    assert stored.open_breaks == told.last.open_breaks
    known = {key: facts for key, facts in told.last.facts.items() if facts}
    assert store.history(account.id) == known
    assert verify(store, account.id, method=method_of_book(stored)).problems == ()

    lines = store.realized(account.id)
    total = total_of(Totals({line.currency: line.figures}) for line in lines)
    assert total.minus(told.last.realized).is_nothing

    folds = whole_fold(told.last, told.policy)
    ended = [(key, each) for key, folded in folds.items() for each in folded.ended]
    assert unnamed(store.ended(account.id)) == unnamed(ended)
    assert standing(store, told.last) == expected(folds)


def unnamed(ended: Iterable[tuple[str, Episode]]) -> dict[tuple[str, str], Episode]:
    """Ended episodes by ledger and id. Folding again gives them the present name."""
    return {(key, each.opened_by): replace(each, symbol="") for key, each in ended}


def standing(store: BookStore, book: Book) -> Counter[object]:
    """The closings that hold: those told, less those taken back."""
    count: Counter[object] = Counter()
    for line in store.realized(book.account.id):
        if line.figures.closings:
            key = (line.ledger, line.episode, line.by, line.happened_at, line.currency)
            count[key] += line.figures.closings
    return +count


def expected(folds: Mapping[str, Folded]) -> Counter[object]:
    return Counter(
        (key, episode, each.by, each.at, each.currency)
        for key, folded in folds.items()
        for episode, each in folded.closings
    )


@pytest.mark.parametrize("seed", SEEDS[::6])
def test_every_past_state_is_the_book_of_then(store: BookStore, seed: int):
    told = tell(store, seed)
    for step, book in zip(told.steps, told.books, strict=True):
        assert store.ledgers_as_of(book.account.id, step.now) == dict(book.ledgers)
        lines = store.realized(book.account.id, known_at=step.now)
        total = total_of(Totals({line.currency: line.figures}) for line in lines)
        assert total.minus(book.realized).is_nothing


@pytest.mark.parametrize("seed", SEEDS[::6])
def test_a_store_opened_anew_goes_on_where_it_was(empty: SqliteStore, seed: int):
    told = tell(empty, seed)
    assert empty.path is not None
    again = SqliteStore(empty.path)
    account = told.last.account
    assert dict(again.load(account).book.ledgers) == dict(told.last.ledgers)
    assert again.load(account).head == empty.load(account).head
    again.close()
