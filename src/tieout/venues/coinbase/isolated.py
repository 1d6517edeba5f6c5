"""Positions in isolated margin: each in a subaccount of its own that the gateway hides, a slot.

What is in a slot is told to who asks for that slot: its positions, and its trades, of which no
other list has any (Coinbase's guide to isolated positions). A slot stays when its position is
closed, and may be used again for another instrument. So each one that was ever seen is read by
its own number, listed or not, as long as anything in it may be news.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tieout.core.errors import VenueRefused, VenueReplyInvalid
from tieout.core.numbers import ZERO
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.currencies import Currencies, Trades
from tieout.venues.coinbase.gateway import Gateway
from tieout.venues.coinbase.rows import PerpetualRow, TradeRow, Unreadable, slot_of
from tieout.venues.coinbase.slots import Slots
from tieout.venues.http.bodies import number
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace

SLOTS_MAX = 50  # a login may have 20 subaccounts, unless Coinbase has allowed it more

FUNDING = "funding of positions in isolated margin, which is in logs that are not read yet"

Rows = tuple[PerpetualRow | Unreadable, ...]


class Isolated:
    """One reading of the slots."""

    def __init__(
        self, gateway: Gateway, known: Slots, before: Bookmark, currencies: Currencies
    ) -> None:
        self._ignored: list[str] = []
        self._gateway = gateway
        self._currencies = currencies
        self._known = known
        self._before = before
        self._chosen: dict[int, None] = {}
        self._left_out: dict[int, str] = {}
        self._given_up: set[int] = set()
        self._traded: set[int] = set()
        self._filled: set[int] = set()
        self._summed_up: dict[str, str] = {}
        self._misplaced: dict[str, None] = {}
        self._unlisted = ""
        self._count = known.count

    @property
    def ignored(self) -> list[str]:
        """What was left out on purpose, in words."""
        return [*self._ignored, *([FUNDING] if self._filled else [])]

    async def begin(self, *, trace: Trace) -> None:
        """Find out which slots there are to read. Where the list is refused and there never were
        any, there are none."""
        before, known = self._before, self._known
        has_slots = bool(before.slots or known.listed)
        if known.is_list_old or (known.refusal and has_slots):
            await self._list(trace)
        if known.refusal and has_slots:
            self._unlisted = known.refusal
        elif known.refusal:
            words = "positions in isolated margin, of which the gateway does not tell"
            self._ignored.append(f"{words}: {known.refusal}")
        held_in = {slot_of(symbol) for symbol in before.held or {}} - {None}
        for slot in sorted({*known.listed, *known.heard, *before.slots, *filter(None, held_in)}):
            is_read = slot in before.slots and slot not in held_in
            if not (is_read and known.is_empty(slot)):
                self._choose(slot)

    async def positions(self, summed_up: Rows, *, trace: Trace) -> Rows:
        """What is in the slots; `summed_up` is the list of all, which shows slots that are new."""
        self._summed_up, self._filled = {}, set()
        for row in summed_up:
            if isinstance(row, PerpetualRow) and not self.is_own(row):
                self._note(row)
        found = await together(*(self._positions_in(slot, trace) for slot in self._wanted))
        return tuple(row for rows in found for row in rows)

    async def trades(self, since: Callable[[int], int | None], *, trace: Trace) -> Trades:
        """What was traded in the slots since the last trade that is known in each."""
        work = (self._trades_in(slot, since(slot), trace) for slot in self._wanted)
        found = await together(*work)
        return [row for rows in found for row in rows]

    def is_own(self, row: PerpetualRow | TradeRow | Unreadable) -> bool:
        """Whether a row of the login's list is its own, and of none of its slots."""
        if isinstance(row, Unreadable):
            return True
        return not row.is_isolated and _user(row) not in self._known.listed

    def own_trades(self, rows: Trades) -> Trades:
        """Those of the login; none of a slot belongs among them, where it would count for it."""
        self._misplaced |= {
            f"a trade of {row.name} in isolated margin is among those that are not": None
            for row in rows
            if isinstance(row, TradeRow) and not self.is_own(row)
        }
        return [row for row in rows if self.is_own(row)]

    def is_left_out(self, symbol: str) -> bool:
        """Whether a symbol is of a slot that could not be read."""
        return slot_of(symbol) in self._left_out

    def problems(self, rows: Sequence[PerpetualRow | Unreadable]) -> list[str]:
        """Why a snapshot with these rows would not be whole."""
        held = {row.symbol for row in rows if isinstance(row, PerpetualRow) and number(row.size)}
        found = [
            f"isolated margin in subaccount {slot} is not read: {why}"
            for slot, why in sorted(self._left_out.items())
        ]
        found += [
            f"the list of all positions has {symbol} {size}, but that of its subaccount has not"
            for symbol, size in sorted(self._summed_up.items())
            if symbol not in held and not self.is_left_out(symbol)
        ]
        if self._unlisted:
            found.append(f"whether there is more in isolated margin: {self._unlisted}")
        return [*found, *self._misplaced]

    def slots(self, latest: Callable[[int], int], held: Iterable[str]) -> dict[int, int]:
        """The slots for the bookmark, each with the time of its last trade."""
        holding = set(map(slot_of, held))
        for slot in self._traded - self._left_out.keys():
            is_empty = slot not in self._filled | holding
            self._known.was_read(slot, is_empty=is_empty, count=self._count)
        return {
            slot: latest(slot)
            for slot in sorted({*self._before.slots, *self._traded})
            if slot in holding or not self._known.is_over(slot, latest(slot))
        }

    # Which slots

    @property
    def _wanted(self) -> list[int]:
        return [each for each in self._chosen if each not in {*self._left_out, *self._given_up}]

    async def _list(self, trace: Trace) -> None:
        """Ask which there are."""
        try:
            rows = await self._gateway.subaccounts(trace=trace)
            self._known.note(rows, count=self._count)
        except VenueReplyInvalid as invalid:
            self._unlisted = str(invalid)
        except VenueRefused as refused:
            self._known.note_refusal(str(refused))

    def _choose(self, slot: int) -> None:
        if slot not in self._chosen and len(self._chosen) >= SLOTS_MAX:
            self._left_out[slot] = f"there are more than {SLOTS_MAX} such subaccounts"
        self._chosen[slot] = None

    def _note(self, row: PerpetualRow) -> None:
        """A slot that the list of all shows; what is held in it is read from its own list."""
        slot = _user(row)
        if slot is None or slot in self._known.no_slots:
            self._misplaced[f"{row.name} is in isolated margin, it is not told where"] = None
            return
        self._choose(slot)
        if number(row.size) != ZERO:
            self._summed_up[row._replace(slot=slot).symbol] = row.size or "of no size"

    def _refuse(self, slot: int, why: str) -> None:
        """One that is listed no more and is refused is empty as far as can be known: what was in
        it is gone without a trade, which is not believed at once."""
        is_shown = slot in set(map(slot_of, self._summed_up))
        if self._known.is_listed(slot) or is_shown:
            self._left_out[slot] = why
            return
        self._given_up.add(slot)
        self._ignored.append(f"isolated margin in subaccount {slot}, which is no more: {why}")

    # What is in them

    async def _positions_in(self, slot: int, trace: Trace) -> Rows:
        try:
            rows = await self._gateway.positions(of=slot, trace=trace)
        except VenueRefused as refused:
            self._refuse(slot, str(refused))
            return ()
        if not self._is_of(slot, rows):
            return ()
        if any(isinstance(row, Unreadable) or number(row.size) != ZERO for row in rows):
            self._filled.add(slot)
        return rows

    async def _trades_in(self, slot: int, since: int | None, trace: Trace) -> Trades:
        try:
            ask = partial(self._gateway.trades, of=slot, trace=trace)
            rows = await self._currencies.trades(since, ask, slot=slot)
        except VenueRefused as refused:
            self._refuse(slot, str(refused))
            return []
        if not self._is_of(slot, rows):
            return []
        self._traded.add(slot)
        return rows

    def _is_of(self, slot: int, rows: Iterable[PerpetualRow | TradeRow | Unreadable]) -> bool:
        """Whether rows that say whose they are name this slot."""
        others = {
            row.user
            for row in rows
            if not isinstance(row, Unreadable) and row.user not in (None, str(slot))
        }
        for other in others:
            self._left_out[slot] = f"what came is of {other}; it is tried again in the next run"
        return not others


def _user(row: PerpetualRow | TradeRow) -> int | None:
    """Whose a row is, by its number."""
    text = row.user or ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 20 else None
