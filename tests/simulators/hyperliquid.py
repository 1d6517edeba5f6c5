"""A small Hyperliquid behind a running simulator, and the real SDK as its client."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml
from hyperliquid.info import Info

from tieout.simulators.hyperliquid import Dialect, HyperliquidSimulator, running
from tieout.simulators.hyperliquid_market import HyperliquidMarket

RECORDED = Path(__file__).parents[2].parent / "shared" / "venues" / "hyperliquid"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/hyperliquid"
NOBODY = "0x" + "0" * 40


def small_exchange(clock: Callable[[], Any]) -> HyperliquidMarket:
    """Perps on three dexes, two spot pairs, two accounts and a part of one."""
    exchange = HyperliquidMarket(clock=clock, chance=random.Random(20260302))
    exchange.list_token("USDH", index=360)
    exchange.list_dex("xyz")
    exchange.list_dex("flx", collateral="USDH")
    for coin, price, decimals, leverage in [
        ("BTC", "60000", 5, 40),
        ("ETH", "3000", 4, 25),
        ("ARB", "0.5", 1, 10),
        ("xyz:TSLA", "400", 3, 10),
        ("flx:TSLA", "402", 3, 10),
    ]:
        exchange.list_perp(coin, price=price, size_decimals=decimals, leverage_max=leverage)
    exchange.list_pair("PURR", price="0.2", index=0, token_index=1)
    exchange.list_pair("HYPE", price="25", index=107, token_index=150)
    exchange.open_account("main", cash="100000")
    exchange.open_account("other", cash="1000000")
    exchange.open_sub_account("part", master="main", cash="5000")
    return exchange


def info_of(simulator: HyperliquidSimulator, *, has_stream: bool = False) -> Info:
    """The real SDK."""
    return Info(simulator.address, skip_ws=not has_stream, timeout=10)


class Question:
    """A plain HTTP client: what the SDK cannot ask, and what it does not show."""

    def __init__(self, simulator: HyperliquidSimulator, account: str = "main") -> None:
        self._simulator = simulator
        self._account = account

    def __call__(self, kind: str, **facts: Any) -> requests.Response:
        """Asks about the account, unless told about whom."""
        user = {"user": self._simulator.address_of(self._account)}
        return self.post({"type": kind, **user, **facts})

    def post(self, body: Any, path: str = "/info") -> requests.Response:
        return requests.post(self._simulator.address + path, json=body, timeout=10)


@contextmanager
def serving(
    exchange: HyperliquidMarket, dialect: Dialect | None = None
) -> Iterator[tuple[HyperliquidSimulator, Info]]:
    """A simulator of its own kind, and the SDK."""
    simulator = HyperliquidSimulator(exchange, dialect=dialect)
    with running(simulator):
        yield simulator, info_of(simulator)


def recorded(name: str) -> Any:
    """The body of a reply of the venue itself, or of a trimmed one."""
    if name.endswith(".json"):
        return json.loads((RECORDED / "nautilus" / name).read_text(encoding="utf-8"))
    cassette = yaml.safe_load((RECORDED / "sdk_cassettes" / name).read_text(encoding="utf-8"))
    return json.loads(cassette["interactions"][0]["response"]["body"]["string"])
