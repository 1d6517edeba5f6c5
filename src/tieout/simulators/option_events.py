"""What ends an option: it expires, is exercised, or is assigned to who wrote it."""

from decimal import Decimal
from typing import Literal

from tieout.simulators.holdings import ZERO, Holding, Number, OptionTerms, exact
from tieout.simulators.ledger import Account, Impossible, Ledger


class OptionEvents(Ledger):
    """The part of a market where options end."""

    def expire_option(self, symbol: str) -> None:
        """Worthless at the end: every account's contracts are taken out at nothing."""
        with self.changing():
            self._terms(symbol)
            for account in self.accounts.values():
                if symbol in account.holdings:
                    self._take_out(account, symbol, account.holdings[symbol].quantity, "expiry")
            self.delist(symbol)

    def exercise_option(
        self, account: str, symbol: str, contracts: Number, *, shown_price: Number | None = None
    ) -> None:
        """The holder uses the right. Alpaca's own sample shows another price than the strike on
        the share row; `shown_price` does the same, the money stays right."""
        with self.changing():
            owner, count = self.account(account), exact(contracts)
            self._take_out(owner, symbol, count, "exercise")
            self._deliver(owner, symbol, count, shown_price)

    def assign_option(self, account: str, symbol: str, contracts: Number) -> None:
        """Somebody used the right against the account that wrote the option."""
        with self.changing():
            owner, count = self.account(account), exact(contracts)
            self._take_out(owner, symbol, -count, "assignment")
            self._deliver(owner, symbol, -count, None)

    def _terms(self, symbol: str) -> OptionTerms:
        terms = self.asset(symbol).option
        if terms is None:
            raise Impossible(f"{symbol} is not an option")
        return terms

    def _take_out(
        self,
        account: Account,
        symbol: str,
        contracts: Decimal,
        kind: Literal["expiry", "exercise", "assignment"],
    ) -> None:
        """Removes `contracts`, signed like the holding."""
        self._terms(symbol)
        held = account.holdings.get(symbol, Holding())
        if held.quantity * contracts <= ZERO or abs(contracts) > abs(held.quantity):
            raise Impossible(f"{account.name} holds {held.quantity} of {symbol}, not {contracts}")
        self.book(account, kind, symbol=symbol, after=held.reduced(contracts), quantity=-contracts)

    def _deliver(
        self, account: Account, symbol: str, contracts: Decimal, shown_price: Number | None
    ) -> None:
        """The shares change hands at the strike; `contracts` is + for who held the option."""
        terms = self._terms(symbol)
        shares = contracts * self.asset(symbol).multiplier / self.asset(terms.underlying).multiplier
        if terms.right == "put":
            shares = -shares
        value = self.value_of(terms.underlying, shares, terms.strike)
        before = account.holdings.get(terms.underlying, Holding())
        self.book(
            account,
            "delivery",
            symbol=terms.underlying,
            after=before.traded(shares, value),
            cash=-value,
            quantity=shares,
            price=terms.strike if shown_price is None else exact(shown_price),
        )
