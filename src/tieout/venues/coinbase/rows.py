"""What Coinbase's replies say, row by row: every number is the text that was sent."""

from typing import NamedTuple

# A row that cannot be read, and why.
Unreadable = str


def in_slot(name: str, slot: int | None) -> str:
    """What something is called that is in a subaccount of isolated margin.

    >>> in_slot("SOL_USDC-PERPETUAL", 123456)
    'SOL_USDC-PERPETUAL@123456'
    """
    return name if slot is None else f"{name}@{slot}"


def slot_of(symbol: str) -> int | None:
    """The subaccount of isolated margin that something is in; None for what is in none.

    >>> slot_of("SOL_USDC-PERPETUAL@123456"), slot_of("SOL_USDC-PERPETUAL")
    (123456, None)
    """
    _, _, slot = symbol.partition("@")
    return int(slot) if slot.isdecimal() and slot.isascii() else None


class Permissions(NamedTuple):
    """GET /key_permissions: whose a key is and what it may do."""

    portfolio: str
    kind: str = ""
    can_view: bool | None = None
    can_trade: bool | None = None
    can_transfer: bool | None = None


class Portfolio(NamedTuple):
    """A row of GET /portfolios."""

    uuid: str
    name: str = ""
    kind: str = ""


class WalletRow(NamedTuple):
    """A row of GET /accounts: the wallet of one currency. What is held is in addition to it."""

    uuid: str
    currency: str
    available: str | None = None
    hold: str | None = None
    kind: str = ""
    portfolio: str | None = None
    updated: str | None = None


class WalletPage(NamedTuple):
    """A page of wallets; `cursor` leads to the next where there is one."""

    rows: tuple[WalletRow | Unreadable, ...]
    cursor: str | None


class SpotRow(NamedTuple):
    """A spot position of a breakdown. Its balances are rounded and only good for a price."""

    asset: str
    cost: str | None = None
    cost_currency: str | None = None
    fiat: str | None = None
    crypto: str | None = None
    is_cash: bool = False


class Breakdown(NamedTuple):
    """GET /portfolios/{uuid}; the names of futures and perpetuals, None where not reported."""

    portfolio: str
    spot: tuple[SpotRow, ...]
    futures: tuple[str, ...] | None = None
    perpetuals: tuple[str, ...] | None = None


class FillRow(NamedTuple):
    """A row of GET /orders/historical/fills."""

    entry_id: str
    product: str
    trade_time: str
    sequence_time: str
    kind: str | None = None
    side: str | None = None
    price: str | None = None
    size: str | None = None
    is_in_quote: bool = False
    commission: str | None = None
    portfolio: str | None = None


class FillPage(NamedTuple):
    """A page of fills; an empty cursor ends them."""

    rows: tuple[FillRow | Unreadable, ...]
    cursor: str | None


class FutureRow(NamedTuple):
    """A row of GET /cfm/positions: contracts without a sign, and a side in words."""

    product: str
    side: str | None = None
    contracts: str | None = None
    average: str | None = None
    price: str | None = None
    contract_size: str | None = None
    expires: str | None = None
    leverage: str | None = None
    liquidation_price: str | None = None


class Product(NamedTuple):
    """GET /products/{id} of a future."""

    id: str
    contract_size: str | None = None
    expires: str | None = None
    is_perpetual: bool = False
    currency: str = "USD"


class Access(NamedTuple):
    """What signing in at the gateway gives."""

    token: str
    expires_s: int


class SubaccountRow(NamedTuple):
    """A row of private/get_subaccounts; `isolated` is one of isolated margin, a slot."""

    id: int
    is_isolated: bool = False


class PerpetualRow(NamedTuple):
    """A row of private/get_positions; `slot` is whose list it is from, None for the login's own."""

    name: str
    kind: str | None = None
    direction: str | None = None
    size: str | None = None
    average: str | None = None
    price: str | None = None
    leverage: str | None = None
    liquidation_price: str | None = None
    user: str | None = None
    is_isolated: bool = False
    slot: int | None = None

    @property
    def symbol(self) -> str:
        """What it is called in the book."""
        return in_slot(self.name, self.slot)


class TradeRow(NamedTuple):
    """A row of private/get_user_trades_by_currency_and_time; time in milliseconds.

    `slot` is whose list it is from, None for the login's own.
    """

    id: str
    name: str
    time: int
    direction: str | None = None
    amount: str | None = None
    price: str | None = None
    fee: str | None = None
    fee_currency: str | None = None
    profit_loss: str | None = None
    liquidation: str | None = None
    liquidity: str | None = None
    user: str | None = None
    is_isolated: bool = False
    slot: int | None = None

    @property
    def symbol(self) -> str:
        """What it is called in the book."""
        return in_slot(self.name, self.slot)

    @property
    def key(self) -> str:
        """Both sides of a trade with oneself have the same id, each in its own list."""
        return in_slot(self.id, self.slot)


class TradePage(NamedTuple):
    """A page of trades, and whether there are more."""

    rows: tuple[TradeRow | Unreadable, ...]
    has_more: bool


class LogRow(NamedTuple):
    """A row of private/get_transaction_log; `funding` is its interest_pl, signed."""

    id: str
    kind: str
    time: int
    currency: str
    name: str | None = None
    funding: str | None = None
    user: str | None = None


class LogPage(NamedTuple):
    """A page of the log, newest first; `continuation` leads to the next where there is one."""

    rows: tuple[LogRow | Unreadable, ...]
    continuation: str | None


class Log(NamedTuple):
    """The log since some time, or (if it is not whole) since the time that was `reached`."""

    rows: tuple[LogRow | Unreadable, ...]
    is_whole: bool = True
    reached: int = 0


class TransferRow(NamedTuple):
    """A row of GET /v2/accounts/{wallet}/transactions; the amount is signed."""

    id: str
    kind: str
    at: str
    amount: str | None = None
    currency: str | None = None
    status: str | None = None


class TransferPage(NamedTuple):
    """A page of transactions, newest first; `after` leads to the next where there is one."""

    rows: tuple[TransferRow | Unreadable, ...]
    after: str | None
