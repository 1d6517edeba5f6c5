"""docs/simulated-gateway.md has everything in it that can be asked for."""

import asyncio
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import requests

from tieout.simulators.faults import CallEffect
from tieout.simulators.ibkr import Dialect, IbkrMarket
from tieout.simulators.ibkr_troubles import ENDS, PUSHED, REQUESTS

from .ibkr import connected, in_a_loop, positions

TEXT = (Path(__file__).parents[2] / "docs" / "simulated-gateway.md").read_text(encoding="utf-8")
NAMES = {name.strip('"') for name in re.findall(r"`([^`]+)`", TEXT)}
NOT_HERE = {"bare_numbers", "empty_rows"}  # what only an answer in JSON can suffer


def test_every_event_is_explained():
    assert set(IbkrMarket.actions) - NAMES == set()


def test_every_place_of_a_fault_is_named():
    assert {*REQUESTS, *PUSHED, *ENDS.values()} - NAMES == set()


def test_every_effect_is_named():
    effects = {effect.__struct_config__.tag for effect in get_args(CallEffect)}
    assert effects - NAMES == NOT_HERE


def test_every_kind_of_gateway_is_explained():
    assert {each.name for each in fields(Dialect)} - NAMES == set()


@in_a_loop
async def test_another_make_of_gateway_is_asked_for_over_http(gateway, broker):
    broker.trade("U1", "AAPL", "1")
    broker.trade("U1", "AAPL", "-1")

    def set_dialect(**changed: object) -> requests.Response:
        event = {"do": "set_dialect", **changed}
        return requests.post(f"{gateway.address}/_sim/market", json=event, timeout=10)

    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 0}
        answer = await asyncio.to_thread(set_dialect, lists_closed=False)
        assert answer.status_code == 200
        assert await positions(ib) == {}
        answer = await asyncio.to_thread(set_dialect, list_closed=True)
        assert answer.status_code == 422
        assert "lists_closed" in answer.json()["message"]
