"""Times and orders at a gateway, as the real ib_async reads them."""

from datetime import UTC, datetime

import pytest
from ib_async import StartupFetchALL

from .ibkr import connected, in_a_loop


@pytest.mark.parametrize("times", ["zoned", "utc"])
@in_a_loop
async def test_the_time_of_an_execution_comes_in_two_forms(gateway, broker, times):
    gateway.dialect.times = times
    broker.trade("U1", "AAPL", "1")
    async with connected(gateway) as ib:
        (fill,) = await ib.reqExecutionsAsync()
    assert fill.execution.time == datetime(2026, 3, 2, 19, 51, 12, tzinfo=UTC)


@in_a_loop
async def test_orders_are_refused_and_none_are_open(gateway):
    async with connected(gateway, fetched=StartupFetchALL, readonly=False) as ib:
        assert await ib.reqOpenOrdersAsync() == await ib.reqAllOpenOrdersAsync() == []
        gateway.dialect.is_read_only = True
        asked = ib.reqOpenOrdersAsync()
        assert "Read-Only" in await ib.code(321)
        assert not asked.done()
