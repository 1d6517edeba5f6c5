"""The JSON-RPC gateway of the international perpetuals."""

import pytest

from .coinbase import PERP, Caller, Rpc, serving

INVERSE = "BTC-PERPETUAL"
TRADES = "private/get_user_trades_by_currency_and_time"


@pytest.fixture(autouse=True)
def funded(coinbase):
    coinbase.convert("main", "USD", "USDC", "50000")
    coinbase.move_to_perps("main", "20000")


def trades(rpc, **asked) -> dict:
    now = 1_900_000_000_000
    return rpc(TRADES, **{"currency": "USDC", "start_timestamp": 0, "end_timestamp": now, **asked})


def test_a_token_is_exchanged_for_a_bearer(rpc):
    given = rpc.sign_in()
    assert (given["token_type"], given["expires_in"]) == ("bearer", 3600)
    assert "buys" not in given["scope"]
    assert rpc("private/get_positions", currency="any") == []


def test_a_key_that_may_trade_has_a_wider_scope(desk, coinbase):
    coinbase.open_account("trader", can_trade=True)
    assert "wallet:buys:create" in Rpc(desk, "trader").sign_in()["scope"]


def test_amounts_are_json_numbers_with_all_their_digits(coinbase, rpc):
    coinbase.trade("main", PERP, "0.123456789012", price="60000.5")
    (position,) = rpc("private/get_positions", currency="USDC")
    assert position["size_currency"] == "0.123456789012"  # parse_float=str: its digits
    assert position["average_price"] == "60000.5"
    text = rpc.post("private/get_positions", currency="USDC").text
    assert '"size_currency":0.123456789012,' in text
    assert '"leverage":10,' in text


def test_a_short_is_signed_and_has_a_direction(coinbase, rpc):
    coinbase.trade("main", PERP, "-0.25", price="60000")
    coinbase.set_price(PERP, "59000")
    (position,) = rpc("private/get_positions", currency="any")
    assert (position["direction"], position["size_currency"]) == ("sell", "-0.25")
    assert position["floating_profit_loss"] == 250
    assert position["kind"] == "future"


def test_an_inverse_perpetual_has_a_harmonic_average_and_realizes_in_coin(coinbase, rpc):
    for quantity, price in (("10000", "10000"), ("10000", "40000"), ("-30000", "20000")):
        coinbase.trade("main", INVERSE, quantity, price=price)
    first, second, third = trades(rpc, currency="BTC", sorting="asc")["trades"]
    assert {each["fee_currency"] for each in (first, second, third)} == {"BTC"}
    assert (first["amount"], third["direction"]) == (10000, "sell")
    assert third["profit_loss"] == "0.25"  # 20000 x (1/16000 - 1/20000)
    (position,) = rpc("private/get_positions", currency="any")
    assert (position["size"], position["average_price"]) == (-10000, 20000)
    assert position["realized_profit_loss"] == "0.25"


def test_an_inverse_perpetual_is_in_dollars_and_pays_in_coin(coinbase, rpc):
    coinbase.deposit("main", "BTC", "2")
    coinbase.move_to_perps("main", "1", currency="BTC")
    coinbase.trade("main", INVERSE, "60000", price="60000")
    coinbase.set_price(INVERSE, "75000")
    (position,) = rpc("private/get_positions", currency="BTC")
    assert (position["size"], position["size_currency"]) == (60000, "0.8")
    assert position["floating_profit_loss"] == "0.2"  # 60000 x (1/60000 - 1/75000)
    assert rpc("private/get_positions", currency="USDC") == []


def test_a_partial_close_realizes_and_the_money_is_there(coinbase, rpc):
    coinbase.trade("main", PERP, "1", price="60000", is_maker=True)
    coinbase.trade("main", PERP, "-0.4", price="61000", is_maker=True)
    (position,) = rpc("private/get_positions", currency="any")
    assert (position["size_currency"], position["average_price"]) == ("0.6", 60000)
    assert position["realized_profit_loss"] == 400
    by_currency = {
        row["currency"]: row for row in rpc("private/get_account_summaries")["summaries"]
    }
    assert by_currency["USDC"]["balance"] == 20400
    assert [row["profit_loss"] for row in trades(rpc)["trades"]] == [400, 0]


