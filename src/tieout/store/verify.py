"""Whether a book is still what its journal says, and if not, what was changed first.

The journal is a chain of hashes. Its end is in the account's row, and every run's own record
holds the beginning of the hash of each entry that the run wrote: so a tail that was cut off, or
a chain that somebody computed anew, does not agree with them. All other tables are compared with
what the journal says, or with the digests in the run records.

Whoever rewrites the chain, the account *and* the run records leaves nothing to compare with. Only
an anchor kept somewhere else finds that: `anchor` gives one, to be noted down from time to time,
and `verify` takes it as `expected`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from tieout.core.book import AccountId
from tieout.core.errors import JournalError, StoreError
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.journal import GENESIS, Entry, check_chain
from tieout.core.movements import Method
from tieout.core.position import Ledger
from tieout.core.rebuilding import is_as_folded
from tieout.store.checks import Problem, Told, row_problems
from tieout.store.evidence import LINK_BYTES
from tieout.store.inspection import Inspection
from tieout.store.reading import facts_by_ledger
from tieout.store.rows import JournalRow, RunRow, entry_of, program_version

PROBLEMS_MAX = 100

Rebuild = Callable[[Mapping[LedgerId, tuple[Fact, ...]]], Mapping[LedgerId, Ledger]]


class Inspectable(Protocol):
    """A store whose rows can be looked at as they are."""

    def inspected(self) -> Sequence[AccountId]: ...

    def inspection(self, account: AccountId) -> AbstractContextManager[Inspection]: ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of a journal at some moment, short enough to be written down.

    >>> Anchor.read("2:" + "ab" * 32).sequence
    2
    """

    sequence: int
    head: str

    def text(self) -> str:
        return f"{self.sequence}:{self.head}"

    @classmethod
    def read(cls, text: str) -> "Anchor":
        """The anchor that `text` printed; StoreError where it is none."""
        sequence, _, head = text.strip().partition(":")
        if not sequence.isdecimal() or len(head) != len(GENESIS):
            raise StoreError(f"{text!r} is no anchor; one looks like 12:{'ab' * 32}")
        return cls(int(sequence), head)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `verify` found: how much journal there is, its end, and what is wrong."""

    account: AccountId
    anchor: Anchor
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        return not self.problems

    @property
    def first_bad_entry(self) -> int | None:
        """The first journal entry that is wrong; None where the journal itself is sound."""
        wrong = [each.sequence for each in self.problems if each.sequence is not None]
        return min(wrong, default=None)


def anchor(store: Inspectable, account: AccountId) -> Anchor:
    """The present end of an account's journal, to be kept elsewhere."""
    with store.inspection(account) as found:
        row = found.account
        return Anchor(row.sequence, row.head) if row else Anchor(0, GENESIS)


def verify(
    store: Inspectable,
    account: AccountId,
    *,
    expected: Anchor | None = None,
    rebuild: Rebuild | None = None,
    method: Method | None = None,
) -> VerifyReport:
    """Compare everything stored of an account with its journal, and the journal with itself.

    `rebuild` folds facts into ledgers; with it every position is computed anew. `method` is how
    the account keeps cost; with it what each entry left is computed anew as well. Evidence and
    events are compared with what their runs noted; those that are gone were let go of.
    """
    with store.inspection(account) as found:
        told = Told(account, method)
        problems = list(islice(_problems(found, told, expected, rebuild), PROBLEMS_MAX))
        return VerifyReport(
            account=account, anchor=Anchor(told.sequence, told.head), problems=tuple(problems)
        )


def _problems(
    found: Inspection, told: Told, expected: Anchor | None, rebuild: Rebuild | None
) -> Iterator[Problem]:
    for complaint in found.complaints:
        yield Problem("database", complaint)
    try:
        check_chain(_entries(found, told, expected))
    except JournalError as wrong:
        yield Problem("journal", str(wrong), sequence=wrong.sequence)
        return
    wrong_anchors = [*_anchor_problems(found, told)]
    wrong_journal = wrong_anchors or [
        *_unfit_problems(found, told),
        *_expected_problems(told, expected),
    ]
    yield from wrong_journal
    if wrong_journal:
        return
    yield from row_problems(found, told)
    if rebuild is not None:
        yield from _rebuilt_problems(found, told, rebuild)


def _entries(found: Inspection, told: Told, expected: Anchor | None) -> Iterator[Entry]:
    """The journal's entries; each is remembered once the chain has accepted it."""
    for row in found.entries():
        try:
            entry = entry_of(row)
            _check_types(row)
        except (TypeError, ValueError) as failure:
            message = f"entry {told.sequence + 1} cannot be read: {failure}"
            raise JournalError(message, sequence=told.sequence + 1) from failure
        yield entry
        try:
            told.take(entry)
        except (ArithmeticError, LookupError, TypeError, ValueError) as failure:
            message = f"entry {entry.sequence} does not say what an entry says: {failure!r}"
            raise JournalError(message, sequence=entry.sequence) from failure
        if expected is not None and entry.sequence == expected.sequence:
            told.hash_at_anchor = entry.hash


