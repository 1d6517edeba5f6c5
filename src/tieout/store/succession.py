"""Whether each entry of a journal goes on from where the last one of its ledger ended.

Hashes say that nothing was changed since they were computed, and anybody can compute them anew.
What the entries say cannot be made up as easily: each ledger was found as it was left, and its
facts give what it was left as. Both are looked at while the journal is followed, run by run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tieout.core.facts import CostSet, Fact, needs_history
from tieout.core.instrument import LedgerId
from tieout.core.journal import RUN_KIND, Entry, facts_in
from tieout.core.movements import Method
from tieout.core.position import Ledger, Position
from tieout.core.rebuilding import blank, is_as_folded
from tieout.core.rollforward import fold
from tieout.store.codec import ledgers_in, read_ledger

_Folded = tuple[LedgerId, Position | None]

FACTS_AGAIN_MAX = 200_000  # how many facts are folded again, at most, where entries are late


@dataclass(frozen=True, slots=True)
class Unfit:
    """An entry that does not fit the others of its ledger, and what is wrong with it."""

    sequence: int
    ledger: LedgerId
    message: str
    is_folded: bool = False
    """Whether it is the facts that say so, which another version may have folded otherwise."""


@dataclass(frozen=True, slots=True)
class _Left:
    """A ledger as an entry left it; `text` is as the journal has it."""

    sequence: int
    text: str
    ledger: Ledger | None


@dataclass(frozen=True, slots=True)
class _Step:
    """What one entry did to its ledger."""

    sequence: int
    before: Ledger | None
    after: Ledger
    facts: tuple[Fact, ...]


class Succession:
    """The ledgers of a journal from entry to entry; the first misfit of each is kept.

    Without a `method` nothing is folded: only what was found is compared with what was left.
    """

    def __init__(self, method: Method | None) -> None:
        self.facts: dict[LedgerId, list[Fact]] = {}
        self._method = method
        self._left: dict[LedgerId, _Left] = {}
        self._run: dict[LedgerId, _Step] = {}
        self._unfit: dict[LedgerId, Unfit] = {}
        self._again = 0

    def unfit(self) -> Sequence[Unfit]:
        """What does not fit, by entry; at most one for each ledger."""
        return sorted(self._unfit.values(), key=lambda each: each.sequence)

    def take(self, entry: Entry) -> None:
        """Compare one more entry with those before it. ValueError where it cannot be read."""
        if entry.kind == RUN_KIND or entry.ledger is None:
            self._end_run()
            return
        key = entry.ledger
        before, after = ledgers_in(entry.payload)
        left = self._left.get(key)
        if before != (left.text if left else None):
            self._compare(entry, left, before)
        if self._method is not None:
            self._note_step(entry, before, after)
        elif after is not None:
            self._left[key] = _Left(entry.sequence, after, None)

    def _compare(self, entry: Entry, left: _Left | None, before: str | None) -> None:
        """Tell of a ledger that was found otherwise than it was left, however it is spelled."""
        assert entry.ledger is not None, entry.sequence
        found = _read(before)
        was_left = _read(left.text) if left else None
        if found == was_left:
            return
        if left is None or (self._method is not None and _position(found) != _position(was_left)):
            # What was left follows from the facts: so it is this entry that says something else.
            sequence = entry.sequence
            message = f"entry {sequence} found {entry.ledger} otherwise than it was left"
        else:
            sequence = left.sequence
            message = (
                f"entry {sequence} left {entry.ledger} otherwise than entry {entry.sequence},"
                " the next of it, found it"
            )
        self._tell(sequence, entry.ledger, message)

    def _tell(self, sequence: int, key: LedgerId, message: str, *, is_folded: bool = False) -> None:
        self._unfit.setdefault(key, Unfit(sequence, key, message, is_folded))

    # Folding

    def _note_step(self, entry: Entry, before: str | None, after: str | None) -> None:
        """Keep what an entry did until its run is over: ledgers may be tied to one another."""
        assert entry.ledger is not None, entry.sequence
        key, facts = entry.ledger, facts_in(entry)
        for fact in facts:
            self.facts.setdefault(fact.ledger, []).append(fact)
        if after is None:
            return
        left = self._left.get(key)
        was_left = left.ledger if left is not None and left.text == before else _read(before)
        ledger = read_ledger(after)
        self._run[key] = _Step(entry.sequence, was_left, ledger, facts)
        self._left[key] = _Left(entry.sequence, after, ledger)

    def _end_run(self) -> None:
        """Fold what the entries of a run tell, and compare it with what they left."""
        steps, self._run = self._run, {}
        for key, position in self._folded(steps):
            step = steps[key]
            if not is_as_folded(step.after.position, position):
                message = f"the facts of {key} up to entry {step.sequence} give another position"
                self._tell(step.sequence, key, message, is_folded=True)

    def _folded(self, steps: Mapping[LedgerId, _Step]) -> Iterator[_Folded]:
        """The position of each ledger as its facts give it; those that would take long left out."""
        assert self._method is not None or not steps
        known = {key: step for key, step in steps.items() if key not in self._unfit}
        alone = {key: step for key, step in known.items() if not _needs_all(step)}
        if self._method is None or not known:
            return
        start = {key: _start(step) for key, step in alone.items()}
        news = [fact for step in alone.values() for fact in step.facts]
        for key, folded in fold(start, news, method=self._method).items():
            yield key, folded.position
        for key in known.keys() - alone.keys():
            yield from self._folded_again(key)

    def _folded_again(self, key: LedgerId) -> Iterator[_Folded]:
        """The same from all facts of a ledger and of those that are tied to it."""
        tied = self._tied_to(key)
        facts = [fact for each in tied for fact in self.facts.get(each, ())]
        self._again += len(facts)
        if self._again > FACTS_AGAIN_MAX or self._method is None:
            return
        folded = fold({each: blank(tied[each]) for each in tied}, facts, method=self._method)
        yield key, folded[key].position

    def _tied_to(self, key: LedgerId) -> dict[LedgerId, Ledger]:
        found: dict[LedgerId, Ledger] = {}
        waiting = [key]
        while waiting:
            each = waiting.pop()
            left = self._left.get(each)
            if each not in found and left is not None and left.ledger is not None:
                found[each] = left.ledger
                waiting += left.ledger.links
        return found


def _read(text: str | None) -> Ledger | None:
    return None if text is None else read_ledger(text)


def _position(ledger: Ledger | None) -> Position | None:
    return None if ledger is None else ledger.position


def _needs_all(step: _Step) -> bool:
    """Whether the facts of an entry cannot just be added to what the ledger was before."""
    before, after = step.before, step.after
    if after.links or (before is not None and before.instrument != after.instrument):
        return True
    if before is None or before.last_at is None:
        return before is not None or any(isinstance(fact, CostSet) for fact in step.facts)
    if not step.facts:
        return False
    last_at = before.last_at
    is_provisional = before.has_waiting or bool(before.booked)
    return is_provisional or any(needs_history(fact, last_at) for fact in step.facts)


def _start(step: _Step) -> Ledger:
    """The ledger that the facts of an entry are added to."""
    if step.before is None:
        return blank(step.after)
    before = step.before
    return replace(
        step.after,
        position=before.position,
        booked=before.booked,
        totals=before.totals,
        last_at=before.last_at,
    )
