"""What an account holds, as the real SDK reads it."""

from decimal import Decimal

import pytest
from hyperliquid.utils.error import ClientError

from tieout.simulators.hyperliquid import Dialect
from tieout.simulators.ledger import Impossible

from .hyperliquid import NOBODY, serving


def positions(info, address, dex=""):
    rows = info.user_state(address, dex)["assetPositions"]
    return {row["position"]["coin"]: row["position"] for row in rows}


def balances(info, address):
    rows = info.spot_user_state(address)["balances"]
    return {row["coin"]: row for row in rows}


def test_a_short_row_is_the_one_that_was_seen(exchange, info, main):
    exchange.trade("main", "BTC", "-0.0017", price="82348")
    exchange.set_price("BTC", "79846")
    row = positions(info, main)["BTC"]
    assert row["szi"] == "-0.0017"
    assert row["entryPx"] == "82348.0"
    assert row["positionValue"] == "135.7382"
    assert row["unrealizedPnl"] == "4.2534"
    assert row["marginUsed"] == "6.78691"
    assert row["leverage"] == {"type": "cross", "value": 20}
    assert Decimal(row["liquidationPx"]) > 1_000_000


def test_margins_add_up(exchange, info, main):
    exchange.trade("main", "BTC", "0.5")
    exchange.trade("main", "ETH", "-4")
    exchange.set_price("BTC", "59000")
    state = info.user_state(main)
    cross = {name: Decimal(value) for name, value in state["crossMarginSummary"].items()}
    assert cross["totalNtlPos"] == 29500 + 12000
    assert cross["totalRawUsd"] == Decimal(100000) - 30000 + 12000 - Decimal("18.9")
    assert cross["accountValue"] == cross["totalRawUsd"] + 29500 - 12000
    assert cross["totalMarginUsed"] == cross["totalNtlPos"] / 20
    assert Decimal(state["withdrawable"]) == cross["accountValue"] - cross["totalMarginUsed"]
    maintenance = Decimal(29500) / 80 + Decimal(12000) / 50
    assert Decimal(state["crossMaintenanceMarginUsed"]) == maintenance
    assert state["marginSummary"] == state["crossMarginSummary"]


def test_at_the_liquidation_price_the_margin_is_just_the_maintenance_margin(exchange, info, main):
    exchange.trade("main", "BTC", "20")
    exchange.set_price("BTC", positions(info, main)["BTC"]["liquidationPx"])
    state = info.user_state(main)
    value = Decimal(state["crossMarginSummary"]["accountValue"])
    assert value == pytest.approx(Decimal(state["crossMaintenanceMarginUsed"]), abs=Decimal("0.01"))


def test_a_long_with_more_money_than_it_cost_has_no_liquidation_price(exchange, info, main):
    exchange.trade("main", "BTC", "0.1")
    assert positions(info, main)["BTC"]["liquidationPx"] is None


def test_an_isolated_position_has_its_own_money(exchange, info, main):
    exchange.set_leverage("main", "ETH", 10, is_isolated=True)
    exchange.trade("main", "ETH", "2")
    row = positions(info, main)["ETH"]
    assert row["leverage"] == {"type": "isolated", "value": 10, "rawUsd": "-5400.0"}
    assert (row["marginUsed"], row["liquidationPx"]) == ("600.0", "2755.1020408163")
    state = info.user_state(main)
    whole, cross = state["marginSummary"], state["crossMarginSummary"]
    assert (whole["accountValue"], cross["accountValue"]) == ("99997.3", "99397.3")
    exchange.move_margin("main", "ETH", "100")
    assert positions(info, main)["ETH"]["marginUsed"] == "700.0"
    exchange.trade("main", "ETH", "-2", price="3100")
    state = info.user_state(main)
    assert state["assetPositions"] == []
    assert state["crossMarginSummary"]["accountValue"] == "100194.51"


def test_leverage_may_change_while_something_is_held(exchange, info, main):
    exchange.trade("main", "ETH", "2")
    exchange.set_leverage("main", "ETH", 5)
    row = positions(info, main)["ETH"]
    assert (row["leverage"], row["szi"]) == ({"type": "cross", "value": 5}, "2.0")
    assert row["marginUsed"] == "1200.0"
    with pytest.raises(Impossible, match="margin mode stays"):
        exchange.set_leverage("main", "ETH", 5, is_isolated=True)


