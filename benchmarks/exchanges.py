"""A simulated venue that holds as many positions as asked for, in the process of its own that
`benchmarks.process` is. Another venue is a function here, and a line in `MAKERS`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.broker import SEED, SHORT_ONE_IN, ticker
from benchmarks.clocks import Shifted
from benchmarks.relay import Relay
from benchmarks.serving import Commands, Facts
from tieout.simulators.serving import Simulator

ACCOUNT = "DU1000000"
CASH = "1000000000000"
IN_SPOT = "1000000000"
HELD, ADDED = "10", "1"
UNLIMITED = 1_000_000_000
DEXES = ("xyz", "flx")
ELSEWHERE_ONE_IN = 10  # on each dex of a builder, and in spot
SPOT_INDEX = 100
TRADED_IN_S = 5 * 86_400.0  # the time in which the positions came about
CENT = Decimal("0.01")

Listing = tuple[str, str]  # an account and what it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A simulator, what is held there, and the settings of a connection to it."""

    simulator: Simulator[Any]
    listings: list[Listing]
    settings: Callable[[], Mapping[str, str]]
    has_shorts: bool = True


Maker = Callable[[Shifted, int, int], Exchange]


def alpaca(clock: Shifted, positions: int, _: int) -> Exchange:
    """Stocks, long and short."""
    from tieout.simulators.alpaca import AlpacaSimulator, Dialect
    from tieout.simulators.market import Market

    market = Market(clock=clock.now, chance=Random(SEED))
    simulator = AlpacaSimulator(market, dialect=Dialect(requests_per_minute=UNLIMITED))
    market.open_account(ACCOUNT, cash=CASH)
    symbols = [ticker(number) for number in range(positions)]
    for symbol in symbols:
        market.list_asset(symbol, price=_price(symbol))

    def settings() -> Mapping[str, str]:
        keys = simulator.credentials(ACCOUNT)
        return {"address": simulator.address, "key": keys.key_id, "secret": keys.secret_key}

    listings = [(ACCOUNT, symbol) for symbol in symbols]
    return Exchange(simulator=simulator, listings=listings, settings=settings)


def hyperliquid(clock: Shifted, positions: int, _: int) -> Exchange:
    """Perpetuals of the venue's own dex."""
    return _hyperliquid(clock, [f"C{number}" for number in range(positions)], tokens=0)


def hyperliquid_everywhere(clock: Shifted, positions: int, _: int) -> Exchange:
    """A tenth each on the dexes of two builders and in spot, the rest on the venue's own."""
    tokens = positions // ELSEWHERE_ONE_IN
    places = [*(f"{dex}:" for dex in DEXES), *[""] * (ELSEWHERE_ONE_IN - 1 - len(DEXES))]
    coins = [
        f"{place}C{number}"
        for number, place in enumerate(islice(cycle(places), positions - tokens))
    ]
    return _hyperliquid(clock, coins, tokens=tokens)


def _hyperliquid(clock: Shifted, coins: list[str], *, tokens: int) -> Exchange:
    from tieout.simulators.hyperliquid import Dialect, HyperliquidSimulator
    from tieout.simulators.hyperliquid_market import HyperliquidMarket

    market = HyperliquidMarket(clock=clock.now, chance=Random(SEED))
    simulator = HyperliquidSimulator(market, dialect=Dialect(weight_per_minute=UNLIMITED))
    market.open_account(ACCOUNT, cash=CASH)
    for dex in DEXES:
        market.list_dex(dex)
    for coin in coins:
        market.list_perp(coin, price=_price(coin))
    if tokens:
        market.move_class(ACCOUNT, f"-{IN_SPOT}")
    pairs = [f"@{SPOT_INDEX + number}" for number in range(tokens)]
    for number, pair in enumerate(pairs):
        index = SPOT_INDEX + number
        market.list_pair(f"T{number}", price=_price(pair), index=index, token_index=index)
    return Exchange(
        simulator=simulator,
        listings=[(ACCOUNT, coin) for coin in (*coins, *pairs)],
        settings=lambda: {
            "address": simulator.address,
            "account": simulator.address_of(ACCOUNT),
        },
    )


