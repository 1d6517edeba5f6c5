"""The simulated gateway beside the only recorded session that is known: server version 173 of
2025-07-15 (wboayue/rust-ibapi, `tws_interactions.yaml`, MIT; its two position rows are in the
wire facts)."""

import pytest

from tieout.simulators.ibkr import IbkrSimulator

from .ibkr import raw

ACCOUNT = "DU1234567"
APPLE = f"61 3 {ACCOUNT} 265598 AAPL STK - 0.0 - - NASDAQ USD AAPL NMS -110 201.8829709"
FUTURE = f"61 3 {ACCOUNT} 637533641 ES FUT 20250919 0.0 - 50 - USD ESU5 ES 1 315114.75"


def row(text: str) -> list[str]:
    """The fields of a message; `-` is an empty one."""
    return ["" if field == "-" else field for field in text.split(" ")]


@pytest.fixture
def recorded(gateway, broker) -> IbkrSimulator:
    """The account of the recording; cash and marks are chosen so that its sums come out."""
    gateway.dialect.server_version = 173
    broker.open_account(ACCOUNT, cash="291546.4567990")
    broker.manage([ACCOUNT])
    broker.list_asset("AAPL", price="210.66", con_id=265598)
    expiry, price = "2025-09-19", "6307.917"
    broker.list_future(
        "ESU5", root="ES", multiplier="50", expires_on=expiry, price=price, con_id=637533641
    )
    broker.transfer(ACCOUNT, "AAPL", "-110", price="210", cost="201.8829709")
    broker.trade(ACCOUNT, "ESU5", "1", price="6302.25")
    return gateway


def test_the_clock_and_the_accounts_are_told_as_recorded(recorded, clock):
    with raw(recorded) as client:
        client.send(49, 1)
        assert client.until("49")[-1] == ["49", "1", str(int(clock.now.timestamp()))]
        client.send(17, 1)
        assert client.receive() == ["15", "1", ACCOUNT]


def test_positions_are_told_as_recorded(recorded):
    with raw(recorded) as client:
        client.send(61, 1)
        told = [each for each in client.until("62") if each[0] != "4"]
    assert told == [row(APPLE), row(FUTURE), ["62", "1"]]


def test_a_summary_is_told_as_recorded(recorded):
    """By tag and not as asked; a short counts as much as a long, a future not at all."""
    with raw(recorded) as client:
        client.send(62, 1, 9000, "All", "NetLiquidation,TotalCashValue,GrossPositionValue")
        told = [each for each in client.until("64") if each[0] != "4"]
    start = ["63", "1", "9000", ACCOUNT]
    gross, liquidation, cash, end = told
    assert gross == [*start, "GrossPositionValue", "23172.60", "USD"]
    assert [each[:5] for each in (liquidation, cash)] == [
        [*start, "NetLiquidation"],
        [*start, "TotalCashValue"],
    ]
    # What is held is worth the cash, less what the short is worth, and the future's gain.
    gain = 6307.917 * 50 - 315114.75
    assert round(float(cash[5]) - 23172.60 + gain, 2) == float(liquidation[5])
    assert end == ["64", "1", "9000"]
