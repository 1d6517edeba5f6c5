"""The draft of a run: the book as it is being worked on, until it becomes a plan."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tieout.core.activity import Activity, ActivityId, Side
from tieout.core.book import Book
from tieout.core.facts import (
    BEFORE_ALL,
    CostSet,
    Fact,
    Happened,
    is_timeless,
    needs_history,
    starts_at,
    with_beginning,
)
from tieout.core.instrument import Instrument, LedgerId, spelling_key
from tieout.core.matching import Names
from tieout.core.movements import Method
from tieout.core.plan import StepError
from tieout.core.policy import Policy
from tieout.core.position import Ledger, Reconciliation
from tieout.core.rebuilding import bases_after, blank, method_of, without_facts
from tieout.core.rollforward import fold
from tieout.core.snapshot import Holding
from tieout.core.tracking import Found
from tieout.core.working import Folded

MOMENT = timedelta(microseconds=1)


class Draft:
    """What a run knows so far: new facts, new or changed ledgers, errors.

    `expected` folds a ledger with everything known by now; `before` is what it was when the run
    began. Both look at linked ledgers together.
    """

    def __init__(self, book: Book, *, policy: Policy, now: datetime) -> None:
        self.book = book
        self.policy = policy
        self.now = now
        self.cost_bases = bases_after(
            book.state.cost_bases, policy.cost_basis, now=self._after_all_known(now)
        )
        self.method = method_of(book.account, self.cost_bases)
        self._names: Names | None = None
        self.ledgers: dict[LedgerId, Ledger] = {}
        self.facts: list[Fact] = []
        self.errors: list[StepError] = []
        self.digests: dict[ActivityId, str] = {}
        self.arrived: dict[LedgerId, list[Activity]] = {}
        self.contradicted: list[ActivityId] = []
        self.apart: dict[LedgerId, Found] = {}
        self.ignored = {
            each.ledger
            for each in book.open_breaks.values()
            if each.status == "ignored" and each.kind != "reference"
        }
        self.revalued: dict[LedgerId, None] = {}
        self.changed_ids: frozenset[LedgerId] = frozenset()
        self.has_legs = any(book.ledgers[key].side is not None for key in book.state.restless)
        self._legs: set[str] = set()
        self.next_order = book.state.next_order
        self._new: dict[LedgerId, list[Fact]] = {}
        self._cache: dict[LedgerId, dict[datetime | None, Folded]] = {}
        self._before: dict[LedgerId, Folded] = {}
        self._still: dict[LedgerId, tuple[Ledger, Folded]] = {}

    def _after_all_known(self, now: datetime) -> datetime:
        """A moment after every fact that is booked: from then on another setting may count."""
        bases = self.book.state.cost_bases
        if not bases or bases[-1][1] == self.policy.cost_basis:
            return now
        known = [each.last_at for each in self.book.ledgers.values() if each.last_at is not None]
        return max([now, *(at + MOMENT for at in known)])

    @property
    def names(self) -> Names:
        """What everything is called; put together when first asked for."""
        if self._names is None:
            account = self.book.account
            self._names = Names(
                self.book.ledgers,
                self.book.instruments,
                venue=account.venue,
                currency=account.currency,
            )
        return self._names

    def ledger(self, key: LedgerId) -> Ledger:
        return self.ledgers.get(key) or self.book.ledgers[key]

    def put(self, ledger: Ledger) -> None:
        """Keep a changed ledger (its fold apart)."""
        known = self.ledgers.get(ledger.id) or self.book.ledgers.get(ledger.id)
        self.ledgers[ledger.id] = ledger
        if known is None or known.instrument is not ledger.instrument:
            self.names.add(ledger)

    def keep_legs_apart(self, rows: Iterable[Holding]) -> None:
        """Learn from a snapshot's rows which instruments the venue keeps by side."""
        self._legs = {spelling_key(row.symbol) for row in rows if row.side is not None}

    def is_by_side(self, symbol: str) -> bool:
        """Whether the venue keeps long and short of this instrument apart."""
        if self.has_legs and self.names.legs(symbol):
            return True
        return spelling_key(symbol) in self._legs and not self.names.is_netted(symbol)

    def fail(self, message: str) -> None:
        """Note something about the run as a whole that could not be done."""
        self.errors.append(StepError(message=message))

    def set_status(self, key: LedgerId, status: Reconciliation) -> None:
        """Change a ledger's reconciliation status."""
        ledger = self.ledger(key)
        if ledger.reconciliation != status:
            self.put(replace(ledger, reconciliation=status))

    def set_touched(self, status: Reconciliation) -> None:
        """Change the status of every ledger with new facts."""
        for key in self.touched():
            self.set_status(key, status)

    def set_open(self, status: Reconciliation) -> None:
        """Change the status of every ledger that holds something."""
        for key in {**self.book.ledgers, **self.ledgers}:
            if self.expected(key).position is not None:
                self.set_status(key, status)

    def new_ledger(
        self, instrument: Instrument, *, side: Side | None, venue_id: str | None = None
    ) -> LedgerId:
        """A ledger for an instrument the book has not met."""
        key = self.names.new_id(instrument.symbol, side=side, venue_id=venue_id)
        self.has_legs = self.has_legs or side is not None
        self.put(Ledger(id=key, instrument=instrument, side=side))
        return key

    def link(self, one: LedgerId, other: LedgerId) -> None:
        """Two ledgers that are folded together from now on."""
        for key, partner in ((one, other), (other, one)):
            ledger = self.ledger(key)
            if partner not in ledger.links:
                self.put(replace(ledger, links=(*ledger.links, partner)))

    def revalue(self, key: LedgerId) -> None:
        """Fold a ledger again from its first fact: its contract size or currency is news."""
        for each in self._component(key):
            self._cache.pop(each, None)
            self._before.pop(each, None)
        if key in self.book.ledgers and self._history(key):
            self.revalued[key] = None

    def join(self, key: LedgerId, *, into: LedgerId) -> None:
        """What was taken for another instrument is `into` under its new name."""
        self.link(key, into)
        self.put(replace(self.ledger(key), joined=into))
        self.names.add(self.ledger(key))

    def joined_to(self, key: LedgerId) -> list[LedgerId]:
        """The ledgers that turned out in this run to be this one."""
        return [
            other
            for other in self.ledger(key).links
            if self.ledger(other).joined == key and self._old(other).joined != key
        ]

    def order(self) -> int:
        """The next number in the order of arrival."""
        self.next_order += 1
        return self.next_order - 1

    def add(self, fact: Fact) -> None:
        """Record a fact; what was folded before is folded again when asked for."""
        known = self.ledger(fact.ledger)
        ledger = with_beginning(known, fact)
        if ledger is not known:
            self.put(ledger)
        self.facts.append(fact)
        self._new.setdefault(fact.ledger, []).append(fact)
        for key in self._component(fact.ledger):
            self._cache.pop(key, None)
            self._before.pop(key, None)

    def touched(self) -> Iterable[LedgerId]:
        """The ledgers with new facts, and those that are folded with them."""
        keys = (*(fact.ledger for fact in self.facts), *self.revalued)
        return {each: None for key in keys for each in self._component(key)}

    def new_facts(self, key: LedgerId) -> list[Fact]:
        return self._new.get(key, [])

    def expected(self, key: LedgerId, *, until: datetime | None = None) -> Folded:
        """The ledger with all that is known by now; with `until`, what it was at that time."""
        ledger = self.ledger(key)
        is_still = key not in self._new and not ledger.links and key not in self.revalued
        if is_still and (until is None or ledger.last_at is None or ledger.last_at <= until):
            return self._as_is(ledger)
        if until is not None and self._latest(key) <= until:
            until = None
        found = self._cache.get(key, {}).get(until)
        if found is None:
            keys = self._component(key)
            folded = self._fold(keys, until=until, method=self.method)
            for each in keys:
                self._cache.setdefault(each, {})[until] = folded[each]
            found = folded[key]
        return found

    def _latest(self, key: LedgerId) -> datetime:
        """The time of the last fact of a ledger and those linked to it."""
        times = [fact.at for each in self._component(key) for fact in self.new_facts(each)]
        for each in self._component(key):
            last_at = self._old(each).last_at
            if last_at is not None:
                times.append(last_at)
        return max(times, default=BEFORE_ALL)

    def _as_is(self, ledger: Ledger) -> Folded:
        """A ledger without news, as if it had been folded."""
        still = self._still.get(ledger.id)
        if still is None or still[0] is not ledger:
            still = self._still[ledger.id] = (ledger, _as_is(ledger))
        return still[1]

    def fold_new(self) -> None:
        """Fold all ledgers with new facts at once, those apart that need their whole history."""
        keys = [
            key
            for key in self._new
            if not self.ledger(key).links
            and None not in self._cache.get(key, {})
            and not self._is_whole((key,), until=None)
        ]
        start = {key: self.ledger(key) for key in keys}
        facts = [fact for key in keys for fact in self._new[key]]
        for key, folded in fold(start, facts, method=self.method).items():
            self._cache.setdefault(key, {})[None] = folded

    def by_method(self, key: LedgerId, method: Method, *, until: datetime | None) -> Folded:
        """The ledger's whole history under another cost method."""
        keys = self._component(key)
        return self._fold(keys, until=until, method=method, is_whole=True)[key]

    def before(self, key: LedgerId) -> Folded:
        """The ledger when the run began, with its closings where history is folded again."""
        found = self._before.get(key)
        if found is None:
            keys = self._component(key)
            if self._is_whole(keys, until=None):
                start = {each: blank(self._old(each)) for each in keys}
                old = [fact for each in keys for fact in self._history(each)]
                self._before.update(fold(start, old, method=self.method))
            else:
                self._before.update({each: self._as_is(self._old(each)) for each in keys})
            found = self._before[key]
        return found

    def activities_of(self, key: LedgerId) -> Mapping[ActivityId, Activity]:
        """All that is known to have happened to a ledger and those linked to it."""
        return {fact.activity.id: fact.activity for fact in self.happened_to(key)}

    def happened_to(self, key: LedgerId) -> list[Happened]:
        """The activities of a ledger and those linked to it, as facts."""
        return [fact for fact in self.facts_of(key) if isinstance(fact, Happened)]

    def facts_of(self, key: LedgerId) -> list[Fact]:
        """All that is known of a ledger and those linked to it, in order of arrival."""
        return [
            fact
            for each in self._component(key)
            for fact in (*self.book.facts.get(each, ()), *self.new_facts(each))
        ]

    def is_late(self, key: LedgerId) -> bool:
        """Whether an activity arrived that is older than what the ledger already knew."""
        last_at = self._old(key).last_at
        return last_at is not None and any(
            isinstance(fact, Happened) and fact.at <= last_at for fact in self.new_facts(key)
        )

    def _old(self, key: LedgerId) -> Ledger:
        known = self.book.ledgers.get(key)
        return known or without_facts(self.ledger(key), self.ledger(key).instrument)

    def _history(self, key: LedgerId) -> tuple[Fact, ...]:
        facts = self.book.facts.get(key)
        if facts is not None:
            return facts
        ledger = self.book.ledgers.get(key)
        has_any = ledger is not None and (ledger.last_at or ledger.position or ledger.joined)
        assert not has_any, f"the history of {key} was not loaded"
        return ()

    def _component(self, key: LedgerId) -> tuple[LedgerId, ...]:
        if not self.ledger(key).links:
            return (key,)
        found = {key: None}
        waiting = [key]
        while waiting:
            for linked in self.ledger(waiting.pop()).links:
                if linked not in found:
                    found[linked] = None
                    waiting.append(linked)
        return tuple(found)

    def _fold(
        self,
        keys: tuple[LedgerId, ...],
        *,
        until: datetime | None,
        method: Method,
        is_whole: bool = False,
    ) -> dict[LedgerId, Folded]:
        new = [fact for key in keys for fact in self.new_facts(key)]
        if not new and not is_whole and not self._is_whole(keys, until=until):
            return {key: _as_is(self.ledger(key)) for key in keys}
        if is_whole or self._is_whole(keys, until=until):
            start = {key: blank(self.ledger(key)) for key in keys}
            old = [fact for key in keys for fact in self._history(key)]
            facts = [*old, *new]
        else:
            start = {key: self.ledger(key) for key in keys}
            facts = new
        if until is not None:
            facts = [fact for fact in facts if starts_at(fact) <= until or is_timeless(fact)]
        return fold(start, facts, method=method)

    def _is_whole(self, keys: tuple[LedgerId, ...], *, until: datetime | None) -> bool:
        """Whether the new facts cannot just be added at the end."""
        if any(key in self.revalued for key in keys):
            return True
        if until is None and len(keys) == 1:
            return self._is_whole_alone(keys[0])
        old = [self._old(key) for key in keys]
        last_at = max((each.last_at for each in old if each.last_at), default=None)
        new = [fact for key in keys for fact in self.new_facts(key)]
        if last_at is None:
            return _prices_the_opening(new)
        if until is not None and last_at > until:
            return True
        is_provisional = any(each.has_waiting or each.booked for each in old)
        return bool(new) and (is_provisional or any(needs_history(fact, last_at) for fact in new))

    def _is_whole_alone(self, key: LedgerId) -> bool:
        """The same for one ledger that is folded by itself, which nearly all are."""
        new = self._new.get(key)
        if new is None:
            return False
        old = self._old(key)
        if old.last_at is None:
            return _prices_the_opening(new)
        is_provisional = old.has_waiting or bool(old.booked)
        return is_provisional or any(needs_history(fact, old.last_at) for fact in new)


def _prices_the_opening(new: Iterable[Fact]) -> bool:
    """Whether somebody says what those units cost that the book had before anything happened."""
    return any(isinstance(fact, CostSet) for fact in new)


def _as_is(ledger: Ledger) -> Folded:
    """A ledger without news."""
    return Folded(
        instrument=ledger.instrument,
        position=ledger.position,
        ended=(),
        closings=(),
        totals=ledger.totals,
        last_at=ledger.last_at,
        booked=ledger.booked,
    )
