"""The simulated brokers of the demo, and how Tieout reaches each of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from tieout.cli.output import tell
from tieout.core.errors import SettingsError
from tieout.simulators.serving import Simulator
from tieout.venues.registry import factory

SEED = 1

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBroker:
    """A simulated venue to which a story happens.

    `story` lets step N happen (from 0) and returns its caption. `connection` and `accounts` are
    known once the simulator listens and step 0 has happened: the settings of the connection, and
    a name for each account number. So are `options`, the settings that only this venue has.
    """

    venue: str
    simulator: Simulator[Any]
    story: Callable[[int], str]
    connection: Callable[[], Mapping[str, str]]
    accounts: Callable[[], Mapping[str, str]]
    options: Callable[[], Mapping[str, str]] = dict


def _alpaca(clock: Clock) -> DemoBroker:
    from tieout.simulators.alpaca import AlpacaSimulator
    from tieout.simulators.market import Market
    from tieout.simulators.story import ACCOUNT, demo_story

    market = Market(clock=clock, chance=Random(SEED))
    simulator = AlpacaSimulator(market)

    def connection() -> Mapping[str, str]:
        keys = simulator.credentials(ACCOUNT)
        return {
            "address": simulator.address,
            "stream_address": simulator.stream_address,
            "key": keys.key_id,
            "secret": keys.secret_key,
        }

    return DemoBroker(
        venue="alpaca",
        simulator=simulator,
        story=partial(demo_story, market, faults=simulator.faults),
        connection=connection,
        accounts=lambda: {market.account(ACCOUNT).number: "stocks"},
    )


def _hyperliquid(clock: Clock) -> DemoBroker:
    from tieout.simulators.hyperliquid import HyperliquidSimulator
    from tieout.simulators.hyperliquid_market import HyperliquidMarket
    from tieout.simulators.hyperliquid_story import ACCOUNT, SUB_ACCOUNT, demo_story

    market = HyperliquidMarket(clock=clock, chance=Random(SEED))
    simulator = HyperliquidSimulator(market)

    def connection() -> Mapping[str, str]:
        return {
            "address": simulator.address,
            "stream_address": simulator.stream_address,
            "account": simulator.address_of(ACCOUNT),
        }

    return DemoBroker(
        venue="hyperliquid",
        simulator=simulator,
        story=partial(demo_story, market, faults=simulator.faults),
        connection=connection,
        accounts=lambda: {
            simulator.address_of(ACCOUNT): "perps",
            simulator.address_of(SUB_ACCOUNT): "hedge",
        },
    )


def _ibkr(clock: Clock) -> DemoBroker:
    from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator
    from tieout.simulators.ibkr_story import FIRST, SECOND, demo_story

    market = IbkrMarket(clock=clock, chance=Random(SEED))
    simulator = IbkrSimulator(market)
    return DemoBroker(
        venue="ibkr",
        simulator=simulator,
        story=partial(demo_story, market, faults=simulator.faults),
        connection=lambda: {"address": f"{simulator.host}:{simulator.port}"},
        accounts=lambda: {FIRST: "family", SECOND: "futures"},
    )


def _coinbase(clock: Clock) -> DemoBroker:
    from tieout.simulators.coinbase import CoinbaseSimulator
    from tieout.simulators.coinbase_market import CoinbaseMarket
    from tieout.simulators.coinbase_story import ACCOUNT, demo_story

    market = CoinbaseMarket(clock=clock, chance=Random(SEED))
    simulator = CoinbaseSimulator(market)

    def connection() -> Mapping[str, str]:
        key = simulator.credentials(ACCOUNT)
        return {
            "address": simulator.address,
            "stream_address": simulator.stream_address,
            "key": key.name,
            "secret": key.secret,
        }

    return DemoBroker(
        venue="coinbase",
        simulator=simulator,
        story=partial(demo_story, market, faults=simulator.faults),
        connection=connection,
        options=lambda: {
            "gateway_address": simulator.gateway_address,
            "ca_file": str(simulator.ca_file),
        },
        accounts=lambda: {market.account(ACCOUNT).id: "coins"},
    )


MAKERS: Mapping[str, Callable[[Clock], DemoBroker]] = {
    "alpaca": _alpaca,
    "hyperliquid": _hyperliquid,
    "ibkr": _ibkr,
    "coinbase": _coinbase,
}


def brokers_of(chosen: Iterable[str], *, clock: Clock) -> list[DemoBroker]:
    """The brokers for these venues; all whose SDK is there for none.

    Raises SettingsError for a venue that is not known, or chosen while its SDK is missing, and
    where none is there.
    """
    wanted = list(dict.fromkeys(chosen))
    for venue in wanted:
        if venue not in MAKERS:
            raise SettingsError(f"--venue: {venue!r} is not one of: {', '.join(MAKERS)}")
        factory(venue)
    return [MAKERS[venue](clock) for venue in wanted or _that_are_there()]


def _that_are_there() -> list[str]:
    found = []
    for venue in MAKERS:
        try:
            factory(venue)
        except SettingsError as missing:
            tell(f"tieout: left out: {missing}")
        else:
            found.append(venue)
    if not found:
        raise SettingsError(
            "there is no broker to show, as no package for one is installed: "
            f"pip install 'tieout[{','.join(MAKERS)}]', or one of these"
        )
    return found
