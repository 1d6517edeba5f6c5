"""What is known of the slots of a login, the subaccounts of isolated margin, between readings."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tieout.venues.coinbase.rows import SubaccountRow
from tieout.venues.moments import moment_of

# Slots with nothing in them, and their list, are asked for again after this long.
KEPT = timedelta(minutes=10)
# What was heard of, or was traded, may be listed late; after this long no more is to come.
AWAITED = timedelta(days=1)


class Slots:
    """Which there are, which were heard of, and which were empty a moment ago.

    What is heard is counted, so that a reading which began before does not count as of after.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.listed: frozenset[int] = frozenset()
        self.no_slots: frozenset[int] = frozenset()  # accounts that are listed and none of them
        self.count = 0
        self._now = now
        self._asked_at: datetime | None = None
        self._is_told = False
        self.refusal = ""  # why there is no list, where it was refused
        self._forgotten = 0
        self._heard: dict[int, tuple[datetime, int]] = {}
        self._empty_at: dict[int, datetime] = {}

    # The list

    @property
    def is_list_old(self) -> bool:
        """Whether to ask for it again."""
        return self._asked_at is None or self._now() - self._asked_at >= KEPT

    def note(self, rows: Iterable[SubaccountRow], *, count: int) -> None:
        """The list, as asked for when so much had been heard."""
        self._asked_at = self._now() if self._forgotten <= count else None
        self._is_told, self.refusal = True, ""
        told = tuple(rows)
        self.listed = frozenset(row.id for row in told if row.is_isolated)
        self.no_slots = frozenset(row.id for row in told) - self.listed

    def note_refusal(self, why: str) -> None:
        """There is no list for this login, for now."""
        self._asked_at, self._is_told, self.refusal = self._now(), False, why

    def forget(self) -> None:
        """What happened for some while was not heard: look everywhere."""
        self.count += 1
        self._forgotten = self.count
        self._asked_at = None
        self._empty_at.clear()

    # Single ones

    @property
    def heard(self) -> list[int]:
        """Those in which something happened that was not read yet."""
        since = self._now() - AWAITED
        self._heard = {slot: each for slot, each in self._heard.items() if each[0] > since}
        return [slot for slot in self._heard if slot not in self.no_slots]

    def hear(self, slot: int) -> None:
        """Something happened in this one: read it, whatever the list says."""
        self.count += 1
        self._heard[slot] = (self._now(), self.count)
        self._empty_at.pop(slot, None)

    def was_read(self, slot: int, *, is_empty: bool, count: int) -> None:
        """Its positions and trades are known, as of when so much had been heard."""
        _, heard = self._heard.get(slot, (None, 0))
        if heard > count:
            return
        self._heard.pop(slot, None)
        if is_empty and self._forgotten <= count:
            self._empty_at[slot] = self._now()
        else:
            self._empty_at.pop(slot, None)

    def is_empty(self, slot: int) -> bool:
        """Whether nothing was in it a moment ago."""
        at = self._empty_at.get(slot)
        return at is not None and self._now() - at < KEPT

    def is_listed(self, slot: int) -> bool:
        """Whether it is there, or may be: listed, heard of, or there is no list."""
        return not self._is_told or slot in self.listed or slot in self._heard

    def is_over(self, slot: int, last_trade: int) -> bool:
        """Whether nothing more is to come of an empty one."""
        return not self.is_listed(slot) and self._now() - moment_of(last_trade) >= AWAITED
