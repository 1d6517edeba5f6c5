"""The story of the simulated gateway, told to the end."""

import random

from tieout.simulators.ibkr import IbkrMarket, IbkrSimulator, running
from tieout.simulators.ibkr_story import ACCOUNTS, STEPS, demo_story

from .conftest import Clock
from .ibkr import by_symbol, connect, in_a_loop

A_WHILE_S = 0.3  # after which the silent gateway is given up
FIRST, SECOND = ACCOUNTS


async def tell(steps: int) -> tuple[list[str], list[object]]:
    """Lets the story happen, asking a new connection for the positions after each step."""
    clock = Clock()
    gateway = IbkrSimulator(IbkrMarket(clock=clock, chance=random.Random(7)))
    captions, seen = [], []
    with running(gateway):
        for step in range(steps):
            captions.append(demo_story(gateway.market, step, gateway.faults))
            clock.advance(seconds=30)
            seen.append(await held(gateway))
    return captions, seen


async def held(gateway: IbkrSimulator) -> object:
    """What ib_async has when it has connected; else how it failed."""
    try:
        ib = await connect(gateway, timeout_s=A_WHILE_S)
    except (TimeoutError, OSError) as error:
        return type(error).__name__
    found = by_symbol(ib.positions())
    ib.disconnect()
    return found


@in_a_loop
async def test_the_story_is_the_same_each_time():
    told = await tell(len(STEPS) + 1)
    assert told == await tell(len(STEPS) + 1)
    assert all(len(caption) < 90 for caption in told[0])


@in_a_loop
async def test_the_story_has_everything_in_it():
    captions, seen = await tell(len(STEPS) + 3)
    assert seen[0] == {
        (FIRST, "AAPL"): 100,
        (FIRST, "MSFT"): 40,
        (FIRST, "NVDA"): 25,
        (FIRST, "SHOP"): 60,
        (FIRST, "AAPL  270115C00250000"): 3,
        (FIRST, "IBCID530123456"): 20,
        (SECOND, "AAPL"): -40,
        (SECOND, "TSLA  270115P00240000"): -2,
        (SECOND, "ESZ9"): 2,
        (SECOND, "EUR.USD"): 20000,
    }
    lost = next(step for step, caption in enumerate(captions) if "1100" in caption)
    assert (seen[lost][SECOND, "ESZ9"], seen[lost + 1][SECOND, "ESZ9"]) == (2, 1)
    assert seen.count({}) == 1
    failed = [found for found in seen if isinstance(found, str)]
    assert len(failed) == 3, failed
    assert seen[-1] == {
        (FIRST, "AAPL"): 120,
        (FIRST, "MSFT"): 25,
        (FIRST, "NVDA"): 100,
        (FIRST, "IBCID530123456"): 20,
        (SECOND, "AAPL"): 20,
        (SECOND, "MSFT"): 10,
        (SECOND, "TSLA"): 100,
        (SECOND, "TSLA  270115P00240000"): -1,
        (SECOND, "EUR.USD"): 20000,
    }
    assert captions[-1] == "Prices move, nothing is traded"
