"""Where the broker disagrees with what we should hold, row by row and field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from tieout.core.breaks import BreakKind
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import total_fees
from tieout.core.matching import known_number
from tieout.core.movements import Method
from tieout.core.numbers import (
    CENT,
    ONE,
    ZERO,
    add,
    divide,
    exact,
    is_unreadable,
    last_digit,
    magnitude,
    multiply,
    negate,
    subtract,
    truncate,
)
from tieout.core.policy import Tolerance
from tieout.core.position import Position
from tieout.core.snapshot import Holding

SHOWN_MAX = 40
SECOND_US = Decimal(1_000_000)

RATIO_TERM_MAX = 100
_TERM_MAX, _TERM_NEXT = Decimal(RATIO_TERM_MAX), Decimal(RATIO_TERM_MAX - 1)
NO_SPLIT = frozenset(("spot", "perpetual", "forex"))
HALF = Decimal("0.5")
AVERAGE_RELATIVE = Decimal("0.000001")

Verdict = Literal[
    "agrees", "differs", "flat", "rounding", "split", "restated", "cost", "missing", "expired",
    "unconfirmed", "side", "leg", "invalid",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What comparing one ledger with the snapshot gave.

    `ours` is what the book should hold at the snapshot's time, `theirs` what the venue reports,
    None when it reports nothing. `average` and `price` are the venue's, None when not reported.
    """

    ledger: LedgerId
    verdict: Verdict
    ours: Decimal
    theirs: Decimal | None
    average: Decimal | None = None
    price: Decimal | None = None
    row: Holding | None = None
    ratio: tuple[int, int] | None = None
    our_average: Decimal | None = None
    problem: str | None = None
    row_number: int | None = None

    @property
    def remainder(self) -> Decimal:
        """Theirs - ours; nothing reported moves us to flat."""
        return subtract(self.theirs if self.theirs is not None else ZERO, self.ours)


def row_problem(row: Holding) -> str | None:
    """Why a row cannot be used: a quantity that is no number, or a number that is no number."""
    if row.problem is not None:
        return row.problem
    if row.quantity is None or row.quantity == "":
        return "the quantity was not reported"
    quantity = known_number(row.quantity)
    if quantity is None:
        return f"the quantity {row.quantity!r} is not a finite number"
    if row.side == "long" and quantity < 0:
        return f"the row says long and the quantity is {row.quantity}"
    if row.multiplier:
        multiplier = known_number(row.multiplier)
        if multiplier is None or multiplier <= 0:
            return f"the multiplier {row.multiplier!r} is not a positive number"
    for name, text in (("average price", row.average_price), ("price", row.price)):
        if is_unreadable(text):
            return f"the {name} {shortened(text)} is no number"
    return None


