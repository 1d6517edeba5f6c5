"""The simulator's answers look like the venue's own: the same keys, types and forms of numbers;
and what it says was realized is what the venue said."""

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tieout.simulators.hyperliquid_records import How

from .hyperliquid import ABSENT, RECORDED, recorded

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT)

FORMS = [
    ("number", r"-?\d+\.\d+"),
    ("hash", r"0x[0-9a-f]{64}"),
    ("address", r"0x[0-9a-f]{40}"),
    ("text", r"(?s).*"),
]

Forms = dict[str, set[str]]


def form(value: Any) -> str:
    if not isinstance(value, str):
        return type(value).__name__
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
def busy(exchange, info, main):
    """An account to which a bit of everything has happened."""
    exchange.trade("main", "BTC", "-0.00785", price="26951")
    exchange.trade("main", "ETH", "0.1334", price="1705.82")
    exchange.trade("main", "BTC", "0.001")
    exchange.pay_funding("BTC", "0.0001")
    exchange.deposit("main", "2703997.4500000002")
    exchange.move_class("main", "-12")
    exchange.transfer_spot("main", "USDC", "-10.5")
    parent = exchange.place_order("main", "ETH", "12.5", limit_price="10")
    for kind, price in [("Stop Market", "9.995"), ("Take Profit Market", "9999.5")]:
        exchange.place_order(
            "main",
            "ETH",
            "-12.5",
            limit_price="9.2",
            type=kind,
            trigger_price=price,
            is_reduce_only=True,
            parent=parent.id,
        )
    exchange.approve_agent("main", "ok")
    return main


# `maxTradeSzs` was taken out; rows of coins without a liquidation price are in both.
def test_a_clearinghouse_state(busy, info):
    check(recorded("test_get_user_state.yaml"), info.user_state(busy), gone="maxTradeSzs")


@pytest.mark.parametrize("name", ["test_get_user_fills.yaml", "test_get_user_fills_by_time.yaml"])
def test_fills(busy, info, name):
    ours = (
        info.user_fills(busy) if name.endswith("fills.yaml") else info.user_fills_by_time(busy, 0)
    )
    check(recorded(name), ours)


# Payments were sampled in 2023; since then `nSamples` is null.
@pytest.mark.parametrize("end", ["with", "without"])
def test_funding(busy, info, end):
    theirs = recorded(f"test_user_funding_history_{end}_end_time.yaml")
    check(theirs, info.user_funding_history(busy, 0), other="nSamples")


def test_ledger_updates_of_each_type(busy, info):
    theirs = recorded("test_user_non_funding_ledger_updates_without_end_time.yaml")
    ours = info.user_non_funding_ledger_updates(busy, 0)
    for kind in {row["delta"]["type"] for row in theirs}:
        check(
            [row for row in theirs if row["delta"]["type"] == kind],
            [row for row in ours if row["delta"]["type"] == kind],
        )


def test_orders(busy, info):
    check(recorded("test_get_open_orders.yaml"), info.open_orders(busy))
    check(recorded("test_get_frontend_open_orders.yaml"), info.frontend_open_orders(busy))
    # Those recorded had no triggers.
    theirs = recorded("test_historical_orders.yaml")
    check(theirs, info.historical_orders(busy), other="tif", gone="children")


def test_all_else_that_was_recorded(busy, exchange, venue, info):
    exchange.open_account("vault", kind="vault")
    check(recorded("test_portfolio.yaml"), info.portfolio(busy))
    check(recorded("test_extra_agents.yaml"), info.extra_agents(busy))
    check(recorded("test_user_rate_limit.yaml"), info.user_rate_limit(busy))
    check(recorded("test_get_info.yaml"), info.meta())
    assert recorded("test_user_role.yaml") == info.user_role(venue.address_of("vault"))
    assert recorded("test_user_twap_slice_fills.yaml") == info.user_twap_slice_fills(busy)
    periods = [period for period, _ in recorded("test_portfolio.yaml")]
    assert [period for period, _ in info.portfolio(busy)] == periods


