"""Which ledger a row or an activity belongs to: by instrument, never by spelling alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from tieout.core.activity import Side
from tieout.core.book import ledger_id
from tieout.core.instrument import (
    ASSET_CLASSES,
    Instrument,
    LedgerId,
    spelling_key,
    told_by_symbol,
)
from tieout.core.numbers import exact
from tieout.core.position import Ledger
from tieout.core.snapshot import Holding


class Names:
    """Every name a ledger goes by: spellings and the venue's ids."""

    def __init__(
        self,
        ledgers: Mapping[LedgerId, Ledger],
        instruments: Iterable[Instrument],
        *,
        venue: str,
        currency: str,
    ) -> None:
        self.venue = venue
        self.currency = currency
        self.known = tuple(instruments)
        self._ledgers: dict[LedgerId, Ledger] = dict(ledgers)
        self._by_spelling: dict[str, list[LedgerId]] = {}
        for ledger in self._ledgers.values():
            # Nearly every ledger is called what its id says; that needs no list.
            if not _is_plain(ledger):
                for name in names_of(ledger):
                    _append(self._by_spelling.setdefault(name, []), ledger.id)
        if self._by_spelling:
            self._list_plain()

    def _list_plain(self) -> None:
        """List the plain ledgers whose name has a list, each in its place in the book."""
        places = {key: place for place, key in enumerate(self._ledgers)}
        for name, keys in self._by_spelling.items():
            key = LedgerId(name)
            if key in self._ledgers and key not in keys and _is_plain(self._ledgers[key]):
                keys.append(key)
                keys.sort(key=places.__getitem__)

    @cached_property
    def _by_venue_id(self) -> dict[str, list[LedgerId]]:
        """The ledgers by the venue's ids; put together when a row has no name we know."""
        found: dict[str, list[LedgerId]] = {}
        for ledger in self._ledgers.values():
            for venue_id in ledger.instrument.venue_ids:
                found.setdefault(venue_id, []).append(ledger.id)
        return found

    @cached_property
    def _declared(self) -> dict[str, Instrument]:
        """What is known of instruments, by name and by id."""
        found: dict[str, Instrument] = {}
        for instrument in self.known:
            for name in (instrument.symbol, *instrument.spellings):
                found.setdefault(spelling_key(name), instrument)
            for venue_id in instrument.venue_ids:
                found.setdefault(f"#{venue_id}", instrument)
        return found

    def add(self, ledger: Ledger) -> None:
        """Learn the names of a new or changed ledger."""
        self._ledgers[ledger.id] = ledger
        if not _is_plain(ledger) or ledger.id in self._by_spelling:
            for name in names_of(ledger):
                _append(self._by_spelling.setdefault(name, self._named(name)), ledger.id)
        for venue_id in ledger.instrument.venue_ids if "_by_venue_id" in self.__dict__ else ():
            _append(self._by_venue_id.setdefault(venue_id, []), ledger.id)

    def _named(self, name: str) -> list[LedgerId]:
        """The ledgers that go by a name, given as `spelling_key` gives it."""
        found = self._by_spelling.get(name)
        if found is None:
            key = LedgerId(name)
            ledger = self._ledgers.get(key)
            found = [key] if ledger is not None and _is_plain(ledger) else []
        return found

    def called(self, symbol: str, *, side: Side | None) -> list[LedgerId]:
        """The ledgers of a name and side; a row may name the side of what is kept without one."""
        called = self._called(symbol)
        keys = [key for key in called if self._ledgers[key].side == side]
        if not keys and side is not None:
            keys = [key for key in called if self._is_on(key, side)]
        return keys

    def _called(self, symbol: str) -> list[LedgerId]:
        """The ledgers of a name, those that joined another given as that other."""
        return list(dict.fromkeys(map(self.joined, self._named(spelling_key(symbol)))))

    def joined(self, key: LedgerId) -> LedgerId:
        """The ledger that this one turned out to be, or itself."""
        into = self._ledgers[key].joined
        return key if into is None else self.joined(into)

    def also(self, symbol: str, ledger: LedgerId) -> None:
        """From now on `symbol` names this ledger first of all."""
        name = spelling_key(symbol)
        names = self._by_spelling.setdefault(name, self._named(name))
        if ledger in names:
            names.remove(ledger)
        names.append(ledger)

    def legs(self, symbol: str) -> list[LedgerId]:
        """All ledgers of this name that are kept by side."""
        return [key for key in self._called(symbol) if self._ledgers[key].side is not None]

    def all_of(self, symbol: str) -> list[LedgerId]:
        """Every ledger that goes by this name."""
        return [*self._named(spelling_key(symbol)), *self._called(symbol)]

    def find(
        self, symbol: str, *, side: Side | None, at: datetime | None = None
    ) -> LedgerId | None:
        """The ledger an activity means: the latest of that name, an open one before a flat one.

        One that lost the name to another is meant by what happened before (`at`), else after it.
        """
        keys = self.called(symbol, side=side)
        if len(keys) < 2:
            return keys[0] if keys else None
        lost = {key: self._lost_at(key, symbol) for key in keys}
        past = {key: until for key, until in lost.items() if until and at and at <= until}
        if past:
            return min(past, key=past.__getitem__)
        return self.of_open([*filter(lost.get, keys), *(key for key in keys if not lost[key])])

    def _lost_at(self, key: LedgerId, symbol: str) -> datetime | None:
        lost = self._ledgers[key].lost_names
        return dict(lost).get(spelling_key(symbol)) if lost else None

    def of_open(self, keys: Sequence[LedgerId]) -> LedgerId | None:
        """The last that is open, else the last."""
        held = [key for key in keys if not self._ledgers[key].is_flat]
        found = held or keys
        return found[-1] if found else None

    def all_of_row(self, row: Holding) -> list[LedgerId]:
        """Every ledger that a row may mean, by its name or by the venue's id."""
        by_id = self._by_venue_id.get(row.venue_id, []) if row.venue_id is not None else []
        return list(dict.fromkeys([*self.all_of(row.symbol), *map(self.joined, by_id)]))

    def _is_on(self, key: LedgerId, side: Side) -> bool:
        """Whether a position kept without side is on this side; then a row may well name it."""
        ledger = self._ledgers[key]
        if ledger.side is not None or ledger.is_flat:
            return False
        return (ledger.quantity > 0) == (side == "long")

    def is_netted(self, symbol: str) -> bool:
        """Whether the book holds this instrument without a side."""
        return any(
            self._ledgers[key].side is None and not self._ledgers[key].is_flat
            for key in self._called(symbol)
        )

    def find_row(self, row: Holding, *, may_change_id: Iterable[LedgerId] = ()) -> LedgerId | None:
        """The ledger a snapshot row means: by the venue's id first, then by name.

        A known name with another id is another instrument, unless the ledger's instrument lists
        both or a corporate action of this run (`may_change_id`) explains the new id.
        """
        if row.venue_id is not None:
            for key in map(self.joined, self._by_venue_id.get(row.venue_id, [])):
                if self._ledgers[key].side == row.side:
                    return key
        found = self.find(row.symbol, side=row.side)
        if found is None or row.venue_id is None:
            return found
        keys = (found, *(key for key in self.called(row.symbol, side=row.side) if key != found))
        fit = [key for key in keys if key in may_change_id or not self._has_id(key)]
        return next((key for key in fit if key == found or not self._ledgers[key].is_flat), None)

    def _has_id(self, key: LedgerId) -> bool:
        return bool(self._ledgers[key].instrument.venue_ids)

    def instrument(self, symbol: str, *, venue_id: str | None = None) -> Instrument:
        """What is known or told by the symbol about an instrument."""
        declared = None
        if venue_id is not None:
            declared = self._declared.get(f"#{venue_id}")
        if declared is None:
            declared = self._declared.get(spelling_key(symbol))
            if declared and venue_id and declared.venue_ids:
                told = told_by_symbol(symbol, venue=self.venue, currency=self.currency)
                declared = replace(told, asset_class=declared.asset_class) if told else None
        return declared or told_by_symbol(symbol, venue=self.venue, currency=self.currency)

    def listed(self, symbol: str, *, venue_id: str | None) -> Instrument | None:
        """What somebody told of an instrument, apart from any row: by the venue's id or by name."""
        by_id = self._declared.get(f"#{venue_id}")
        found = by_id or self._declared.get(spelling_key(symbol))
        is_other = by_id is None and venue_id and found is not None and found.venue_ids
        return None if is_other else found

    def new_id(self, symbol: str, *, side: Side | None, venue_id: str | None) -> LedgerId:
        """A free name for a new ledger."""
        key = ledger_id(symbol, side=side)
        number = len(self._ledgers)
        if key in self._ledgers:
            key = ledger_id(symbol, side=side, venue_id=venue_id or str(number))
        while key in self._ledgers:
            number += 1
            key = ledger_id(symbol, side=side, venue_id=str(number))
        return key


