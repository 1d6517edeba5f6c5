"""What an account's owner decided: who is right, what missing means, how cost is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tieout.core.numbers import CENT, ZERO

Truth = Literal["broker", "book", "manual"]
OnMissing = Literal["flag", "close", "delete"]
CostBasis = Literal["average", "fifo", "lifo", "hifo", "specific"]

TRUTHS: tuple[Truth, ...] = ("broker", "book", "manual")
ON_MISSING: tuple[OnMissing, ...] = ("flag", "close", "delete")
COST_BASES: tuple[CostBasis, ...] = ("average", "fifo", "lifo", "hifo", "specific")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far ours and theirs may be apart and still agree; equal to it is within it.

    `average_price` is None until somebody sets it: then the venue's last declared digit counts.
    """

    quantity: Decimal = ZERO
    average_price: Decimal | None = None
    average_price_relative: Decimal = Decimal("0.000001")
    money: Decimal = CENT


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """Another truth for one kind of break, up to an amount in the instrument's currency."""

    truth: Truth
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of one account; the defaults are the product's own (see `default_policy`)."""

    truth: Truth = "broker"
    on_missing: OnMissing = "close"
    missing_confirmations: int = 2
    alert_confirmations: int = 2
    cost_basis: CostBasis = "average"
    guard_close_share: Decimal = Decimal("0.5")
    guard_close_min: int = 3
    guard_empty: bool = True
    grace_s: Decimal = Decimal(60)
    tolerance: Tolerance = Tolerance()
    by_kind: Mapping[str, KindRule] = field(default_factory=dict)


def default_policy(venue: str) -> Policy:
    """Tieout's own policy for a venue: a position missing at IBKR is flagged, elsewhere closed."""
    return Policy(on_missing="flag") if venue == "ibkr" else Policy()
