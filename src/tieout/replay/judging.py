"""Whether a closing agrees with the venue's own figure, judged by the venue's own method.

| venue | its figure | within |
|---|---|---|
| Hyperliquid, contracts | gross; the average is cut to 6 - szDecimals decimals | 0.000002 |
| Hyperliquid, spot | gross; a coin cost what was paid for what came in, after the fee | 0.000002 |
| IBKR Flex | fifoPnlRealized: first in, first out, net of both commissions | 0.01 |
| an activity file | realized_pnl: gross or net, as somebody kept it | 0.01 |

Spot sales of Hyperliquid are counted apart from closings: its published rule is that of contracts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.movements import Method
from tieout.core.numbers import CENT, ZERO, magnitude, normal, subtract
from tieout.core.pnl import Closing

MICRO = Decimal("0.000002")


@dataclass(frozen=True, slots=True)
class Sale:
    """A closing of known entry by the venue's method, and the activity that made it."""

    closing: Closing
    activity: Activity
    instrument: Instrument


# The figures that a venue's method may show for a closing.
Figures = Callable[[Sale], Sequence[Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How a venue arrives at its realized figures; `method` None means: as the file is replayed.

    `exact` is the figure of ours that answers to the venue's: gross or net.
    """

    figures: Figures
    exact: Callable[[Closing], Decimal]
    tolerance: Decimal = CENT
    method: Method | None = None
    words: str = "gross or net"
    keeps_spot_apart: bool = False

    @property
    def has_method(self) -> bool:
        """Whether the venue's figure follows a method that may differ from the exact figure."""
        return self.method is not None

    def is_apart(self, instrument: Instrument) -> bool:
        """Whether closings of this instrument are counted apart from the others."""
        return self.keeps_spot_apart and instrument.asset_class == "spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Our figure by the venue's method beside the venue's own, and the exact one."""

    ours: Decimal
    theirs: Decimal
    exact: Decimal
    agrees: bool

    @property
    def difference(self) -> Decimal:
        return subtract(self.ours, self.theirs)


def verdict(
    judge: Judge,
    *,
    exact: Closing,
    by_method: Closing,
    activity: Activity,
    instrument: Instrument,
) -> Verdict | None:
    """Compare a closing of known entry with the venue's figure; None where it gave none."""
    theirs = activity.realized_pnl
    if theirs is None or exact.gross is None or by_method.gross is None:
        return None
    figures = judge.figures(Sale(by_method, activity, instrument))
    nearest = min(figures, key=lambda ours: magnitude(subtract(ours, theirs)))
    return Verdict(
        ours=nearest,
        theirs=theirs,
        exact=judge.exact(exact),
        agrees=magnitude(subtract(nearest, theirs)) <= judge.tolerance,
    )


def gross_of(closing: Closing) -> Decimal:
    """The figure without fees."""
    assert closing.gross is not None, closing.by
    return closing.gross.value


def net_of(closing: Closing) -> Decimal:
    """The figure less the closing fee and the opening fees of the units that went."""
    assert closing.gross is not None, closing.by
    return closing.gross.minus(closing.fees).value


def _gross_or_net(sale: Sale) -> Sequence[Decimal]:
    return (gross_of(sale.closing), net_of(sale.closing))


def _net(sale: Sale) -> Sequence[Decimal]:
    return (net_of(sale.closing),)


def _by_hyperliquid(sale: Sale) -> Sequence[Decimal]:
    """Contracts by the cut average. A bought coin costs what was paid for what came in.

    Measured on 523 recorded spot sales: all but a dust conversion, which the venue does not
    value, and one figure that a spreadsheet had rounded.
    """
    closing = sale.closing
    if sale.instrument.asset_class == "spot":
        selling_fee = sale.activity.fee if sale.activity.fee is not None else ZERO
        opening_fees = subtract(closing.fees.value, selling_fee)
        return (subtract(gross_of(closing), opening_fees),)
    cut = closing.method_gross
    return (gross_of(closing) if cut is None else normal(cut),)


PLAIN = Judge(figures=_gross_or_net, exact=gross_of)
HYPERLIQUID = Judge(
    figures=_by_hyperliquid,
    exact=gross_of,
    tolerance=MICRO,
    method=Method(cost_basis="average", truncates=True),
    words="by Hyperliquid's method (the average cut to 6 - szDecimals decimals)",
    keeps_spot_apart=True,
)
IBKR = Judge(
    figures=_net,
    exact=net_of,
    method=Method(cost_basis="fifo"),
    words="by IBKR's method (first in, first out, net of commissions)",
)
