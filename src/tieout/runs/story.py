"""A run told as a case: the book it started from, and what arrived, step by step."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tieout.core.activity import ActivityId
from tieout.core.book import Book
from tieout.core.codec import from_plain
from tieout.core.errors import TieoutError
from tieout.core.facts import Happened
from tieout.core.instrument import LedgerId
from tieout.core.journal import RUN_KIND, Entry, facts_in, ledger_after
from tieout.core.plan import AccountState
from tieout.core.policy import Policy
from tieout.core.position import Ledger
from tieout.ports import BookStore
from tieout.runs.evidence import Observation, observation_in

STEPS_MAX = 50


class NoEvidence(TieoutError):
    """What a run had to go by is not kept, or not any more."""

    code = "no_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A run with what led to it: the book it starts from, and the steps up to the run."""

    policy: Policy
    book: Book
    steps: tuple[Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A moment in the journal, and the runs that came after it."""

    ledgers: Mapping[LedgerId, Ledger] = field(default_factory=dict)
    known: frozenset[ActivityId] = frozenset()
    runs: tuple[str, ...] = ()


def story_of(store: BookStore, run_id: str, *, is_whole: bool = False) -> Story:
    """A run as a case: from the last moment at which nothing was open, or from the first run.

    Starting before the run itself brings along what it had to remember: a position that was
    missing once before, a break that was seen, a snapshot that was held.
    """
    record = store.run(run_id)
    if record is None:
        raise NoEvidence(f"there is no run {run_id}; `tieout runs` lists them")
    start = start_of(store.entries(record.account), run_id, is_whole=is_whole)
    steps = [_kept(store, each) for each in start.runs]
    last = steps[-1]
    known = {
        (each.symbol, each.venue_ids): each for each in store.load(last.account).book.instruments
    }
    known |= {(each.symbol, each.venue_ids): each for step in steps for each in step.instruments}
    return Story(
        policy=last.policy,
        book=Book(account=last.account, ledgers=start.ledgers, instruments=tuple(known.values())),
        steps=tuple(_without(step, start.known) for step in steps),
    )


def start_of(entries: Iterable[Entry], run_id: str, *, is_whole: bool) -> Start:
    """Where the story of a run starts: the latest quiet moment before it, if not too far back."""
    ledgers: dict[LedgerId, Ledger] = {}
    known: set[ActivityId] = set()
    start = Start()
    for entry in entries:
        after = ledger_after(entry)
        if after is not None:
            ledgers[after.id] = after
        known.update(fact.activity.id for fact in facts_in(entry) if isinstance(fact, Happened))
        if entry.kind != RUN_KIND:
            continue
        start = replace(start, runs=(*start.runs, entry.run))
        if entry.run == run_id:
            return start
        is_too_long = len(start.runs) >= STEPS_MAX
        if not is_whole and (is_too_long or _is_quiet(entry, ledgers.values())):
            start = Start(ledgers=dict(ledgers), known=frozenset(known))
    raise NoEvidence(f"run {run_id} wrote nothing to the journal, there is nothing to run again")


def _is_quiet(entry: Entry, ledgers: Collection[Ledger]) -> bool:
    """Whether a run left nothing behind but positions: no break, no doubt, nothing held."""
    material = json.loads(entry.payload)
    state = from_plain(AccountState, material["state"])
    is_settled = all(
        ledger.reconciliation == "SYNCED" and not ledger.misses and not ledger.has_waiting
        for ledger in ledgers
    )
    return (
        is_settled
        and material["tied_out"] is True
        and not material["breaks"]
        and state.held is None
        and any(ledger.position is not None for ledger in ledgers)
    )


def _kept(store: BookStore, run_id: str) -> Observation:
    observation = observation_in(store.evidence(run_id))
    if observation is None:
        raise NoEvidence(f"the evidence of run {run_id} is not kept any more")
    return observation


def _without(step: Observation, known: frozenset[ActivityId]) -> Observation:
    """The step without the activities that the book it starts from contains."""
    fresh = tuple(each for each in step.activities if each.id not in known)
    return replace(step, activities=fresh)