def names_of(ledger: Ledger) -> list[str]:
    """The spellings of a ledger's instrument, as they are compared."""
    instrument = ledger.instrument
    return [spelling_key(name) for name in (instrument.symbol, *instrument.spellings)]


def _is_plain(ledger: Ledger) -> bool:
    """Whether a ledger goes by one name, the one that is its id."""
    name = ledger.instrument.symbol
    return name == ledger.id and not ledger.instrument.spellings and spelling_key(name) == name


def _append(keys: list[LedgerId], key: LedgerId) -> None:
    if key not in keys:
        keys.append(key)


def with_row(instrument: Instrument, row: Holding) -> Instrument:
    """The instrument with what a snapshot row says about it."""
    changes: dict[str, object] = {}
    if row.venue_id is not None and row.venue_id not in instrument.venue_ids:
        changes["venue_ids"] = (*instrument.venue_ids, row.venue_id)
    if row.asset_class in ASSET_CLASSES and row.asset_class != instrument.asset_class:
        changes["asset_class"] = row.asset_class
        if row.asset_class in ("future", "option") and not row.multiplier:
            changes["multiplier"] = None
    if row.currency and row.currency != instrument.currency:
        changes["currency"] = row.currency
    if row.multiplier:
        multiplier = exact(row.multiplier)
        if multiplier != instrument.multiplier:
            changes["multiplier"] = multiplier
    return replace(instrument, **changes) if changes else instrument  # type: ignore[arg-type]


def is_revalued(instrument: Instrument, row: Holding) -> bool:
    """Whether a row says another contract size, currency or class than was known."""
    return (
        (bool(row.multiplier) and known_number(row.multiplier) != instrument.multiplier)
        or (bool(row.currency) and row.currency != instrument.currency)
        or (row.asset_class in ASSET_CLASSES and row.asset_class != instrument.asset_class)
    )


def is_past_expiry(instrument: Instrument, day: date) -> bool:
    """Whether the instrument's life ended before that New York day."""
    return instrument.expires is not None and instrument.expires < day


def known_number(text: str | None) -> Decimal | None:
    """A number a venue may or may not have reported: "", None and NaN are not reported."""
    if text is None or text == "":
        return None
    try:
        return exact(text)
    except ValueError:
        return None
