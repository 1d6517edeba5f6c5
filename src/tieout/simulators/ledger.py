"""The books of a simulated broker: accounts, what they hold, and every record of a change."""

import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from tieout.simulators.holdings import (
    CONTRACT,
    ONE,
    PRECISION,
    ZERO,
    Asset,
    Holding,
    Number,
    exact,
    kind_of,
    option_terms,
)
from tieout.simulators.records import (
    Announcement,
    Booking,
    BookingKind,
    Fill,
    Order,
    OrderEvent,
    OrderEventName,
    Record,
)

NEW_YORK = ZoneInfo("America/New_York")
PAST_CHANGES_MAX = 100_000  # how far back an account can be shown as it was


class Impossible(ValueError):
    """Asked for something this market cannot do; the message says what."""


@dataclass(frozen=True, slots=True)
class _Undo:
    """One change of an account, so that it can be shown as it was before."""

    at: datetime
    symbol: str
    before: Holding | None
    cash_before: Decimal


@dataclass(slots=True, kw_only=True)
class Account:
    """One account at the broker. Read it inside `market.changing()`; change it by the market."""

    name: str
    id: str
    number: str
    opened_at: datetime
    cash: Decimal
    last_equity: Decimal
    crypto_fee_rate: Decimal
    holdings: dict[str, Holding] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    withheld: list[Booking] = field(default_factory=list)  # happened, but not yet shown
    past: deque[_Undo] = field(default_factory=lambda: deque(maxlen=PAST_CHANGES_MAX))

    def as_of(self, moment: datetime) -> tuple[dict[str, Holding], Decimal]:
        """Holdings and cash as they were at that time."""
        held, cash = dict(self.holdings), self.cash
        for change in reversed(self.past):
            if change.at <= moment:
                break
            cash = change.cash_before
            if change.before is None:
                held.pop(change.symbol, None)
            else:
                held[change.symbol] = change.before
        return held, cash


