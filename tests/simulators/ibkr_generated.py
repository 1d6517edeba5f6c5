"""Markets that chance makes: accounts, contracts of every kind, and what happens to them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tieout.simulators.ibkr import IbkrMarket

ACCOUNTS = ("U1", "U2", "U3")
CALL, PUT = "AAPL260417C00200000", "AAPL260417P00180000"
SYMBOLS = ("AAPL", "MSFT", "SHOP", CALL, PUT, "ESU6", "E1AU6 C6300", "IBCID123", "EUR.USD")
STEPS = 60


def new_market(clock: Callable[[], Any], seed: int) -> IbkrMarket:
    """Three accounts and one contract of every kind, in two currencies."""
    market = IbkrMarket(clock=clock, chance=random.Random(seed))
    for name in ACCOUNTS:
        market.open_account(name, cash="1000000")
    market.set_rate("CAD", "0.73")
    market.list_asset("AAPL", price="190.07")
    market.list_asset("MSFT", price="400.5")
    market.list_asset("SHOP", price="101.335", exchange="TSE", currency="CAD")
    market.list_asset(CALL, price="3.15")
    market.list_asset(PUT, price="2.4")
    market.list_asset("EUR.USD", price="1.128775")
    market.list_future("ESU6", root="ES", multiplier="50", expires_on="2026-09-18", price="6302.25")
    market.list_bond("IBCID123", matures_on="2031-05-15", price="98.7465")
    market.list_option(
        "E1AU6 C6300",
        underlying="ESU6",
        expires_on="2026-09-04",
        right="call",
        strike="6300",
        multiplier="50",
        sec_type="FOP",
        price="41.25",
    )
    return market


@dataclass
class Expected:
    """What an account must hold, reckoned apart from the market: quantity and cost by symbol."""

    quantity: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    cost: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    shares: list[tuple[str, str, Decimal, Decimal]] = field(default_factory=list)

    def trade(self, account: str, symbol: str, quantity: Decimal, paid: Decimal) -> None:
        """Average cost: what reduces takes its share of the cost along, what flips starts anew."""
        key = (account, symbol)
        held, cost = self.quantity.get(key, Decimal(0)), self.cost.get(key, Decimal(0))
        after = held + quantity
        if held * quantity >= 0:
            cost += paid
        elif after * held > 0:
            cost = cost * after / held
        elif after == 0:
            cost = Decimal(0)
        else:
            cost = paid * after / quantity
        self.quantity[key], self.cost[key] = after, cost

    def split(self, symbol: str, ratio: Decimal) -> None:
        for account, each in self.quantity:
            if each == symbol:
                self.quantity[account, each] *= ratio


MULTIPLIERS = {CALL: 100, PUT: 100, "ESU6": 50, "E1AU6 C6300": 50, "IBCID123": 10}
FEES = {
    "AAPL": ("0.005", 1), "MSFT": ("0.005", 1), "SHOP": ("0.005", 1), CALL: ("0.65", 0),
    PUT: ("0.65", 0), "ESU6": ("2.25", 0), "E1AU6 C6300": ("1.42", 0), "IBCID123": ("1", 1),
    "EUR.USD": ("0", 0),
}  # fmt: skip


def live_through(market: IbkrMarket, seed: int) -> Expected:
    """Trades, flips, transfers, corrections and splits, in an order that chance chose."""
    chance, expected = random.Random(seed), Expected()
    for _ in range(STEPS):
        account, symbol = chance.choice(ACCOUNTS), chance.choice(SYMBOLS)
        act = chance.choice([_trade, _trade, _trade, _close, _correct, _transfer, _split])
        act(market, expected, account=account, symbol=symbol, chance=chance)
    return expected


def _price(market: IbkrMarket, symbol: str, chance: random.Random) -> Decimal:
    usual = market.prices[symbol]
    assert usual is not None
    return (usual * Decimal(chance.randint(950, 1050)) / 1000).quantize(Decimal("0.0001"))


def _paid(symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
    each, least = FEES[symbol]
    fee = max(abs(quantity) * Decimal(each), Decimal(least))
    return quantity * price * MULTIPLIERS.get(symbol, 1) + fee


def _trade(market, expected, *, account, symbol, chance) -> None:
    quantity = Decimal(chance.choice([-30, -7, -2, 1, 3, 11, 40]))
    if symbol in ("AAPL", "MSFT") and chance.random() < 0.3:
        quantity += Decimal("0.1234")
    price = _price(market, symbol, chance)
    market.trade(account, symbol, quantity, price=price)
    expected.trade(account, symbol, quantity, _paid(symbol, quantity, price))
    expected.shares.append((account, symbol, quantity, price))


def _close(market, expected, *, account, symbol, chance) -> None:
    held = expected.quantity.get((account, symbol), Decimal(0))
    if held:
        price = _price(market, symbol, chance)
        market.trade(account, symbol, -held, price=price)
        expected.trade(account, symbol, -held, Decimal(0))
        expected.shares.append((account, symbol, -held, price))


def _correct(market, expected, *, account, symbol, chance) -> None:
    """A first trade, corrected at once: only the corrected price counts."""
    if expected.quantity.get((account, symbol)):
        return
    wrong, right = _price(market, symbol, chance), _price(market, symbol, chance)
    order = market.trade(account, symbol, "5", price=wrong)
    market.correct_fill(account, order.id, price=right)
    expected.trade(account, symbol, Decimal(5), _paid(symbol, Decimal(5), right))
    expected.shares += [(account, symbol, Decimal(5), wrong), (account, symbol, Decimal(5), right)]


def _transfer(market, expected, *, account, symbol, chance) -> None:
    if symbol not in ("AAPL", "MSFT"):
        return
    cost = _price(market, symbol, chance)
    market.transfer(account, symbol, "4", price=cost, cost=cost)
    expected.trade(account, symbol, Decimal(4), 4 * cost)


def _split(market, expected, *, account, symbol, chance) -> None:
    if symbol == "MSFT" and chance.random() < 0.3:
        market.split("MSFT", old="1", new="2")
        expected.split("MSFT", Decimal(2))
