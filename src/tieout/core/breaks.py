"""A difference that activities do not explain, with its identity, explanation and remainder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NewType

from tieout.core.activity import ActivityId, Side
from tieout.core.instrument import LedgerId
from tieout.core.snapshot import Holding

BreakId = NewType("BreakId", str)
BreakKind = Literal[
    "quantity", "side", "missing_at_broker", "missing_in_book", "cost", "price", "cash", "fill",
    "pnl", "corporate_action", "reference", "timing", "duplicate", "stale_source",
    "incomplete_source",
]  # fmt: skip
BREAK_KINDS: tuple[BreakKind, ...] = (
    "quantity", "side", "missing_at_broker", "missing_in_book", "cost", "price", "cash", "fill",
    "pnl", "corporate_action", "reference", "timing", "duplicate", "stale_source",
    "incomplete_source",
)  # fmt: skip
BreakStatus = Literal["open", "acknowledged", "explained", "resolved", "ignored"]

# These are worth a look, but do not say that the book and the broker disagree on what is held.
HARMLESS: frozenset[BreakKind] = frozenset(("duplicate", "pnl"))
SOURCE_KINDS: frozenset[BreakKind] = frozenset(("stale_source", "incomplete_source"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One part of the explanation: an activity and what it moved."""

    cause: str
    id: ActivityId
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One difference, with the same `id` for as long as it lasts.

    `before` is what the book held when the run began, `ours` what it expects after the
    activities, `theirs` what the venue reports; a None inside means it was not reported. The
    three have the same fields (`quantity` or `average_price`; of a `reference` break `multiplier`,
    `currency` or both). `remainder` is theirs - ours, None where that is no figure.
    `row` is what the venue reported, for the person who decides.
    `ledger` and `symbol` are None for a break of the whole source.
    """

    id: BreakId
    kind: BreakKind
    ledger: LedgerId | None
    symbol: str | None
    side: Side | None = None
    before: Mapping[str, Decimal | str | None] | None = None
    ours: Mapping[str, Decimal | str | None] | None = None
    theirs: Mapping[str, Decimal | str | None] | None = None
    explanation: tuple[Cause, ...] = ()
    remainder: Decimal | None = None
    status: BreakStatus = "open"
    seen: int = 1
    first_at: datetime
    last_at: datetime
    row: Holding | None = None

    @property
    def prevents_tie_out(self) -> bool:
        return self.status == "open" and self.kind not in HARMLESS
