"""Realized P&L: what closings locked in, what they cost, and what is not known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.numbers import (
    NOTHING,
    ZERO,
    Amount,
    add,
    divide,
    money,
    multiply,
    subtract,
    trimmed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Realized money in one currency.

    `gross` counts the closings whose cost and price are known; `unknown` is how many are not.
    `fees` is a cost (positive). Funding and income (dividends) are money received, apart from it.
    """

    gross: Amount = NOTHING
    fees: Amount = NOTHING
    funding: Decimal = ZERO
    income: Decimal = ZERO
    closings: int = 0
    unknown: int = 0

    @property
    def net(self) -> Amount:
        return self.gross.minus(self.fees)

    @property
    def is_nothing(self) -> bool:
        return not (
            self.closings or self.unknown or self.gross.value or self.fees.value
            or self.funding or self.income
        )  # fmt: skip

    def plus(self, other: "Figures") -> "Figures":
        return Figures(
            gross=self.gross.plus(other.gross),
            fees=self.fees.plus(other.fees),
            funding=add(self.funding, other.funding),
            income=add(self.income, other.income),
            closings=self.closings + other.closings,
            unknown=self.unknown + other.unknown,
        )

    def minus(self, other: "Figures") -> "Figures":
        return Figures(
            gross=self.gross.minus(other.gross),
            fees=self.fees.minus(other.fees),
            funding=subtract(self.funding, other.funding),
            income=subtract(self.income, other.income),
            closings=self.closings - other.closings,
            unknown=self.unknown - other.unknown,
        )

    def same_money(self, other: "Figures") -> bool:
        """Whether both say the same amounts, however those came about."""
        return (
            self.gross.value == other.gross.value
            and self.fees.value == other.fees.value
            and self.funding == other.funding
            and self.income == other.income
            and self.unknown == other.unknown
        )


NO_FIGURES = Figures()


@dataclass(frozen=True, slots=True)
class Totals:
    """Realized figures by currency; currencies are never added to one another."""

    by_currency: Mapping[str, Figures] = field(default_factory=dict)

    def of(self, currency: str) -> Figures:
        return self.by_currency.get(currency, NO_FIGURES)

    def with_figures(self, currency: str, figures: Figures) -> "Totals":
        return Totals({**self.by_currency, currency: self.of(currency).plus(figures)})

    def plus(self, other: "Totals") -> "Totals":
        total = self
        for currency, figures in other.by_currency.items():
            total = total.with_figures(currency, figures)
        return total

    def minus(self, other: "Totals") -> "Totals":
        result = dict(self.by_currency)
        for currency, figures in other.by_currency.items():
            result[currency] = result.get(currency, NO_FIGURES).minus(figures)
        return Totals(result)

    @property
    def is_nothing(self) -> bool:
        return all(figures.is_nothing for figures in self.by_currency.values())

    def same_money(self, other: "Totals") -> bool:
        currencies = {*self.by_currency, *other.by_currency}
        return all(self.of(each).same_money(other.of(each)) for each in currencies)


NO_TOTALS = Totals()


