"""One ledger while it is being folded: its open position, what ended, what was realized."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from tieout.core.activity import ActivityId
from tieout.core.costs import UnitCost
from tieout.core.facts import Adopted, Booked, Confirmed, Observed, Opening, Withdrawn
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import scaled, tidy, total_quantity
from tieout.core.movements import Method, Moved, Movement, move, restated
from tieout.core.numbers import ZERO, Amount, add, magnitude, negate, normal, subtract
from tieout.core.pnl import NO_TOTALS, Closing, Figures, Totals, has_net
from tieout.core.position import Episode, Ledger, Position, Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A ledger after a fold: the open position, the episodes that ended, the closings of each."""

    instrument: Instrument
    position: Position | None
    ended: tuple[Episode, ...]
    closings: tuple[tuple[str, Closing], ...]
    totals: Totals
    last_at: datetime | None
    booked: tuple[int, ...]
    applied: tuple[ActivityId, ...] = ()
    errors: tuple[tuple[ActivityId, str], ...] = ()
    waiting: tuple[ActivityId, ...] = ()
    moved: tuple[tuple[ActivityId, Decimal], ...] = ()

    @property
    def quantity(self) -> Decimal:
        return self.position.quantity if self.position else ZERO

    @property
    def not_counted(self) -> tuple[ActivityId, ...]:
        """Activities that are known and do not count yet: refused, or waiting for another."""
        return (*(activity for activity, _ in self.errors), *self.waiting)


