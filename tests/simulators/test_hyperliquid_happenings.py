"""Funding, liquidations, deleveraging, dust, settlement, and what comes and goes."""

from decimal import Decimal

import pytest

from tieout.simulators.hyperliquid import Dialect
from tieout.simulators.hyperliquid_values import ZERO_HASH
from tieout.simulators.ledger import Impossible

from .hyperliquid import serving


def sizes(info, address, dex=""):
    rows = info.user_state(address, dex)["assetPositions"]
    return {row["position"]["coin"]: row["position"]["szi"] for row in rows}


def deltas(info, address):
    return [row["delta"] for row in info.user_non_funding_ledger_updates(address, 0)]


def test_longs_pay_funding_to_shorts(exchange, venue, info, main):
    exchange.trade("main", "BTC", "2")
    exchange.trade("other", "BTC", "-0.5")
    before = Decimal(info.user_state(main)["marginSummary"]["accountValue"])
    assert exchange.pay_funding("BTC", "0.0000125") == 2
    (row,) = info.user_funding_history(main, 0)
    assert row["delta"] == {
        "type": "funding",
        "coin": "BTC",
        "usdc": "-1.5",
        "szi": "2.0",
        "fundingRate": "0.0000125",
        "nSamples": None,
    }
    assert (row["hash"], row["time"]) == (ZERO_HASH, exchange.now())
    (received,) = info.user_funding_history(venue.address_of("other"), 0)
    assert received["delta"]["usdc"] == "0.375"
    state = info.user_state(main)
    assert Decimal(state["marginSummary"]["accountValue"]) == before - Decimal("1.5")
    paid = state["assetPositions"][0]["position"]["cumFunding"]
    assert paid == {"allTime": "1.5", "sinceOpen": "1.5", "sinceChange": "1.5"}


def test_funding_is_counted_since_opening_and_since_the_last_change(exchange, info, main):
    def paid():
        return info.user_state(main)["assetPositions"][0]["position"]["cumFunding"]

    exchange.trade("main", "BTC", "2")
    exchange.pay_funding("BTC", "0.0001")
    exchange.trade("main", "BTC", "-1")
    exchange.pay_funding("BTC", "0.0001")
    assert paid() == {"allTime": "18.0", "sinceOpen": "18.0", "sinceChange": "6.0"}
    exchange.trade("main", "BTC", "-2")
    assert paid() == {"allTime": "18.0", "sinceOpen": "0.0", "sinceChange": "0.0"}


def test_the_funding_of_an_isolated_position_is_paid_from_its_own_money(exchange, info, main):
    exchange.set_leverage("main", "ETH", 10, is_isolated=True)
    exchange.trade("main", "ETH", "2")
    cross = info.user_state(main)["crossMarginSummary"]
    exchange.pay_funding("ETH", "0.001")
    state = info.user_state(main)
    assert state["crossMarginSummary"] == cross
    assert state["assetPositions"][0]["position"]["leverage"]["rawUsd"] == "-5406.0"


def test_rows_of_a_range_of_time_are_paged_as_well(exchange, clock):
    exchange.trade("main", "BTC", "1")
    times = []
    for _ in range(5):
        exchange.pay_funding("BTC", "0.0001")
        exchange.deposit("main", "1")
        times.append(exchange.now())
        clock.advance(hours=1)
    with serving(exchange, Dialect(ledger_page=2)) as (simulator, info):
        address = simulator.address_of("main")
        for ask in (info.user_funding_history, info.user_non_funding_ledger_updates):
            assert [row["time"] for row in ask(address, times[1])] == times[1:3]
            assert [row["time"] for row in ask(address, times[1], times[1])] == times[1:2]


# What the venue takes away.


def test_a_part_is_liquidated_then_the_rest(exchange, clock, info, main):
    exchange.deposit("main", "900000")
    exchange.trade("main", "BTC", "10", price="100000")
    exchange.set_price("BTC", "90000")
    exchange.liquidate("main", "BTC", quantity="2", price="90000")
    assert sizes(info, main) == {"BTC": "8.0"}
    clock.advance(seconds=30)
    exchange.set_price("BTC", "89000")
    exchange.liquidate("main", "BTC")
    rest, _, part = info.user_fills(main)
    assert (part["dir"], part["closedPnl"]) == ("Close Long", "-20000.0")
    assert (rest["dir"], rest["closedPnl"]) == ("Close Long", "-88000.0")
    assert part["liquidation"] == {
        "liquidatedUser": main,
        "markPx": "90000.0",
        "method": "market",
    }
    assert sizes(info, main) == {}
    told = [delta for delta in deltas(info, main) if delta["type"] == "liquidation"]
    assert [delta["liquidatedPositions"] for delta in told] == [
        [{"coin": "BTC", "szi": "10.0"}],
        [{"coin": "BTC", "szi": "8.0"}],
    ]
    assert told[1]["leverageType"] == "Cross"


