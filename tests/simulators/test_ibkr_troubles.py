"""Every trouble at every request: it happens once, is of its kind, and leaves nothing behind."""

from collections.abc import Iterator

import pytest

from tieout.simulators.faults import Delay, HtmlBody, MuteStream, Silence, Stall
from tieout.simulators.ibkr_troubles import ENDS, OPENING, REQUESTS, Trouble, troubles

from .ibkr import LIMIT_S, SILENCE_S, raw_transcript

ALL = troubles(account="U1", symbol="MSFT")
ASKED: dict[str, tuple[object, ...]] = {
    "reqPositions": (61, 1),
    "reqPositionsMulti": (74, 1, 901, "U1", ""),
    "reqExecutions": (7, 3, 901, 0, "", "", "", "", "", ""),
    "reqAccountUpdates": (6, 2, 1, "U1"),
    "reqAccountUpdatesMulti": (76, 1, 901, "U1", "", 0),
    "reqAccountSummary": (62, 1, 901, "All", "NetLiquidation,$LEDGER:ALL"),
    "reqPnL": (92, 901, "U1", ""),
    "reqPnLSingle": (94, 901, "U1", "", 0),
    "reqContractDetails": (9, 8, 901, 0, "AAPL", "STK", *[""] * 10),
    "reqManagedAccts": (17, 1),
    "reqCurrentTime": (49, 1),
}


@pytest.fixture(autouse=True)
def holdings(broker, clock):
    """Two accounts with several rows each; what was held a minute ago was something else."""
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "ESU6", "1")
    broker.trade("U1", "EUR.USD", "20000")
    broker.trade("U2", "AAPL", "-3")
    clock.advance(seconds=90)
    broker.trade("U1", "AAPL", "5")


def places() -> Iterator[tuple[Trouble, str]]:
    for trouble in ALL:
        for request in trouble.requests:
            yield trouble, request


def test_every_request_that_is_named_is_answered():
    assert set(ASKED) | set(OPENING) == set(REQUESTS)
    assert set(ENDS) <= set(ASKED)
    names = [trouble.name for trouble in ALL]
    assert len(names) == len(set(names))
    assert len([*places()]) > 250


@pytest.mark.parametrize("request_name", REQUESTS)
def test_every_trouble_happens_once_and_is_of_its_kind(gateway, request_name):
    asked = ASKED.get(request_name, (61, 1))
    for trouble in (each for each in ALL if request_name in each.requests):
        usual = raw_transcript(gateway, asked)
        gateway.faults.add(trouble.at(request_name))
        is_silent = isinstance(trouble.effect, Silence | Stall | MuteStream | HtmlBody)
        seen = raw_transcript(gateway, asked, patience_s=SILENCE_S if is_silent else LIMIT_S)
        what = f"{trouble.name} at {request_name}"
        assert gateway.faults.standing() == [], f"{what} did not happen"
        if not isinstance(trouble.effect, Delay):
            assert seen != usual, f"{what} changes nothing"
        is_whole = seen.is_whole and len(seen.messages) >= len(usual.messages)
        assert is_whole or trouble.kind != "true", f"{what} is said to be true"
        assert seen.is_whole or trouble.kind == "failure", f"{what} is no {trouble.kind}"