def test_each_dex_shows_its_own_positions_only(exchange, info, main):
    exchange.move_to_dex("main", "xyz", "10000")
    exchange.set_coins("main", "USDH", "9000")
    exchange.move_to_dex("main", "flx", "4000")
    exchange.trade("main", "BTC", "0.1")
    exchange.trade("main", "xyz:TSLA", "3")
    exchange.trade("main", "flx:TSLA", "-1")
    assert [dex and dex["name"] for dex in info.perp_dexs()] == [None, "xyz", "flx"]
    assert list(positions(info, main)) == ["BTC"]
    assert {coin: row["szi"] for coin, row in positions(info, main, "xyz").items()} == {
        "xyz:TSLA": "3.0"
    }
    assert list(positions(info, main, "flx")) == ["flx:TSLA"]
    assert info.meta("flx")["collateralToken"] == 360
    assert info.user_state(main, "flx")["marginSummary"]["accountValue"] == "3999.8191"
    assert balances(info, main)["USDH"]["total"] == "5000.0"
    fees = {row["coin"]: row["feeToken"] for row in info.user_fills(main)}
    assert fees == {"BTC": "USDC", "xyz:TSLA": "USDC", "flx:TSLA": "USDH"}


def test_the_sdk_knows_the_coins_of_every_dex_it_was_told_to(venue):
    from hyperliquid.info import Info

    info = Info(venue.address, skip_ws=True, perp_dexs=["", "xyz", "flx"])
    assert info.name_to_asset("flx:TSLA") == 120000
    assert info.name_to_asset("HYPE/USDC") == 10107
    assert info.asset_to_sz_decimals[info.name_to_asset("BTC")] == 5


def test_spot_totals_contain_what_orders_hold(exchange, info, main):
    exchange.set_coins("main", "PURR", "2000", cost="1234.56")
    exchange.set_coins("main", "HYPE", "5.2", cost="75.4")
    exchange.list_token("+10", index=100000010)
    exchange.set_coins("main", "+10", "25", cost="12.5")
    exchange.place_order("main", "PURR/USDC", "-100", limit_price="0.7")
    assert balances(info, main) == {
        "PURR": {
            "coin": "PURR",
            "token": 1,
            "total": "2000.0",
            "hold": "100.0",
            "entryNtl": "1234.56",
        },
        "HYPE": {"coin": "HYPE", "token": 150, "total": "5.2", "hold": "0.0", "entryNtl": "75.4"},
        "+10": {
            "coin": "+10",
            "token": 100000010,
            "total": "25.0",
            "hold": "0.0",
            "entryNtl": "12.5",
        },
    }
    order = exchange.place_order("main", "@107", "-1", limit_price="30")
    assert balances(info, main)["HYPE"]["hold"] == "1.0"
    exchange.cancel_order("main", order.id)
    assert balances(info, main)["HYPE"]["hold"] == "0.0"


def test_a_part_of_an_account_has_an_address_and_positions_of_its_own(exchange, venue, info, main):
    exchange.trade("part", "BTC", "-0.02")
    (row,) = info.query_sub_accounts(main)
    assert (row["name"], row["master"]) == ("part", main)
    assert row["subAccountUser"] == venue.address_of("part")
    assert row["clearinghouseState"]["assetPositions"][0]["position"]["szi"] == "-0.02"
    assert row["spotState"] == {"balances": []}
    assert positions(info, main) == {}
    assert positions(info, row["subAccountUser"])["BTC"]["szi"] == "-0.02"
    assert info.query_sub_accounts(venue.address_of("other")) is None


def test_by_dex_a_unified_part_looks_empty(exchange, ask):
    exchange.open_sub_account("unified", master="main", mode="unifiedAccount")
    exchange.open_sub_account("portfolio", master="main", mode="portfolioMargin")
    shown = {row["name"]: row["dexToClearinghouseState"] for row in ask("subAccounts2").json()}
    assert [dex for dex, _ in shown["part"]] == ["", "xyz", "flx"]
    assert [dex for dex, _ in shown["portfolio"]] == [""]
    assert shown["unified"] == []


def test_only_its_role_tells_an_agents_address_from_an_empty_account(exchange, venue, info, main):
    exchange.trade("main", "BTC", "0.1")
    exchange.open_account("vault", kind="vault")
    agent = exchange.approve_agent("main", "bot")
    assert info.user_state(agent) == info.user_state(NOBODY)
    assert (info.user_fills(agent), info.query_sub_accounts(agent)) == ([], None)
    assert info.user_role(agent) == {"role": "agent", "data": {"user": main}}
    assert info.user_role(NOBODY) == {"role": "missing"}
    assert info.user_role(main) == {"role": "user"}
    assert info.user_role(venue.address_of("vault")) == {"role": "vault"}
    part = venue.address_of("part")
    assert info.user_role(part) == {"role": "subAccount", "data": {"master": main}}
    (row,) = info.extra_agents(main)
    assert (row["name"], row["address"]) == ("bot", agent)


def test_an_address_is_the_same_in_capitals(exchange, info, main):
    exchange.trade("main", "BTC", "0.1")
    loud = "0x" + main[2:].upper()
    assert info.user_state(loud) == info.user_state(main)
    assert info.user_state(main)["assetPositions"]