def test_a_flip_opens_the_rest_at_its_price(coinbase, rpc):
    coinbase.trade("main", PERP, "0.5", price="60000")
    coinbase.trade("main", PERP, "-0.75", price="60400")
    (position,) = rpc("private/get_positions", currency="any")
    assert (position["size_currency"], position["average_price"]) == ("-0.25", 60400)
    assert position["realized_profit_loss"] == 200


def test_a_closed_position_is_absent_and_one_alone_is_flat(coinbase, rpc):
    coinbase.trade("main", PERP, "0.5")
    coinbase.trade("main", PERP, "-0.5")
    assert rpc("private/get_positions", currency="any") == []
    assert rpc("private/get_position", instrument_name=PERP)["size_currency"] == 0


def test_funding_moves_money_and_is_in_the_log(coinbase, rpc):
    coinbase.trade("main", PERP, "1", price="60000", is_maker=True)
    coinbase.set_price(PERP, "60000")
    assert coinbase.pay_funding(PERP, "0.0001") == 1
    (position,) = rpc("private/get_positions", currency="any")
    assert position["realized_funding"] == -6
    newest = rpc("private/get_transaction_log", currency="USDC")["logs"][0]
    assert (newest["type"], newest["change"], newest["balance"]) == ("settlement", -6, 19994)


def test_the_log_comes_by_pages(coinbase, rpc):
    for _ in range(3):
        coinbase.move_to_perps("main", "1")
    seen, continuation = [], None
    while True:
        page = rpc(
            "private/get_transaction_log", currency="USDC", count=2, continuation=continuation
        )
        seen += [row["change"] for row in page["logs"]]
        continuation = page["continuation"]
        if continuation is None:
            break
    assert seen == [1, 1, 1, 20000]


def test_trades_come_in_pages_that_say_whether_there_are_more(clock, coinbase, rpc):
    for number in range(1, 13):
        coinbase.trade("main", PERP, f"0.{number:02}")
        clock.advance(seconds=1)
    page = trades(rpc)
    assert (len(page["trades"]), page["has_more"]) == (10, True)
    assert page["trades"][0]["amount"] == "0.12"  # the newest first
    page = trades(rpc, count=1000, sorting="asc")
    assert (len(page["trades"]), page["has_more"]) == (12, False)
    assert page["trades"][0]["amount"] == "0.01"
    assert [row["trade_seq"] for row in page["trades"]] == list(range(1, 13))


def test_trades_of_one_millisecond_are_on_both_ends_of_a_time(coinbase, rpc):
    coinbase.trade("main", PERP, "0.3", parts=["0.1", "0.1"])
    (at,) = {row["timestamp"] for row in trades(rpc)["trades"]}
    assert len(trades(rpc, start_timestamp=at, end_timestamp=at)["trades"]) == 3
    assert trades(rpc, start_timestamp=at + 1)["trades"] == []


def test_older_trades_are_told_only_when_the_history_is_asked_for(clock, coinbase, desk, rpc):
    coinbase.trade("main", PERP, "0.1")
    clock.advance(hours=25)
    coinbase.trade("main", PERP, "0.2")
    assert [row["amount"] for row in trades(rpc)["trades"]] == ["0.2"]
    whole = trades(rpc, historical=True)["trades"]
    assert [row["amount"] for row in whole] == ["0.2", "0.1"]


def test_history_may_lag(coinbase):
    coinbase.trade("main", PERP, "0.1")
    with serving(coinbase, historical_delay_s=5) as desk:
        rpc = Rpc(desk)
        assert trades(rpc, historical=True)["trades"] == []
        assert len(trades(rpc)["trades"]) == 1


def test_a_liquidation_is_told_by_its_trade(coinbase, rpc):
    coinbase.trade("main", PERP, "1")
    coinbase.liquidate("main", PERP, quantity="0.4", price="50000")
    newest, first = trades(rpc)["trades"]
    assert (newest["liquidation"], newest["direction"], newest["amount"]) == ("T", "sell", "0.4")
    assert "liquidation" not in first


def test_perpetuals_are_not_among_the_fills(coinbase, fetch, rpc):
    coinbase.trade("main", PERP, "1")
    assert fetch.get("/orders/historical/fills").json()["fills"] == []
    assert fetch.get("/orders/historical/batch").json()["orders"] == []


