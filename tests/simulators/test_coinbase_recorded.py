"""The simulator's answers look like the recorded ones: the same keys and types, and the same forms
of numbers."""

import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from .coinbase import (
    ABSENT,
    BIP,
    BIT,
    RECORDED,
    Stream,
    client_of,
    recorded,
    serving,
    streaming,
)

pytestmark = [
    pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT),
    # The SDK's own way to open a connection.
    pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning"),
]

FORMS = [
    ("nothing", r""),
    ("number", r"-?\d+(\.\d+)?"),
    ("instant", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"),
    ("text", r"(?s).+"),
]
Forms = dict[str, set[str]]


def form(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    if isinstance(value, int | float):
        return "JSON number"
    return next(name for name, pattern in FORMS if re.fullmatch(pattern, value))


def forms(body: Any, path: str = "") -> Forms:
    """By path, what stands there; the rows of a list have one path."""
    found: Forms = defaultdict(set)
    if isinstance(body, dict):
        children = [(f"{path}.{name}", value) for name, value in body.items()]
    elif isinstance(body, list):
        children = [(f"{path}[]", value) for value in body]
    else:
        return {path: {form(body)}}
    for child, value in children:
        for deeper, kinds in forms(value, child).items():
            found[deeper] |= kinds
    return found


def check(theirs: Any, ours: Any, *, gone: str = "(?!)", other: str = "(?!)") -> None:
    """What was recorded is there and looks the same, but for paths that are `gone` since, or look
    `other` today."""
    known, shown = forms(theirs), forms(ours)
    missing = {path for path in known.keys() - shown.keys() if not re.search(gone, path)}
    assert not missing
    for path in known.keys() & shown.keys():
        if not re.search(other, path):
            assert shown[path] <= known[path], path


@pytest.fixture
def rest(coinbase, advanced):
    """An account to which a bit of everything has happened."""
    coinbase.list_pair("ALGO-USD", price="0.2569")
    coinbase.deposit("main", "SAND", "242.21")
    coinbase.trade("main", "ALGO-USD", "5.5", price="0.2577")
    coinbase.buy_for("main", "ALGO-USD", "1", price="0.255")
    coinbase.trade("main", "ALGO-USD", "-5", price="0.2569")
    order = coinbase.place_order("main", "ALGO-USD", "-0.5", limit_price="0.9")
    coinbase.cancel_order("main", order.id)
    return advanced


def bodies(prefix: str) -> list[Any]:
    return [
        recorded(file.stem) for file in sorted((RECORDED / "kmiq_fixtures").glob(f"{prefix}*.json"))
    ]


def crypto(body: dict) -> dict:
    """Those recorded are all of coins."""
    return body | {"accounts": [row for row in body["accounts"] if row["currency"] != "USD"]}


def test_pages_of_accounts(rest):
    for theirs in bodies("list_accounts"):
        # The last page's cursor was masked, or left out.
        check(theirs, crypto(rest.get_accounts().to_dict()), other=r"^\.cursor")


def test_a_page_has_49_accounts_and_16_decimals(coinbase, advanced):
    (theirs, *_) = bodies("list_accounts_success")
    for number in range(60):
        coinbase.deposit("main", f"C{number}", "1.5")
    ours = advanced.get_accounts().to_dict()
    assert (ours["size"], ours["has_next"]) == (theirs["size"], theirs["has_next"]) == (49, True)

    def decimals(body):
        values = [row["available_balance"]["value"] for row in crypto(body)["accounts"]]
        return {-Decimal(value).as_tuple().exponent for value in values}

    assert decimals(ours) == decimals(theirs) == {16}


def test_recorded_amounts_come_back_digit_by_digit(coinbase, desk):
    (theirs, *_) = bodies("list_accounts_success")
    coinbase.open_account("theirs")
    for row in theirs["accounts"]:
        if Decimal(row["available_balance"]["value"]):
            coinbase.deposit("theirs", row["currency"], row["available_balance"]["value"])
        else:
            coinbase.open_wallet("theirs", row["currency"])
    ours = client_of(desk, "theirs").get_accounts(limit=250).to_dict()["accounts"]
    shown = {row["currency"]: row["available_balance"] for row in ours}
    assert all(shown[row["currency"]] == row["available_balance"] for row in theirs["accounts"])


def test_one_account(rest):
    wallet = crypto(rest.get_accounts().to_dict())["accounts"][0]
    ours = rest.get_account(wallet["uuid"]).to_dict()
    check(recorded("get_account_success_response"), ours)


def test_accounts_of_the_newer_source(rest):
    ours = rest.get_accounts().to_dict()
    check(recorded("http_accounts"), ours)


def test_fills(rest):
    for theirs in [*bodies("list_fills"), recorded("http_fills")]:
        check(theirs, rest.get_fills().to_dict(), other=r"^\.cursor|portfolio_id")
    ours = rest.get_fills(limit=1).to_dict()
    assert form(ours["cursor"]) == form(recorded("list_fills_success_response")["cursor"])


def test_a_size_in_quote_is_reckoned_as_recorded(coinbase, advanced):
    (theirs,) = [
        row for row in recorded("list_fills_success_response")["fills"] if row["size_in_quote"]
    ]
    coinbase.list_pair(theirs["product_id"], price="1")
    coinbase.buy_for("main", theirs["product_id"], "1", price=theirs["price"])
    (ours,) = advanced.get_fills().to_dict()["fills"]
    for name in ("size", "commission", "price", "size_in_quote", "side"):
        assert ours[name] == theirs[name], name


def test_orders(rest):
    same = {"gone": "^.$", "other": r"cursor|portfolio_id|last_fill|margin_type|\.fee$"}
    limit = [row for row in rest.list_orders().to_dict()["orders"] if row["order_type"] == "LIMIT"]
    for theirs in bodies("list_orders"):
        canceled = [row for row in theirs["orders"] if row["order_type"] == "LIMIT"]
        check({"orders": canceled}, {"orders": limit}, gone="extra|unnamed|stop_limit")
        page = rest.list_orders().to_dict()
        check({**theirs, "orders": []}, {**page, "orders": []}, **same)
    ours = rest.get_order(limit[0]["order_id"]).to_dict()
    check(recorded("get_order_success_response"), ours, gone="edit_history")
    check(recorded("http_order"), ours, other=same["other"] + "|message")


def test_portfolios_and_their_breakdown(coinbase, rest):
    check(bodies("list_portfolios")[0], rest.get_portfolios().to_dict())
    portfolio = coinbase.account("main").portfolio
    ours = rest.get_portfolio_breakdown(portfolio).to_dict()
    check(recorded("get_portfolio_breakdown_success_response"), ours)


def test_fees(rest):
    check(
        recorded("get_transactions_summary_success_response"),
        rest.get_transaction_summary().to_dict(),
    )


def test_orders_that_are_placed(coinbase, desk):
    coinbase.list_pair("ALGO-USD", price="0.2569")
    coinbase.open_account("trader", cash="100", can_trade=True)
    trader = client_of(desk, "trader")
    poor = trader.limit_order_gtc_buy("mine", "ALGO-USD", "1000", "0.15").to_dict()
    check(
        recorded("create_order_failure_no_funds_response"),
        poor,
        gone="preview",
        other="details|limit",
    )


def test_futures(coinbase, rest):
    coinbase.trade("main", BIP, "2")
    for product in (BIP, BIT):
        coinbase.trade("main", product, "1")
    ours = rest.list_futures_positions().to_dict()
    check(recorded("http_cfm_positions"), ours, other="expiration_time")
    check(recorded("http_cfm_position"), rest.get_futures_position(BIP).to_dict())
    summary = rest.get_futures_balance_summary().to_dict()
    check(recorded("http_cfm_balance_summary"), summary)


def test_products(rest):
    ours = rest.get_products(product_type="FUTURE").to_dict()
    check(recorded("http_products_future"), ours, other="settlement|index_price")


def test_messages_of_the_stream(coinbase, desk):
    coinbase.place_order("main", "BTC-USD", "0.001", limit_price="68900.5")
    with streaming(desk, "heartbeats", "user") as stream:
        check(
            recorded("ws_subscriptions"), stream.next("subscriptions"), gone="level2|market_trades"
        )
        check(recorded("ws_heartbeats"), stream.next("heartbeats"))
        check(recorded("ws_user"), stream.next("user"))


def test_amounts_of_futures_have_both_known_forms(coinbase):
    coinbase.trade("main", BIT, "1")
    with serving(coinbase, futures_money="text") as desk:
        (position,) = client_of(desk).list_futures_positions().to_dict()["positions"]
    assert form(position["avg_entry_price"]) == "number"


def test_the_sdk_makes_its_objects_of_what_the_stream_says(desk, coinbase):
    from coinbase.websocket.types.websocket_response import WebsocketResponse

    with streaming(desk, "user") as stream:
        assert isinstance(stream, Stream)
        stream.next("user")
        coinbase.trade("main", "ETH-USD", "0.5")
        told = WebsocketResponse(stream.next("user"))
    assert told.events[0].orders[0].cumulative_quantity == "0.5"