def test_spot_balances_and_listings(exchange, info, main):
    exchange.set_coins("main", "HYPE", "5.2", cost="75.4")
    ours = info.spot_user_state(main)
    check(recorded("http_spot_clearinghouse_state.json"), ours, other="total|hold")
    check(recorded("http_spot_meta_non_usdc_collateral.json"), info.spot_meta(), other="tokenId")


def test_a_newer_fill_has_the_same_keys_in_the_same_order(exchange, info, main):
    exchange.trade("main", "BTC", "1", client_id="0x" + "1" * 32)
    for theirs in recorded("http_user_fills_dust_conversion.json"):
        check([theirs], [{**info.user_fills(main)[0], "twapId": None}])
    exchange.liquidate("main", "BTC", quantity="0.1")
    exchange.fill_order("main", _order(exchange).id)
    (theirs,) = recorded("ws_user_fill_liquidation.json")["data"]["fills"]
    ours = {**info.user_fills(main)[1], "cloid": "0x"}
    assert list(theirs) == [name for name in theirs if name in ours]
    check(theirs["liquidation"], ours["liquidation"])


def _order(exchange):
    return exchange.place_order("main", "BTC", "0.1", limit_price="59000")


# Real trades, told to the simulator one by one.

TRADERS = {
    "main": "0xae5eacaf9c6b9111fd53034a602c192a04e082ed",
    "other": "0x513b8629fe877bb581bf244e326a047b249c4ff1",  # its perps have gaps: only its spot
}
SIZE_DECIMALS = {"BTC": 5, "ETH": 4, "HYPE": 2, "SOL": 2}


def is_near(ours: Decimal, told: str) -> bool:
    """To the digits that the spreadsheet kept: ten of them, and the venue's six decimals."""
    theirs = Decimal(told)
    return abs(ours - theirs) <= max(abs(theirs) * Decimal("1e-9"), Decimal("0.000002"))


def history(account: str) -> list[dict[str, str]]:
    path = RECORDED / "trade_history_csv" / "fills_2_accounts.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Account"] == TRADERS[account]]
    if account == "main":
        return rows
    return [row for row in rows if row["Coin"].startswith("@")]


def list_what_was_traded(exchange, rows):
    sizes = defaultdict(list)
    for row in rows:
        sizes[row["Coin"]].append(Decimal(row["Size Tokens"]))
    for coin in sizes.keys() - exchange.marks.keys():
        if coin.startswith("@"):
            number = int(coin[1:])
            exchange.list_pair(f"T{number}", price="1", index=number, token_index=number + 1000)
            continue
        seen = max(-size.normalize().as_tuple().exponent for size in sizes[coin])
        exchange.list_perp(
            coin, price="1", size_decimals=SIZE_DECIMALS.get(coin, max(seen, 0)), leverage_max=20
        )


@pytest.mark.parametrize(("account", "perps", "pairs"), [("main", 460, 103), ("other", 0, 979)])
def test_what_is_realized_is_what_the_venue_said(exchange, account, perps, pairs):
    rows, counts = history(account), Counter()
    exchange.set_coins(account, "USDC", "100000000")
    list_what_was_traded(exchange, rows)
    owner = exchange.account(account)
    for number, row in enumerate(rows):
        is_dust = row["Direction"] == "Spot Dust Conversion"
        fill = exchange.fill(
            owner,
            row["Coin"],
            Decimal(row["Size Tokens"]) * (1 if row["Side"] == "BUY" else -1),
            Decimal(row["Execution Price"]),
            How(
                order_id=number,
                fee=Decimal(row["Fee"]),
                closed_pnl=Decimal(0) if is_dust else None,
            ),
        )
        assert is_near(fill.start, row["Start Position"]), row
        is_right = is_near(fill.closed_pnl, row["Closed PnL"])
        has_its_word = is_dust or fill.direction == row["Direction"]
        counts["pair" if row["Coin"].startswith("@") else "perp", is_right and has_its_word] += 1
    expected = {("perp", True): perps, ("pair", True): pairs}
    assert counts == {key: count for key, count in expected.items() if count}
