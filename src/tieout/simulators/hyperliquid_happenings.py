"""What happens to a Hyperliquid account without an order: funding, liquidation, deleveraging,
dust, settlement, and money and coins that come and go."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ZERO, Number, exact
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount
from tieout.simulators.hyperliquid_margin import Margins
from tieout.simulators.hyperliquid_records import Event, Fill, Funding, How, Liquidation, Update
from tieout.simulators.hyperliquid_trading import HyperliquidTrading
from tieout.simulators.hyperliquid_values import (
    MAIN,
    MILLION,
    USDC,
    Position,
    State,
    rounded,
    truncated,
)
from tieout.simulators.ledger import Impossible

Method = Literal["market", "backstop"]


class HyperliquidHappenings(HyperliquidTrading):
    """The part of the market that acts by itself."""

    def pay_funding(self, coin: str, rate: Number) -> int:
        """The hour is over: longs pay the rate of their value to shorts (below zero: get it).
        Says how many accounts were paid."""
        with self.changing():
            perp, share, mark, count = self.perp(coin), exact(rate), self.mark(coin), 0
            for owner in self.accounts.values():
                position = owner.state.positions.get(coin)
                if position is None:
                    continue
                money = truncated(-position.size * mark * share, MILLION)
                state = owner.state.with_position(coin, position.funded(-money))
                state = state.with_funding(coin, -money)
                if not position.is_isolated:
                    state = self.paid(owner, state, perp.dex, money)
                self.put(owner, state)
                paid = Funding(
                    coin=coin, money=money, size=position.size, rate=share, time=self.now()
                )
                owner.funding.append(paid)
                self.tell(Event(kind="funding", account=owner.name, rows=[paid]))
                count += 1
            return count

    def liquidate(
        self,
        account: str,
        coin: str,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        method: Method = "market",
        counterparty: str | None = None,
    ) -> Fill:
        """Takes a position away, or `quantity` (above zero) of it. By the market a fill looks
        like any other but for its `liquidation`; by the backstop `dir` says so, there is no fee,
        and the margin that is left of a wholly taken position is gone too (docs)."""
        with self.changing():
            owner, position = self.account(account), self._position(account, coin)
            perp, mark = self.perp(coin), self.mark(coin)
            at_price = mark if price is None else exact(price)
            size = abs(position.size) if quantity is None else exact(quantity)
            closing = -size.copy_sign(position.size)
            seen = Liquidation(user=owner.address, mark=mark, method=method)
            how = How(
                order_id=self.new_order_id(),
                trade_id=self.new_trade_id(),
                hash=self.new_hash(),
                liquidation=seen,
            )
            if method == "backstop":
                how = replace(how, direction=_liquidated(position), fee=ZERO)
            worth = self._worth(owner, coin, position)
            fill = self.fill(owner, coin, closing, at_price, how)
            if method == "backstop" and coin not in owner.state.positions:
                self._seize(owner, perp.dex, position, at_price)
            self._write_liquidation(owner, coin, position, worth)
            self.tell_fills(owner, [fill])
            if counterparty is not None:
                self._take_other_side(counterparty, fill, how)
            return fill

    def deleverage(
        self,
        account: str,
        coin: str,
        *,
        against: str,
        quantity: Number | None = None,
        price: Number | None = None,
    ) -> Fill:
        """Closes a position that is in profit against one that is under water, which is
        liquidated; the fill of the first names the second (`liquidatedUser` is not its own)."""
        with self.changing():
            owner, loser = self.account(account), self.account(against)
            position, other = self._position(account, coin), self._position(against, coin)
            if position.size * other.size > ZERO:
                raise Impossible(f"{account} and {against} are on the same side of {coin}")
            size = min(abs(position.size), abs(other.size)) if quantity is None else exact(quantity)
            at_price = self.mark(coin) if price is None else exact(price)
            closing = -size.copy_sign(position.size)
            how = How(
                order_id=self.new_order_id(),
                trade_id=self.new_trade_id(),
                is_taker=False,
                direction="Auto-Deleveraging",
                fee=ZERO,
                liquidation=Liquidation(
                    user=loser.address, mark=self.mark(coin), method="backstop"
                ),
            )
            fill = self.fill(owner, coin, closing, at_price, how)
            told = replace(how, order_id=self.new_order_id(), is_taker=True)
            told = replace(told, direction=_liquidated(other))
            taken = self.fill(loser, coin, -closing, at_price, told)
            self.tell_fills(owner, [fill])
            self.tell_fills(loser, [taken])
            return fill

    def convert_dust(self, account: str, token: str) -> Fill:
        """The day's end: a spot balance too small to trade is sold at the market's price, with
        trade id 0, a hash of zeros, no fee and no P&L (recorded)."""
        with self.changing():
            owner = self.account(account)
            pair = next((each for each in self.pairs.values() if each.base == token), None)
            dust = owner.state.held(token).total
            if pair is None or dust <= ZERO:
                raise Impossible(f"{account} has no {token} to convert")
            how = How(
                order_id=self.new_order_id(),
                trade_id=0,
                direction="Spot Dust Conversion",
                fee=ZERO,
                closed_pnl=ZERO,
            )
            fill = self.fill(owner, pair.coin, -dust, self.mark(pair.coin), how)
            self.tell_fills(owner, [fill])
            return fill

    def net_vaults(
        self, account: str, coin: str, quantity: Number, *, price: Number | None = None
    ) -> Fill:
        """A vault's children trade with each other: a fill without fee or P&L (recorded)."""
        with self.changing():
            owner = self.account(account)
            how = How(
                order_id=self.new_order_id(),
                hash=self.new_hash(),
                direction="Net Child Vaults",
                fee=ZERO,
            )
            at_price = self.mark(coin) if price is None else exact(price)
            fill = self.fill(owner, coin, exact(quantity), at_price, how)
            self.tell_fills(owner, [fill])
            return fill

    def settle(self, coin: str, *, price: Number | None = None) -> int:
        """The perp is delisted: every position is closed at one price. Says how many."""
        with self.changing():
            perp, count = self.perp(coin), 0
            at_price = self.mark(coin) if price is None else exact(price)
            for owner in self.accounts.values():
                position = owner.state.positions.get(coin)
                if position is None:
                    continue
                how = How(order_id=self.new_order_id(), direction="Settlement", fee=ZERO)
                fill = self.fill(owner, coin, -position.size, at_price, how)
                self.tell_fills(owner, [fill])
                count += 1
            self.perps[coin] = replace(perp, is_delisted=True)
            return count

    # Money and coins.

    def deposit(self, account: str, amount: Number) -> Update:
        """USDC from outside, onto the first dex."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            owner.paid_in += money
            self.put(owner, self.paid(owner, owner.state, MAIN, money))
            return self._write(owner, {"type": "deposit", "usdc": money})

    def withdraw(self, account: str, amount: Number) -> Update:
        """USDC to outside, for a dollar."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            owner.paid_in -= money
            self.put(owner, self.paid(owner, owner.state, MAIN, -money))
            nonce = self.now()
            delta = {"type": "withdraw", "usdc": money - 1, "nonce": nonce, "fee": Decimal(1)}
            return self._write(owner, delta)

    def move_class(self, account: str, amount: Number) -> Update:
        """USDC from spot to perps (+) or back (-) within one account."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            state = owner.state.with_money(MAIN, money)
            self.put(owner, _with_coins_moved(state, USDC, -money, ZERO))
            delta = {
                "type": "accountClassTransfer",
                "usdc": abs(money),
                "toPerp": money > ZERO,
            }
            return self._write(owner, delta)

    def move_to_dex(self, account: str, dex: str, amount: Number) -> Update:
        """Collateral from the first dex to a builder's (+) or back (-). Where the builder's takes
        another token, it comes from spot."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            token = self.dexes[dex].collateral
            state = owner.state.with_money(dex, money)
            if token == USDC:
                state = state.with_money(MAIN, -money)
            else:
                state = _with_coins_moved(state, token, -money, -money)
            self.put(owner, state)
            ends = [MAIN if token == USDC else "spot", dex]
            source, destination = ends if money > ZERO else ends[::-1]
            delta = {
                "type": "send",
                "user": owner.address,
                "destination": owner.address,
                "sourceDex": source,
                "destinationDex": destination,
                "token": token,
                "amount": abs(money),
                "usdcValue": abs(money),
                "fee": ZERO,
                "nativeTokenFee": ZERO,
                "nonce": self.now(),
                "feeToken": "",
            }
            return self._write(owner, delta)

    def move_to_sub_account(self, account: str, sub_account: str, amount: Number) -> Update:
        """USDC between the perps of a master and a part of it: there (+) or back (-)."""
        with self.changing():
            owner, part, money = self.account(account), self.account(sub_account), exact(amount)
            self.put(owner, self.paid(owner, owner.state, MAIN, -money))
            self.put(part, self.paid(part, part.state, MAIN, money))
            sender, taker = (owner, part) if money > ZERO else (part, owner)
            delta = {
                "type": "subAccountTransfer",
                "usdc": abs(money),
                "user": sender.address,
                "destination": taker.address,
            }
            self._write(part, delta)
            return self._write(owner, delta)

    def transfer_spot(
        self, account: str, token: str, amount: Number, *, other: str | None = None
    ) -> Update:
        """Coins come from (+) or go to (-) another address: an account, or somewhere outside.
        What comes counts as bought at the market's price (docs)."""
        with self.changing():
            owner, moved = self.account(account), exact(amount)
            self.token(token)
            price = self.price_of_token(token)
            far = None if other is None else self.account(other)
            self._move_coins(owner, token, moved, price)
            outside = "0x" + "ab" * 20
            ends = [outside if far is None else far.address, owner.address]
            source, destination = ends if moved > ZERO else ends[::-1]
            delta = {
                "type": "spotTransfer",
                "token": token,
                "amount": abs(moved),
                "usdcValue": rounded(abs(moved) * price),
                "user": source,
                "destination": destination,
                "fee": ZERO,
                "nativeTokenFee": ZERO,
                "nonce": None,
                "feeToken": "",
            }
            if far is not None:
                self._move_coins(far, token, -moved, price)
                self._write(far, delta)
            return self._write(owner, delta)

    def set_coins(self, account: str, token: str, total: Number, *, cost: Number = "0") -> None:
        """Puts a spot balance there without a record: genesis tokens, outcome tokens."""
        with self.changing():
            owner = self.account(account)
            self.token(token)
            coins = replace(owner.state.held(token), total=exact(total), cost=exact(cost))
            self.put(owner, owner.state.with_coins(token, coins))

    # Parts of the above.

    def _position(self, account: str, coin: str) -> Position:
        position = self.account(account).state.positions.get(coin)
        if position is None:
            raise Impossible(f"{account} holds no {coin}")
        return position

    def _worth(self, owner: HyperliquidAccount, coin: str, position: Position) -> Decimal:
        """What stands behind the position: itself, or everything cross on its dex."""
        if position.is_isolated:
            return position.equity(self.mark(coin))
        return Margins(self, owner, owner.state, self.perp(coin).dex).cross().value

    def _seize(self, owner: HyperliquidAccount, dex: str, before: Position, price: Decimal) -> None:
        """The backstop keeps the margin: of the position, or of the dex if nothing cross is left
        on it."""
        if before.is_isolated:
            lost = max(before.equity(price), ZERO)
            self.put(owner, self.paid(owner, owner.state, dex, -lost))
            return
        crossed = [
            coin
            for coin, each in owner.state.positions.items()
            if self.perps[coin].dex == dex and not each.is_isolated
        ]
        if not crossed and not owner.has_shared_purse:
            purse = owner.state.purses.get(dex, ZERO)
            self.put(owner, owner.state.with_money(dex, -max(purse, ZERO)))

    def _write_liquidation(
        self, owner: HyperliquidAccount, coin: str, position: Position, worth: Decimal
    ) -> None:
        notional = abs(position.size) * self.mark(coin)
        delta = {
            "type": "liquidation",
            "liquidatedNtlPos": rounded(notional),
            "accountValue": rounded(worth),
            "leverageType": "Isolated" if position.is_isolated else "Cross",
            "liquidatedPositions": [{"coin": coin, "szi": position.size}],
        }
        self._write(owner, delta)
        facts = {
            "lid": self.chance.getrandbits(32),
            "liquidator": "0x" + "1f" * 20,
            "liquidated_user": owner.address,
            "liquidated_ntl_pos": rounded(notional),
            "liquidated_account_value": rounded(worth),
        }
        self.tell(Event(kind="liquidation", account=owner.name, facts=facts))

    def _take_other_side(self, account: str, fill: Fill, how: How) -> None:
        """The counterparty's fill names the liquidated user as well (recorded)."""
        other = self.account(account)
        told = replace(how, order_id=self.new_order_id(), is_taker=False, direction=None, fee=None)
        taken = self.fill(other, fill.coin, -fill.quantity, fill.price, told)
        self.tell_fills(other, [taken])

    def _move_coins(
        self, owner: HyperliquidAccount, token: str, moved: Decimal, price: Decimal
    ) -> None:
        if owner.state.held(token).total + moved < ZERO:
            raise Impossible(f"{owner.name} has too little {token}")
        cost = ZERO if token == USDC else moved * price
        self.put(owner, _with_coins_moved(owner.state, token, moved, cost))

    def _write(self, owner: HyperliquidAccount, delta: dict[str, Any]) -> Update:
        update = Update(delta=delta, time=self.now(), hash=self.new_hash())
        owner.updates.append(update)
        self.tell(Event(kind="ledger", account=owner.name, rows=[update]))
        return update


def _with_coins_moved(state: State, token: str, moved: Decimal, cost: Decimal) -> State:
    return state.with_coins(token, state.held(token).moved(moved, cost))


def _liquidated(position: Position) -> str:
    """What `dir` says of a backstop liquidation (seen in the venue's own block files)."""
    mode = "Isolated" if position.is_isolated else "Cross"
    return f"Liquidated {mode} {'Long' if position.size > ZERO else 'Short'}"
