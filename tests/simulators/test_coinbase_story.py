"""The demo's story at Coinbase, told to the end."""

import random
from decimal import Decimal

import requests

from tieout.simulators.coinbase import CoinbaseSimulator, running
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_story import ACCOUNT, ENDLESS, FUTURE, PERP, STEPS, demo_story
from tieout.simulators.faults import Fault, Reset

from .coinbase import Caller
from .conftest import Clock


def tell(steps: int) -> tuple[CoinbaseSimulator, list[str], list[object]]:
    """Lets the story happen, asking for the wallets after each step."""
    clock = Clock()
    simulator = CoinbaseSimulator(CoinbaseMarket(clock=clock, chance=random.Random(7)))
    captions, seen = [], []
    with running(simulator):
        for step in range(steps):
            captions.append(demo_story(simulator.market, step, simulator.faults))
            clock.advance(seconds=30)
            seen.append(wallets(simulator))
    return simulator, captions, seen


def wallets(simulator: CoinbaseSimulator) -> object:
    try:
        answer = Caller(simulator, ACCOUNT).get("/accounts")
    except requests.ConnectionError:
        return "reset"
    if answer.status_code != 200:
        return answer.status_code
    return {
        row["currency"]: Decimal(row["available_balance"]["value"]) + Decimal(row["hold"]["value"])
        for row in answer.json()["accounts"]
    }


def test_the_story_is_the_same_each_time():
    _, captions, seen = tell(len(STEPS) + 1)
    assert (captions, seen) == tell(len(STEPS) + 1)[1:]
    assert all(len(caption) < 90 for caption in captions)


def test_the_story_has_everything_in_it():
    simulator, captions, seen = tell(len(STEPS) + 3)
    assert seen[0].keys() == {"USD", "USDC", "BTC", "ETH", "SOL"}
    assert seen[0]["BTC"] == Decimal("0.5")
    assert seen[4] == seen[3], "what an order holds is still there"
    assert seen[5]["SOL"] == seen[4]["SOL"] - 20
    assert seen[9:12] == [502, "reset", seen[8]]
    assert seen.count({}) == 1
    assert captions[-1] == "Prices move, nothing is traded"
    state = simulator.market.account(ACCOUNT).state
    assert {name: position.quantity for name, position in state.futures.items()} == {ENDLESS: -15}
    assert state.perps[PERP].quantity == Decimal("-0.2")
    assert state.perps["ETH_USDC-PERPETUAL"].quantity == -3
    assert state.wallets["SOL"].total == Decimal("69.99")


def test_a_fee_is_paid_in_coins_and_a_future_is_closed_in_part():
    simulator, _, seen = tell(8)
    coin_fee = next(
        fill for fill in simulator.market.account(ACCOUNT).fills if fill.product_id == "ETH-BTC"
    )
    assert coin_fee.commission > 0
    spent = 2 * coin_fee.price + coin_fee.commission
    assert seen[2]["BTC"] == seen[1]["BTC"] - spent
    assert simulator.market.account(ACCOUNT).state.futures[FUTURE].quantity == 25


def test_the_outage_leaves_other_peoples_faults_alone():
    simulator, _, _ = tell(10)
    simulator.faults.add(Fault(Reset(), path="/api/v3/brokerage/time", times=None))
    for step in range(10, 14):
        demo_story(simulator.market, step, simulator.faults)
    left = {each.fault.path for each in simulator.faults.standing()}
    assert left == {"/api/v3/brokerage/time", "/api/v3/brokerage/accounts"}
