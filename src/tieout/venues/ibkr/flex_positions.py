"""The open positions of a Flex statement as holdings.

Average costs come from `costBasisMoney`, which is whole: whether `costBasisPrice` of an option or
future has its multiplier inside is nowhere told.
"""

from collections.abc import Iterable
from decimal import Decimal

from ibflex import Types

from tieout.core.numbers import ONE, ZERO, divide, magnitude, multiply, plain, printed
from tieout.core.snapshot import Holding
from tieout.venues.ibkr.contracts import CLASSES, SIZED, multiplier_of, problem_of, why_left_out
from tieout.venues.ibkr.flex_names import Booked, contract_of
from tieout.venues.ibkr.flex_rows import sum_of, told
from tieout.venues.ibkr.holdings import REPEATED
from tieout.venues.ibkr.wire import Contract

SUMMARY, LOT = "SUMMARY", "LOT"

Rows = list[Types.OpenPosition]


def holdings_of(rows: Iterable[Types.OpenPosition], booked: Booked) -> tuple[Holding, ...]:
    """One holding a contract: its summary where there is one, else the sum of its lots."""
    by_contract: dict[str, Rows] = {}
    for row in rows:
        by_contract.setdefault(row.conid or row.symbol or "", []).append(row)
    found = (_holding(each, booked) for each in by_contract.values())
    return tuple(each for each in found if each is not None)


def _holding(rows: Rows, booked: Booked) -> Holding | None:
    last_day = max((row.reportDate for row in rows if row.reportDate), default=None)
    rows = [row for row in rows if row.reportDate == last_day]
    wholes = [row for row in rows if (row.levelOfDetail or SUMMARY).upper() == SUMMARY]
    lots = [row for row in rows if (row.levelOfDetail or SUMMARY).upper() == LOT]
    row = (wholes or lots or rows)[0]
    contract = contract_of(row, symbol=booked.symbol_of(row), expires=row.expiry)
    why = why_left_out(contract)
    if why is not None or not (wholes or lots):
        booked.left_out[f"Flex positions left out: {why or 'of another level of detail'}"] += 1
        return None
    problem = REPEATED if len(wholes) > 1 else problem_of(contract)
    if problem is None:
        booked.learn(row, expires=row.expiry)
    counted = wholes or lots
    sizes = [told(each.position) for each in counted]
    is_told = all(each is not None for each in sizes)
    multiplier = multiplier_of(contract)
    cost = _cost(counted) if is_told and CLASSES.get(contract.kind) in SIZED else None
    if cost is not None and row.conid:
        booked.costs[row.conid] = cost
    return Holding(
        symbol=contract.symbol,
        quantity=plain(sum_of(sizes)) if is_told else None,
        average_price=_average(counted, contract) if is_told else None,
        price=None if told(row.markPrice) is None else plain(row.markPrice or ZERO),
        venue_id=row.conid,
        asset_class=CLASSES.get(contract.kind),
        currency=row.currency,
        multiplier=contract.multiplier if multiplier not in (None, Decimal(1)) else None,
        problem=problem,
    )


def _average(rows: Rows, contract: Contract) -> str | None:
    """What one unit cost, from the cost of all."""
    multiplier = multiplier_of(contract)
    cost = None if multiplier is None else _cost(rows, size=multiplier)
    return None if cost is None else printed(cost)


def _cost(rows: Rows, *, size: Decimal = ONE) -> Decimal | None:
    """What one contract cost, or a unit of it; where a lot's is not told, nobody knows."""
    costs = [told(row.costBasisMoney) for row in rows]
    units = multiply(sum_of([row.position for row in rows]), size)
    return None if None in costs or not units else magnitude(divide(sum_of(costs), units))