def _check_types(row: JournalRow) -> None:
    texts = (row.run, row.kind, row.payload, row.previous, row.hash, row.ledger or "")
    if not all(isinstance(each, str) for each in texts):
        raise TypeError("a column that is a text holds something else")


def _anchor_problems(found: Inspection, told: Told) -> Iterator[Problem]:
    """Where the journal is not the one that the runs wrote, or does not end where it should."""
    reached = 0
    version = 0
    for run in found.runs():
        version += 1
        if run.version != version or run.first_sequence != reached + 1:
            message = f"the record of the run that wrote entry {reached + 1} is gone"
            yield Problem("run", message, sequence=reached + 1)
            return
        wrong = _first_wrong_link(run, told)
        if wrong is not None:
            yield _wrong_link(wrong, run, told)
            return
        reached = run.last_sequence or 0
    if told.sequence > reached:
        message = f"entry {reached + 1} was written by no run"
        yield Problem("journal", message, sequence=reached + 1)
    yield from _head_problems(found, told, version)


def _first_wrong_link(run: RunRow, told: Told) -> int | None:
    """The first entry of a run whose hash is not the one that the run noted."""
    first, last = run.first_sequence or 0, run.last_sequence or 0
    links = run.links or b""
    theirs = bytes(told.links[(first - 1) * LINK_BYTES : last * LINK_BYTES])
    if theirs == links and len(links) == (last + 1 - first) * LINK_BYTES:
        return None
    for sequence in range(first, last):
        place = slice((sequence - first) * LINK_BYTES, (sequence + 1 - first) * LINK_BYTES)
        if theirs[place] != links[place]:
            return sequence
    return last


def _wrong_link(sequence: int, run: RunRow, told: Told) -> Problem:
    if sequence > told.sequence:
        message = f"entry {sequence}, which run {run.id} wrote, is gone"
    else:
        message = f"entry {sequence} is not the one that run {run.id} wrote"
    return Problem("journal", message, sequence=sequence)


def _head_problems(found: Inspection, told: Told, version: int) -> Iterator[Problem]:
    row = found.account
    if row is None:
        if told.sequence:
            yield Problem("account", "the account is gone, its journal is there", sequence=1)
        return
    if row.sequence > told.sequence:
        message = f"the journal ends before entry {told.sequence + 1}; there were {row.sequence}"
        yield Problem("journal", message, sequence=told.sequence + 1)
    elif row.sequence < told.sequence:
        message = f"the account says that the journal ends with entry {row.sequence}"
        yield Problem("account", message, sequence=row.sequence + 1)
    elif row.head != told.head:
        message = f"entry {told.sequence} is not the one that the account says it ends with"
        yield Problem("account", message, sequence=told.sequence)
    if row.version != version:
        message = f"the account is at version {row.version}, and there are {version} runs"
        yield Problem("account", message)


def _unfit_problems(found: Inspection, told: Told) -> Iterator[Problem]:
    """Entries that do not go on from where those before them ended."""
    unfit = told.succession.unfit()
    advice = _other_rules(found) if unfit else ""
    for each in unfit:
        message = f"{each.message}: {advice}" if each.is_folded else each.message
        yield Problem("journal", message, sequence=each.sequence, key=each.ledger)


def _other_rules(found: Inspection) -> str:
    """What else it may be that facts do not give what the book has, and how to tell."""
    programs = {run.program for run in found.runs()}
    named = sorted(each for each in programs if each is not None)
    wrote = ["one that noted no version"] if None in programs else []
    return (
        f"they were changed, or the Tieout that wrote them ({', '.join([*wrote, *named])}; this is"
        f" {program_version()}) folded facts by other rules. That version's own `tieout verify`"
        " tells: if it finds the book sound, nothing was changed; keep the file and sync into a"
        " new one"
    )


def _expected_problems(told: Told, expected: Anchor | None) -> Iterator[Problem]:
    if expected is None or not expected.sequence:
        return
    if told.hash_at_anchor is None:
        message = f"the journal ends before entry {expected.sequence}, which was noted"
        yield Problem("journal", message, sequence=told.sequence + 1)
    elif told.hash_at_anchor != expected.head:
        message = (
            f"entry {expected.sequence} is not the one that was noted; it or one before is new"
        )
        yield Problem("journal", message, sequence=expected.sequence)


def _rebuilt_problems(found: Inspection, told: Told, rebuild: Rebuild) -> Iterator[Problem]:
    """Positions that the facts do not give when they are folded again."""
    facts = told.succession.facts or facts_by_ledger(entry_of(row) for row in found.entries())
    rebuilt = rebuild({key: tuple(each) for key, each in facts.items()})
    for key, ledger in told.ledgers():
        folded = rebuilt.get(key)
        position = folded.position if folded is not None else None
        if not is_as_folded(ledger.position, position):
            message = f"{key}: its facts give another position: {_other_rules(found)}"
            yield Problem("ledger", message, key=key)
