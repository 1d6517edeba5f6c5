"""A run told as a case: the book it started from, and what arrived, step by step."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tieout.core.activity import Activity, ActivityId, content_digest
from tieout.core.book import Book
from tieout.core.codec import from_plain
from tieout.core.errors import TieoutError
from tieout.core.facts import Happened
from tieout.core.instrument import LedgerId, spelling_key
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
    """A moment in the journal, and the runs that came after it.

    `known` is how many activities had been recorded by then.
    """

    ledgers: Mapping[LedgerId, Ledger] = field(default_factory=dict)
    known: int = 0
    runs: tuple[str, ...] = ()


def story_of(store: BookStore, run_id: str, *, is_whole: bool = False) -> Story:
    """A run as a case, with the runs since all was well; or with all runs there were.

    Those runs bring along what this one had to remember: the last prices, a position that was
    missing once before, a break that was seen, a snapshot that was held.
    """
    record = store.run(run_id)
    if record is None:
        raise NoEvidence(f"there is no run {run_id}; `tieout runs` lists them")
    entries = tuple(store.entries(record.account))
    start, steps = _consistent_steps(store, entries, run_id, is_whole=is_whole)
    last = steps[-1]
    told = store.load(last.account).book.instruments
    instruments = {(each.symbol, each.venue_ids): each for each in told}
    for step in steps:
        instruments |= {(each.symbol, each.venue_ids): each for each in step.instruments}
    known = frozenset(each.id for each, _run in _activities(entries)[: start.known])
    return Story(
        policy=last.policy,
        book=Book(
            account=last.account, ledgers=start.ledgers, instruments=tuple(instruments.values())
        ),
        steps=tuple(_without(step, known) for step in steps),
    )


def _consistent_steps(
    store: BookStore, entries: Sequence[Entry], run_id: str, *, is_whole: bool
) -> tuple[Start, list[Observation]]:
    """Where the story starts, and its steps: early enough that what an activity said at first is
    told, where it came again with other content."""
    recorded = _activities(entries)
    since: str | None = None
    while True:
        start, steps = _kept_steps(store, entries, run_id, is_whole=is_whole, since=since)
        found = _first_contradicted(recorded[: start.known], steps)
        if found is None:
            return start, steps
        activity, run = found
        if run == since:
            raise NoEvidence(
                f"activity {activity} came again with other content in or before run {run_id},"
                " and the evidence of what it said at first is not kept any more"
            )
        since = run


def _first_contradicted(
    known: Sequence[tuple[Activity, str]], steps: Iterable[Observation]
) -> tuple[ActivityId, str] | None:
    """The first of the known activities that a step tells with other content, and its run."""
    told: dict[ActivityId, list[Activity]] = {}
    for step in steps:
        for activity in step.activities:
            told.setdefault(activity.id, []).append(activity)
    for first, run in known:
        if any(not _is_same(first, other) for other in told.get(first.id, ())):
            return first.id, run
    return None


def _is_same(first: Activity, other: Activity) -> bool:
    """Whether two reports say the same, spellings aside."""
    if spelling_key(first.symbol) == spelling_key(other.symbol):
        other = replace(other, symbol=first.symbol)
    return content_digest(first) == content_digest(other)


def _kept_steps(
    store: BookStore, entries: Sequence[Entry], run_id: str, *, is_whole: bool, since: str | None
) -> tuple[Start, list[Observation]]:
    """Where the story starts, and its steps; it starts later where evidence is not kept."""
    lost: set[str] = set()
    while True:
        start = start_of(entries, run_id, lost=lost, since=since, is_whole=is_whole)
        found = {each: observation_in(store.evidence(each), run=each) for each in start.runs}
        missing = [each for each, observation in found.items() if observation is None]
        if not missing:
            return start, [each for each in found.values() if each is not None]
        if is_whole or missing[-1] == run_id:
            raise NoEvidence(f"the evidence of run {missing[-1]} is not kept any more")
        lost.update(missing)


def start_of(
    entries: Iterable[Entry],
    run_id: str,
    *,
    lost: Collection[str] = (),
    since: str | None = None,
    is_whole: bool = False,
) -> Start:
    """Where the story of a run starts: with the last run after which all was well.

    Not later than with the run `since`, though, and after those whose evidence is lost.
    """
    ledgers: dict[LedgerId, Ledger] = {}
    known = 0
    before = start = Start()
    for entry in entries:
        after = ledger_after(entry)
        if after is not None:
            ledgers[after.id] = after
        known += len(_activities((entry,)))
        if entry.kind != RUN_KIND:
            continue
        longer = replace(start, runs=(*start.runs, entry.run))
        if entry.run == run_id:
            return longer
        here = Start(ledgers=dict(ledgers), known=known)
        starts_anew = len(longer.runs) >= STEPS_MAX or _is_quiet(entry, ledgers.values())
        if entry.run in lost:
            start = here
        elif starts_anew and not is_whole:
            start = replace(before, runs=(entry.run,))
        else:
            start = longer
        is_whole = is_whole or entry.run == since
        before = here
    raise NoEvidence(f"run {run_id} wrote nothing to the journal, there is nothing to run again")


def _activities(entries: Iterable[Entry]) -> list[tuple[Activity, str]]:
    """The activities that entries record, each with the run that brought it."""
    return [
        (fact.activity, entry.run)
        for entry in entries
        for fact in facts_in(entry)
        if isinstance(fact, Happened)
    ]


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
        and all(found.get("status", "open") == "resolved" for found in material["breaks"])
        and state.held is None
        and any(ledger.position is not None for ledger in ledgers)
    )


def _without(step: Observation, known: frozenset[ActivityId]) -> Observation:
    """The step without the activities that the book it starts from contains."""
    fresh = tuple(each for each in step.activities if each.id not in known)
    return replace(step, activities=fresh)
