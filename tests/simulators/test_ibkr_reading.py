"""What the real ib_async reads of accounts at a gateway."""

import math
from datetime import UTC, datetime

import pytest
from ib_async import (
    Contract,
    ExecutionFilter,
    Forex,
    Future,
    Option,
    RequestError,
    StartupFetch,
    StartupFetchALL,
    Stock,
)

from tieout.simulators.faults import Fault, StalePositions

from .ibkr import CALL, connected, in_a_loop, positions


@in_a_loop
async def test_a_login_names_all_its_accounts_and_the_state_of_the_data_farms(gateway):
    async with connected(gateway) as ib:
        assert ib.managedAccounts() == ["U1", "U2"]
        assert ib.client.serverVersion() == 178
        assert ib.codes == [2104, 2106, 2158]


@in_a_loop
async def test_an_account_without_a_number_for_a_name_gets_one(gateway, broker):
    number = broker.open_account("main").number
    async with connected(gateway) as ib:
        assert ib.managedAccounts() == ["U1", "U2", number]
        assert number.startswith("DU")


@in_a_loop
async def test_only_the_accounts_of_the_login_are_shown(gateway, broker):
    broker.trade("U1", "AAPL", "1")
    broker.trade("U2", "AAPL", "2")
    broker.manage(["U2"])
    async with connected(gateway) as ib:
        assert ib.managedAccounts() == ["U2"]
        assert await positions(ib) == {("U2", "AAPL"): 2}
        assert [fill.execution.acctNumber for fill in await ib.reqExecutionsAsync()] == ["U2"]


@in_a_loop
async def test_two_accounts_with_the_same_contract_stay_apart(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    broker.trade("U2", "AAPL", "-40")
    async with connected(gateway) as ib:
        rows = await ib.reqPositionsAsync()
    assert [(row.account, row.position) for row in rows] == [("U1", 100), ("U2", -40)]
    assert rows[0].contract == rows[1].contract


@in_a_loop
async def test_average_cost_has_the_multiplier_and_the_commission_in_it(gateway, broker):
    broker.trade("U1", "AAPL", "100")  # commission 1.00
    broker.trade("U1", CALL, "3")  # 0.65 each
    broker.trade("U1", "ESU6", "1")  # 2.25
    broker.trade("U2", "AAPL", "-100")
    async with connected(gateway) as ib:
        rows = await ib.reqPositionsAsync()
    assert [row.avgCost for row in rows] == [50.01, 250.65, 315114.75, 49.99]


@in_a_loop
async def test_contracts_are_described_as_a_gateway_describes_them(gateway, broker):
    for symbol in ("AAPL", CALL, "ESU6", "EUR.USD"):
        broker.trade("U1", symbol, "1")
    async with connected(gateway) as ib:
        rows = {row.contract.localSymbol: row.contract for row in await ib.reqPositionsAsync()}
    stock, option = rows["AAPL"], rows["AAPL  260417C00200000"]
    future, pair = rows["ESU6"], rows["EUR.USD"]
    assert isinstance(stock, Stock)
    assert (stock.exchange, stock.multiplier, stock.right) == ("NASDAQ", "", "")
    assert isinstance(option, Option)
    assert (option.symbol, option.strike, option.right) == ("AAPL", 200, "C")
    assert (option.multiplier, option.lastTradeDateOrContractMonth) == ("100", "20260417")
    assert isinstance(future, Future)
    assert (future.symbol, future.multiplier, future.exchange) == ("ES", "50", "")
    assert isinstance(pair, Forex)
    assert (pair.symbol, pair.currency) == ("EUR", "USD")


@in_a_loop
async def test_two_futures_of_one_root_differ_by_contract_id(gateway, broker):
    broker.list_future("ESZ6", root="ES", multiplier="50", expires_on="2026-12-18", price="6350")
    broker.trade("U1", "ESU6", "1")
    broker.trade("U1", "ESZ6", "-1")
    async with connected(gateway) as ib:
        rows = await ib.reqPositionsAsync()
    assert {row.contract.symbol for row in rows} == {"ES"}
    assert len({row.contract.conId for row in rows}) == 2


@in_a_loop
async def test_what_was_closed_today_is_listed_with_zero_until_tomorrow(gateway, broker, clock):
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "AAPL", "-10")
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 0}
        gateway.dialect.lists_closed = False
        assert await positions(ib) == {}
        gateway.dialect.lists_closed = True
        clock.advance(days=1)
        assert await positions(ib) == {}