def test_the_counterpartys_fill_names_the_liquidated_user_too(exchange, venue, info, main):
    exchange.trade("other", "ETH", "-20")
    exchange.trade("main", "ETH", "10")
    exchange.liquidate("main", "ETH", price="2700", counterparty="other")
    ours, theirs = info.user_fills(main)[-1], info.user_fills(venue.address_of("other"))[-1]
    assert ours["liquidation"] == theirs["liquidation"]
    assert ours["liquidation"]["liquidatedUser"] == main
    assert (ours["tid"], ours["closedPnl"]) == (theirs["tid"], "-3000.0")
    assert (theirs["dir"], theirs["side"], theirs["startPosition"]) == ("Close Short", "B", "-20.0")


def test_the_backstop_keeps_the_margin_of_an_isolated_position(exchange, info, main):
    exchange.set_leverage("main", "ETH", 10, is_isolated=True)
    exchange.trade("main", "ETH", "10")
    cross = Decimal(info.user_state(main)["crossMarginSummary"]["accountValue"])
    exchange.liquidate("main", "ETH", price="2910", method="backstop")
    fill = info.user_fills(main)[-1]
    assert (fill["dir"], fill["fee"]) == ("Liquidated Isolated Long", "0.0")
    assert (fill["closedPnl"], fill["liquidation"]["method"]) == ("-900.0", "backstop")
    state = info.user_state(main)
    # 3000 of margin, 900 lost by the fill, and the 2100 that are left are gone too.
    assert Decimal(state["marginSummary"]["accountValue"]) == cross
    assert deltas(info, main)[-1]["leverageType"] == "Isolated"


def test_the_backstop_keeps_everything_when_nothing_cross_is_left(exchange, info, main):
    exchange.trade("main", "ETH", "10")
    exchange.trade("main", "BTC", "1")
    exchange.liquidate("main", "ETH", method="backstop")
    assert Decimal(info.user_state(main)["marginSummary"]["accountValue"]) > 99_000
    exchange.liquidate("main", "BTC", method="backstop")
    assert info.user_fills(main)[-1]["dir"] == "Liquidated Cross Long"
    assert info.user_state(main)["marginSummary"]["accountValue"] == "0.0"


def test_who_is_deleveraged_was_not_liquidated(exchange, venue, info, main):
    exchange.trade("main", "BTC", "-2", price="70000")
    exchange.trade("other", "BTC", "1", price="70000")
    exchange.deleverage("main", "BTC", against="other", price="55000")
    winner, loser = info.user_fills(main)[-1], info.user_fills(venue.address_of("other"))[-1]
    assert (winner["dir"], winner["closedPnl"]) == ("Auto-Deleveraging", "15000.0")
    assert winner["liquidation"]["liquidatedUser"] == venue.address_of("other")
    assert (winner["fee"], winner["sz"], winner["hash"]) == ("0.0", "1.0", ZERO_HASH)
    assert (loser["dir"], loser["tid"]) == ("Liquidated Cross Long", winner["tid"])
    assert sizes(info, main) == {"BTC": "-1.0"}
    exchange.trade("other", "BTC", "-5")
    with pytest.raises(Impossible, match="same side"):
        exchange.deleverage("main", "BTC", against="other")


def test_dust_is_sold_without_an_id(exchange, info, main):
    exchange.set_coins("main", "HYPE", "0.0000086141", cost="0.0002")
    exchange.convert_dust("main", "HYPE")
    (fill,) = info.user_fills(main)
    assert (fill["dir"], fill["tid"], fill["hash"]) == ("Spot Dust Conversion", 0, ZERO_HASH)
    assert (fill["sz"], fill["startPosition"]) == ("0.0000086141", "0.0000086141")
    assert (fill["fee"], fill["closedPnl"], fill["crossed"]) == ("0.0", "0.0", True)
    assert [row["coin"] for row in info.spot_user_state(main)["balances"]] == ["USDC"]
    with pytest.raises(Impossible, match="no HYPE"):
        exchange.convert_dust("main", "HYPE")


def test_a_vaults_children_are_netted(exchange, info, main):
    exchange.trade("main", "ARB", "-62627.3")
    exchange.net_vaults("main", "ARB", "-114.3")
    fill = info.user_fills(main)[-1]
    assert (fill["dir"], fill["startPosition"], fill["fee"]) == (
        "Net Child Vaults",
        "-62627.3",
        "0.0",
    )
    assert sizes(info, main) == {"ARB": "-62741.6"}


