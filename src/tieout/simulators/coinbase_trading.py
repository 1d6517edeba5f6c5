"""Trades at Coinbase: coins, US futures and international perpetuals; in parts, and resting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tieout.simulators.coinbase_ledger import CoinbaseAccount, CoinbaseLedger
from tieout.simulators.coinbase_records import Booking, Event, Fill, Order, Trade
from tieout.simulators.coinbase_values import Position, Product, State, cut
from tieout.simulators.holdings import ONE, ZERO, Number, exact
from tieout.simulators.ledger import Impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """What one fill is like. A commission of None: the usual one."""

    size: Decimal  # above zero
    price: Decimal
    is_maker: bool = False
    commission: Decimal | None = None
    quoted: Decimal | None = None
    number: int | None = None  # of the trade; None: the next one

    @property
    def value(self) -> Decimal:
        """What was paid or got, without the commission."""
        return self.size * self.price if self.quoted is None else self.quoted


class CoinbaseTrading(CoinbaseLedger):
    """The part of the market where orders are placed and filled."""

    def trade(
        self,
        account: str,
        product: str,
        quantity: Number,
        *,
        price: Number | None = None,
        parts: Sequence[Number] = (),
        is_maker: bool = False,
        commission: Number | None = None,
        client_id: str | None = None,
    ) -> Order:
        """Buys (+) or sells (-) at once: one order, filled in the given parts (above zero) and a
        rest. The quantity is in coins or contracts; a commission is of each part."""
        with self.changing():
            owner, traded = self.account(account), self.product(product)
            order = self._new_order(traded, exact(quantity), client_id=client_id)
            at_price = self.prices[product] if price is None else exact(price)
            sizes = [exact(part) for part in parts]
            rest = order.left - sum(sizes, ZERO)
            if rest < ZERO:
                raise Impossible(f"the parts are more than {quantity}")
            fee = None if commission is None else exact(commission)
            for size in [*sizes, rest] if rest else sizes:
                how = _How(size=size, price=at_price, is_maker=is_maker, commission=fee)
                order = self._fill(owner, order, how)
            return order

    def buy_for(
        self, account: str, product: str, money: Number, *, price: Number | None = None
    ) -> Order:
        """Spends so much, commission and all: the size of the fill is told in quote currency
        (recorded: size and commission together are what was spent)."""
        with self.changing():
            owner, spent = self.account(account), exact(money)
            at_price = self.prices[product] if price is None else exact(price)
            size = cut(spent / (ONE + owner.taker_rate))
            quantity = cut(size / at_price)
            order = self._new_order(self.product(product), quantity, quote_size=spent)
            how = _How(size=quantity, price=at_price, commission=spent - size, quoted=size)
            return self._fill(owner, order, how)

    def place_order(
        self,
        account: str,
        product: str,
        quantity: Number,
        *,
        limit_price: Number,
        client_id: str | None = None,
    ) -> Order:
        """Rests at a limit; what it could spend is held."""
        with self.changing():
            owner, limit = self.account(account), exact(limit_price)
            traded = self.product(product)
            order = self._new_order(traded, exact(quantity), limit_price=limit, client_id=client_id)
            if traded.kind == "spot":
                coin, held = traded.base, order.left
                if order.quantity > ZERO:
                    coin, held = traded.quote, order.left * limit * (ONE + owner.taker_rate)
                order = replace(order, held=cut(held), held_coin=coin)
                self.put(owner, self.held(owner.state, coin, order.held))
            self._keep(owner, order)
            return order

    def fill_order(
        self,
        account: str,
        order: str,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
    ) -> Order:
        """Fills a resting order, or `quantity` (above zero) of it, as the maker."""
        with self.changing():
            owner, resting = self.account(account), self._resting(account, order)
            size = resting.left if quantity is None else exact(quantity)
            if not ZERO < size <= resting.left:
                raise Impossible(f"of order {order} only {resting.left:f} are left")
            assert resting.limit_price is not None
            at_price = resting.limit_price if price is None else exact(price)
            if (at_price - resting.limit_price) * resting.quantity > ZERO:
                raise Impossible(f"the limit of order {order} is {resting.limit_price:f}")
            freed = cut(resting.held * size / resting.left)
            if resting.held:
                self.put(owner, self.held(owner.state, resting.held_coin, -freed))
                resting = replace(resting, held=resting.held - freed)
            return self._fill(owner, resting, _How(size=size, price=at_price, is_maker=True))

    def cancel_order(self, account: str, order: str) -> Order:
        """Takes a resting order back, with what it holds."""
        with self.changing():
            owner, resting = self.account(account), self._resting(account, order)
            if resting.held:
                self.put(owner, self.held(owner.state, resting.held_coin, -resting.held))
            canceled = replace(resting, status="CANCELLED", held=ZERO)
            self._keep(owner, canceled)
            return canceled

    def liquidate(
        self,
        account: str,
        product: str,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
    ) -> Order:
        """Takes a position away, or `quantity` (above zero) of it, by an order of the venue."""
        with self.changing():
            owner = self.account(account)
            return self.liquidate_in(owner, product, quantity=quantity, price=price)

    # The parts of it.

    def trade_in(
        self,
        owner: CoinbaseAccount,
        product: str,
        quantity: Number,
        *,
        price: Number | None = None,
        trade_number: int | None = None,
    ) -> Order:
        """One order, filled at once, in an account or a subaccount of one."""
        traded = self.product(product)
        order = self._new_order(traded, exact(quantity))
        at_price = self.prices[product] if price is None else exact(price)
        return self._fill(owner, order, _How(size=order.left, price=at_price, number=trade_number))

    def liquidate_in(
        self,
        owner: CoinbaseAccount,
        product: str,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
    ) -> Order:
        """A position of an account or a subaccount of one, or a part of it."""
        traded = self.product(product)
        position = owner.state.positions(traded.kind).get(product)
        if position is None:
            raise Impossible(f"{owner.name} has no {product}")
        size = abs(position.quantity) if quantity is None else exact(quantity)
        closing = -size.copy_sign(position.quantity)
        order = replace(self._new_order(traded, closing), is_liquidation=True)
        at_price = self.prices[product] if price is None else exact(price)
        return self._fill(owner, order, _How(size=size, price=at_price))

    def _new_order(
        self,
        product: Product,
        quantity: Decimal,
        *,
        limit_price: Decimal | None = None,
        quote_size: Decimal | None = None,
        client_id: str | None = None,
    ) -> Order:
        if quantity == ZERO:
            raise Impossible("an order is for more than nothing")
        if product.kind == "future" and quantity != quantity.to_integral_value():
            raise Impossible(f"{product.id} is traded in whole contracts")
        return Order(
            id=self.new_id(),
            client_id=client_id or self.new_id(),
            product_id=product.id,
            number=self.new_number(),
            quantity=quantity,
            limit_price=limit_price,
            quote_size=quote_size,
            created_at=self.clock(),
        )

    def _resting(self, account: str, order: str) -> Order:
        found = self.account(account).orders.get(order)
        if found is None or found.status != "OPEN":
            raise Impossible(f"{account} has no open order {order}")
        return found

    def _keep(self, owner: CoinbaseAccount, order: Order, trade: Trade | None = None) -> None:
        owner.orders[order.id] = order
        self.tell(Event(account=owner.name, order=order, trade=trade, slot=owner.slot))

    def _fill(self, owner: CoinbaseAccount, order: Order, how: _How) -> Order:
        """One fill: what is held changes, it is written down, and the streams are told."""
        product = self.product(order.product_id)
        fee = self._fee(owner, product, how) if how.commission is None else how.commission
        quantity = how.size.copy_sign(order.quantity)
        trade = None
        if product.kind == "spot":
            self._swap(owner, product, quantity, how.value, fee)
        else:
            profit = self._move_position(owner, product, quantity, how.price, fee)
            if product.kind == "perp":
                trade = self._write_trade(owner, order, product, how, fee, profit)
        if product.kind != "perp":
            self._write_fill(owner, order, quantity, how, fee)
        filled = order.filled + how.size
        done = replace(
            order,
            filled=filled,
            filled_value=order.filled_value + how.value,
            fees=order.fees + fee,
            fills=order.fills + 1,
            filled_at=self.clock(),
            status="FILLED" if filled == abs(order.quantity) else "OPEN",
        )
        self._keep(owner, done, trade)
        return done

    def _fee(self, owner: CoinbaseAccount, product: Product, how: _How) -> Decimal:
        match product.kind:
            case "spot":
                rate = owner.maker_rate if how.is_maker else owner.taker_rate
                return cut(how.size * how.price * rate)
            case "future":
                return how.size * owner.future_fee
            case "perp":
                rate = ZERO if how.is_maker else owner.perp_rate
                return cut(abs(product.worth(how.size, how.price)) * rate, 8)

    def _swap(
        self,
        owner: CoinbaseAccount,
        product: Product,
        quantity: Decimal,
        value: Decimal,
        fee: Decimal,
    ) -> None:
        """Coins against money or other coins; the commission is paid in those."""
        paid = -value.copy_sign(quantity) - fee
        dollar = self.in_dollars(product.quote) or ZERO
        state = self.moved(owner.state, product.quote, paid, cut(abs(paid) * dollar))
        cost = -paid * dollar if quantity > ZERO else ZERO
        self.put(owner, self.moved(state, product.base, quantity, cut(cost)))

    def _move_position(
        self,
        owner: CoinbaseAccount,
        product: Product,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
    ) -> Decimal:
        """Contracts or perpetuals; says what was realized."""
        before = owner.state.positions(product.kind).get(product.id, Position())
        after = before.traded(product, quantity, price)
        after = replace(after, fees=after.fees + fee)
        profit = after.realized - before.realized
        state = owner.state.with_position(product, after)
        self.put(owner, self.paid(state, product, profit - fee))
        return profit

    def paid(self, state: State, product: Product, money: Decimal) -> State:
        """With so much more (+) or less (-) where the product is settled."""
        if product.kind == "future":
            return replace(state, futures_cash=state.futures_cash + money)
        return state.with_money(product.settles_in, money)

    def _write_fill(
        self, owner: CoinbaseAccount, order: Order, quantity: Decimal, how: _How, fee: Decimal
    ) -> None:
        fill = Fill(
            number=self.new_number(),
            entry_id=f"{self.chance.getrandbits(256):064x}",
            trade_id=self.new_id(),
            order_id=order.id,
            product_id=order.product_id,
            quantity=quantity,
            price=how.price,
            commission=fee,
            quoted=how.quoted,
            is_maker=how.is_maker,
            at=self.clock(),
        )
        owner.fills.append(fill)

    def _write_trade(
        self,
        owner: CoinbaseAccount,
        order: Order,
        product: Product,
        how: _How,
        fee: Decimal,
        profit: Decimal,
    ) -> Trade:
        trade = Trade(
            number=how.number or self.new_number(),
            order_number=order.number,
            product_id=product.id,
            quantity=how.size.copy_sign(order.quantity),
            price=how.price,
            mark=self.prices[product.id],
            fee=fee,
            profit=profit,
            is_maker=how.is_maker,
            is_liquidation=order.is_liquidation,
            label=order.client_id,
            at=self.clock(),
        )
        owner.trades.append(trade)
        self.book(owner, "trade", product.settles_in, profit - fee, trade=trade.id)
        return trade

    def book(
        self, owner: CoinbaseAccount, kind: str, currency: str, change: Decimal, **facts: str
    ) -> None:
        """Writes a line into the gateway's log, after the money has moved."""
        booking = Booking(
            number=self.new_number(),
            kind=kind,  # type: ignore[arg-type]
            currency=currency,
            change=change,
            balance=owner.state.purse.get(currency, ZERO),
            at=self.clock(),
            facts=facts,
        )
        owner.bookings.append(booking)