def test_under_a_shared_purse_the_money_is_in_spot(exchange, info, main):
    assert info.query_user_abstraction_state(main) == "default"
    address = exchange.open_account("one", cash="1000", mode="unifiedAccount").address
    exchange.trade("one", "BTC", "0.01")
    exchange.set_price("BTC", "61000")
    exchange.trade("one", "BTC", "-0.005")
    exchange.pay_funding("BTC", "0.0001")
    assert info.query_user_abstraction_state(address) == "unifiedAccount"
    spot = Decimal(balances(info, address)["USDC"]["total"])
    assert spot == 1000 + 5 - Decimal("0.27") - Decimal("0.13725") - Decimal("0.0305")
    state = info.user_state(address)
    assert (state["marginSummary"]["accountValue"], state["withdrawable"]) == ("5.0", "0.0")
    with pytest.raises(Impossible, match="its mode stays"):
        exchange.set_mode("one", "default")


def test_open_orders_are_shown_with_their_children(exchange, info, main):
    parent = exchange.place_order("main", "ETH", "2", limit_price="2900")
    child = exchange.place_order(
        "main",
        "ETH",
        "-2",
        limit_price="2600",
        type="Stop Market",
        trigger_price="2700",
        is_reduce_only=True,
        parent=parent.id,
    )
    first, second = info.frontend_open_orders(main)
    assert (first["oid"], first["triggerCondition"]) == (child.id, "Price below 2700")
    assert (first["tif"], first["isTrigger"], first["reduceOnly"]) == (None, True, True)
    assert [each["oid"] for each in second["children"]] == [child.id]
    exchange.fill_order("main", parent.id, quantity="0.5")
    rows = {row["oid"]: row for row in info.open_orders(main)}
    assert rows[parent.id]["sz"] == "1.5"
    exchange.fill_order("main", parent.id)
    exchange.cancel_order("main", child.id)
    assert info.open_orders(main) == []
    history = {row["order"]["oid"]: row["status"] for row in info.historical_orders(main)}
    assert history == {parent.id: "filled", child.id: "canceled"}
    assert positions(info, main)["ETH"]["szi"] == "2.0"


def test_what_is_listed_is_what_is_priced(exchange, info):
    assert info.all_mids() == {
        "BTC": "60000.0",
        "ETH": "3000.0",
        "ARB": "0.5",
        "PURR/USDC": "0.2",
        "@107": "25.0",
    }
    assert info.all_mids("xyz") == {"xyz:TSLA": "400.0"}
    meta, contexts = info.meta_and_asset_ctxs()
    assert len(meta["universe"]) == len(contexts) == 3
    spot, contexts = info.spot_meta_and_asset_ctxs()
    assert [row["coin"] for row in contexts] == [row["name"] for row in spot["universe"]]


def test_the_portfolio_has_every_period(exchange, info, main):
    exchange.trade("main", "BTC", "0.1")
    exchange.set_price("BTC", "61000")
    history = dict(info.portfolio(main))
    assert list(history)[:4] == ["day", "week", "month", "allTime"]
    assert history["day"]["accountValueHistory"][-1][1] == "100097.3"
    assert history["day"]["pnlHistory"][-1][1] == "97.3"
    assert info.user_rate_limit(main)["cumVlm"] == "6000.0"


def test_rows_of_coins_that_are_not_held_may_be_shown(exchange):
    exchange.trade("main", "BTC", "0.1")
    exchange.trade("main", "BTC", "-0.1")
    exchange.trade("main", "ETH", "0.1")
    dialect = Dialect(has_flat_rows=True, no_liquidation_price="NaN")
    with serving(exchange, dialect) as (simulator, info):
        rows = positions(info, simulator.address_of("main"))
    assert rows["ETH"]["liquidationPx"] == "NaN"
    assert (rows["BTC"]["szi"], rows["BTC"]["entryPx"]) == ("0.0", None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"type": "everything"},
        {"type": ["meta"]},
        {"type": "clearinghouseState"},
        {"type": "clearinghouseState", "user": "0x12"},
        {"type": "meta", "dex": "nowhere"},
        {"type": "meta", "dex": ["xyz"]},
        {"type": "userFunding", "user": NOBODY},
        {"type": "userFunding", "user": NOBODY, "startTime": "yesterday"},
    ],
)
def test_a_question_that_is_not_understood_gets_words(ask, body):
    answer = ask.post(body)
    assert answer.status_code == 422
    assert answer.text == "Failed to deserialize the JSON body into the target type"


def test_the_sdk_raises_for_words(info):
    with pytest.raises(ClientError) as refused:
        info.user_state("nobody")
    assert refused.value.status_code == 422


def test_nothing_is_at_other_paths(ask):
    assert ask.post({"type": "meta"}, path="/exchange").status_code == 404
    assert ask.post({"type": "meta"}, path="/info/").status_code == 404