def test_a_delisted_perp_is_settled_for_everybody(exchange, info, main):
    exchange.trade("main", "ARB", "100")
    exchange.trade("other", "ARB", "-40")
    assert exchange.settle("ARB", price="0.4") == 2
    assert (info.user_fills(main)[-1]["dir"], sizes(info, main)) == ("Settlement", {})
    universe = {row["name"]: row for row in info.meta()["universe"]}
    assert universe["ARB"]["isDelisted"] is True
    assert "ARB" not in info.all_mids()


# What comes and goes.


def test_money_moves_and_every_move_is_written_down(exchange, venue, info, main):
    part = venue.address_of("part")
    exchange.deposit("main", "2703997.4500000002")
    exchange.withdraw("main", "500")
    exchange.move_class("main", "-12")
    exchange.move_to_sub_account("main", "part", "1000")
    exchange.move_to_sub_account("main", "part", "-300")
    shown = deltas(info, main)
    assert shown[0] == {"type": "deposit", "usdc": "2703997.4500000002"}
    assert (shown[1]["usdc"], shown[1]["fee"]) == ("499.0", "1.0")
    assert shown[2] == {"type": "accountClassTransfer", "usdc": "12.0", "toPerp": False}
    assert [(each["usdc"], each["destination"]) for each in shown[3:]] == [
        ("1000.0", part),
        ("300.0", main),
    ]
    assert deltas(info, part) == shown[3:]
    assert info.user_state(part)["withdrawable"] == "5700.0"
    value = Decimal("2703997.4500000002") + 100_000 - 500 - 12 - 700
    assert Decimal(info.user_state(main)["withdrawable"]) == round(value, 6)


def test_coins_that_come_count_as_bought_at_the_markets_price(exchange, venue, info, main):
    exchange.set_coins("other", "HYPE", "100", cost="1000")
    exchange.transfer_spot("main", "HYPE", "40", other="other")
    ours = info.spot_user_state(main)["balances"][-1]
    assert (ours["coin"], ours["total"], ours["entryNtl"]) == ("HYPE", "40.0", "1000.0")
    theirs = info.spot_user_state(venue.address_of("other"))["balances"][-1]
    assert (theirs["total"], theirs["entryNtl"]) == ("60.0", "600.0")
    (delta,) = deltas(info, main)
    assert (delta["user"], delta["destination"]) == (venue.address_of("other"), main)
    assert (delta["amount"], delta["usdcValue"]) == ("40.0", "1000.0")
    exchange.transfer_spot("main", "HYPE", "-15")
    assert info.spot_user_state(main)["balances"][-1]["total"] == "25.0"
    assert info.user_fills(main) == []
    with pytest.raises(Impossible, match="too little"):
        exchange.transfer_spot("main", "HYPE", "-26")


def test_collateral_is_sent_between_dexes(exchange, info, main):
    exchange.move_to_dex("main", "xyz", "1500")
    exchange.move_to_dex("main", "xyz", "-500")
    there, back = deltas(info, main)
    assert (there["type"], there["sourceDex"], there["destinationDex"]) == ("send", "", "xyz")
    assert (back["sourceDex"], back["destinationDex"], back["amount"]) == ("xyz", "", "500.0")
    assert info.user_state(main, "xyz")["withdrawable"] == "1000.0"


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (lambda exchange: exchange.trade("nobody", "BTC", "1"), "nobody"),
        (lambda exchange: exchange.trade("main", "LUNA", "1"), "LUNA"),
        (lambda exchange: exchange.trade("main", "BTC", "1", parts=["2"]), "more than"),
        (lambda exchange: exchange.liquidate("main", "BTC"), "no BTC"),
        (lambda exchange: exchange.move_margin("main", "BTC", "1"), "no isolated BTC"),
        (lambda exchange: exchange.set_leverage("main", "BTC", 50), "at most 40"),
        (lambda exchange: exchange.fill_order("main", 1), "order 1"),
        (lambda exchange: exchange.list_perp("abc:X", price="1"), "no dex abc"),
        (lambda exchange: exchange.list_dex("abc", collateral="USDE"), "no token USDE"),
        (lambda exchange: exchange.open_account("main"), "already"),
        (lambda exchange: exchange.pay_funding("@107", "0.1"), "no perp"),
    ],
)
def test_what_can_not_happen_is_named(exchange, event, named):
    with pytest.raises(Impossible, match=named):
        event(exchange)
