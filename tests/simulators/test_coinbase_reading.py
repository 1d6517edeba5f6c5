"""The real SDK reads what happened in the market."""

from decimal import Decimal

import pytest
from requests import HTTPError

from .coinbase import BASE, BIP, BIT, client_of, serving


def wallets(client, **page) -> dict[str, tuple[Decimal, Decimal]]:
    """By coin: what is free, and what is held."""
    return {
        each["currency"]: (
            Decimal(each["available_balance"]["value"]),
            Decimal(each["hold"]["value"]),
        )
        for each in client.get_accounts(**page).to_dict()["accounts"]
    }


def breakdown(client) -> dict:
    (portfolio, *_) = client.get_portfolios().to_dict()["portfolios"]
    return client.get_portfolio_breakdown(portfolio["uuid"]).to_dict()["breakdown"]


def fills(client, **asked) -> list[dict]:
    return client.get_fills(**asked).to_dict()["fills"]


def test_a_purchase_moves_coins_and_money_and_its_commission(coinbase, advanced):
    coinbase.trade("main", "BTC-USD", "0.5")
    assert wallets(advanced) == {"USD": (69820, 0), "BTC": (Decimal("0.5"), 0)}


def test_an_order_in_parts_is_several_fills_the_newest_first(coinbase, advanced):
    order = coinbase.trade("main", "BTC-USD", "0.5", parts=["0.2", "0.1"])
    shown = fills(advanced)
    assert [fill["size"] for fill in shown] == ["0.2", "0.1", "0.2"]
    assert [fill["commission"] for fill in shown] == ["72", "36", "72"]
    assert {fill["order_id"] for fill in shown} == {order.id}
    assert len({fill["trade_id"] for fill in shown}) == 3


def test_what_is_spent_is_size_and_commission_together(coinbase, advanced):
    coinbase.buy_for("main", "ETH-USD", "1000")
    (fill,) = fills(advanced)
    assert fill["size_in_quote"] is True
    assert Decimal(fill["size"]) + Decimal(fill["commission"]) == 1000
    assert wallets(advanced)["USD"] == (99000, 0)


def test_a_commission_in_coins(coinbase, advanced):
    coinbase.trade("main", "BTC-USD", "1", commission="0")
    coinbase.trade("main", "ETH-BTC", "2")
    assert wallets(advanced)["BTC"] == (Decimal("0.8994"), 0)  # 1 - 0.1 - 0.6 % of that
    assert fills(advanced)[0]["commission"] == "0.0006"


def test_a_resting_order_holds_what_it_needs(coinbase, advanced):
    coinbase.trade("main", "BTC-USD", "1.23956789")
    order = coinbase.place_order("main", "BTC-USD", "-1", limit_price="70000")
    assert wallets(advanced)["BTC"] == (Decimal("0.23956789"), 1)
    coinbase.fill_order("main", order.id, quantity="0.25")
    assert wallets(advanced)["BTC"] == (Decimal("0.23956789"), Decimal("0.75"))
    coinbase.cancel_order("main", order.id)
    assert wallets(advanced)["BTC"] == (Decimal("0.98956789"), 0)


def test_wallets_come_by_pages(coinbase):
    for number in range(5):
        coinbase.deposit("main", f"C{number}", "1")
    with serving(coinbase, accounts_page=2) as desk:
        client, cursor, found = client_of(desk), None, []
        while cursor != "":
            page = client.get_accounts(cursor=cursor).to_dict()
            found += [each["currency"] for each in page["accounts"]]
            cursor = page["cursor"]
            assert page["has_next"] is (cursor != "")
    assert found == ["USD", "C0", "C1", "C2", "C3", "C4"]


def test_a_client_may_ask_for_larger_pages(coinbase, advanced):
    for number in range(60):
        coinbase.open_wallet("main", f"C{number}")
    assert len(wallets(advanced)) == 49
    assert len(wallets(advanced, limit=250)) == 61


def test_fills_come_by_pages_and_an_empty_cursor_ends_them(coinbase, advanced):
    for number in range(1, 6):
        coinbase.trade("main", "ETH-USD", f"0.{number}")
    first = advanced.get_fills(limit=2).to_dict()
    coinbase.trade("main", "ETH-USD", "9")  # what comes meanwhile shifts nothing
    second = advanced.get_fills(limit=2, cursor=first["cursor"]).to_dict()
    last = advanced.get_fills(limit=2, cursor=second["cursor"]).to_dict()
    sizes = [fill["size"] for page in (first, second, last) for fill in page["fills"]]
    assert sizes == ["0.5", "0.4", "0.3", "0.2", "0.1"]
    assert last["cursor"] == ""


