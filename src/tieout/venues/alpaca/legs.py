"""The rows in which Alpaca books one corporate action: old units out, new units in, money."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import Ratio
from tieout.core.numbers import ZERO, add, magnitude
from tieout.venues.alpaca.wire import ActivityRow
from tieout.venues.http.bodies import number

# Alpaca's fixed texts, cited from docs.alpaca.markets/docs/sse-events.
_FROM_TO = re.compile(r"From QTY: ?-*([0-9.]+), To QTY: ?-*([0-9.]+)")
_RENAMED = re.compile(r"Name Change from (\S+) to (\S+)")
_SPUN_OFF = re.compile(
    r"Target Symbol: (\S+), Initiating Symbol: (\S+), ([0-9.]+) \S+ for each ([0-9.]+) "
)
_MERGED = re.compile(r"Merger ([0-9.]+) (\S+) (?:and \$[0-9.]+ )?for ([0-9.]+) (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """The rows of one action by what they do. For a short the old units come in, the new go out."""

    removed: tuple[ActivityRow, ...]
    added: tuple[ActivityRow, ...]
    paid: tuple[ActivityRow, ...]

    @property
    def cash(self) -> Decimal:
        """Money for the units. That of rows with units is their worth, and nobody is paid it."""
        rows = self.paid or (() if self.added else self.removed)
        total = ZERO
        for row in rows:
            total = add(total, number(row.net_amount) or ZERO)
        return total


def legs_of(rows: Iterable[ActivityRow], *, old: str = "") -> Legs:
    """Sort the rows: by the old symbol where it is known, else by text, else by sign.

    The sign is right for a long. One unit may become several things, but never several one: where
    it looks so, the position is short.
    """
    removed, added, paid = [], [], []
    for row in rows:
        if not number(row.qty):
            paid.append(row)
        elif row.name == old if old else is_removal(row):
            removed.append(row)
        else:
            added.append(row)
    if not old and added and names(removed) and len(names(removed)) > len(names(added)):
        removed, added = added, removed
    return Legs(removed=tuple(removed), added=tuple(added), paid=tuple(paid))


def names(rows: Iterable[ActivityRow]) -> set[str]:
    """The symbols of some rows."""
    return {row.name for row in rows}


def is_removal(row: ActivityRow) -> bool:
    """Whether a row takes the old units out."""
    text = (row.description or "").strip().upper()
    if text.startswith(("REMOVE", "ADD")):
        return text.startswith("REMOVE")
    old, new = renamed(row)
    if old and new and old != new and row.name in (old, new):
        return row.name == old
    return (number(row.qty) or ZERO) < ZERO


def units(rows: Iterable[ActivityRow]) -> Decimal:
    """How many units the rows move, without sign."""
    total = ZERO
    for row in rows:
        total = add(total, number(row.qty) or ZERO)
    return magnitude(total)


def told(rows: Sequence[ActivityRow], *fields: str) -> str:
    """The first of these fields that any row has."""
    texts = (getattr(row, field) for field in fields for row in rows)
    return next((text.strip() for text in texts if text and text.strip()), "")


def told_ratio(rows: Sequence[ActivityRow], *, new: str, old: str) -> Ratio | None:
    """A ratio that the rows give in two fields."""
    return ratio_of(number(told(rows, new)), number(told(rows, old)))


def ratio_of(new: Decimal | None, old: Decimal | None) -> Ratio | None:
    """New units for old ones, signs left out; None where either is not known or 0."""
    return Ratio(new=magnitude(new), old=magnitude(old)) if new and old else None


def renamed(row: ActivityRow) -> tuple[str, str]:
    """The old and the new symbol, as far as the row says."""
    found = _RENAMED.search(row.description or "")
    old = told([row], "old_contract_symbol", "old_symbol", "acquiree_symbol")
    new = told([row], "new_contract_symbol", "new_symbol", "acquirer_symbol")
    return (old or found[1], new or found[2]) if found else (old, new)


def split_in_text(rows: Iterable[ActivityRow]) -> Ratio | None:
    """The ratio of `From QTY:-33, To QTY:1.65`."""
    for row in rows:
        found = _FROM_TO.search(row.description or "")
        if found:
            return ratio_of(number(found[2]), number(found[1]))
    return None


def merger_in_text(rows: Iterable[ActivityRow]) -> tuple[str, str, Ratio | None]:
    """Old symbol, new symbol and ratio of `Stock Merger 0.255 COP for 1 MRO`."""
    for row in rows:
        found = _MERGED.search(row.description or "")
        if found:
            return found[4], found[2], ratio_of(number(found[1]), number(found[3]))
    return "", "", None


def spin_off_in_text(rows: Iterable[ActivityRow]) -> tuple[str, str, Ratio | None]:
    """Parent, child and ratio of `Target Symbol: CON, Initiating Symbol: SEM, 0.806971 CON ...`."""
    for row in rows:
        found = _SPUN_OFF.search(row.description or "")
        if found:
            return found[2], found[1], ratio_of(number(found[3]), number(found[4]))
    return "", "", None
