"""Fills at a gateway: their commissions, which come late, and their corrections."""

from ib_async import Fill

from .ibkr import CALL, connected, in_a_loop, raw


def by_last_part(fills: list[Fill]) -> dict[str, Fill]:
    return {fill.execution.execId.rsplit(".", 1)[1]: fill for fill in fills}


@in_a_loop
async def test_a_fill_has_a_commission_and_a_closing_one_a_profit(gateway, broker):
    broker.trade("U1", CALL, "3")
    broker.trade("U1", CALL, "-2", price="4.00")
    async with connected(gateway) as ib:
        opened, closed = await ib.reqExecutionsAsync()
    assert (opened.execution.side, opened.execution.shares) == ("BOT", 3)
    assert (opened.commissionReport.commission, opened.commissionReport.realizedPNL) == (1.95, 0)
    assert (closed.execution.side, closed.execution.price) == ("SLD", 4)
    # 2 x (400 - 250.65) - 2 x 0.65: the commissions of opening and of closing are taken.
    assert closed.commissionReport.realizedPNL == 297.4
    assert closed.commissionReport.currency == "USD"


@in_a_loop
async def test_an_opening_trade_has_no_profit_on_the_wire(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    with raw(gateway) as client:
        client.send(7, 3, 5, 0, "", "", "", "", "", "")
        *_, report, end = client.until("55")
    assert report[0] == "59"
    assert report[3:6] == ["1.0", "USD", "1.7976931348623157E308"]
    assert end == ["55", "1", "5"]


@in_a_loop
async def test_a_flip_closes_and_opens(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "AAPL", "-30", price="52")
    async with connected(gateway) as ib:
        _, flipped = await ib.reqExecutionsAsync()
        (row,) = await ib.reqPositionsAsync()
    # Sold at 52 less a third of 1.00 a ten, bought at 50.10.
    assert round(flipped.commissionReport.realizedPNL, 4) == round(520 - 1 / 3 - 501, 4)
    assert (row.position, round(row.avgCost, 4)) == (-20, round(52 - 1 / 30, 4))


@in_a_loop
async def test_parts_of_an_order_count_up(gateway, broker):
    broker.trade("U1", "AAPL", "10", parts=["4", "5"])
    async with connected(gateway) as ib:
        fills = await ib.reqExecutionsAsync()
    assert [fill.execution.shares for fill in fills] == [4, 5, 1]
    assert [fill.execution.cumQty for fill in fills] == [4, 9, 10]
    assert len({fill.execution.permId for fill in fills}) == 1
    assert len({fill.execution.execId for fill in fills}) == 3


@in_a_loop
async def test_commission_reports_come_late(gateway, broker):
    broker.withhold_commissions()
    broker.trade("U1", "AAPL", "100")
    async with connected(gateway) as ib:
        (fill,) = await ib.reqExecutionsAsync()
        assert fill.commissionReport.execId == ""
        assert broker.post_withheld() == 1
        await ib.reqCurrentTimeAsync()
        assert fill.commissionReport.execId == fill.execution.execId
        assert fill.commissionReport.commission == 1
        broker.withhold_commissions(False)
        broker.trade("U1", "AAPL", "100")
        await ib.positionEvent
        assert [each.commissionReport.commission for each in ib.fills()] == [1, 1]


@in_a_loop
async def test_commission_reports_can_follow_the_end_of_the_answer(gateway, broker):
    gateway.dialect.commissions = "after the end"
    broker.trade("U1", "AAPL", "100")
    with raw(gateway) as client:
        client.send(7, 3, 5, 0, "", "", "", "", "", "")
        assert [fields[0] for fields in client.until("59") if fields[0] != "4"] == [
            "11",
            "55",
            "59",
        ]


@in_a_loop
async def test_a_commission_that_is_not_known_yet_can_be_minus_one(gateway, broker):
    gateway.dialect.has_placeholders = True
    broker.withhold_commissions()
    async with connected(gateway) as ib:
        broker.trade("U1", "AAPL", "100")
        await ib.positionEvent
        (fill,) = ib.fills()
        assert fill.commissionReport.commission == -1
        broker.post_withheld()
        await ib.reqCurrentTimeAsync()
        assert fill.commissionReport.commission == 1


@in_a_loop
async def test_a_commission_can_be_a_rebate(gateway, broker):
    broker.set_commission("STK", "-0.0025")
    broker.trade("U1", "AAPL", "100")
    async with connected(gateway) as ib:
        (fill,) = await ib.reqExecutionsAsync()
        (row,) = await ib.reqPositionsAsync()
    assert fill.commissionReport.commission == -0.25
    assert row.avgCost == 49.9975


@in_a_loop
async def test_a_correction_is_another_execution_with_a_higher_last_part(gateway, broker):
    order = broker.trade("U1", "AAPL", "100", price="10.00")
    async with connected(gateway) as ib:
        await ib.reqExecutionsAsync()
        broker.correct_fill("U1", order.id, price="10.05")
        await ib.positionEvent
        pushed = by_last_part(ib.fills())
        broker.correct_fill("U1", order.id, price="10.07")
        asked = by_last_part(await ib.reqExecutionsAsync())
        row = (await ib.reqPositionsAsync())[-1]
        gateway.dialect.corrections = "last"
        assert list(by_last_part(await ib.reqExecutionsAsync())) == ["03"]
    assert {part: fill.execution.price for part, fill in pushed.items()} == {"01": 10, "02": 10.05}
    prices = {part: fill.execution.price for part, fill in asked.items()}
    assert prices == {"01": 10, "02": 10.05, "03": 10.07}
    assert len({fill.execution.execId.rsplit(".", 1)[0] for fill in asked.values()}) == 1
    assert (row.position, row.avgCost) == (100, 10.08)


@in_a_loop
async def test_a_busted_fill_is_gone_and_the_position_with_it(gateway, broker):
    order = broker.trade("U1", "AAPL", "100")
    broker.bust_fill("U1", order.id)
    async with connected(gateway) as ib:
        assert await ib.reqExecutionsAsync() == []
        assert [row.position for row in await ib.reqPositionsAsync()] == [0]


@in_a_loop
async def test_money_of_another_currency_moves_at_its_rate(gateway, broker):
    broker.set_rate("CAD", "0.75")
    broker.list_asset("SHOP", price="100", exchange="TSE", currency="CAD")
    broker.set_commission("STK", "0.01")
    broker.trade("U1", "SHOP", "10")
    async with connected(gateway) as ib:
        (row,) = await ib.reqPositionsAsync()
        (fill,) = await ib.reqExecutionsAsync()
        values = {
            (value.tag, value.currency): value.value for value in await ib.accountSummaryAsync("U1")
        }
    assert (row.contract.currency, row.avgCost) == ("CAD", 100.01)
    assert (fill.commissionReport.currency, fill.commissionReport.commission) == ("CAD", 0.1)
    assert values["CashBalance", "USD"] == "99249.92"
    assert values["StockMarketValue", "CAD"] == "1000.00"
    assert values["StockMarketValue", "BASE"] == "750.00"