def ibkr(clock: Shifted, positions: int, accounts: int) -> Exchange:
    """Stocks, the same ones in every account."""
    from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator

    market = IbkrMarket(clock=clock.now, chance=Random(SEED))
    simulator = IbkrSimulator(market)
    names = [f"DU{int(ACCOUNT[2:]) + number}" for number in range(accounts)]
    for name in names:
        market.open_account(name, cash=CASH)
    symbols = [ticker(number) for number in range(positions // accounts)]
    for symbol in symbols:
        market.list_asset(symbol, price=_price(symbol))
    return Exchange(
        simulator=simulator,
        listings=[(name, symbol) for symbol in symbols for name in names],
        settings=lambda: {"address": f"{simulator.host}:{simulator.port}"},
    )


def coinbase(clock: Shifted, positions: int, _: int) -> Exchange:
    """Coins against dollars."""
    from tieout.simulators.coinbase import CoinbaseSimulator
    from tieout.simulators.coinbase_market import CoinbaseMarket

    market = CoinbaseMarket(clock=clock.now, chance=Random(SEED))
    simulator = CoinbaseSimulator(market, has_tls=True)
    market.open_account(ACCOUNT, cash=CASH)
    products = [f"C{number}-USD" for number in range(positions)]
    for product in products:
        market.list_pair(product, price=_price(product))

    def settings() -> Mapping[str, str]:
        key = simulator.credentials(ACCOUNT)
        return {
            "address": simulator.address,
            "gateway_address": simulator.gateway_address,
            "ca_file": str(simulator.ca_file),
            "key": key.name,
            "secret": key.secret,
        }

    listings = [(ACCOUNT, product) for product in products]
    return Exchange(simulator=simulator, listings=listings, settings=settings, has_shorts=False)


MAKERS: Mapping[str, Maker] = {
    "alpaca": alpaca,
    "hyperliquid": hyperliquid,
    "hyperliquid_everywhere": hyperliquid_everywhere,
    "ibkr": ibkr,
    "coinbase": coinbase,
}


def _price(symbol: str) -> Decimal:
    """From 10 to 499, the same every time."""
    return Decimal(10 + sum(map(ord, symbol)) % 490)


class Open:
    """A venue that is running: what it can be asked to do, one command a method."""

    def __init__(self, _: Path, options: Facts) -> None:
        self._clock = Shifted(options["opened_at_s"])
        maker = MAKERS[options["market"]]
        self._exchange = maker(self._clock, options["positions"], options["accounts"])
        self._market = self._exchange.simulator.market
        self._next = cycle(self._exchange.listings)
        self._rounds = 0
        for number, (account, symbol) in enumerate(self._exchange.listings):
            is_short = self._exchange.has_shorts and number % SHORT_ONE_IN == 1
            sign = "-" if is_short and not symbol.startswith("@") else ""
            self._market.trade(account, symbol, f"{sign}{HELD}")
            self._clock.advance(TRADED_IN_S / len(self._exchange.listings))
        self._clock.seconds = options["seconds"]
        self._exchange.simulator.launch()
        port = int(self._exchange.simulator.address.rpartition(":")[2])
        self._relay = Relay(port)
        self._ports = (str(port), str(self._relay.port))

    @property
    def port(self) -> int:
        return int(self._ports[0])

    @property
    def commands(self) -> Commands:
        return {
            "settings": self._settings,
            "advance": self._advance,
            "move_prices": self._move_prices,
            "change": self._change,
            "calls": self._calls,
            "far": self._far,
            "passed": lambda _: self._relay.taken(),
        }

    def _settings(self, _: Facts) -> Facts:
        """Of a connection: to the simulator itself, and by the relay."""
        direct = dict(self._exchange.settings())
        port, relayed = self._ports
        by_relay = {key: text.replace(f":{port}", f":{relayed}") for key, text in direct.items()}
        return {"direct": direct, "by_relay": by_relay}

    def _advance(self, asked: Facts) -> Facts:
        self._clock.advance(asked["seconds"])
        return {}

    def _move_prices(self, _: Facts) -> Facts:
        """Every price becomes another one."""
        self._rounds += 1
        change = CENT * (self._rounds % 100)
        with self._market.changing():
            for symbol in dict.fromkeys(symbol for _, symbol in self._exchange.listings):
                self._market.set_price(symbol, _price(symbol) + change)
        return {}

    def _change(self, asked: Facts) -> Facts:
        """Trades in so many positions, others each time."""
        with self._market.changing():
            for account, symbol in islice(self._next, asked["count"]):
                self._market.trade(account, symbol, ADDED)
        return {}

    def _calls(self, _: Facts) -> Facts:
        """What was asked since the last time, and how often what it is about."""
        made = list(self._exchange.simulator.calls)
        self._exchange.simulator.calls.clear()
        named = Counter(f"{call.method} {call.path}" for call in made)
        return {
            "calls": [{"path": call.path, "query": dict(call.query)} for call in made],
            "named": dict(named),
            "refused": [call.path for call in made if call.status not in (0, 200)],
        }

    def _far(self, asked: Facts) -> Facts:
        self._relay.delay_s = asked["delay_s"]
        return {}