class Ledger:
    """Accounts, assets and prices. What can happen to them is added by the parts of Market."""

    def __init__(self, *, clock: Callable[[], datetime], chance: random.Random) -> None:
        self.clock = clock
        self.chance = chance
        self.accounts: dict[str, Account] = {}
        self.assets: dict[str, Asset] = {}
        self.former_assets: dict[str, Asset] = {}  # renamed, merged or expired
        self.prices: dict[str, Decimal | None] = {}
        self.closes: dict[str, Decimal | None] = {}  # last night's prices
        self.announcements: list[Announcement] = []
        # Alpaca shows coin fees at the end of the day only; on paper option events too.
        self.late_kinds: set[BookingKind] = {"crypto_fee"}
        self._listeners: list[Callable[[OrderEvent], None]] = []
        self._lock = threading.RLock()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else sees or changes anything meanwhile, and decimals stay exact."""
        with self._lock, localcontext(PRECISION):
            yield

    def listen(self, listener: Callable[[OrderEvent], None]) -> None:
        """Calls `listener` for every order event, in the thread that caused it."""
        with self.changing():
            self._listeners.append(listener)

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def open_account(
        self, name: str, *, cash: Number = "100000", crypto_fee_rate: Number = "0.0025"
    ) -> Account:
        """A new account; the fee rate is what a coin trade costs (0.0025 is 25 basis points)."""
        with self.changing():
            if name in self.accounts:
                raise Impossible(f"there is an account {name} already")
            self.accounts[name] = self._blank(name, exact(cash), exact(crypto_fee_rate))
            return self.accounts[name]

    def reset_account(self, name: str, *, cash: Number = "100000") -> Account:
        """What a paper account's reset does: holdings, history, id and number are gone."""
        with self.changing():
            rate = self.account(name).crypto_fee_rate
            self.accounts[name] = self._blank(name, exact(cash), rate)
            return self.accounts[name]

    def _blank(self, name: str, cash: Decimal, crypto_fee_rate: Decimal) -> Account:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        return Account(
            name=name,
            id=self.new_id(),
            number="PA" + "".join(self.chance.choices(letters, k=10)),
            opened_at=self.clock(),
            cash=cash,
            last_equity=cash,
            crypto_fee_rate=crypto_fee_rate,
        )

    def account(self, name: str) -> Account:
        if name not in self.accounts:
            raise Impossible(f"there is no account {name}; there are {sorted(self.accounts)}")
        return self.accounts[name]

    def list_asset(
        self, symbol: str, *, price: Number | None = None, name: str = "", exchange: str = ""
    ) -> Asset:
        """Makes something tradable: `AAPL`, `BTC/USD`, or an option by its OCC symbol."""
        with self.changing():
            terms, kind = option_terms(symbol), kind_of(symbol)
            usual = {"stock": "NASDAQ", "crypto": "CRYPTO", "option": ""}[kind]
            self.assets[symbol] = Asset(
                id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"asset.{symbol}")),
                symbol=symbol,
                kind=kind,
                name=name or symbol,
                exchange=exchange or usual,
                multiplier=CONTRACT if terms else ONE,
                option=terms,
            )
            self.prices[symbol] = self.closes[symbol] = None if price is None else exact(price)
            return self.assets[symbol]

    def asset(self, symbol: str) -> Asset:
        if symbol not in self.assets:
            raise Impossible(f"{symbol} is not listed; list_asset makes it tradable")
        return self.assets[symbol]

    def asset_on_record(self, symbol: str) -> Asset:
        """The asset a record speaks of, which may be gone by now."""
        return self.assets.get(symbol) or self.former_assets[symbol]

    def delist(self, symbol: str) -> None:
        """No more to be traded; records keep its name."""
        self.former_assets[symbol] = self.assets.pop(symbol)
        self.prices.pop(symbol)
        self.closes.pop(symbol, None)

    def set_price(self, symbol: str, price: Number | None) -> None:
        """The last trade; None where the asset has no price for now."""
        with self.changing():
            self.prices[self.asset(symbol).symbol] = None if price is None else exact(price)

    def value_of(self, symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
        return quantity * price * self.asset(symbol).multiplier

    def equity(self, account: Account) -> Decimal:
        """Cash and what the holdings are worth; a holding without a price is left out."""
        worth = ZERO
        for symbol, holding in account.holdings.items():
            price = self.prices.get(symbol)
            if price is not None:
                worth += self.value_of(symbol, holding.quantity, price)
        return account.cash + worth

    def close_day(self) -> None:
        """Midnight: today's prices become last night's, average costs are reckoned anew."""
        with self.changing():
            for account in self.accounts.values():
                account.last_equity = self.equity(account)
                account.holdings = {
                    symbol: self._after_close(symbol, holding)
                    for symbol, holding in account.holdings.items()
                }
            self.closes = dict(self.prices)

    def _after_close(self, symbol: str, holding: Holding) -> Holding:
        price = self.prices.get(symbol)
        if price is None:
            return holding.after_close(value=holding.cost)
        return holding.after_close(value=self.value_of(symbol, holding.quantity, price))

    def hold(
        self, account: Account, symbol: str, holding: Holding, *, cash: Decimal = ZERO
    ) -> None:
        """Puts a holding in place of the old one and moves cash, remembering how it was."""
        before = account.holdings.get(symbol)
        account.past.append(_Undo(self.clock(), symbol, before, account.cash))
        account.cash += cash
        if holding.is_flat:
            account.holdings.pop(symbol, None)
        else:
            account.holdings[symbol] = holding

    def book(
        self,
        account: Account,
        kind: BookingKind,
        *,
        symbol: str | None = None,
        after: Holding | None = None,
        cash: Decimal = ZERO,
        **facts: Any,
    ) -> Booking:
        """Writes a booking and makes its change. `after` is the holding it leads to; `facts` are
        further fields of Booking."""
        before = account.holdings.get(symbol or "", Holding())
        after = before if after is None else after
        self.hold(account, symbol or "", after, cash=cash)
        now = self.clock()
        booking = Booking(
            id=self.new_id(),
            kind=kind,
            at=now,
            on=now.astimezone(NEW_YORK).date(),
            symbol=symbol,
            cash=cash,
            quantity_moved=after.quantity - before.quantity,
            cost_moved=after.cost - before.cost,
            **facts,
        )
        shown = account.withheld if kind in self.late_kinds else account.records
        shown.append(booking)
        return booking

    def post_withheld(self, account: str | None = None) -> int:
        """Shows the bookings that were held back, of one account or all; says how many."""
        with self.changing():
            count = 0
            for each in self.accounts.values() if account is None else [self.account(account)]:
                count += len(each.withheld)
                each.records += [replace(late, at=self.clock()) for late in each.withheld]
                each.withheld.clear()
            return count

    def pay(
        self,
        account: str,
        kind: BookingKind,
        amount: Number,
        *,
        symbol: str | None = None,
        variant: str = "",
        description: str = "",
    ) -> Booking:
        """Money in (+) or out (-) that is no trade: deposit, withdrawal, journal, fee, interest."""
        with self.changing():
            return self.book(
                self.account(account),
                kind,
                symbol=symbol,
                cash=exact(amount),
                variant=variant,
                description=description,
            )

    def transfer(
        self, account: str, symbol: str, quantity: Number, *, price: Number, cost: Number = "0"
    ) -> Booking:
        """Shares come from (+) or go to (-) another broker. The price is the value that day, not
        what was paid; `cost` per share is what this broker shows afterwards."""
        with self.changing():
            into, moved = self.account(account), exact(quantity)
            self.asset(symbol)
            before = into.holdings.get(symbol, Holding())
            after = before.traded(moved, self.value_of(symbol, moved, exact(cost)))
            return self.book(
                into, "transfer", symbol=symbol, after=after, quantity=moved, price=exact(price)
            )

    def cancel_booking(self, account: str, booking_id: str) -> int:
        """Takes a booking back, with its whole group; says how many rows that were."""
        with self.changing():
            owner = self.account(account)
            group = self._booking(owner, booking_id).group
            count = 0
            for index, record in enumerate(owner.records):
                if not isinstance(record, Booking) or record.status == "canceled":
                    continue
                if record.id == booking_id or (group is not None and record.group == group):
                    self._take_back(owner, record)
                    owner.records[index] = replace(record, status="canceled")
                    count += 1
            return count

    def _booking(self, account: Account, booking_id: str) -> Booking:
        for record in account.records:
            if isinstance(record, Booking) and record.id == booking_id:
                return record
        raise Impossible(f"there is no booking {booking_id} in {account.name}")

    def _take_back(self, account: Account, record: Booking | Fill) -> None:
        quantity = record.quantity if isinstance(record, Fill) else record.quantity_moved
        cash = record.cash_moved if isinstance(record, Fill) else record.cash
        symbol = record.symbol or ""
        before = account.holdings.get(symbol, Holding())
        self.hold(account, symbol, before.shifted(-quantity, -record.cost_moved), cash=-cash)

    def tell(
        self, account: Account, name: OrderEventName, order: Order, fill: Fill | None = None
    ) -> None:
        """Lets the listeners know; the order is stored as it is now."""
        account.orders[order.id] = order
        held = account.holdings.get(order.symbol, Holding())
        event = OrderEvent(
            account=account.name,
            name=name,
            order=order,
            at=self.clock(),
            fill=fill,
            held_after=held.quantity,
        )
        for listener in self._listeners:
            listener(event)