def total_of(parts: Iterable[Totals]) -> Totals:
    """The sum of several totals, currency by currency."""
    result = NO_TOTALS
    for part in parts:
        result = result.plus(part)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFigure:
    """What a closing made after fees in the account's own currency.

    `price` is the part that the price made: the closing's own net at the rate of the closing. The
    rest came from the currency, whose rate was another when the units were paid for.
    """

    currency: str
    net: Amount
    price: Amount

    @property
    def exchange(self) -> Amount:
        return self.net.minus(self.price)

    def plus(self, other: "BaseFigure") -> "BaseFigure":
        assert self.currency == other.currency, (self.currency, other.currency)
        return replace(self, net=self.net.plus(other.net), price=self.price.plus(other.price))

    def negated(self) -> "BaseFigure":
        return replace(self, net=self.net.negated(), price=self.price.negated())

    def after_fee(self, fee: Amount) -> "BaseFigure":
        """With one more fee of the closing, in base currency."""
        return replace(self, net=self.net.minus(fee), price=self.price.minus(fee))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One realization: `quantity` (signed like the position it closed) gone at `price`.

    `by` is the activity, or the observation or booking, that caused it. `gross` is None where the
    cost or the price is not known. `is_estimated` says the price is a mark, not a trade. `venue` is
    the venue's own figure for it, where it gave one. `base` is what it made in the account's own
    currency, None where that is the closing's currency or a rate is not known.
    """

    by: str
    at: datetime
    quantity: Decimal
    price: Decimal | None
    gross: Amount | None
    fees: Amount
    currency: str
    is_estimated: bool = False
    venue: Decimal | None = None
    method_gross: Decimal | None = None
    base: BaseFigure | None = None

    @property
    def figures(self) -> Figures:
        known = self.gross is not None
        return Figures(
            gross=self.gross if self.gross is not None else NOTHING,
            fees=self.fees,
            closings=1,
            unknown=0 if known else 1,
        )


def base_of(closings: Sequence[Closing], figures: Figures) -> BaseFigure | None:
    """What closings made in base currency, if all of it is known and they made these figures."""
    total: BaseFigure | None = None
    net = NOTHING
    for closing in closings:
        if closing.base is None:
            return None
        total = closing.base if total is None else total.plus(closing.base)
        net = net.plus(closing.figures.net)
    return total if net.value == figures.net.value else None


def base_after(base: BaseFigure | None, before: Totals, closing: Closing) -> BaseFigure | None:
    """What an episode made in base currency once `closing` is in it, if all of it is known.

    `base` and `before` are what it had made until then: None beside something that it realized is
    not known, and stays so; None beside nothing is where the sum begins.
    """
    if closing.base is None or not has_net(before, closing.currency):
        return closing.base
    if base is None or base.currency != closing.base.currency:
        return None
    return base.plus(closing.base)


def has_net(totals: Totals, currency: str) -> bool:
    """Whether something is in the net of this currency, or was closed in any."""
    is_closed = any(figures.closings for figures in totals.by_currency.values())
    return is_closed or bool(totals.of(currency).net.value)


@dataclass(frozen=True, slots=True)
class BaseSum:
    """Figures valued in base currency, and those that are not: only all of them make a sum."""

    valued: BaseFigure | None = None
    rest: Figures = NO_FIGURES

    def plus(self, figures: Figures, base: BaseFigure | None) -> "BaseSum":
        if base is None or (self.valued is not None and self.valued.currency != base.currency):
            return replace(self, rest=self.rest.plus(figures))
        return replace(self, valued=base if self.valued is None else self.valued.plus(base))

    @property
    def known(self) -> BaseFigure | None:
        rest = self.rest
        is_all = not (rest.closings or rest.unknown or rest.net.value)
        return self.valued if is_all else None


def gross_pnl(
    quantity: Decimal,
    *,
    price: Decimal,
    cost: Amount,
    multiplier: Decimal,
    inverse: bool = False,
) -> Amount | None:
    """What closing `quantity` (signed like the position) at `price` makes before fees.

    `cost` is what those units cost, signed like the quantity. For an inverse contract cost and
    result are in the base asset: quantity x multiplier x (1/average - 1/exit); None at price 0,
    which has no value there.

    >>> gross_pnl(Decimal("4"), price=Decimal("130.00"), cost=Amount(Decimal("400.00")),
    ...           multiplier=Decimal(1)).text()
    '120.00'
    >>> gross_pnl(Decimal("-60"), price=Decimal("49"), cost=Amount(Decimal("-3120")),
    ...           multiplier=Decimal(1)).text()
    '180'
    """
    value = value_at(quantity, price=price, multiplier=multiplier, inverse=inverse)
    if value is None:
        return None
    return cost.minus(value) if inverse else value.minus(cost)


def base_figure(
    net: Amount, *, paid: Amount, base_cost: Amount, rate: Decimal, currency: str
) -> BaseFigure:
    """A closing in base currency: `paid` is the cost and opening fees that `net` was made on.

    >>> made = base_figure(money(Decimal(500)), paid=money(Decimal(5000)), currency="USD",
    ...                    base_cost=money(Decimal(5500)), rate=Decimal("1.2"))
    >>> made.net.text(), made.price.text(), made.exchange.text()
    ('1100.0', '600.0', '500.0')
    """
    received = net.plus(paid).times(rate)
    return BaseFigure(currency=currency, net=received.minus(base_cost), price=net.times(rate))


def value_at(
    quantity: Decimal, *, price: Decimal, multiplier: Decimal, inverse: bool = False
) -> Amount | None:
    """Quantity at a price, signed like the quantity.

    Of an inverse contract in the base asset, where a price of 0 has no value: None.

    >>> value_at(Decimal(10000), price=Decimal(12500), multiplier=Decimal(1), inverse=True).text()
    '0.8'
    """
    if not inverse:
        return money(trimmed(multiply(multiply(price, quantity), multiplier), like=price))
    if not price:
        return None
    return money(multiply(quantity, multiplier)).share(Decimal(1), price)


def price_of(
    cost: Amount, *, quantity: Decimal, multiplier: Decimal, inverse: bool = False
) -> Decimal | None:
    """The price of one unit that gives this cost; harmonic for inverse contracts.

    None for an inverse contract that cost nothing: no price gives that.
    """
    units = multiply(quantity, multiplier)
    if not inverse:
        return divide(cost.value, units)
    return divide(units, cost.value) if cost.value else None
