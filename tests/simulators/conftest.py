"""A small market behind a running simulator, and real clients of it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from alpaca.trading.client import TradingClient
from coinbase.rest import RESTClient
from hyperliquid.info import Info

from tieout.simulators.alpaca import AlpacaSimulator, running
from tieout.simulators.coinbase import CoinbaseSimulator
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.hyperliquid import HyperliquidSimulator
from tieout.simulators.hyperliquid_market import HyperliquidMarket
from tieout.simulators.market import Market

from .coinbase import Caller as CoinbaseCaller
from .coinbase import Rpc, client_of, small_market
from .hyperliquid import Question, info_of, small_exchange


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 19, 51, 12, 65361, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Caller:
    """A plain HTTP client with an account's key."""

    def __init__(self, simulator: AlpacaSimulator, account: str = "main") -> None:
        key = simulator.credentials(account)
        self._address = simulator.address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["APCA-API-KEY-ID"] = key.key_id
        self._session.headers["APCA-API-SECRET-KEY"] = key.secret_key

    def __call__(self, method: str, path: str, **options) -> requests.Response:
        return self._session.request(method, self._address + path, timeout=10, **options)

    def get(self, path: str, **query) -> requests.Response:
        return self("GET", path, params=query)


def trading_client(
    simulator: AlpacaSimulator, account: str = "main", *, raw_data: bool = True
) -> TradingClient:
    """The real SDK; a 429 is not waited for."""
    key = simulator.credentials(account)
    client = TradingClient(
        key.key_id, key.secret_key, url_override=simulator.address, raw_data=raw_data
    )
    client._retry = 0
    client._session.trust_env = False
    return client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def market(clock) -> Market:
    market = Market(clock=clock, chance=random.Random(20260302))
    market.open_account("main", cash="100000")
    market.open_account("other", cash="500")
    for symbol, price in [
        ("AAPL", "190"),
        ("MSFT", "400.5"),
        ("TSLA", "250"),
        ("BTC/USD", "60000"),
        ("AAPL260417C00200000", "3"),
    ]:
        market.list_asset(symbol, price=price)
    return market


@pytest.fixture
def simulator(market) -> Iterator[AlpacaSimulator]:
    simulator = AlpacaSimulator(market)
    with running(simulator):
        yield simulator


@pytest.fixture
def client(simulator) -> TradingClient:
    return trading_client(simulator)


@pytest.fixture
def call(simulator) -> Caller:
    return Caller(simulator)


@pytest.fixture
def exchange(clock) -> HyperliquidMarket:
    return small_exchange(clock)


@pytest.fixture
def venue(exchange) -> Iterator[HyperliquidSimulator]:
    venue = HyperliquidSimulator(exchange)
    with running(venue):
        yield venue


@pytest.fixture
def info(venue) -> Info:
    return info_of(venue)


@pytest.fixture
def main(venue) -> str:
    """The address of the account that most tests are about."""
    return venue.address_of("main")


@pytest.fixture
def ask(venue) -> Question:
    return Question(venue)


@pytest.fixture
def coinbase(clock) -> CoinbaseMarket:
    return small_market(clock)


@pytest.fixture
def desk(coinbase) -> Iterator[CoinbaseSimulator]:
    """A running Coinbase."""
    desk = CoinbaseSimulator(coinbase)
    with running(desk):
        yield desk


@pytest.fixture
def advanced(desk) -> RESTClient:
    """The real SDK of Advanced Trade."""
    return client_of(desk)


@pytest.fixture
def fetch(desk) -> CoinbaseCaller:
    return CoinbaseCaller(desk)


@pytest.fixture
def rpc(desk) -> Rpc:
    return Rpc(desk)