def test_fills_of_a_time_and_of_a_product(clock, coinbase, advanced):
    coinbase.trade("main", "ETH-USD", "1")
    clock.advance(hours=1)
    later = clock.now.isoformat()
    coinbase.trade("main", "BTC-USD", "0.1")
    coinbase.trade("main", BIT, "2")
    assert [each["product_id"] for each in fills(advanced, start_sequence_timestamp=later)] == [
        BIT,
        "BTC-USD",
    ]
    asked = {"end_sequence_timestamp": "2026-03-02T20:00:00Z"}
    assert [each["product_id"] for each in fills(advanced, **asked)] == ["ETH-USD"]
    both = fills(advanced, product_ids=["ETH-USD", BIT])
    assert [each["product_id"] for each in both] == [BIT, "ETH-USD"]


def test_a_wrong_cursor_is_refused(advanced):
    with pytest.raises(HTTPError) as refused:
        advanced.get_fills(cursor="1")
    assert refused.value.response.status_code == 400


def test_futures_are_contracts_with_a_size(coinbase, advanced):
    coinbase.trade("main", BIT, "10", price="60000")
    coinbase.trade("main", BIP, "-3", price="61000")
    dated, endless = advanced.list_futures_positions().to_dict()["positions"]
    assert (dated["side"], dated["number_of_contracts"]) == ("LONG", "10")
    assert dated["contract_size"] == "0.01"
    assert dated["unrealized_pnl"] == {"value": "50", "currency": "USD"}  # 500 x 10 x 0.01
    assert dated["expiration_time"] == "2026-04-24T15:00:00Z"
    assert (endless["side"], endless["number_of_contracts"]) == ("SHORT", "3")
    assert endless["unrealized_pnl"]["value"] == "27"
    assert endless["expiration_time"] == ""


def test_a_partly_closed_future_realizes_and_keeps_its_average(coinbase, advanced):
    coinbase.move_to_futures("main", "5000")
    coinbase.trade("main", BIT, "10", price="60000")
    coinbase.trade("main", BIT, "-4", price="60250", is_maker=True)
    position = advanced.get_futures_position(BIT).to_dict()["position"]
    assert position["number_of_contracts"] == "6"
    assert position["avg_entry_price"]["value"] == "60000"
    assert position["daily_realized_pnl"]["value"] == "10"  # 250 x 4 x 0.01
    summary = advanced.get_futures_balance_summary().to_dict()["balance_summary"]
    assert summary["cfm_usd_balance"]["value"] == "5007.9"  # and 14 fees of 0.15
    assert wallets(advanced)["USD"] == (95000, 0)


def test_a_futures_money_may_be_plain_text(coinbase):
    coinbase.trade("main", BIT, "1")
    with serving(coinbase, futures_money="text") as desk:
        (position,) = client_of(desk).list_futures_positions().to_dict()["positions"]
    assert position["avg_entry_price"] == "60500"


def test_a_contract_size_is_told_by_the_product(advanced):
    product = advanced.get_product(BIT).to_dict()
    assert product["future_product_details"]["contract_size"] == "0.01"
    listed = advanced.get_products(product_type="FUTURE").to_dict()["products"]
    assert [each["product_id"] for each in listed] == [BIT, BIP]


def test_the_breakdown_has_cost_and_floats(coinbase, advanced):
    coinbase.deposit("main", "BTC", "1.23456789")
    coinbase.trade("main", "ETH-USD", "2", price="2000")
    shown = {each["asset"]: each for each in breakdown(advanced)["spot_positions"]}
    assert shown["BTC"]["total_balance_crypto"] == 1.23456789
    assert shown["BTC"]["cost_basis"] == {"value": "0", "currency": "USD"}
    assert shown["ETH"]["cost_basis"]["value"] == "4024"  # with 0.6 % of 4000
    assert shown["USD"]["is_cash"] is True


def test_the_breakdown_shows_futures_and_perpetuals_only_where_it_still_does(coinbase):
    coinbase.trade("main", BIT, "-2")
    coinbase.trade("main", "BTC_USDC-PERPETUAL", "0.5")
    with serving(coinbase) as desk:
        shown = breakdown(client_of(desk))
        (future,) = shown["futures_positions"]
        assert (future["amount"], future["side"]) == ("2", "FUTURES_POSITION_SIDE_SHORT")
        assert shown["perp_positions"] == []
    with serving(coinbase, breakdown_perps=True) as desk:
        (perp,) = breakdown(client_of(desk))["perp_positions"]
        assert (perp["product_id"], perp["net_size"]) == ("BTC-PERP-INTX", "0.5")


def test_portfolios_of_one_user_have_a_key_each(desk, coinbase, advanced):
    coinbase.move_funds("main", "savings", "USD", "1000")
    listed = advanced.get_portfolios().to_dict()["portfolios"]
    assert [(each["name"], each["type"]) for each in listed] == [
        ("Default", "DEFAULT"),
        ("savings", "CONSUMER"),
    ]
    assert wallets(client_of(desk, "savings")) == {"USD": (1000, 0)}
    with pytest.raises(HTTPError, match="Missing Required Scopes"):
        advanced.get_portfolio_breakdown(listed[1]["uuid"])


