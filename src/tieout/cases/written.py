"""How many decimals a file writes its money with: zeros after those are nobody's, and are cut.

A share of a cost or fee may need more decimals than what it is a share of: a fee of 2 is 0.8 and
1.2. Put together again that is 2.0, exactly the 2 that somebody wrote.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.cases.case import Case
from tieout.core.activity import Activity
from tieout.core.errors import NumberError
from tieout.core.numbers import exact, exponent_of
from tieout.core.snapshot import Failure, Snapshot

MONEY = ("gross", "net", "average_price", "unrealized_pnl")
FEES = ("fees", "other_fees")
AS_IT_IS = ("base",)  # a product with a rate of exchange


@dataclass(frozen=True, slots=True)
class Written:
    """The most decimals that any price or money has in a file, and any fee."""

    money: int = 0
    fees: int = 0

    def with_activity(self, activity: Activity) -> "Written":
        """With what one more activity writes. A fee that is taken in the coin is worth a price."""
        is_fee = activity.type == "fee"
        fees = max(decimals_of(activity.fee), decimals_of(activity.cash) if is_fee else 0)
        prices = max(map(decimals_of, (activity.price, activity.cash, activity.cost)))
        if is_fee or activity.fee_currency is not None:
            fees = max(fees, prices)
        if fees <= self.fees and max(prices, fees) <= self.money:
            return self  # as nearly all do, of a million
        return Written(max(self.money, prices, fees), max(self.fees, fees))

    def with_money(self, values: Iterable[Decimal | None]) -> "Written":
        return Written(max((self.money, *map(decimals_of, values))), self.fees)

    def with_fees(self, values: Iterable[Decimal | None]) -> "Written":
        return Written(self.money, max((self.fees, *map(decimals_of, values))))

    def cut(self, material: Any) -> Any:
        """A result without the zeros that nobody wrote; nothing else of it changes."""
        if isinstance(material, list):
            return [self.cut(each) for each in material]
        if not isinstance(material, Mapping):
            return material
        return {key: self._cut_member(key, value) for key, value in material.items()}

    def _cut_member(self, key: str, value: Any) -> Any:
        if key in AS_IT_IS:
            return value
        places = self.fees if key in FEES else self.money
        if key in FEES and isinstance(value, Mapping):
            return {name: cut_zeros(text, places) for name, text in value.items()}
        if key in (*MONEY, *FEES) and isinstance(value, str):
            return cut_zeros(value, places)
        return self.cut(value)


NOTHING_WRITTEN = Written()


def decimals_of(value: Decimal | None) -> int:
    """How many decimals a number was written with.

    >>> decimals_of(Decimal("1.00")), decimals_of(Decimal("1E+2")), decimals_of(None)
    (2, 0, 0)
    """
    return 0 if value is None else max(0, -exponent_of(value))


def cut_zeros(text: str, places: int) -> str:
    """A number in plain notation without the zeros that end it after so many decimals.

    >>> cut_zeros("57.0", 0), cut_zeros("57.000", 2), cut_zeros("57.050", 1), cut_zeros("100", 0)
    ('57', '57.00', '57.05', '100')
    """
    whole, _, decimals = text.partition(".")
    kept = decimals[:places] + decimals[places:].rstrip("0")
    return f"{whole}.{kept}" if kept else whole


def written_in(case: Case) -> Written:
    """The decimals of a case file."""
    found = NOTHING_WRITTEN
    for row in case.book:
        prices = [each.price for each in row.lots]
        found = found.with_money([row.average_price, row.realized, *prices])
        found = found.with_fees(each.fees for each in row.lots)
    for step in case.steps:
        for activity in step.activities:
            found = found.with_activity(activity)
        found = found.with_money(each.price for each in step.local)
        found = found.with_money(prices_of(step.snapshot))
    return found


def prices_of(snapshot: Snapshot | Failure | None) -> Iterator[Decimal | None]:
    """The averages and prices of a snapshot, as far as they are numbers."""
    for holding in snapshot.holdings if isinstance(snapshot, Snapshot) else ():
        yield number_in(holding.average_price)
        yield number_in(holding.price)


def number_in(text: str | None) -> Decimal | None:
    """The number that a row of a snapshot has there, if it is one."""
    try:
        return None if text is None else exact(text)
    except NumberError:
        return None
