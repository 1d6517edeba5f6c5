"""How far back activities are read: some days, or only from the last one that is known.

Rows may come days late: an option that expired on a Friday is written on the Tuesday after. So
the days before the last row are read again, which takes a call for every hundred rows in them.
Where nothing happens that is needed only now and then: once two such readings have brought the
same, the end alone is read until a position is another, there is a new row, or an hour is over.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tieout.venues.alpaca.wire import ActivityRow, PositionRow, Unreadable

AGAIN_AFTER = timedelta(hours=1)

Held = frozenset[tuple[str | None, ...] | str]


class Lookback:
    """What the last readings of all the days brought, for one connection."""

    def __init__(self) -> None:
        self._read_at: datetime | None = None
        self._held: Held = frozenset()
        self._rows = 0
        self._cursor: str | None = None
        self._is_settled = False

    def is_due(
        self, positions: Iterable[PositionRow | Unreadable], *, cursor: str | None, now: datetime
    ) -> bool:
        """Whether all the days are to be read. A cursor that is not the one that was returned
        is of a caller who lost what was read last."""
        if not self._is_settled or self._read_at is None:
            return True
        is_same = cursor == self._cursor and held(positions) == self._held
        return not is_same or now - self._read_at >= AGAIN_AFTER

    def note(
        self,
        positions: Iterable[PositionRow | Unreadable],
        rows: Iterable[ActivityRow | Unreadable],
        *,
        cursor: str | None,
        now: datetime,
    ) -> None:
        """After all the days were read without a problem."""
        before = (self._held, self._rows, self._cursor)
        self._held, self._rows, self._cursor = held(positions), hash(frozenset(rows)), cursor
        self._is_settled = before == (self._held, self._rows, self._cursor)
        self._read_at = now

    def forget(self) -> None:
        """After a reading with a problem."""
        self._is_settled = False


def held(positions: Iterable[PositionRow | Unreadable]) -> Held:
    """What an activity changes in a position: everything but its price."""
    return frozenset(
        (row.asset_id, row.symbol, row.side, row.qty, row.avg_entry_price)
        if isinstance(row, PositionRow)
        else str(row)
        for row in positions
    )