def test_a_key_says_what_it_may_do(desk, coinbase, advanced):
    told = advanced.get_api_key_permissions().to_dict()
    assert (told["can_view"], told["can_trade"]) == (True, False)
    assert told["portfolio_uuid"] == coinbase.account("main").portfolio
    coinbase.open_account("trader", can_trade=True)
    assert client_of(desk, "trader").get_api_key_permissions().to_dict()["can_trade"] is True


def test_only_a_key_that_may_trade_trades(desk, coinbase, advanced):
    coinbase.open_account("trader", can_trade=True, cash="100000")
    with pytest.raises(HTTPError, match="Missing Required Scopes"):
        advanced.market_order_buy("mine", "ETH-USD", base_size="1")
    trader = client_of(desk, "trader")
    assert trader.market_order_buy("mine", "ETH-USD", base_size="1").to_dict()["success"] is True
    assert wallets(trader)["ETH"] == (1, 0)
    refused = trader.market_order_sell("mine too", "ETH-USD", base_size="5").to_dict()
    assert refused["success"] is False


def test_a_trader_spends_money_rests_and_cancels(desk, coinbase):
    coinbase.open_account("trader", can_trade=True, cash="5000")
    trader = client_of(desk, "trader")
    trader.market_order_buy("a", "ETH-USD", quote_size="1000")
    resting = trader.limit_order_gtc_sell("b", "ETH-USD", "0.1", "9999").to_dict()
    done = trader.cancel_orders([resting["order_id"], "none"]).to_dict()["results"]
    assert [each["success"] for each in done] == [True, False]
    order = trader.get_order(resting["order_id"]).to_dict()["order"]
    assert (order["status"], order["order_type"]) == ("CANCELLED", "LIMIT")
    assert wallets(trader)["USD"] == (4000, 0)


def test_who_may_not_trade_may_not_cancel(coinbase, advanced):
    order = coinbase.place_order("main", "ETH-USD", "1", limit_price="1")
    with pytest.raises(HTTPError, match="Missing Required Scopes"):
        advanced.cancel_orders([order.id])
    assert coinbase.account("main").orders[order.id].status == "OPEN"


def test_prices_are_public(fetch):
    base = f"{fetch.simulator.address}{BASE}/market/products"
    listed = fetch.session.get(base, timeout=10).json()
    assert {row["product_type"] for row in listed["products"]} == {"SPOT", "FUTURE"}
    one = fetch.session.get(f"{base}/BTC-USD", timeout=10).json()
    assert (one["product_id"], one["price"]) == ("BTC-USD", "60000")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/none", 404),
        ("/accounts?limit=x", 400),
        ("/accounts?retail_portfolio_id=none", 403),
        ("/cfm/positions/none", 404),
        ("/orders/historical/none", 404),
        ("/orders/historical/fills?start_sequence_timestamp=yesterday", 400),
        ("/portfolios/none", 404),
        ("/products/BTC_USDC-PERPETUAL", 404),
        ("/nothing", 404),
    ],
)
def test_what_there_is_not(fetch, path, status):
    path, _, query = path.partition("?")
    answer = fetch("GET", f"{BASE}{path}", params=query)
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "error_details", "message"}


def test_accounts_of_ones_own_portfolio_by_name(coinbase, advanced):
    own = coinbase.account("main").portfolio
    assert wallets(advanced, retail_portfolio_id=own) == wallets(advanced)


def test_a_retired_path_may_lack_its_rows(coinbase):
    with serving(coinbase, intx="no positions key") as desk:
        shown = client_of(desk).list_perps_positions(coinbase.account("main").portfolio)
    assert shown.to_dict() == {}  # the SDK says nothing


@pytest.mark.parametrize(("intx", "status"), [("gone", 410), ("not found", 404), ("empty", 200)])
def test_the_retired_paths(coinbase, intx, status):
    coinbase.trade("main", "BTC_USDC-PERPETUAL", "0.5")
    with serving(coinbase, intx=intx) as desk:
        client, portfolio = client_of(desk), coinbase.account("main").portfolio
        if status == 200:
            shown = client.list_perps_positions(portfolio).to_dict()
            assert shown["positions"] == []
            return
        with pytest.raises(HTTPError) as refused:
            client.list_perps_positions(portfolio)
        assert refused.value.response.status_code == status


def test_the_time_is_the_markets(clock, advanced):
    told = advanced.get_unix_time().to_dict()
    assert told["epoch_millis"] == "1772481072065"
    assert told["iso"] == "2026-03-02T19:51:12.065361Z"


def test_limits_are_told_and_kept(coinbase):
    with serving(coinbase, calls_per_s=2) as desk:
        desk._ticks = lambda: 5.0
        client = client_of(desk, rate_limit_headers=True)
        assert client.get(f"{BASE}/accounts")["x-ratelimit-limit"] == "2"
        client.get_accounts()
        with pytest.raises(HTTPError) as refused:
            client.get_accounts()
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["retry-after"] == "1"
