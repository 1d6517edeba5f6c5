"""What the accounts at Interactive Brokers trade and hold.

What differs from other brokers: the commission of an opening trade is part of the average cost,
everything is known by its contract id, an account may be divided into models, and a fill's
commission is told after the fill, sometimes much later.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from tieout.simulators.holdings import ZERO, Holding, Lot, Number, exact
from tieout.simulators.ibkr_contracts import Part, Row
from tieout.simulators.ibkr_listings import IbkrListings
from tieout.simulators.ledger import NEW_YORK, Account, Impossible
from tieout.simulators.records import Fill, Order, OrderEventName

FILLS: tuple[OrderEventName, ...] = ("fill", "partial_fill", "trade_correct")
_NUMBER = re.compile(r"(U|DU|F|DF|I|DI)\d+")


class Watcher(Protocol):
    """Is told, in the thread that changed the market, what a gateway pushes to its clients."""

    def on_fill(self, account: Account, fill: Fill) -> None: ...

    def on_commission(self, account: Account, fill: Fill) -> None: ...

    def on_holding(self, account: Account, symbol: str) -> None: ...

    def on_message(self, code: int, text: str) -> None: ...

    def on_marks(self) -> None: ...

    def on_subscriptions_lost(self) -> None: ...

    def on_drop(self) -> None: ...

    def on_dialect(self, changed: Mapping[str, Any]) -> None: ...


class IbkrBooks(IbkrListings):
    """The part of the market that keeps the accounts.

    An account opened under a name like U1234567 has that number, any other gets one.
    `commissions_are_late` holds commission reports back until `post_withheld`.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commissions_are_late = False
        self.owed: dict[str, str] = {}  # fills whose commission is not told yet, and where
        self.models: dict[str, str] = {}  # of orders
        self._parts: dict[tuple[str, str], list[Part]] = {}
        self._watchers: list[Watcher] = []
        self._moved: dict[tuple[str, str], None] = {}
        self._depth = 0
        self._model = ""

    @contextmanager
    def changing(self) -> Iterator[None]:
        """As in any market; when the change is done, who watches is told what is held now."""
        with super().changing():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._tell_moved()

    def watch(self, watcher: Watcher) -> None:
        with self.changing():
            self._watchers.append(watcher)

    # What is traded and held.

    def trade(
        self,
        account: str,
        symbol: str,
        quantity: Number,
        *,
        price: Number | None = None,
        parts: Sequence[Number] = (),
        model: str = "",
    ) -> Order:
        """Buys (+) or sells (-) at once; what is traded in a model is shown as the model's."""
        with self.changing():
            self._model = model
            order = super().trade(account, symbol, quantity, price=price, parts=parts)
            self._model = ""
            if model and symbol in self.account(account).holdings:
                self.set_apart(account, symbol, quantity, model=model)
            return order

    def set_apart(self, account: str, symbol: str, quantity: Number, *, model: str = "") -> None:
        """Shows `quantity` of a holding on a line of its own: a model's share or, of the other
        sign and without model, the hedge. The rest stays on the usual line."""
        with self.changing():
            owner = self.account(account)
            parts = self._parts.setdefault((owner.name, symbol), [])
            before = [part for part in parts if part.model == model]
            held = sum((part.quantity for part in before), exact(quantity))
            parts[:] = [part for part in parts if part.model != model]
            parts.append(Part(quantity=held, model=model))
            self._moved[owner.name, symbol] = None

    def split(
        self,
        symbol: str,
        *,
        old: Number,
        new: Number,
        fractions: Literal["keep", "cash"] = "keep",
        is_applied: bool = True,
        con_id: int = 0,
    ) -> None:
        """`new` shares for `old`; a reverse split usually comes with another contract id."""
        with self.changing():
            parts = {key: kept for key, kept in self._parts.items() if key[1] == symbol}
            super().split(symbol, old=old, new=new, fractions=fractions, is_applied=is_applied)
            if is_applied:
                ratio = exact(new) / exact(old)
                self._parts |= {key: _scaled(kept, ratio) for key, kept in parts.items()}
            if con_id:
                self.assets[symbol] = replace(self.contract(symbol), con_id=con_id)

    def rename(self, old: str, new: str) -> None:
        """A new ticker; the contract id stays."""
        with self.changing():
            super().rename(old, new)
            self.assets[new] = replace(self.contract(new), root=new)

    def _standing_fill(self, account: Account, fill_id: str) -> tuple[int, Fill]:
        """By its own id or by that of its order, of which it is the last."""
        last = [each.id for each in fills_of(account) if each.order_id == fill_id]
        return super()._standing_fill(account, last[-1] if last else fill_id)

    def paid_for(self, symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
        """With the commission, which so becomes part of the average cost of what is opened."""
        rate = self.commissions[self.contract(symbol).sec_type]
        commission = rate.on(abs(quantity))
        return self.value_of(symbol, quantity, price) + commission

    def commission_of(self, fill: Fill) -> Decimal:
        """What was taken for a fill, in the contract's currency.

        ES: one bought at 6302.25 with 2.25 taken costs 50 x 6302.25 + 2.25 = 315114.75.
        """
        value = fill.quantity * fill.price * self.contract(fill.symbol).multiplier
        return -fill.cash_moved - value

    def realized_by(self, fill: Fill) -> Decimal | None:
        """Profit after all commissions; None for a trade that only opened."""
        before = fill.held_after - fill.quantity
        if before * fill.quantity >= ZERO:
            return None
        return fill.cash_moved + fill.cost_moved

    def hold(
        self, account: Account, symbol: str, holding: Holding, *, cash: Decimal = ZERO
    ) -> None:
        currency = self.contract(symbol).currency if symbol else "USD"
        if currency not in self.rates:
            raise Impossible(f"{currency} has no rate; set_rate gives it one")
        super().hold(account, symbol, holding, cash=cash * self.rates[currency])
        if symbol:
            self._moved[account.name, symbol] = None
        if holding.is_flat:
            self._parts.pop((account.name, symbol), None)

    def equity(self, account: Account) -> Decimal:
        """In dollars."""
        worth = account.cash
        for symbol, holding in account.holdings.items():
            contract, price = self.contract(symbol), self.prices.get(symbol)
            if price is not None:
                rate = self.rates[contract.currency]
                worth += self.value_of(symbol, holding.quantity, price) * rate
        return worth

    def tell(
        self, account: Account, name: OrderEventName, order: Order, fill: Fill | None = None
    ) -> None:
        super().tell(account, name, order, fill)
        if name == "new" and self._model:
            self.models[order.id] = self._model
        if fill is None or name not in FILLS:
            return
        if self.commissions_are_late:
            self.owed[fill.id] = account.name
        for watcher in self._watchers:
            watcher.on_fill(account, fill)
            if fill.id not in self.owed:
                watcher.on_commission(account, fill)

    def withhold_commissions(self, is_late: bool = True) -> None:
        """From now on commission reports wait for `post_withheld`."""
        with self.changing():
            self.commissions_are_late = is_late

    def post_withheld(self, account: str | None = None) -> int:
        """Sends the commission reports that were held back, too."""
        with self.changing():
            due = [fill for fill, name in self.owed.items() if account in (None, name)]
            for fill_id in due:
                owner = self.account(self.owed.pop(fill_id))
                for fill in fills_of(owner):
                    self._charge_late(owner, fill, fill_id)
            return super().post_withheld(account) + len(due)

    def _charge_late(self, owner: Account, fill: Fill, due: str) -> None:
        for watcher in self._watchers if fill.id == due else []:
            watcher.on_commission(owner, fill)

    def rows(self, account: Account, *, at: datetime | None = None) -> list[Row]:
        """What the account holds, line by line; as it was at some time, where one is given."""
        held = account.holdings if at is None else account.as_of(at)[0]
        return [
            row for symbol, holding in held.items() for row in self._lines(account, symbol, holding)
        ]

    def rows_of(self, account: Account, symbol: str) -> list[Row]:
        """The lines of one contract; one of quantity 0 when nothing is held any more."""
        return self._lines(account, symbol, account.holdings.get(symbol, Holding()))

    def closed_today(self, account: Account) -> list[Row]:
        """What was held at some time today and is not now, with quantity 0."""
        gone: dict[str, None] = {}
        today = self.clock().astimezone(NEW_YORK).date()
        for change in reversed(account.past):
            if change.at.astimezone(NEW_YORK).date() < today:
                break
            if change.symbol and change.symbol not in account.holdings:
                gone[change.symbol] = None
        return [self._line(account, symbol, Holding()) for symbol in reversed(gone)]

    def _lines(self, account: Account, symbol: str, holding: Holding) -> list[Row]:
        parts = self._parts.get((account.name, symbol), [])
        if not parts or holding.is_flat:
            return [self._line(account, symbol, holding)]
        each = holding.cost / holding.quantity
        rest = holding.quantity - sum((part.quantity for part in parts), ZERO)
        shares = [Part(quantity=rest, model=""), *parts]
        return [
            replace(
                self._line(account, symbol, holding),
                quantity=share.quantity,
                cost=share.quantity * each,
                model=share.model,
                is_hedge=share in parts and not share.model,
            )
            for share in shares
            if share.quantity != ZERO
        ]

    def _line(self, account: Account, symbol: str, holding: Holding) -> Row:
        return Row(
            account=account.number,
            contract=self.contract(symbol),
            quantity=holding.quantity,
            cost=holding.cost,
        )

    def _tell_moved(self) -> None:
        moved, self._moved = self._moved, {}
        for name, symbol in moved:
            for watcher in self._watchers if name in self.accounts else []:
                watcher.on_holding(self.accounts[name], symbol)

    def _after_close(self, symbol: str, holding: Holding) -> Holding:
        """The average stays as it is overnight."""
        after = super()._after_close(symbol, holding)
        carried = (Lot(holding.quantity, holding.cost),)
        return replace(after, cost=holding.cost, carried=carried)

    def _blank(self, name: str, cash: Decimal, crypto_fee_rate: Decimal) -> Account:
        account = super()._blank(name, cash, crypto_fee_rate)
        is_number = _NUMBER.fullmatch(name) is not None
        account.number = name if is_number else f"DU{self.chance.randrange(10**6, 10**7)}"
        return account


def fills_of(account: Account) -> list[Fill]:
    """Every fill on record, the undone ones too."""
    return [record for record in account.records if isinstance(record, Fill)]


def _scaled(parts: list[Part], ratio: Decimal) -> list[Part]:
    return [replace(part, quantity=part.quantity * ratio) for part in parts]
