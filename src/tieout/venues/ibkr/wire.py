"""The gateway's messages as they are on the wire: every number is kept as the text that was sent.

A message is a list of texts, the first its number. ib_async reads them by their places and into
floats, where an empty field, a zero and "unset" become the same; so they are read here again.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from tieout.core.errors import NumberError
from tieout.core.numbers import exact

ERROR, ACCOUNT_VALUE, PORTFOLIO, ACCOUNT_TIME = "4", "6", "7", "8"
NEXT_ID, EXECUTION, MANAGED_ACCOUNTS, CURRENT_TIME = "9", "11", "15", "49"
OPEN_ORDERS_END, ACCOUNT_END, EXECUTIONS_END, COMMISSION = "53", "54", "55", "59"
POSITION, POSITION_END, SUMMARY, SUMMARY_END = "61", "62", "63", "64"

PUSHED = "-1"  # the request of what nobody asked for
CONTRACT_FIELDS = 11
VERSION_WITH_REVISION = 178  # from which an execution has one field more
UNSET = Decimal("1e300")  # IBKR's "no number" is 1.7976931348623157E308


class RowInvalid(Exception):
    """A message is not what its number says; `account` is whose it is, where that can be told."""

    def __init__(self, message: str, *, account: str | None = None) -> None:
        super().__init__(message)
        self.account = account


class Contract(NamedTuple):
    """What is traded. `listed_at` is an exchange, `primary` in a portfolio row."""

    con_id: str
    symbol: str
    kind: str
    expires: str
    strike: str
    right: str
    multiplier: str
    listed_at: str
    currency: str
    local_symbol: str
    trading_class: str


class PositionRow(NamedTuple):
    """61: what an account holds of one contract."""

    account: str
    contract: Contract
    quantity: str
    average_cost: str


class PortfolioRow(NamedTuple):
    """7: the same with its price, of the one account that is subscribed to."""

    contract: Contract
    quantity: str
    price: str
    value: str
    average_cost: str
    unrealized_pnl: str
    realized_pnl: str
    account: str


class ExecutionRow(NamedTuple):
    """11: a fill. `request` is -1 where it was pushed."""

    request: str
    order_id: str
    contract: Contract
    id: str
    time: str
    account: str
    exchange: str
    side: str
    shares: str
    price: str
    liquidation: str
    model: str


class CommissionRow(NamedTuple):
    """59: what a fill cost, and what it realized where it closed something."""

    execution_id: str
    commission: str
    currency: str
    realized_pnl: str


class ErrorRow(NamedTuple):
    """4: an error or a notice; request -1 is about the connection."""

    request: str
    code: int
    text: str


def position_in(fields: Sequence[str]) -> PositionRow:
    """A row of the positions: 61, 3, account, contract, position, average cost."""
    account = fields[2] if len(fields) > 2 else None
    _expect(fields, 16, "position", account)
    row = PositionRow(fields[2], _contract(fields, 3, account), fields[14], fields[15])
    if not row.account:
        raise RowInvalid("a position is of no account")
    return row


def portfolio_in(fields: Sequence[str]) -> PortfolioRow:
    """A row of the portfolio: 7, 8, contract, position, price, value, ..., account."""
    account = fields[-1] if len(fields) > 2 else None
    _expect(fields, 20, "portfolio row", account)
    return PortfolioRow(_contract(fields, 2, account), *fields[13:20])


def execution_in(fields: Sequence[str], *, version: int) -> ExecutionRow:
    """An execution: 11, request, order, contract, id, time, account, exchange, side, ..."""
    account = fields[16] if len(fields) > 16 else None
    _expect(fields, 32 if version >= VERSION_WITH_REVISION else 31, "execution", account)
    row = ExecutionRow(
        request=fields[1],
        order_id=fields[2],
        contract=_contract(fields, 3, account),
        id=fields[14],
        time=fields[15],
        account=fields[16],
        exchange=fields[17],
        side=fields[18],
        shares=fields[19],
        price=fields[20],
        liquidation=fields[23],
        model=fields[29],
    )
    if not (row.id and row.account):
        raise RowInvalid("an execution has no id or no account", account=account)
    return row


def commission_in(fields: Sequence[str]) -> CommissionRow:
    """A commission report: 59, 1, execution, commission, currency, realized, yield, date."""
    _expect(fields, 8, "commission report", None)
    if not fields[2]:
        raise RowInvalid("a commission report is of no execution")
    return CommissionRow(*fields[2:6])


def error_in(fields: Sequence[str]) -> ErrorRow:
    """An error: 4, 2, request, code, text, and more in newer versions."""
    if len(fields) < 5 or not fields[3].isdecimal():
        raise RowInvalid("an error has no code")
    return ErrorRow(fields[2], int(fields[3]), fields[4])


def number(text: str | None) -> Decimal | None:
    """A number as it was sent; None for an empty field, NaN, and IBKR's "unset".

    >>> number("315114.75"), number(""), number("1.7976931348623157E308"), number("nan")
    (Decimal('315114.75'), None, None, None)
    """
    found = _exact(text)
    return None if found is None or abs(found) > UNSET else found


def is_unset(text: str) -> bool:
    """Whether a number stands for none; as a quantity it would be the largest there is."""
    found = _exact(text)
    return found is not None and abs(found) > UNSET


def _exact(text: str | None) -> Decimal | None:
    try:
        return exact(text.strip()) if text else None
    except NumberError:
        return None


def _contract(fields: Sequence[str], start: int, account: str | None) -> Contract:
    found = Contract(*fields[start : start + CONTRACT_FIELDS])
    if not (found.con_id.isascii() and found.con_id.isdecimal() and int(found.con_id)):
        raise RowInvalid(
            f"a row has no contract id ({found.symbol or 'no symbol'})", account=account
        )
    return found


def _expect(fields: Sequence[str], count: int, what: str, account: str | None) -> None:
    if len(fields) != count:
        raise RowInvalid(f"a {what} has {len(fields)} fields, not {count}", account=account)
