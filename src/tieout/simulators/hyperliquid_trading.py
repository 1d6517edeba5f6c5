"""Trades on Hyperliquid: perps and spot, in parts, with oneself, and resting orders."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tieout.simulators.holdings import ZERO, Number, exact
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, HyperliquidLedger
from tieout.simulators.hyperliquid_records import Event, Fill, How, Order
from tieout.simulators.hyperliquid_values import (
    MILLION,
    Pair,
    Perp,
    Position,
    rounded,
    truncated,
)
from tieout.simulators.ledger import Impossible


class HyperliquidTrading(HyperliquidLedger):
    """The part of the market where orders are placed and filled."""

    def trade(
        self,
        account: str,
        coin: str,
        quantity: Number,
        *,
        price: Number | None = None,
        parts: Sequence[Number] = (),
        is_maker: bool = False,
        direction: str | None = None,
        client_id: str | None = None,
    ) -> list[Fill]:
        """Buys (+) or sells (-) at once: one order, filled in the given parts (above zero) and a
        rest, all in one millisecond. `direction` is what `dir` says instead of the usual."""
        with self.changing():
            owner, wanted = self.account(account), exact(quantity)
            at_price = self.mark(coin) if price is None else exact(price)
            sizes = [exact(part).copy_sign(wanted) for part in parts]
            rest = wanted - sum(sizes, ZERO)
            if rest * wanted < ZERO:
                raise Impossible(f"the parts are more than {quantity}")
            how = How(
                order_id=self.new_order_id(),
                hash=self.new_hash(),
                is_taker=not is_maker,
                direction=direction,
                client_id=client_id,
            )
            if rest != ZERO:
                sizes.append(rest)
            fills = [self.fill(owner, coin, size, at_price, how) for size in sizes]
            self.tell_fills(owner, fills)
            return fills

    def self_trade(
        self, account: str, coin: str, quantity: Number, *, price: Number | None = None
    ) -> list[Fill]:
        """Trades with oneself: both sides in one millisecond, with one trade id, and both from
        the same starting position, the buying one first (recorded)."""
        with self.changing():
            owner, size = self.account(account), abs(exact(quantity))
            at_price = self.mark(coin) if price is None else exact(price)
            start = self._held(owner, coin)
            shared = How(
                order_id=self.new_order_id(),
                trade_id=self.new_trade_id(),
                hash=self.new_hash(),
                start=start,
            )
            resting = replace(shared, order_id=self.new_order_id(), is_taker=False)
            fills = [
                self.fill(owner, coin, size, at_price, shared),
                self.fill(owner, coin, -size, at_price, resting),
            ]
            self.tell_fills(owner, fills)
            return fills

    def set_leverage(
        self, account: str, coin: str, leverage: int, *, is_isolated: bool = False
    ) -> None:
        """For the coin's next and present position; margin moves with it."""
        with self.changing():
            owner, perp = self.account(account), self.perp(coin)
            if leverage > perp.leverage_max:
                raise Impossible(f"{coin} allows at most {perp.leverage_max}")
            before = owner.state.positions.get(coin)
            if before is not None and before.is_isolated != is_isolated:
                raise Impossible(f"{coin} is held; its margin mode stays")
            owner.leverages[coin] = (leverage, is_isolated)
            if before is not None:
                self.put(owner, owner.state.with_position(coin, replace(before, leverage=leverage)))

    def move_margin(self, account: str, coin: str, amount: Number) -> None:
        """Adds money to (+) or takes it from (-) an isolated position."""
        with self.changing():
            owner, moved = self.account(account), exact(amount)
            before = owner.state.positions.get(coin)
            if before is None or not before.is_isolated:
                raise Impossible(f"{account} holds no isolated {coin}")
            after = replace(before, money=before.money + moved)
            state = owner.state.with_position(coin, after)
            self.put(owner, self.paid(owner, state, self.perp(coin).dex, -moved))

    # Orders.

    def place_order(
        self,
        account: str,
        coin: str,
        quantity: Number,
        *,
        limit_price: Number,
        type: str = "Limit",  # noqa: A002 - what every venue calls it
        trigger_price: Number = "0",
        is_reduce_only: bool = False,
        parent: int | None = None,
        client_id: str | None = None,
    ) -> Order:
        """A resting order to buy (+) or sell (-). With a trigger price it waits for it, and a
        parent makes it a child of that order."""
        with self.changing():
            owner, wanted, trigger = self.account(account), exact(quantity), exact(trigger_price)
            is_above = trigger > self.mark(coin)
            order = Order(
                id=self.new_order_id(),
                coin=coin,
                quantity=wanted,
                original=wanted,
                limit_price=exact(limit_price),
                time=self.now(),
                changed=self.now(),
                type=type,
                time_in_force="Gtc" if trigger == ZERO else None,
                is_reduce_only=is_reduce_only,
                trigger_price=trigger,
                trigger_condition="N/A"
                if trigger == ZERO
                else f"Price {'above' if is_above else 'below'} {trigger:f}",
                parent=parent,
                client_id=client_id,
            )
            self._keep(owner, order)
            return order

    def fill_order(self, account: str, order_id: int, *, quantity: Number | None = None) -> Fill:
        """Fills a resting order at its limit, as a whole or `quantity` (above zero) of it."""
        with self.changing():
            owner, order = self._open_order(account, order_id)
            size = order.quantity if quantity is None else exact(quantity)
            size = abs(size).copy_sign(order.quantity)
            if abs(size) > abs(order.quantity):
                raise Impossible(f"{abs(order.quantity)} of order {order_id} are left")
            left = order.quantity - size
            status = "filled" if left == ZERO else "open"
            self._keep(owner, replace(order, quantity=left, status=status, changed=self.now()))
            how = How(
                order_id=order_id,
                hash=self.new_hash(),
                is_taker=False,
                client_id=order.client_id,
            )
            fill = self.fill(owner, order.coin, size, order.limit_price, how)
            self.tell_fills(owner, [fill])
            return fill

    def cancel_order(self, account: str, order_id: int, *, is_by_venue: bool = False) -> Order:
        """Ends a resting order; what was filled stays."""
        with self.changing():
            owner, order = self._open_order(account, order_id)
            status = "marginCanceled" if is_by_venue else "canceled"
            ended = replace(order, status=status, changed=self.now())
            self._keep(owner, ended)
            if is_by_venue:
                self.tell(Event(kind="cancels", account=account, rows=[ended]))
            return ended

    def _open_order(self, account: str, order_id: int) -> tuple[HyperliquidAccount, Order]:
        owner = self.account(account)
        order = owner.orders.get(int(order_id))
        if order is None or not order.is_open:
            raise Impossible(f"there is no open order {order_id} in {account}")
        return owner, order

    def _keep(self, owner: HyperliquidAccount, order: Order) -> None:
        owner.orders[order.id] = order
        pair = self.pairs.get(order.coin)
        if pair is not None:
            self._hold(owner, pair)
        self.tell(Event(kind="orders", account=owner.name, rows=[order]))

    def _hold(self, owner: HyperliquidAccount, pair: Pair) -> None:
        """Reckons anew what open spot orders hold of both tokens."""
        state = owner.state
        for token in (pair.base, pair.quote):
            held = sum((self._held_by(order, token) for order in owner.orders.values()), ZERO)
            state = state.with_coins(token, replace(state.held(token), hold=held))
        self.put(owner, state)

    def _held_by(self, order: Order, token: str) -> Decimal:
        pair = self.pairs.get(order.coin)
        if pair is None or not order.is_open:
            return ZERO
        if order.quantity < ZERO:
            return -order.quantity if pair.base == token else ZERO
        return order.quantity * order.limit_price if pair.quote == token else ZERO

    # Fills.

    def perp(self, coin: str) -> Perp:
        if coin not in self.perps:
            raise Impossible(f"{coin} is no perp; there are {sorted(self.perps)}")
        return self.perps[coin]

    def tell_fills(self, owner: HyperliquidAccount, fills: Sequence[Fill]) -> None:
        self.tell(Event(kind="fills", account=owner.name, rows=list(fills)))

    def _held(self, owner: HyperliquidAccount, coin: str) -> Decimal:
        if coin in self.pairs:
            return owner.state.held(self.pairs[coin].base).total
        return self.position(owner, self.perp(coin)).size

    def fill(
        self, owner: HyperliquidAccount, coin: str, quantity: Decimal, price: Decimal, how: How
    ) -> Fill:
        """Makes one fill of `quantity` (signed) and all that follows from it; tells nobody."""
        if coin in self.pairs:
            return self._fill_pair(owner, self.pairs[coin], quantity, price, how)
        return self._fill_perp(owner, self.perp(coin), quantity, price, how)

    def _fill_perp(
        self, owner: HyperliquidAccount, perp: Perp, quantity: Decimal, price: Decimal, how: How
    ) -> Fill:
        before = self.position(owner, perp)
        after = before.traded(quantity, price)
        rate = owner.taker_rate if how.is_taker else owner.maker_rate
        fee = how.fee
        if fee is None:  # recorded: cut, not rounded
            fee = truncated(abs(quantity) * price * rate, MILLION)
        state = owner.state.with_position(perp.coin, after)
        if before.is_isolated:
            state = self.paid(owner, state, perp.dex, -before.asked(quantity, price) - fee)
        else:
            # What was paid less what it counts as: the cost of a cross position stands in its
            # dex's purse, profit and fees wherever the money is.
            cost = after.cost - before.cost
            state = self.paid(owner, state, perp.dex, cost - quantity * price - fee)
            state = state.with_money(perp.dex, -cost)
        self.put(owner, state)
        fill = Fill(
            coin=perp.coin,
            quantity=quantity,
            price=price,
            time=self.now(),
            start=before.size,
            direction=_direction(before.size, after.size, quantity),
            closed_pnl=closed_pnl(before, quantity, price, perp.price_decimals),
            hash=how.hash,
            order_id=how.order_id,
            is_taker=how.is_taker,
            fee=fee,
            fee_token=self.dexes[perp.dex].collateral,
            trade_id=0,
        )
        return self._record(owner, fill, how)

    def _fill_pair(
        self, owner: HyperliquidAccount, pair: Pair, quantity: Decimal, price: Decimal, how: How
    ) -> Fill:
        """A purchase pays its fee in what was bought, a sale in what it brought (recorded)."""
        base, quote = owner.state.held(pair.base), owner.state.held(pair.quote)
        is_buy, value = quantity > ZERO, quantity * price
        fee, pnl = how.fee, ZERO
        if fee is None:
            decimals = self.tokens[pair.base].wei_decimals if is_buy else MILLION
            fee = truncated((quantity if is_buy else -value) * owner.spot_rate, decimals)
        if (is_buy and quote.total < value) or (not is_buy and base.total < -quantity):
            raise Impossible(f"{owner.name} has too little to trade {quantity} {pair.coin}")
        if is_buy:
            # Recorded: the whole price is the cost of the coins that are left after the fee.
            after, money = base.moved(quantity - fee, value), -value
        else:
            # Recorded: from the exact average, and without the fee.
            pnl = rounded((price - base.cost / base.total) * -quantity)
            after, money = base.moved(quantity, ZERO), -value - fee
        state = owner.state.with_coins(pair.base, after)
        state = state.with_coins(pair.quote, replace(quote, total=quote.total + money))
        self.put(owner, state)
        fill = Fill(
            coin=pair.coin,
            quantity=quantity,
            price=price,
            time=self.now(),
            start=base.total,
            direction="Buy" if is_buy else "Sell",
            closed_pnl=pnl,
            hash=how.hash,
            order_id=how.order_id,
            is_taker=how.is_taker,
            fee=fee,
            fee_token=pair.base if is_buy else pair.quote,
            trade_id=0,
        )
        return self._record(owner, fill, how)

    def _record(self, owner: HyperliquidAccount, fill: Fill, how: How) -> Fill:
        """Writes the fill down, with what it says otherwise than usual."""
        written = replace(
            fill,
            start=fill.start if how.start is None else how.start,
            direction=how.direction or fill.direction,
            closed_pnl=fill.closed_pnl if how.closed_pnl is None else how.closed_pnl,
            trade_id=self.new_trade_id() if how.trade_id is None else how.trade_id,
            client_id=how.client_id,
            liquidation=how.liquidation,
        )
        owner.fills.append(written)
        return written


def closed_pnl(before: Position, quantity: Decimal, price: Decimal, price_decimals: int) -> Decimal:
    """What the venue says a trade realized: from the average cut to the price's decimals, and
    without the fee (measured on recorded fills).

    >>> held = Position(size=Decimal(3), cost=Decimal(200))
    >>> closed_pnl(held, Decimal(-1), Decimal(70), 2)
    Decimal('3.340000')
    """
    closing = before.closes(quantity)
    if closing == ZERO:
        return ZERO
    return rounded((price - truncated(before.average, price_decimals)) * -closing)


def _direction(before: Decimal, after: Decimal, quantity: Decimal) -> str:
    if before * after < ZERO:
        return "Long > Short" if before > ZERO else "Short > Long"
    if before * quantity >= ZERO:
        return "Open Long" if quantity > ZERO else "Open Short"
    return "Close Long" if before > ZERO else "Close Short"
