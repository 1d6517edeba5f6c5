"""Rows of positions as holdings, and what they tell about the instruments."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.instrument import Instrument
from tieout.core.numbers import ONE, divide, is_unreadable, printed
from tieout.core.snapshot import Holding
from tieout.venues.ibkr.contracts import (
    CLASSES,
    SIZED,
    instrument_of,
    multiplier_of,
    problem_of,
    symbol_of,
    why_left_out,
)
from tieout.venues.ibkr.sizes import sized, sizes_in
from tieout.venues.ibkr.wire import Contract, PortfolioRow, PositionRow, is_unset, number

REPEATED = (
    "has more than one row in the same account, as with model portfolios, and which of them is "
    "the whole cannot be told; look at the account by model in TWS"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The holdings of an account, their instruments, and in words what was left out.

    `costs` are those of one contract, with its size inside, by contract id.
    """

    holdings: tuple[Holding, ...]
    instruments: tuple[Instrument, ...]
    ignored: tuple[str, ...]
    costs: Mapping[str, Decimal]


def translated(
    rows: Iterable[PositionRow],
    *,
    marks: Mapping[str, PortfolioRow],
    repeated: Collection[tuple[str, str]] = (),
) -> Translated:
    """All rows of one account. `marks` are the rows of its portfolio by contract id."""
    holdings, instruments, ignored = [], [], []
    costs: dict[str, Decimal] = {}
    sizes = sizes_in(marks)
    for told in rows:
        row = told._replace(contract=sized(told.contract, sizes))
        why = why_left_out(row.contract)
        if why is not None:
            ignored.append(f"{_written(row.contract)} {row.quantity}: {why}")
            continue
        is_repeated = (row.account, row.contract.con_id) in repeated
        found = holding(row, marks.get(row.contract.con_id), is_repeated=is_repeated)
        holdings.append(found)
        if found.problem is None:
            instruments.append(instrument_of(row.contract))
            costs |= _cost(row)
    return Translated(
        holdings=tuple(holdings),
        instruments=tuple(instruments),
        ignored=tuple(ignored),
        costs=costs,
    )


def holding(row: PositionRow, mark: PortfolioRow | None, *, is_repeated: bool = False) -> Holding:
    """One row. IBKR signs the quantity; a zero says flat, whatever else is in the row."""
    contract = row.contract
    problem = REPEATED if is_repeated else problem_of(contract)
    is_flat = number(row.quantity) == 0
    if is_flat and not is_repeated:
        problem = None  # the end of a contract that nobody need know any more
    multiplier = multiplier_of(contract)
    return Holding(
        symbol=symbol_of(contract),
        quantity=None if is_unset(row.quantity) else row.quantity,
        average_price=None if is_flat else average_price(row),
        price=_price(mark, is_flat=is_flat),
        venue_id=contract.con_id,
        asset_class=CLASSES.get(contract.kind),
        currency=contract.currency or None,
        multiplier=None if multiplier in (None, ONE) else contract.multiplier,
        problem=problem,
    )


def average_price(row: PositionRow) -> str | None:
    """What one unit cost, commission inside: IBKR's average cost has the multiplier in it too.

    >>> es = Contract("1", "ES", "FUT", "20250919", "0.0", "", "50", "", "USD", "ESU5", "ES")
    >>> average_price(PositionRow("U1", es, "1", "315114.75"))
    '6302.295'
    """
    cost, multiplier = number(row.average_cost), multiplier_of(row.contract)
    if is_unreadable(row.average_cost):
        return row.average_cost
    if cost is None or multiplier is None:
        return None
    return row.average_cost if multiplier == ONE else printed(divide(cost, multiplier))


def _cost(row: PositionRow) -> Mapping[str, Decimal]:
    """What one contract cost, where there is a size in it."""
    cost = number(row.average_cost)
    has_size = CLASSES.get(row.contract.kind) in SIZED and number(row.quantity) != 0
    return {row.contract.con_id: cost} if has_size and cost is not None else {}


def _price(mark: PortfolioRow | None, *, is_flat: bool) -> str | None:
    """The market price. In the row of what is flat a zero is the lack of one."""
    found = number(mark.price) if mark is not None else None
    if mark is not None and is_unreadable(mark.price):
        return mark.price
    if mark is None or found is None or (is_flat and not found):
        return None
    return mark.price


def _written(contract: Contract) -> str:
    return contract.local_symbol or contract.symbol
