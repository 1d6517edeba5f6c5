"""The trades at the gateway that one reading has: the login's own and those of its slots."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.fills import is_readable
from tieout.venues.coinbase.gateway import OVERLAP_MS
from tieout.venues.coinbase.rows import TradeRow, Unreadable, slot_of
from tieout.venues.moments import milliseconds_of, moment_of


class GatewayTrades:
    """Each trade once, however often it was listed."""

    def __init__(self, *, before: Bookmark) -> None:
        self._before = before
        self._rows: dict[TradeRow | Unreadable, None] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[TradeRow | Unreadable]) -> None:
        """What was listed now."""
        self._rows.update(dict.fromkeys(rows))

    @property
    def rows(self) -> list[TradeRow]:
        return [row for row in self._rows if isinstance(row, TradeRow)]

    @property
    def unreadable(self) -> list[Unreadable]:
        return [row for row in self._rows if isinstance(row, Unreadable)]

    @property
    def news(self) -> list[TradeRow]:
        """Those that no reading before had."""
        return [row for row in self.rows if row.key not in self._before.seen]

    def has_any_after(self, since: datetime) -> bool:
        """Whether one is so fresh."""
        return any(moment_of(row.time) >= since for row in self.rows)

    def since(self, slot: int | None) -> int | None:
        """The time of the last one that is known in a slot, or of the login's own."""
        before = self._before.trades if slot is None else self._before.slots.get(slot)
        return max((row.time for row in self.rows if row.slot == slot), default=before)

    def latest(self, slot: int | None, *, as_of: datetime) -> int | None:
        """Where the next reading starts: before any that cannot be read, and not in the future."""
        before = self._before.trades if slot is None else self._before.slots.get(slot)
        if self.unreadable:
            return before
        mine = [row for row in self.rows if row.slot == slot]
        times = [row.time for row in mine if is_readable(row)]
        wrong = [row.time for row in mine if not is_readable(row)]
        known = [at for at in (before, *times) if at is not None]
        return min(max(known), *wrong, milliseconds_of(as_of)) if known else None

    def marked(self, bookmark: Bookmark, *, as_of: datetime) -> Bookmark:
        """A bookmark with how far each list was read, and what will be listed again."""
        slots = {None, *self._before.slots, *(row.slot for row in self.rows)}
        latest = {slot: self.latest(slot, as_of=as_of) for slot in slots}
        again = {slot: (at or 0) - OVERLAP_MS for slot, at in latest.items()}
        readable = filter(is_readable, self.rows)
        seen = {**self._before.seen, **{row.key: row.time for row in readable}}
        kept = {
            key: at
            for key, at in seen.items()
            if (slot := slot_of(key)) in again and at >= again[slot]
        }
        return msgspec.structs.replace(bookmark, trades=latest[None], seen=kept)
