"""What can be traded at Interactive Brokers, what a trade costs, what a currency is worth."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ONE, ZERO, Number, OptionTerms, exact
from tieout.simulators.ibkr_contracts import (
    Commission,
    Contract,
    SecType,
    bond,
    future,
    listed,
    option,
)
from tieout.simulators.ledger import Impossible
from tieout.simulators.market import Market


class IbkrListings(Market):
    """The part of the market that lists contracts. Those that are given no id have one that is the
    same in every run."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commissions: dict[SecType, Commission] = {
            "STK": Commission(per_unit=Decimal("0.005"), least=ONE),
            "OPT": Commission(per_unit=Decimal("0.65")),
            "FOP": Commission(per_unit=Decimal("1.42")),
            "FUT": Commission(per_unit=Decimal("2.25")),
            "BOND": Commission(per_unit=ONE, least=ONE),
            "CASH": Commission(per_unit=ZERO),
        }
        self.rates: dict[str, Decimal] = {"USD": ONE}  # what one unit is worth in dollars

    def list_asset(
        self,
        symbol: str,
        *,
        price: Number | None = None,
        name: str = "",
        exchange: str = "",
        currency: str = "",
        con_id: int = 0,
    ) -> Contract:
        """Makes something tradable: `AAPL`, an option by its OCC symbol, or `EUR.USD`."""
        made = listed(symbol, name=name, exchange=exchange, currency=currency, con_id=con_id)
        return self._list(made, price)

    def list_future(
        self,
        symbol: str,
        *,
        root: str,
        multiplier: Number,
        expires_on: date | str,
        price: Number | None = None,
        exchange: str = "CME",
        currency: str = "USD",
        con_id: int = 0,
    ) -> Contract:
        """Makes a future tradable: `ESZ6` of root ES, whose multiplier is 50."""
        day = date.fromisoformat(expires_on) if isinstance(expires_on, str) else expires_on
        made = future(
            symbol,
            root=root,
            multiplier=exact(multiplier),
            expires_on=day,
            exchange=exchange,
            currency=currency,
            con_id=con_id,
        )
        return self._list(made, price)

    def list_option(
        self,
        symbol: str,
        *,
        underlying: str,
        expires_on: date | str,
        right: Literal["call", "put"],
        strike: Number,
        multiplier: Number = 100,
        sec_type: Literal["OPT", "FOP"] = "OPT",
        price: Number | None = None,
        exchange: str = "",
        currency: str = "USD",
        con_id: int = 0,
    ) -> Contract:
        """Makes an option tradable whose symbol does not tell everything: one that was adjusted,
        or one on a future (FOP), such as `E1AU6 C6300` on ESU6 with its multiplier 50."""
        day = date.fromisoformat(expires_on) if isinstance(expires_on, str) else expires_on
        made = option(
            symbol,
            terms=OptionTerms(
                underlying=underlying, expires_on=day, right=right, strike=exact(strike)
            ),
            root=self.contract(underlying).root,
            multiplier=exact(multiplier),
            sec_type=sec_type,
            exchange=exchange,
            currency=currency,
            con_id=con_id,
        )
        return self._list(made, price)

    def list_bond(
        self,
        symbol: str,
        *,
        matures_on: date | str,
        price: Number | None = None,
        exchange: str = "SMART",
        currency: str = "USD",
        con_id: int = 0,
    ) -> Contract:
        """Makes a bond tradable. One is 1,000 of face value; the price is for a hundred of it."""
        day = date.fromisoformat(matures_on) if isinstance(matures_on, str) else matures_on
        made = bond(symbol, matures_on=day, exchange=exchange, currency=currency, con_id=con_id)
        return self._list(made, price)

    def _list(self, contract: Contract, price: Number | None) -> Contract:
        with self.changing():
            symbol = contract.symbol
            self.assets[symbol] = contract
            self.prices[symbol] = self.closes[symbol] = None if price is None else exact(price)
            if contract.sec_type == "CASH" and contract.currency == "USD" and price is not None:
                self.rates.setdefault(contract.root, exact(price))
            return contract

    def contract(self, symbol: str) -> Contract:
        """What is or was listed under that symbol."""
        found = self.assets.get(symbol) or self.former_assets.get(symbol)
        if not isinstance(found, Contract):
            raise Impossible(f"{symbol} was never listed")
        return found

    def set_rate(self, currency: str, rate: Number) -> None:
        """What one unit of a currency is worth in dollars."""
        with self.changing():
            self.rates[currency] = exact(rate)

    def set_commission(self, sec_type: SecType, per_unit: Number, *, least: Number = "0") -> None:
        """What trades cost from now on."""
        with self.changing():
            self.commissions[sec_type] = Commission(per_unit=exact(per_unit), least=exact(least))
