"""Does each fill start from the position that the fills before it give? Where not, a gap.

Where a venue gives fills of one moment no order, they are checked together, per account, coin
and moment: one of them has to start from what was held before. They are put in an order in which
each starts where another ended, as far as there is one: the two sides of a self-trade both
report the position before the trade.

After a gap the position is the venue's and its cost is not known, until it is flat. So it is with
what was held before the first fill, and with what a venue calls a closing of units that the file
never brought.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import by_ratio
from tieout.core.numbers import ZERO, add, magnitude, negate, subtract
from tieout.replay.export import Fill
from tieout.replay.ledgers import Ledgers

EMPTYING = ("merger", "expiry", "assignment", "exercise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A fill that starts from `reported` where those before it give `expected`."""

    ledger: LedgerId
    row: int
    account: str | None
    symbol: str
    expected: Decimal
    reported: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing for a ledger: a fill of the file, or units that come or go without a cost."""

    ledger: LedgerId
    activity: Activity
    fill: Fill | None = None
    partner: LedgerId | None = None


class Continuity:
    """The position of every ledger as the fills go by, and the gaps between them."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers
        self._held: dict[LedgerId, Decimal] = {}
        self.gaps: list[Gap] = []

    def steps(self, together: Sequence[Fill]) -> Iterator[Step]:
        """The steps that fills of one moment make, ledger by ledger."""
        if len(together) == 1:
            yield from self._steps_of(self._ledgers.of(together[0]), together)
            return
        by_ledger: dict[LedgerId, list[Fill]] = {}
        for fill in together:
            by_ledger.setdefault(self._ledgers.of(fill), []).append(fill)
        for ledger, fills in by_ledger.items():
            yield from self._steps_of(ledger, fills)

    def _steps_of(self, ledger: LedgerId, fills: Sequence[Fill]) -> Iterator[Step]:
        yield from self._follow_venue(ledger, fills)
        ordered = fills
        if len(fills) > 1:
            ordered = chained(fills, held=self._held.get(ledger, ZERO), moved=self._moved(ledger))
        for fill in ordered:
            if fill.closes:
                yield from self._bring_what_closes(ledger, fill)
            partner = self._ledgers.partner_of(fill)
            yield Step(ledger=ledger, activity=fill.activity, fill=fill, partner=partner)
            self._move(ledger, fill, partner)

    def _follow_venue(self, ledger: LedgerId, fills: Sequence[Fill]) -> Iterator[Step]:
        """Take over the position that the venue reports where it is not the one we have."""
        first = fills[0] if len(fills) == 1 else beginning(fills, moved=self._moved(ledger))
        if first.start is None:
            return
        held = self._held.get(ledger)
        if held is not None and any(starts_from(fill, held) for fill in fills):
            return
        if held is not None:
            instrument = self._ledgers.found[ledger].instrument
            self.gaps.append(
                Gap(
                    ledger=ledger,
                    row=first.row,
                    account=first.account,
                    symbol=instrument.symbol,
                    expected=held,
                    reported=first.start,
                    currency=instrument.settled_in,
                )
            )
            if held:
                yield moved_units(ledger, first, negate(held), "lost")
        if first.start:
            yield moved_units(ledger, first, first.start, "found")
        self._held[ledger] = first.start

    def _bring_what_closes(self, ledger: LedgerId, fill: Fill) -> Iterator[Step]:
        """The units that a closing takes and no fill brought were there before the file."""
        quantity = fill.activity.quantity
        held = self._held.get(ledger, ZERO)
        if quantity is None or (held and (held > 0) == (quantity > 0)):
            return  # on the side that is held it cannot close
        if magnitude(held) < magnitude(quantity):
            yield moved_units(ledger, fill, negate(add(quantity, held)), "found")
            self._held[ledger] = negate(quantity)

    def _moved(self, ledger: LedgerId) -> "Movement":
        return Movement(self._ledgers.found[ledger].instrument)

    def _move(self, ledger: LedgerId, fill: Fill, partner: LedgerId | None) -> None:
        held = self._held.get(ledger, ZERO)
        activity = fill.activity
        if partner is not None and activity.ratio is not None:
            units = by_ratio(held, new=activity.ratio.new, old=activity.ratio.old)
            self._held[partner] = add(self._held.get(partner, ZERO), units)
        if activity.type == "split" and activity.ratio is not None:
            self._held[ledger] = by_ratio(held, new=activity.ratio.new, old=activity.ratio.old)
        elif activity.type in EMPTYING and activity.quantity is None:
            self._held[ledger] = ZERO
        else:
            self._held[ledger] = add(held, self._moved(ledger).of(fill))


@dataclass(frozen=True, slots=True)
class Movement:
    """How fills move a position in one instrument."""

    instrument: Instrument

    def of(self, fill: Fill) -> Decimal:
        """The signed change; a fee taken in the coin that is traded comes off it."""
        activity = fill.activity
        if activity.quantity is None or activity.type == "dividend":
            return ZERO
        is_own_coin = (
            self.instrument.asset_class == "spot"
            and activity.fee
            and activity.fee_currency is not None
            and activity.fee_currency.upper() == self.instrument.base
        )
        if not is_own_coin or activity.fee is None:
            return activity.quantity
        return subtract(activity.quantity, activity.fee)


def starts_from(fill: Fill, held: Decimal) -> bool:
    """Whether a fill reports this position before it, as exactly as its export can tell."""
    if fill.start is None:
        return False
    return fill.start == held or magnitude(subtract(fill.start, held)) < fill.start_error


def beginning(fills: Sequence[Fill], *, moved: Movement) -> Fill:
    """The fill of a moment that starts from where no other of them ends."""
    ends = {add(fill.start, moved.of(fill)) for fill in fills if fill.start is not None}
    return next((fill for fill in fills if fill.start not in ends), fills[0])


def chained(fills: Sequence[Fill], *, held: Decimal, moved: Movement) -> list[Fill]:
    """Fills of one moment so that each starts where another ended; the rest as they stand."""
    left: dict[Decimal, list[Fill]] = {}
    for fill in reversed(fills):
        if fill.start is not None:
            left.setdefault(fill.start, []).append(fill)
    ordered: list[Fill] = []
    at = held
    while left.get(at):
        fill = left[at].pop()
        ordered.append(fill)
        at = add(at, moved.of(fill))
    taken = {fill.row for fill in ordered}
    return [*ordered, *(fill for fill in fills if fill.row not in taken)]


def moved_units(ledger: LedgerId, fill: Fill, quantity: Decimal, word: str) -> Step:
    """Units that come or go just before a fill, at no known cost; nothing is realized by it."""
    activity = Activity(
        id=ActivityId(f"{word} before row {fill.row}"),
        type="transfer",
        symbol=fill.activity.symbol,
        at=fill.at,
        quantity=quantity,
    )
    return Step(ledger=ledger, activity=activity)
