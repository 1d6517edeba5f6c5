"""Prices, and what they make a position worth: marks never move a book."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tieout.core.instrument import LedgerId
from tieout.core.matching import known_number
from tieout.core.numbers import Amount
from tieout.core.position import Ledger
from tieout.core.snapshot import Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The venue's latest rows by ledger, and how many positions only changed their price."""

    rows: Mapping[LedgerId, Holding]
    marked: int
    unchanged: int


def mark(
    seen: Mapping[LedgerId, Holding],
    *,
    before: Mapping[LedgerId, Holding],
    changed: Iterable[LedgerId],
    gone: Iterable[LedgerId] = (),
) -> Marks:
    """The mark set after a snapshot; rows that did not arrive keep their last price.

    Positions that are `gone` leave it. The order of the rows stays that of the set before.

    >>> row = Holding(symbol="AAPL", quantity="1", price="10")
    >>> mark({LedgerId("AAPL"): row}, before={}, changed=()).marked
    1
    """
    told = set(changed)
    marked = unchanged = 0
    for key, row in seen.items():
        if key in told:
            continue
        known = before.get(key)
        if known is row or (known is not None and known.price == row.price):
            unchanged += 1
        else:
            marked += 1
    rows = {**before, **seen}
    for key in gone:
        rows.pop(key, None)
    return Marks(rows=rows, marked=marked, unchanged=unchanged)


def unrealized_pnl(ledger: Ledger, row: Holding | None) -> Amount | None:
    """What the open position would make at the last price; None where something is not known."""
    if ledger.position is None or row is None:
        return None
    return ledger.position.unrealized_pnl(ledger.instrument, known_number(row.price))
