"""The demo's story, told to the end."""

import random

import requests

from tieout.simulators.alpaca import AlpacaSimulator, running
from tieout.simulators.market import Market
from tieout.simulators.story import ACCOUNT, STEPS, demo_story

from .conftest import Caller, Clock


def tell(steps: int) -> tuple[AlpacaSimulator, list[str], list[object]]:
    """Lets the story happen, asking for the positions after each step."""
    clock = Clock()
    simulator = AlpacaSimulator(Market(clock=clock, chance=random.Random(7)))
    captions, seen = [], []
    with running(simulator):
        for step in range(steps):
            captions.append(demo_story(simulator.market, step, simulator.faults))
            clock.advance(seconds=30)
            seen.append(positions(simulator))
    return simulator, captions, seen


def positions(simulator: AlpacaSimulator) -> object:
    try:
        answer = Caller(simulator, ACCOUNT).get("/v2/positions")
    except requests.ConnectionError:
        return "reset"
    if answer.status_code != 200:
        return answer.status_code
    return {row["symbol"]: row["qty"] for row in answer.json()}


def test_the_story_is_the_same_each_time():
    _, captions, seen = tell(len(STEPS) + 1)
    assert (captions, seen) == tell(len(STEPS) + 1)[1:]
    assert all(len(caption) < 90 for caption in captions)


def test_the_story_has_everything_in_it():
    _, captions, seen = tell(len(STEPS) + 3)
    assert seen[0] == {
        "AAPL": "100",
        "MSFT": "40",
        "NVDA": "25",
        "TSLA": "-30",
        "BTCUSD": "0.49875",
        "AAPL270115C00250000": "2",
    }
    assert seen[8:11] == [502, "reset", 503]
    assert seen.count({}) == 1
    assert seen[-1] == {
        "AAPL": "120",
        "NVDA": "100",
        "TSLA": "20",
        "BTCUSD": "0.748125",
    }
    assert captions[-1] == "Prices move, nothing is traded"


def test_the_outage_leaves_other_peoples_faults_alone():
    from tieout.simulators.faults import Fault, Reset

    simulator, _, _ = tell(8)
    simulator.faults.add(Fault(Reset(), path="/v2/clock", times=None))
    for step in range(8, 12):
        demo_story(simulator.market, step, simulator.faults)
    assert [each.fault.path for each in simulator.faults.standing()] == ["/v2/clock"]
