"""What happens to a Coinbase account without an order: money and coins that come and go,
conversions, funding, expiry, and the end of a day."""

from dataclasses import replace
from decimal import Decimal

from tieout.simulators.coinbase_trading import CoinbaseTrading
from tieout.simulators.coinbase_values import DOLLARS, USD, USDC, Product, State, Wallet, cut
from tieout.simulators.holdings import ZERO, Number, exact
from tieout.simulators.ledger import Impossible


class CoinbaseHappenings(CoinbaseTrading):
    """The part of the market that acts by itself."""

    # Money and coins.

    def deposit(self, account: str, currency: str, amount: Number, *, cost: Number = "0") -> Wallet:
        """Money or coins from outside; what they cost elsewhere is not known to the venue."""
        with self.changing():
            owner = self.account(account)
            state = self.moved(owner.state, currency, _above_zero(amount), exact(cost))
            self.put(owner, state)
            return state.wallets[currency]

    def withdraw(self, account: str, currency: str, amount: Number, *, fee: Number = "0") -> Wallet:
        """Money or coins to outside, for a fee in the same."""
        with self.changing():
            owner = self.account(account)
            gone = -_above_zero(amount) - exact(fee)
            self.put(owner, self.moved(owner.state, currency, gone))
            return owner.state.wallets[currency]

    def convert(self, account: str, source: str, target: str, amount: Number) -> Wallet:
        """Dollars into USDC or back, one for one."""
        with self.changing():
            if {source, target} != set(DOLLARS):
                raise Impossible(f"only {USD} and {USDC} are converted into each other")
            owner, money = self.account(account), _above_zero(amount)
            state = self.moved(owner.state, source, -money)
            self.put(owner, self.moved(state, target, money, money))
            return owner.state.wallets[target]

    def move_funds(self, account: str, other: str, currency: str, amount: Number) -> Wallet:
        """From one portfolio to another of the same user, with what it cost."""
        with self.changing():
            giver, taker = self.account(account), self.account(other)
            if giver.user != taker.user:
                raise Impossible(f"{account} and {other} are not of the same user")
            money, before = _above_zero(amount), self.wallet(giver.state, currency)
            state = self.moved(giver.state, currency, -money)
            cost = before.cost - state.wallets[currency].cost
            self.put(giver, state)
            self.put(taker, self.moved(taker.state, currency, money, cost))
            return taker.state.wallets[currency]

    def open_wallet(self, account: str, currency: str) -> Wallet:
        """A wallet with nothing in it."""
        with self.changing():
            owner = self.account(account)
            self.put(owner, owner.state.with_wallet(currency, self.wallet(owner.state, currency)))
            return owner.state.wallets[currency]

    def close_wallets(self, account: str) -> int:
        """Takes away the wallets with nothing in them; says how many."""
        with self.changing():
            owner = self.account(account)
            kept = {coin: each for coin, each in owner.state.wallets.items() if each.total}
            count = len(owner.state.wallets) - len(kept)
            self.put(owner, replace(owner.state, wallets=kept))
            return count

    def move_to_futures(self, account: str, amount: Number) -> None:
        """Dollars from spot to the US futures (+) or back (-)."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            state = self.moved(owner.state, USD, -money)
            self.put(owner, replace(state, futures_cash=state.futures_cash + money))

    def move_to_perps(self, account: str, amount: Number, *, currency: str = USDC) -> None:
        """Money from spot to the gateway (+) or back (-)."""
        with self.changing():
            owner, money = self.account(account), exact(amount)
            state = self.moved(owner.state, currency, -money, abs(money))
            self.put(owner, state.with_money(currency, money))
            self.book(owner, "transfer", currency, money)

    # Contracts.

    def pay_funding(self, product: str, rate: Number) -> int:
        """The hour is over: longs pay the rate of their value to shorts (below zero: get it).
        Says how many accounts were paid."""
        with self.changing():
            traded, share, count = self.product(product), exact(rate), 0
            if not traded.has_funding:
                raise Impossible(f"{product} has no funding")
            for owner in self.every_account():
                position = owner.state.positions(traded.kind).get(product)
                if position is None:
                    continue
                money = cut(-traded.worth(position.quantity, self.prices[product]) * share, 8)
                paid = replace(position, funding=position.funding + money)
                state = owner.state.with_position(traded, paid)
                self.put(owner, self.paid(state, traded, money))
                if traded.kind == "perp":
                    self.book(owner, "settlement", traded.settles_in, money, product=product)
                count += 1
            return count

    def expire(self, product: str, *, price: Number | None = None) -> int:
        """The future's last day: every position is settled at one price, without a fill. Says
        how many."""
        with self.changing():
            traded, count = self.product(product), 0
            at_price = self.prices[product] if price is None else exact(price)
            for owner in self.every_account():
                if product in owner.state.positions(traded.kind):
                    self.put(owner, self._settled(owner.state, traded, at_price))
                    count += 1
            return count

    def _settled(self, state: State, product: Product, price: Decimal) -> State:
        position = state.positions(product.kind)[product.id]
        after = position.traded(product, -position.quantity, price)
        state = state.with_position(product, after)
        return self.paid(state, product, after.realized - position.realized)

    def close_day(self) -> None:
        """What was realized today was realized yesterday from now on."""
        with self.changing():
            for owner in self.accounts.values():
                futures = {
                    name: replace(position, realized=ZERO)
                    for name, position in owner.state.futures.items()
                }
                self.put(owner, replace(owner.state, futures=futures))


def _above_zero(amount: Number) -> Decimal:
    money = exact(amount)
    if money <= ZERO:
        raise Impossible(f"{amount} is not more than nothing")
    return money
