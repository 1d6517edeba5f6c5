"""Text first: rows that say what they said last time cost one comparison of characters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tieout.core.draft import Draft
from tieout.core.instrument import LedgerId
from tieout.core.numbers import is_unreadable
from tieout.core.position import Ledger
from tieout.core.snapshot import Holding, Snapshot

RowName = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The rows of a snapshot that need no look (by ledger), and the numbered rest.

    `known` is the ledger of each row of the rest that had exactly this name last time.
    """

    quiet: Mapping[LedgerId, Holding] = field(default_factory=dict)
    rest: Sequence[tuple[int, Holding]] = ()
    known: Mapping[int, LedgerId] = field(default_factory=dict)


def is_restless(ledger: Ledger, as_of: datetime | None) -> bool:
    """Whether a ledger needs a look even when its row has not changed.

    `as_of` is the time of the last applied snapshot: what is later has not been compared yet.
    """
    is_ahead = as_of is not None and ledger.last_at is not None and ledger.last_at > as_of
    return (
        is_ahead
        or ledger.reconciliation != "SYNCED"
        or bool(ledger.misses)
        or bool(ledger.booked)
        or ledger.kept is not None
        or ledger.side is not None
        or ledger.has_waiting
    )


def sort_rows(draft: Draft, snapshot: Snapshot) -> Sorted:
    """Find the rows whose quantity and average are the characters of the last tied-out row.

    A ledger is quiet when its last row agreed, nothing has happened to it since, and no break is
    open. Rows usually come in the order of last time, so the two lists are walked side by side;
    where they part, the rest goes by name.
    """
    loud = set(draft.book.state.restless)
    loud.update(draft.touched())
    loud.update(each.ledger for each in draft.book.open_breaks.values() if each.ledger)
    quiet: dict[LedgerId, Holding] = {}
    rest: list[tuple[int, Holding]] = []
    ledgers: dict[int, LedgerId] = {}
    known = draft.book.marks
    by_name: dict[RowName, LedgerId] | None = None
    pairs = iter(known.items())
    for number, row in enumerate(snapshot.holdings, start=1):
        key, old = next(pairs, _NONE) if by_name is None else _NONE
        if row[0] != old[0] or row[4] != old[4] or row[5] != old[5]:
            if by_name is None:
                by_name = {(each[0], each[4], each[5]): name for name, each in known.items()}
            key = by_name.get((row[0], row[4], row[5]), _NONE[0])
            old = known.get(key, _NONE[1])
        is_same = row[1] == old[1] and row[2] == old[2] and row[6:9] == old[6:9]
        is_priced = row[3] == old[3] or not is_unreadable(row[3])
        if is_same and is_priced and row[13] is None and key not in loud:
            quiet[key] = row
        else:
            rest.append((number, row))
            if key and _is_still_named(draft.book.ledgers[key], row):
                ledgers[number] = key
    if len(quiet) + len(rest) != len(snapshot.holdings):
        return Sorted(rest=list(enumerate(snapshot.holdings, start=1)))
    return Sorted(quiet=quiet, rest=rest, known=ledgers)


def _is_still_named(ledger: Ledger, row: Holding) -> bool:
    """Whether a row's name means the ledger that it meant last time."""
    has_lost = row.venue_id is None and bool(ledger.lost_names)
    return ledger.joined is None and not has_lost


_NONE: tuple[LedgerId, Holding] = (LedgerId(""), Holding(symbol="", quantity="none"))