def shortened(text: str | None) -> str:
    """What a row says, in quotes, cut where it would fill a line."""
    return repr(text if text is None or len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…")


def row_quantity(row: Holding) -> Decimal:
    """The signed quantity of a valid row; a short leg may be written without its sign."""
    quantity = exact(row.quantity)
    return negate(quantity) if row.side == "short" and quantity > 0 else quantity


def within(ours: Decimal, theirs: Decimal, *, absolute: Decimal, relative: Decimal) -> bool:
    """Whether two figures agree; a difference equal to the tolerance is within it."""
    difference = magnitude(subtract(theirs, ours))
    return difference <= absolute or difference <= multiply(magnitude(ours), relative)


def same_quantity(ours: Decimal, theirs: Decimal, tolerance: Tolerance) -> bool:
    """Whether the quantities agree; a tolerance never makes or unmakes a position.

    >>> same_quantity(Decimal("0"), Decimal("0.5"), Tolerance(quantity=Decimal(1)))
    False
    """
    if ours == theirs:
        return True
    if not ours or not theirs or (ours > 0) != (theirs > 0):
        return False
    return within(ours, theirs, absolute=tolerance.quantity, relative=ZERO)


def same_average(
    ours: Decimal, theirs: Decimal, tolerance: Tolerance, *, price_decimals: int | None
) -> bool:
    """Whether the averages agree: one unit of the last declared digit, or 1e-6 of ours."""
    absolute = tolerance.average_price
    if absolute is None:
        absolute = ZERO if price_decimals is None else ONE.scaleb(-price_decimals)
    return within(ours, theirs, absolute=absolute, relative=tolerance.average_price_relative)


def compare_quantity(
    *,
    ledger: LedgerId,
    position: Position | None,
    instrument: Instrument,
    row: Holding,
    tolerance: Tolerance,
    last: Holding | None,
    may_be_split: bool,
) -> Finding:
    """What a valid row says against what we should hold, quantity first, then the average.

    `last` is the row before it.
    """
    ours = position.quantity if position else ZERO
    theirs = row_quantity(row)
    average, price = known_number(row.average_price), known_number(row.price)
    verdict: Verdict = "differs"
    ratio = None
    our_average = position.average_price(instrument) if position and ours else None
    if same_quantity(ours, theirs, tolerance):
        verdict = "agrees"
    elif not theirs:
        verdict = "flat"
    elif position is not None and is_rounding(position, theirs, row):
        verdict = "rounding"
    elif may_be_split and instrument.asset_class not in NO_SPLIT and position is not None:
        ratio = infer_split(
            ours, theirs, our_average=our_average, average=row.average_price,
            last_average=average_before(last, ours), price=price,
            last_price=None if last is None else known_number(last.price),
            price_decimals=instrument.price_decimals,
        )  # fmt: skip
        verdict = "split" if ratio is not None else "differs"
    return Finding(
        ledger=ledger, verdict=verdict, ours=ours, theirs=theirs, average=average, price=price,
        row=row, ratio=ratio, our_average=our_average,
    )  # fmt: skip


def average_before(last: Holding | None, ours: Decimal) -> Decimal | None:
    """What the venue showed as the average of our quantity before, if it did."""
    if last is None or row_problem(last) is not None or row_quantity(last) != ours:
        return None
    return known_number(last.average_price)


def is_rounding(position: Position, theirs: Decimal, row: Holding) -> bool:
    """After a split or merger: a difference below one unit of the venue's last digit."""
    if not position.is_resized or not position.quantity:
        return False
    if (theirs > 0) != (position.quantity > 0):
        return False
    difference = magnitude(subtract(theirs, position.quantity))
    return difference < last_digit(exact(row.quantity))


def infer_split(
    ours: Decimal,
    theirs: Decimal,
    *,
    our_average: Decimal | None,
    average: str | None,
    last_price: Decimal | None,
    price: Decimal | None,
    last_average: Decimal | None = None,
    price_decimals: int | None = None,
) -> tuple[int, int] | None:
    """The ratio (new, old) of a split that nobody announced, of several the smallest terms.

    `last_average` is what the venue showed for our quantity before: where it has fees inside that
    ours has not, the venue's averages before and after are what tells the ratio.

    >>> infer_split(Decimal("10"), Decimal("40"), our_average=Decimal("100"), average="25.00",
    ...             last_price=None, price=None)
    (4, 1)
    """
    their_average = known_number(average)
    if not their_average or not ours or (ours > 0) != (theirs > 0):
        return None
    if not _may_be_ratio(ours, theirs):
        return None
    slack = multiply(_last_digit_of(their_average, price_decimals), HALF)
    for before in filter(None, (our_average, last_average)):
        ratio = _ratio_of(ours, theirs, before, their_average, slack=slack)
        if ratio is not None:
            return ratio if _price_moved(ratio, last_price, price) else None
    return None


def _ratio_of(
    ours: Decimal, theirs: Decimal, before: Decimal, after: Decimal, *, slack: Decimal
) -> tuple[int, int] | None:
    """The ratio by which quantities and averages moved, where it is one of small terms.

    New units grow with old ones, so the first ratio that fits has the smallest terms.
    """
    if not _keeps_cost(ours, theirs, before, after, slack=slack):
        return None
    for old in range(1, RATIO_TERM_MAX + 1):
        new = int(divide(multiply(before, Decimal(old)), after).to_integral_value())
        if not 1 <= new <= RATIO_TERM_MAX or new == old:
            continue
        if not _loses_less_than_one(ours, theirs, new=new, old=old):
            continue
        scaled = divide(multiply(before, Decimal(old)), Decimal(new))
        room = slack if _tells_apart(slack, after, new=new, old=old) else ZERO
        if within(scaled, after, absolute=room, relative=AVERAGE_RELATIVE):
            return new, old
    return None


def _last_digit_of(average: Decimal, price_decimals: int | None) -> Decimal:
    """One unit of the last digit to which a venue gives an average.

    What it declares counts, else what it wrote, and cents where it wrote less: 106 is 106.00.
    """
    if price_decimals is not None:
        return ONE.scaleb(-price_decimals)
    return min(last_digit(average), CENT)


def _tells_apart(slack: Decimal, average: Decimal, *, new: int, old: int) -> bool:
    """Whether an average rounded by `slack` tells this ratio from others of such terms.

    Two ratios of such terms differ by at least 1 in new x old parts. A rounding of more than half
    of that would let almost any average pass for a ratio.
    """
    return multiply(slack, Decimal(2 * new * old)) < magnitude(average)


def _may_be_ratio(ours: Decimal, theirs: Decimal) -> bool:
    """Whether two quantities are apart enough for a ratio of small terms, 99:100 or 100:99.

    Up to one unit may be paid in cash.
    """
    one, other = magnitude(ours), magnitude(theirs)
    grew = multiply(one, _TERM_MAX) < multiply(add(other, ONE), _TERM_NEXT)
    return grew or multiply(other, _TERM_MAX) <= multiply(one, _TERM_NEXT)


def _keeps_cost(
    ours: Decimal, theirs: Decimal, our_average: Decimal, their_average: Decimal, *, slack: Decimal
) -> bool:
    """Whether the cost could be unchanged, but for rounding and less than one unit in cash."""
    before = magnitude(multiply(ours, our_average))
    after = magnitude(multiply(theirs, their_average))
    room = add(magnitude(their_average), multiply(slack, magnitude(theirs)))
    relative = multiply(before, Decimal("0.00001"))
    return magnitude(subtract(before, after)) <= add(room, relative)


def _loses_less_than_one(ours: Decimal, theirs: Decimal, *, new: int, old: int) -> bool:
    """Whether the quantity after the ratio is theirs, at most a fraction of a unit missing.

    A venue that pays a fraction in cash holds whole units.
    """
    expected = multiply(magnitude(ours), Decimal(new))
    missing = subtract(expected, multiply(magnitude(theirs), Decimal(old)))
    is_whole = theirs == theirs.to_integral_value()
    return not missing or (ZERO < missing < old and is_whole)


def _price_moved(ratio: tuple[int, int], last_price: Decimal | None, price: Decimal | None) -> bool:
    """Whether the price is nearer to the split price than to the one before; yes if unknown."""
    if last_price is None or price is None:
        return True
    new, old = ratio
    scaled = multiply(price, divide(Decimal(new), Decimal(old)))
    return magnitude(subtract(scaled, last_price)) < magnitude(subtract(price, last_price))


def explained_averages(
    position: Position,
    instrument: Instrument,
    *,
    venue: str,
    weighted: Decimal | None,
    by_day: Decimal | None,
) -> Sequence[Decimal]:
    """The averages that the venue's declared method would show for our own fills.

    `weighted` is the average-cost one, `by_day` compressed FIFO (the fills of one New York day
    are one lot). Alpaca shows either; Hyperliquid truncates that of a perpetual, and that of a
    token has opening fees inside, as IBKR's has: they are taken out of what was bought.
    Coinbase does not say whether the cost of a coin has them inside.
    """
    if weighted is None:
        return ()
    if venue == "alpaca":
        return (weighted,) if by_day is None else (weighted, by_day)
    if venue == "hyperliquid" and instrument.price_decimals is not None:
        return (truncate(weighted, instrument.price_decimals),)
    is_token = venue == "hyperliquid" and instrument.asset_class == "spot"
    if (venue == "ibkr" or is_token) and instrument.multiplier:
        fees = total_fees(position.lots).value
        units = multiply(position.quantity, instrument.multiplier)
        return (add(weighted, divide(fees, units)),)
    if venue == "coinbase" and instrument.asset_class == "spot" and position.quantity:
        fees = total_fees(position.lots).value
        return (weighted, add(weighted, divide(fees, position.quantity)))
    return ()


ALTERNATIVES: Mapping[str, Method] = {
    "weighted": Method(cost_basis="average"),
    "by_day": Method(cost_basis="fifo", is_by_day=True),
}


def pnl_disagrees(
    *, ours: Decimal, method: Decimal | None, net: Decimal | None, theirs: Decimal, cent: Decimal
) -> bool:
    """Whether the venue's realized figure is more than a cent from every figure we can explain."""
    figures = [ours] + [each for each in (method, net) if each is not None]
    return all(magnitude(subtract(theirs, each)) > cent for each in figures)


def break_kind(finding: Finding) -> BreakKind:
    """Under which name a difference is listed."""
    kinds: dict[str, BreakKind] = {
        "cost": "cost",
        "restated": "cost",
        "missing": "missing_at_broker",
        "split": "corporate_action",
        "unconfirmed": "timing",
        "side": "side",
    }
    if finding.verdict == "differs" and not finding.ours:
        return "missing_in_book"
    return kinds.get(finding.verdict, "quantity")


def is_in_grace(booked_at: datetime, *, as_of: datetime, grace_s: Decimal) -> bool:
    """Whether a booking is so young that the venue may not show it yet."""
    age_us = (as_of - booked_at) // timedelta(microseconds=1)
    return age_us <= multiply(grace_s, SECOND_US)
