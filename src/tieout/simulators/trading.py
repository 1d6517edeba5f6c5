"""Orders and their fills: bought and sold, in parts, busted and corrected."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

from tieout.simulators.holdings import ZERO, Holding, Number, exact
from tieout.simulators.ledger import Account, Impossible, Ledger
from tieout.simulators.records import Booking, Fill, Order

SMALLEST = Decimal("0.000000001")  # quantities have nine decimals


class Trading(Ledger):
    """The part of a market where orders are placed and filled."""

    def place_order(
        self,
        account: str,
        symbol: str,
        *,
        side: Literal["buy", "sell"],
        quantity: Number | None = None,
        notional: Number | None = None,
        type: str = "market",  # noqa: A002 - what every venue calls it
        limit_price: Number | None = None,
        time_in_force: str = "day",
        extended_hours: bool = False,
        client_id: str | None = None,
    ) -> Order:
        """An open order; nothing is filled yet. Give a quantity above zero, or the money."""
        with self.changing():
            owner, now = self.account(account), self.clock()
            self.asset(symbol)
            sign = 1 if side == "buy" else -1
            order = Order(
                id=self.new_id(),
                client_id=client_id or self.new_id(),
                symbol=symbol,
                side=side,
                quantity=None if quantity is None else exact(quantity) * sign,
                notional=None if notional is None else exact(notional),
                type=type,
                limit_price=None if limit_price is None else exact(limit_price),
                time_in_force=time_in_force,
                extended_hours=extended_hours,
                created_at=now,
                updated_at=now,
            )
            self.tell(owner, "new", order)
            return order

    def fill_order(
        self,
        account: str,
        order_id: str,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
    ) -> Fill:
        """Fills an open order, as a whole or `quantity` (above zero) of it."""
        with self.changing():
            owner = self.account(account)
            order = self._open_order(owner, order_id)
            at_price = self._price(order.symbol, price)
            wanted = self._wanted(order, at_price)
            left = wanted - order.filled_quantity
            part = left if quantity is None else exact(quantity).copy_sign(left)
            if part == ZERO or abs(part) > abs(left):
                raise Impossible(f"{abs(left)} of order {order_id} are left, not {quantity}")
            return self._fill(owner, replace(order, quantity=wanted), part, at_price)

    def trade(
        self,
        account: str,
        symbol: str,
        quantity: Number,
        *,
        price: Number | None = None,
        parts: Sequence[Number] = (),
    ) -> Order:
        """Buys (+) or sells (-) at once, in the given parts (above zero) and a rest."""
        with self.changing():
            wanted = exact(quantity)
            order = self.place_order(
                account, symbol, side="buy" if wanted > ZERO else "sell", quantity=abs(wanted)
            )
            for part in parts:
                self.fill_order(account, order.id, quantity=part, price=price)
            if self.account(account).orders[order.id].is_open:
                self.fill_order(account, order.id, price=price)
            return self.account(account).orders[order.id]

    def cancel_order(self, account: str, order_id: str) -> Order:
        """Ends an open order; what was filled stays."""
        with self.changing():
            owner, now = self.account(account), self.clock()
            order = self._open_order(owner, order_id)
            ended = replace(order, status="canceled", updated_at=now, canceled_at=now)
            self.tell(owner, "canceled", ended)
            return ended

    def bust_fill(self, account: str, fill_id: str) -> Fill:
        """The exchange undoes a trade: shares, money and coin fees go back."""
        with self.changing():
            owner = self.account(account)
            busted = self._undo(owner, fill_id)
            order = owner.orders[busted.order_id]
            self.tell(owner, "trade_bust", order, busted)
            return busted

    def correct_fill(self, account: str, fill_id: str, *, price: Number) -> Fill:
        """The exchange restates the price of a trade: the old fill goes, a new one comes."""
        with self.changing():
            owner = self.account(account)
            wrong = self._undo(owner, fill_id)
            order = owner.orders[wrong.order_id]
            return self._fill(owner, order, wrong.quantity, exact(price), corrects=wrong)

    def paid_for(self, symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
        """What a trade costs, signed like the quantity; some brokers add a commission."""
        return self.value_of(symbol, quantity, price)

    def _price(self, symbol: str, given: Number | None) -> Decimal:
        price = self.prices[symbol] if given is None else exact(given)
        if price is None:
            raise Impossible(f"{symbol} has no price; give one")
        return price

    def _open_order(self, account: Account, order_id: str) -> Order:
        order = account.orders.get(order_id)
        if order is None or not order.is_open:
            raise Impossible(f"there is no open order {order_id} in {account.name}")
        return order

    def _wanted(self, order: Order, price: Decimal) -> Decimal:
        if order.quantity is not None:
            return order.quantity
        assert order.notional is not None, order.id
        size = order.notional / (price * self.asset(order.symbol).multiplier)
        return size.quantize(SMALLEST, ROUND_DOWN) * (1 if order.side == "buy" else -1)

    def _fill(
        self,
        account: Account,
        order: Order,
        part: Decimal,
        price: Decimal,
        *,
        corrects: Fill | None = None,
    ) -> Fill:
        """Makes one fill of `part` (signed); the order's quantity is known by now."""
        assert order.quantity is not None, order.id
        now = self.clock()
        value = self.paid_for(order.symbol, part, price)
        before = account.holdings.get(order.symbol, Holding())
        after = before.traded(part, value)
        self.hold(account, order.symbol, after, cash=-value)
        done = order.filled_quantity + part
        fill = Fill(
            id=self.new_id(),
            order_id=order.id,
            symbol=order.symbol,
            quantity=part,
            price=price,
            at=now,
            cumulative=done,
            left=order.quantity - done,
            held_after=after.quantity,
            cost_moved=after.cost - before.cost,
            cash_moved=-value,
            status="executed" if corrects is None else "correct",
            corrects=None if corrects is None else corrects.id,
        )
        account.records.append(fill)
        self._charge(account, fill)
        is_done = done == order.quantity
        changed = replace(
            order,
            status="filled" if is_done else "partially_filled",
            updated_at=now,
            filled_at=now if is_done else None,
            filled_quantity=done,
            filled_value=order.filled_value + part * price,
        )
        name: Literal["fill", "partial_fill"] = "fill" if is_done else "partial_fill"
        self.tell(account, name if corrects is None else "trade_correct", changed, fill)
        return fill

    def _charge(self, account: Account, fill: Fill) -> None:
        """A coin trade costs part of what comes in: coins when buying, money when selling.

        Alpaca's page on crypto fees: "charged on the credited crypto asset/fiat (what you
        receive)"; the fill says nothing of it.
        """
        if self.asset(fill.symbol).kind != "crypto" or account.crypto_fee_rate == ZERO:
            return
        if fill.quantity < ZERO:
            money = fill.cash_moved * account.crypto_fee_rate
            cash = -money.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            self.book(account, "crypto_fee", symbol=fill.symbol, cash=cash, group=fill.id)
            return
        coins = (fill.quantity * account.crypto_fee_rate).quantize(SMALLEST, ROUND_HALF_EVEN)
        before = account.holdings.get(fill.symbol, Holding())
        after = before.traded(-coins, ZERO)
        self.book(
            account,
            "crypto_fee",
            symbol=fill.symbol,
            after=after,
            quantity=-coins,
            price=fill.price,
            group=fill.id,
        )

    def _undo(self, account: Account, fill_id: str) -> Fill:
        index, fill = self._standing_fill(account, fill_id)
        self._take_back(account, fill)
        for fee in self._fees_of(account, fill):
            self._take_back(account, fee)
        undone = replace(fill, status="canceled")
        account.records[index] = undone
        order = account.orders[fill.order_id]
        account.orders[order.id] = replace(
            order,
            filled_quantity=order.filled_quantity - fill.quantity,
            filled_value=order.filled_value - fill.quantity * fill.price,
        )
        return undone

    def _standing_fill(self, account: Account, fill_id: str) -> tuple[int, Fill]:
        for index, record in enumerate(account.records):
            if isinstance(record, Fill) and record.id == fill_id and record.status != "canceled":
                return index, record
        raise Impossible(f"there is no fill {fill_id} in {account.name}")

    def _fees_of(self, account: Account, fill: Fill) -> list[Booking]:
        """The fees of a fill, which are no more to be shown as owed."""
        fees = [late for late in account.withheld if late.group == fill.id]
        account.withheld = [late for late in account.withheld if late.group != fill.id]
        for index, record in enumerate(account.records):
            if isinstance(record, Booking) and record.group == fill.id:
                fees.append(record)
                account.records[index] = replace(record, status="canceled")
        return fees
