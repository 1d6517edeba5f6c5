"""What a venue says it holds for an account at one moment."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from tieout.core.activity import Side


class Holding(NamedTuple):
    """One row of a snapshot, as the venue wrote it: numbers are texts until they are needed.

    Comparing the texts of two rows is how an unchanged position costs nothing. `quantity` is
    signed (short is negative); the venue module turns the venue's own convention. A number the
    venue did not report is None or ""; that is never 0. `average_price` is of one unit, the
    multiplier divided out. `problem` says why the venue module could not read the row at all.
    """

    symbol: str
    quantity: str | None = None
    average_price: str | None = None
    price: str | None = None
    venue_id: str | None = None
    side: Side | None = None
    asset_class: str | None = None
    currency: str | None = None
    multiplier: str | None = None
    leverage: str | None = None
    liquidation_price: str | None = None
    margin_mode: str | None = None
    realized_pnl: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a venue reports for an account at `as_of`, and whether that is all there is.

    `problems` says in words why a snapshot is not complete.
    """

    as_of: datetime
    holdings: tuple[Holding, ...]
    complete: bool = True
    problems: tuple[str, ...] = ()


FailureKind = Literal["unavailable", "refused", "reply_invalid"]
FAILURE_KINDS: tuple[FailureKind, ...] = ("unavailable", "refused", "reply_invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A fetch that brought nothing: not a flat account, just no news."""

    kind: FailureKind
    message: str


LocalAction = Literal[
    "open", "reduce", "close", "ignore_break", "accept_broker", "keep_book", "set_cost"
]
LOCAL_ACTIONS: tuple[LocalAction, ...] = (
    "open", "reduce", "close", "ignore_break", "accept_broker", "keep_book", "set_cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A booking or decision of our own: a bot opened a position, a person settled a break."""

    action: LocalAction
    symbol: str
    at: datetime
    quantity: Decimal | None = None
    price: Decimal | None = None
    side: Side | None = None
