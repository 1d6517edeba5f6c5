"""The facts a book is folded from: what it started with, what happened, what was observed.

A ledger is its facts in order of time. Facts are only ever added; taking one back is another
fact. `order` is the order of arrival in the account, `at` when it took effect.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from tieout.core.activity import Activity, ActivityId, Ratio
from tieout.core.instrument import LedgerId
from tieout.core.numbers import ZERO
from tieout.core.position import Ledger, Position, Reason

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the book held before anything we know of, its cost at this `multiplier`."""

    ledger: LedgerId
    order: int
    at: datetime
    position: Position
    multiplier: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An activity, applied at its own time however late it arrived.

    A merger or spin-off is in two ledgers: the one it takes from, and (`is_receiving`) the one
    that gets the new units. `partner` names the other of the two.
    """

    ledger: LedgerId
    order: int
    at: datetime
    activity: Activity
    is_receiving: bool = False
    partner: LedgerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The first complete snapshot of an account without history: `quantity` may be 0.

    Activities dated before it count only when they account for the whole quantity from flat;
    with a `partial` history they then give the average and lots, and realize nothing.
    """

    ledger: LedgerId
    order: int
    at: datetime
    quantity: Decimal
    average: Decimal | None
    history: Literal["full", "partial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a snapshot changed without explanation: `movement` units at `price`.

    `average` is the venue's average, taken where the basis is `venue`. `ratio` makes it a split
    that nobody announced (`movement` is then what is left over, the fraction paid in cash, and
    `reached` what the venue held after it); `symbol` a rename that the venue's id shows.
    `is_rounding` moves the quantity at the same cost. `takes_average` restates on any basis.
    `refused` are activities that were known and did not count yet; once they do, they explain
    it.
    """

    ledger: LedgerId
    order: int
    at: datetime
    movement: Decimal = ZERO
    price: Decimal | None = None
    average: Decimal | None = None
    reason: Reason = "unexplained"
    ratio: Ratio | None = None
    reached: Decimal | None = None
    symbol: str | None = None
    is_rounding: bool = False
    takes_average: bool = False
    refused: tuple[ActivityId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking of our own, provisional until a fill or a snapshot agrees."""

    ledger: LedgerId
    order: int
    at: datetime
    action: Literal["open", "reduce", "close"]
    quantity: Decimal
    price: Decimal
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A snapshot agreed with a booking; fills after this are new trades."""

    ledger: LedgerId
    order: int
    at: datetime
    booking: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A booking or an observation is taken back, as if it had not been.

    Of a booking that the venue shows in part, `part` is what goes back, signed like the booking;
    None takes all of it. An opening that never happened ends without P&L where `ends_unconfirmed`
    is set.
    """

    ledger: LedgerId
    order: int
    at: datetime
    target: int
    ends_unconfirmed: bool = False
    part: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSet:
    """A person gave the price of one of the units whose cost was not known."""

    ledger: LedgerId
    order: int
    at: datetime
    price: Decimal


def is_joining(fact: Happened) -> bool:
    """Whether a rename shows that two ledgers were one instrument all along."""
    return fact.activity.type == "rename" and fact.partner is not None


Fact = Opening | Happened | Adopted | Observed | Booked | Confirmed | Withdrawn | CostSet


def in_time(fact: Fact) -> tuple[datetime, int, int]:
    """The place of a fact in time: activities before what a snapshot showed at the same moment."""
    if isinstance(fact, Opening):
        return (BEFORE_ALL, 0, fact.order)
    return (fact.at, 0 if isinstance(fact, Happened | Booked) else 1, fact.order)


def needs_history(fact: Fact, last_at: datetime) -> bool:
    """Whether a fact does not simply come after all that a ledger knew at `last_at`."""
    if isinstance(fact, Withdrawn | CostSet | Confirmed) or starts_at(fact) <= last_at:
        return True
    if isinstance(fact, Happened):
        ends_option = fact.activity.type in ("expiry", "assignment", "exercise")
        return ends_option or is_joining(fact) or fact.activity.cancels is not None
    return False


def starts_at(fact: Fact) -> datetime:
    """The first moment at which a snapshot may show a fact."""
    return fact.activity.starts_at if isinstance(fact, Happened) else fact.at


def is_timeless(fact: Fact) -> bool:
    """What was there before, and decisions, hold for every time the facts are looked at."""
    return isinstance(fact, Opening | Withdrawn | CostSet)


def with_beginning(ledger: Ledger, fact: Fact) -> Ledger:
    """The ledger, knowing since when it has facts and what it was called before it was renamed."""
    first_at = ledger.first_at
    if first_at is None:
        is_first = ledger.last_at is None and ledger.position is None
    else:
        is_first = fact.at < first_at
    if is_first and not _says_nothing_was_held(fact):
        ledger = replace(ledger, first_at=fact.at)
    if _renames(fact) and not ledger.first_names:
        names = (ledger.instrument.symbol, *ledger.instrument.spellings)
        ledger = replace(ledger, first_names=names)
    return ledger


def _says_nothing_was_held(fact: Fact) -> bool:
    return isinstance(fact, Adopted) and not fact.quantity


def _renames(fact: Fact) -> bool:
    if isinstance(fact, Observed):
        return fact.symbol is not None
    return isinstance(fact, Happened) and fact.activity.type == "rename"