@in_a_loop
async def test_positions_by_account_and_model(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    broker.trade("U1", "AAPL", "40", model="Growth")
    broker.trade("U1", "MSFT", "5", model="Income")
    found = []
    async with connected(gateway) as ib:
        ib.wrapper.positionMulti = lambda *row: found.append(row)
        for req_id, model in [(901, ""), (902, "Growth")]:
            ended = ib.wrapper.startReq(req_id)
            ib.wrapper.positionMultiEnd = ib.wrapper._endReq
            ib.client.reqPositionsMulti(req_id, "U1", model)
            await ended
        ib.client.cancelPositionsMulti(901)
        fills = await ib.reqExecutionsAsync()
    rows = [(row[0], row[1], row[2], row[3].symbol, row[4]) for row in found]
    assert rows == [
        (901, "U1", "", "AAPL", 100),
        (901, "U1", "Growth", "AAPL", 40),
        (901, "U1", "Income", "MSFT", 5),
        (902, "U1", "Growth", "AAPL", 40),
    ]
    assert [fill.execution.modelCode for fill in fills] == ["", "Growth", "Income"]


@in_a_loop
async def test_models_are_summed_where_there_is_no_field_for_them(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    broker.trade("U1", "AAPL", "40", model="Growth")
    async with connected(gateway) as ib:
        assert [row.position for row in await ib.reqPositionsAsync()] == [140]
        gateway.dialect.model_rows = "apart"
        assert [row.position for row in await ib.reqPositionsAsync()] == [100, 40]


@in_a_loop
async def test_a_hedge_is_a_second_row_of_the_other_sign(gateway, broker):
    broker.trade("U1", "AAPL", "6")
    broker.set_apart("U1", "AAPL", "-4")
    async with connected(gateway) as ib:
        rows = await ib.reqPositionsAsync()
    assert [row.position for row in rows] == [10, -4]
    assert len({row.contract.conId for row in rows}) == 1


@in_a_loop
async def test_a_split_changes_quantity_and_average_and_maybe_the_contract(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    async with connected(gateway) as ib:
        before = (await ib.reqPositionsAsync())[-1]
        broker.split("AAPL", old="1", new="4")
        after = (await ib.reqPositionsAsync())[-1]
        broker.split("AAPL", old="20", new="1", con_id=4391)
        reverse = (await ib.reqPositionsAsync())[-1]
        assert len(await ib.reqExecutionsAsync()) == 1
    assert (before.position, before.avgCost) == (100, 50.01)
    assert (after.position, after.avgCost) == (400, 12.5025)
    assert before.contract.conId == after.contract.conId
    assert (reverse.position, reverse.avgCost, reverse.contract.conId) == (20, 250.05, 4391)


@in_a_loop
async def test_an_account_is_downloaded_with_its_portfolio_and_values(gateway, broker):
    broker.trade("U1", "AAPL", "100")
    broker.set_price("AAPL", "51.239")
    async with connected(gateway) as ib:
        await ib.reqAccountUpdatesAsync("U1")
        (item,) = ib.portfolio()
        values = {(value.tag, value.currency): value.value for value in ib.accountValues("U1")}
    assert (item.position, item.averageCost, item.marketPrice) == (100, 50.01, 51.239)
    assert (item.marketValue, item.unrealizedPNL) == (5123.9, 122.9)
    assert (item.contract.right, item.contract.primaryExchange) == ("0", "NASDAQ")
    assert values["NetLiquidation", "USD"] == "100122.90"
    assert values["CashBalance", "BASE"] == "94999.00"
    assert values["ExchangeRate", "EUR"] == "1.128775"


@in_a_loop
async def test_a_future_costs_no_cash_and_a_pair_holds_its_currency(gateway, broker):
    broker.trade("U2", "ESU6", "1")
    broker.trade("U2", "EUR.USD", "20000")
    async with connected(gateway) as ib:
        values = {
            (value.tag, value.currency): value.value for value in await ib.accountSummaryAsync("U2")
        }
    assert values["CashBalance", "EUR"] == "20000.00"
    assert values["CashBalance", "USD"] == "477424.50"
    assert values["TotalCashValue", "USD"] == "500000.00"
    assert values["NetLiquidation", "USD"] == "499997.75"


@in_a_loop
async def test_the_profit_of_the_day_stands_beside_a_position_that_was_closed(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    async with connected(gateway) as ib:
        await ib.reqAccountUpdatesAsync("U1")
        broker.trade("U1", "AAPL", "-10", price="55")
        item = await ib.updatePortfolioEvent
        assert (item.position, item.averageCost, item.realizedPNL) == (0, 0, 48)
        assert ib.portfolio() == []


@in_a_loop
async def test_values_of_an_account_come_without_its_portfolio_too(gateway):
    async with connected(gateway, fetched=StartupFetch.SUB_ACCOUNT_UPDATES) as ib:
        assert {value.account for value in ib.accountValues()} == {"U1", "U2"}
        assert ib.portfolio() == []


@in_a_loop
async def test_everything_is_fetched_at_the_start_by_default(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    broker.manage(["U1"])
    async with connected(gateway, fetched=StartupFetchALL, readonly=False) as ib:
        assert len(ib.positions()) == len(ib.portfolio()) == len(ib.fills()) == 1
        assert ib.openTrades() == []
    asked = [call.path for call in gateway.calls]
    assert asked[2:] == [
        "reqPositions", "reqOpenOrders", "reqCompletedOrders", "reqAccountUpdates",
        "reqAccountUpdatesMulti", "reqExecutions",
    ]  # fmt: skip


@in_a_loop
async def test_profits_are_told_of_an_account_and_of_a_contract(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    broker.trade("U1", "AAPL", "-4", price="55")
    broker.set_price("AAPL", "60")
    con_id = broker.contract("AAPL").con_id
    async with connected(gateway) as ib:
        single = ib.reqPnLSingle("U1", "", con_id)
        await ib.pnlSingleEvent
        whole = ib.reqPnL("U1")
        await ib.pnlEvent
    assert (single.position, single.value, single.unrealizedPnL) == (6, 360, 59.4)
    assert single.dailyPnL > 1e300 or math.isnan(single.dailyPnL)
    assert (whole.unrealizedPnL, whole.realizedPnL, whole.dailyPnL) == (59.4, 18.6, 78)


@in_a_loop
async def test_contract_details_are_found_by_id_and_by_description(gateway, broker):
    contract = broker.contract(CALL)
    wanted = Option("AAPL", "20260417", 200, "C", currency="USD")
    async with connected(gateway) as ib:
        (by_id,) = await ib.reqContractDetailsAsync(Contract(conId=contract.con_id))
        (by_terms,) = await ib.reqContractDetailsAsync(wanted)
        (future,) = await ib.reqContractDetailsAsync(Future("ES", "202609"))
    assert by_id.contract == by_terms.contract
    assert (by_id.contract.multiplier, by_id.realExpirationDate) == ("100", "20260417")
    assert (future.contract.localSymbol, future.contract.multiplier) == ("ESU6", "50")


@in_a_loop
async def test_an_expired_option_can_not_be_looked_up_any_more(gateway, broker):
    broker.trade("U1", CALL, "1")
    broker.expire_option(CALL)
    asked = Contract(conId=broker.contract(CALL).con_id)
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL  260417C00200000"): 0}
        with pytest.raises(RequestError, match="No security definition"):
            await ib.reqContractDetailsAsync(asked)
        asked.includeExpired = True
        assert len(await ib.reqContractDetailsAsync(asked)) == 1


@in_a_loop
async def test_the_gateway_tells_its_time(gateway, clock):
    async with connected(gateway) as ib:
        assert await ib.reqCurrentTimeAsync() == clock.now.replace(microsecond=0)


@in_a_loop
async def test_fifty_accounts_with_five_thousand_positions(gateway, broker):
    symbols = [f"S{number}" for number in range(100)]
    for symbol in symbols:
        broker.list_asset(symbol, price="10")
    for number in range(50):
        name = f"U{1000 + number}"
        broker.open_account(name)
        for symbol in symbols:
            broker.transfer(name, symbol, "7", price="10", cost="9")
    broker.manage([f"U{1000 + number}" for number in range(50)])
    broker.trade("U1000", "S0", "1")
    async with connected(gateway) as ib:
        first = await positions(ib)
        fills = await ib.reqExecutionsAsync()
        second = await positions(ib)
        for number in range(50):
            await ib.reqAccountUpdatesAsync(f"U{1000 + number}")
        assert len(ib.portfolio()) == 5_000
        assert 100 not in ib.codes
    assert first == second
    assert (len(first), len(fills)) == (5_000, 1)
    assert first.pop(("U1000", "S0")) == 8
    assert set(first.values()) == {7}


@in_a_loop
async def test_more_than_fifty_accounts_are_asked_one_by_one(gateway, broker):
    for number in range(49):
        broker.open_account(f"U{1000 + number}")
    broker.trade("U1000", "AAPL", "3")
    found = []
    gateway.dialect.accounts_max = 60
    async with connected(gateway) as ib:
        gateway.dialect.accounts_max = 50
        ib.client.reqPositions()
        assert "use reqPositionsMulti" in await ib.code(321)
        ib.wrapper.positionMulti = lambda *row: found.append(row)
        ended = ib.wrapper.startReq(901)
        ib.wrapper.positionMultiEnd = ib.wrapper._endReq
        ib.client.reqPositionsMulti(901, "U1000", "")
        await ended
    assert [(row[1], row[4]) for row in found] == [("U1000", 3)]


@in_a_loop
async def test_positions_can_be_those_of_some_time_ago(gateway, broker, clock):
    broker.trade("U1", "AAPL", "10")
    clock.advance(seconds=60)
    broker.trade("U1", "AAPL", "5")
    gateway.faults.add(Fault(StalePositions(seconds=30), path="reqPositions", skip=1))
    async with connected(gateway) as ib:
        assert await positions(ib) == {("U1", "AAPL"): 10}
        assert await positions(ib) == {("U1", "AAPL"): 15}


@in_a_loop
async def test_an_unknown_account_is_refused(gateway):
    async with connected(gateway) as ib:
        ib.client.reqAccountUpdates(True, "U999")
        assert "Invalid account code 'U999'" in await ib.code(321)


@in_a_loop
async def test_a_linked_account_has_values_but_its_download_never_ends(gateway, broker):
    broker.trade("U1", "AAPL", "10")
    broker.link_account("U1")
    async with connected(gateway) as ib:
        request = ib.reqAccountUpdatesAsync("U1")
        await ib.reqExecutionsAsync()
        assert not request.done()
        assert ib.accountValues("U1")
        assert ib.portfolio() == []


@in_a_loop
async def test_executions_are_those_of_today_and_can_be_filtered(gateway, broker, clock):
    broker.trade("U1", "AAPL", "1")
    clock.advance(days=1)
    broker.trade("U1", "AAPL", "10")
    clock.advance(minutes=30)
    broker.trade("U2", "MSFT", "-5")

    async def shares(**wanted) -> list[float]:
        fills = await ib.reqExecutionsAsync(ExecutionFilter(**wanted))
        return [fill.execution.shares for fill in fills]

    async with connected(gateway) as ib:
        assert await shares() == [10, 5]
        assert await shares(acctCode="U2") == [5]
        assert await shares(symbol="AAPL", secType="STK", side="BUY") == [10]
        assert await shares(side="SELL", exchange="NASDAQ") == [5]
        assert await shares(time="20260303-20:00:00") == [5]
        assert await shares(time="20260303 15:00:00 US/Eastern") == [5]
        gateway.dialect.execution_days = 7
        assert await shares() == [1, 10, 5]


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