def test_an_account_has_a_name_of_its_own(desk):
    own, other = (Rpc(desk, name)("private/get_account_summaries") for name in ("main", "other"))
    assert own["id"] != other["id"]
    assert own["type"] == "main"
    assert own["system_name"] == desk.market.account("main").portfolio


def test_subaccounts_details_hold_the_positions_too(coinbase, rpc):
    coinbase.trade("main", PERP, "1")
    (own,) = rpc("private/get_subaccounts_details", currency="USDC")
    assert own["positions"] == rpc("private/get_positions", currency="USDC")


def test_instruments_are_public(fetch):
    answer = fetch.session.get(
        f"{fetch.simulator.gateway_address}/public/get_instruments?currency=USDC", timeout=10
    )
    (row,) = answer.json()["result"]
    assert (row["instrument_name"], row["settlement_currency"]) == (PERP, "USDC")


def test_one_instrument_and_one_currency(coinbase, rpc):
    assert rpc("public/get_instrument", instrument_name=INVERSE)["settlement_currency"] == "BTC"
    assert rpc.post("public/get_instrument", instrument_name="X").status_code == 400
    summary = rpc("private/get_account_summary", currency="USDC", extended=True)
    assert (summary["equity"], summary["username"]) == (20000, "main")
    assert "username" not in rpc("private/get_account_summary", currency="USDC")
    coinbase.trade("main", PERP, "1")
    assert rpc("private/get_position", instrument_name=PERP)["size_currency"] == 1
    assert rpc("private/get_positions", kind="option") == []


def test_a_body_that_is_no_json_is_refused(rpc):
    answer = rpc.caller.session.post(rpc.caller.simulator.gateway_address, data="{", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32601)


def test_a_call_may_stand_in_the_path(coinbase, rpc):
    coinbase.trade("main", PERP, "1")
    rpc.sign_in()
    session, url = rpc.caller.session, rpc.caller.simulator.gateway_address
    bearer = {"Authorization": f"Bearer {rpc.token}"}
    path = f"{url}/private/get_positions"
    asked = session.get(f"{path}?currency=any", headers=bearer, timeout=10).json()
    body = {"jsonrpc": "2.0", "id": 3, "method": "x", "params": {"currency": "any"}}
    posted = session.post(path, json=body, headers=bearer, timeout=10).json()
    in_body = session.post(path, json={"currency": "any"}, headers=bearer, timeout=10).json()
    assert asked["result"] == posted["result"] == in_body["result"]
    assert (asked["id"], posted["id"]) == (None, 3)


def test_without_a_token_there_is_no_answer(rpc):
    answer = rpc.post("private/get_positions", currency="any")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 13009
    assert answer.json()["id"] == 7


def test_a_token_has_its_time_and_can_be_forgotten(clock, desk, rpc):
    rpc.sign_in()
    desk.gateway.forget_tokens()
    assert rpc.post("private/get_positions").status_code == 401
    rpc.sign_in()
    clock.advance(seconds=3599)
    assert rpc.post("private/get_positions").status_code == 200
    clock.advance(seconds=1)
    assert rpc.post("private/get_positions").status_code == 401


def test_a_revoked_key_ends_its_tokens(desk, coinbase, rpc):
    rpc.sign_in()
    coinbase.revoke_key("main", desk.credentials("main").name)
    assert rpc.post("private/get_positions").status_code == 401


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("public/auth", {"grant_type": "coinbase_cdp", "token": "x"}, 13004),
        ("public/auth", {"grant_type": "password"}, -32602),
        ("private/nothing", {}, -32601),
        (TRADES, {}, -32602),
        ("private/get_position", {"instrument_name": "X"}, -32602),
    ],
)
def test_an_error_is_worded_in_its_envelope(rpc, method, params, code):
    rpc.sign_in()
    answer = rpc.post(method, **params)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert "result" not in answer.json()


def test_faults_and_calls_know_a_call_by_its_method(desk, rpc):
    rpc("private/get_positions", currency="any")
    assert [call.path for call in desk.calls] == [
        "/api/v2/public/auth",
        "/api/v2/private/get_positions",
    ]
    assert {call.account for call in desk.calls} == {"main"}
    assert "token" not in desk.calls[0].query


def test_rest_and_gateway_are_not_mixed_up(desk, rpc):
    rest = Caller(desk).get("/private/get_positions")
    assert (rest.status_code, rest.json()["error"]) == (404, "NOT_FOUND")