class Working:
    """The mutable workpiece of a fold; `Folded` is what comes out."""

    def __init__(self, ledger: Ledger, method: Method) -> None:
        self.id: LedgerId = ledger.id
        self.side = ledger.side
        self.instrument = ledger.instrument
        self.method = method
        self.position: Position | None = ledger.position
        self.booked: dict[int, str] = dict.fromkeys(ledger.booked, "")
        self.last_at: datetime | None = ledger.last_at
        self.totals = ledger.totals
        self.ended: list[Episode] = []
        self.closings: list[tuple[str, Closing]] = []
        self.applied: list[ActivityId] = []
        self.errors: dict[ActivityId, str] = {}
        self.waiting: list[ActivityId] = []
        self.moved: dict[ActivityId, Decimal] = {}
        self.provisional: set[int] = set()

    @classmethod
    def of(cls, ledger: Ledger, method: Method) -> "Working":
        """A workpiece that starts from where the ledger is."""
        return cls(ledger, method)

    @property
    def quantity(self) -> Decimal:
        return self.position.quantity if self.position else ZERO

    def seen(self, at: datetime) -> None:
        """Remember the latest time of a fact."""
        self.last_at = at if self.last_at is None else max(self.last_at, at)

    def result(self) -> Folded:
        return Folded(
            instrument=self.instrument,
            position=self.position,
            ended=tuple(self.ended),
            closings=tuple(self.closings),
            totals=self.totals,
            last_at=self.last_at,
            booked=tuple(self.booked),
            applied=tuple(self.applied),
            errors=tuple(self.errors.items()),
            waiting=tuple(self.waiting),
            moved=tuple(self.moved.items()),
        )

    def start(self, fact: Opening, *, given: UnitCost | None) -> None:
        """Begin with what the book held, at the contract size that is known by now.

        Units without a cost cost what a person has `given` since.
        """
        now, then = self.instrument.multiplier, fact.multiplier
        lots = fact.position.lots
        if now is not None and then is not None and now != then and not self.instrument.inverse:
            lots = tuple(replace(lot, cost=lot.cost and lot.cost.share(now, then)) for lot in lots)
        self.position = replace(
            fact.position,
            lots=tuple(
                replace(lot, cost=given.of(lot.quantity, self.instrument))
                if given is not None and lot.cost is None
                else lot
                for lot in lots
            ),
        )

    def move(self, movement: Movement) -> None:
        """Let units come or go, and keep what that realized and ended."""
        self._end_closing()
        moved = move(self.position, movement, instrument=self.instrument, method=self.method)
        self._take(moved, movement)

    def _take(self, moved: Moved, movement: Movement) -> None:
        if moved.closing is not None:
            source = moved.ended or moved.position
            assert source is not None
            self.closings.append((source.opened_by, moved.closing))
            figures = Totals({moved.closing.currency: moved.closing.figures})
            self.totals = self.totals.plus(figures)
        self.position = moved.position
        is_trade = movement.reason in ("fill", "local")
        if moved.ended is not None and moved.position is None and is_trade and self.provisional:
            self.position = replace(moved.ended, status="CLOSING")
        elif moved.ended is not None:
            self.end(moved.ended, at=movement.at, by=movement.by, reason=movement.reason)

    def end(self, position: Position, *, at: datetime, by: str, reason: Reason) -> None:
        """Write an episode down as ended."""
        self.provisional.clear()
        status: Status = "LIQUIDATED" if reason == "liquidation" else "CLOSED"
        mine = takewhile(lambda each: each[0] == position.opened_by, reversed(self.closings))
        self.ended.append(
            Episode(
                symbol=self.instrument.symbol,
                side=self.side,
                opened_at=position.opened_at,
                opened_by=position.opened_by,
                closed_at=at,
                closed_by=by,
                reason=reason,
                status=status,
                totals=position.totals,
                currency=self.instrument.settled_in,
                is_estimated=any(closing.is_estimated for _, closing in mine),
                base=position.base,
            )
        )

    def receive(self, currency: str, figures: Figures) -> None:
        """Money that comes or goes without moving the position, for the open episode if any."""
        totals = Totals({currency: figures})
        self.totals = self.totals.plus(totals)
        if self.position is not None:
            # Of what is in the net and was no trade no rate is known.
            base = None if has_net(totals, self.instrument.settled_in) else self.position.base
            received = self.position.totals.plus(totals)
            self.position = replace(self.position, totals=received, base=base)

    def scale(self, *, new: Decimal, old: Decimal) -> None:
        """Split: other quantities at the same cost."""
        if self.position is None or not self.position.lots:
            return
        lots = scaled(self.position.lots, new=new, old=old)
        self.position = replace(
            self.position, lots=lots, quantity=total_quantity(lots), is_resized=True
        )

    def sell_fraction(self, movement: Movement) -> None:
        """The part of a unit that a ratio left goes, and its digits with it."""
        self.move(movement)
        if self.position is not None:
            quantity = normal(self.position.quantity)
            self.position = replace(self.position, quantity=quantity, lots=tidy(self.position.lots))

    def rename(self, symbol: str, *, venue_id: str | None = None) -> None:
        """Another name for the same instrument; the old one stays as a spelling."""
        known = self.instrument
        old = (known.symbol,) if known.symbol not in (symbol, *known.spellings) else ()
        ids = (venue_id,) if venue_id is not None and venue_id not in known.venue_ids else ()
        self.instrument = replace(
            known,
            symbol=symbol,
            spellings=tuple(each for each in (*known.spellings, *old) if each != symbol),
            venue_ids=(*known.venue_ids, *ids),
        )

    # What snapshots, bookings and people say

    def adopt_draft(self, draft: Folded) -> None:
        """Take average and lots of what known activities gave, realizing nothing."""
        if draft.position is not None:
            self.position = replace(draft.position, totals=NO_TOTALS, base=None, status="OPEN")

    def adopt(self, fact: Adopted, *, given: UnitCost | None) -> None:
        """Take over what the venue held when we first looked."""
        quantity = subtract(fact.quantity, self.quantity)
        self.move(
            Movement(
                by=f"adopted:{fact.order}",
                at=fact.at,
                quantity=quantity,
                price=fact.average,
                cost=self._cost_given(given, quantity, average=fact.average),
                basis="venue",
            )
        )

    def _cost_given(
        self, given: UnitCost | None, quantity: Decimal, *, average: Decimal | None
    ) -> Amount | None:
        """What a person says that units cost whose average the venue did not tell."""
        if given is None or average is not None:
            return None
        return given.of(quantity, self.instrument)

    def observe(self, fact: Observed, *, was_explained: bool, given: UnitCost | None) -> None:
        """Follow the venue where nothing explains what it shows."""
        if fact.symbol is not None:
            self.rename(fact.symbol)
        if fact.is_rounding:
            self._round(fact)
            return
        if fact.ratio is not None:
            self.scale(new=fact.ratio.new, old=fact.ratio.old)
        if fact.movement:
            self._follow(fact, given=given)
        is_moot = was_explained and not fact.movement
        if self.position is None or not self.position.quantity or fact.average is None or is_moot:
            return
        if self.position.basis == "venue" or fact.takes_average:
            self.position = restated(
                self.position, average=fact.average, instrument=self.instrument, method=self.method
            )

    def _follow(self, fact: Observed, *, given: UnitCost | None) -> None:
        """Book the unexplained units at the venue's price, estimated, at its average."""
        held = self.quantity
        is_growing = not held or (held > 0) == (fact.movement > 0)
        cost = self._cost_given(given, fact.movement, average=fact.average)
        flips = not is_growing and magnitude(fact.movement) > magnitude(held)
        movement = Movement(
            by=f"observed:{fact.order}",
            at=fact.at,
            quantity=fact.movement,
            price=fact.average if is_growing else fact.price,
            cost=cost if is_growing else None,
            reason=fact.reason,
            is_estimated=True,
            reduces=fact.ratio is None,
            basis="venue",
        )
        if fact.ratio is not None:
            self.sell_fraction(movement)
            return
        if not flips:
            self.move(movement)
            return
        self.move(replace(movement, quantity=negate(held)))
        rest = add(fact.movement, held)
        cost = self._cost_given(given, rest, average=fact.average)
        self.move(replace(movement, quantity=rest, price=fact.average, cost=cost))

    def _round(self, fact: Observed) -> None:
        """After a split, take the venue's quantity at the same cost."""
        if self.position is None or not self.position.lots:
            return
        target = normal(add(self.position.quantity, fact.movement))
        lots = scaled(self.position.lots, new=target, old=self.position.quantity)
        self.position = replace(
            self.position,
            quantity=target,
            lots=lots,
            fraction=subtract(self.position.fraction, fact.movement),
        )

    def book(self, fact: Booked, *, quantity: Decimal) -> None:
        """Our own booking: provisional until confirmed, unless the account has no connection."""
        if not quantity:
            return
        by = f"booked:{fact.order}"
        self._end_closing()
        is_new = self.position is None
        movement = Movement(
            by=by,
            at=fact.at,
            quantity=quantity,
            price=fact.price,
            reason="local",
            is_estimated=not fact.is_final,
            basis="actual" if fact.is_final else "venue",
            status="OPENING" if is_new and not fact.is_final else "OPEN",
        )
        moved = move(self.position, movement, instrument=self.instrument, method=self.method)
        if not fact.is_final:
            self.booked[fact.order] = fact.action
        if not fact.is_final and moved.closing is not None:
            self.provisional.add(fact.order)
        self._take(moved, movement)

    def confirm(self, fact: Confirmed) -> None:
        """A snapshot agrees with a booking."""
        self.booked.pop(fact.booking, None)
        self.provisional.discard(fact.booking)
        if self.position is None:
            return
        if self.position.status == "OPENING":
            self.position = replace(self.position, status="OPEN")
        self._end_closing()

    def end_unconfirmed(self, fact: Withdrawn) -> None:
        """An opening that nobody confirmed leaves without P&L."""
        self.booked.pop(fact.target, None)
        if not fact.ends_unconfirmed or self.position is None:
            return
        by = f"booked:{fact.target}"
        quantity = ZERO
        for lot in self.position.lots:
            if self.position.opened_by == by or lot.id == by:
                quantity = add(quantity, lot.quantity)
        if quantity:
            self.move(
                Movement(
                    by=f"withdrawn:{fact.order}",
                    at=fact.at,
                    quantity=negate(quantity),
                    reason="unconfirmed",
                    realizes=False,
                    reduces=False,
                )
            )

    def _end_closing(self) -> None:
        """A booked close that has been confirmed, or is followed by a new trade, is final."""
        is_closing = self.position is not None and self.position.status == "CLOSING"
        if is_closing and self.position is not None and not self.position.quantity:
            position, self.position = self.position, None
            self.end(position, at=self._last_close(position), by=position.opened_by, reason="local")

    def _last_close(self, position: Position) -> datetime:
        opened_by, closing = self.closings[-1]
        assert opened_by == position.opened_by, position
        return closing.at
