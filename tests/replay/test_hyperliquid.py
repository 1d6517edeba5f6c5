"""Hyperliquid's own exports: the API's fills in JSON, the trade history as a spreadsheet."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from replay.conftest import Replay, shown
from replay.exports import hyperliquid_fill, trade_history


def body(cassette: Path) -> str:
    """The recorded reply."""
    recorded = yaml.safe_load(cassette.read_text(encoding="utf-8"))
    text: str = recorded["interactions"][0]["response"]["body"]["string"]
    return text


@pytest.mark.parametrize("name", ["test_get_user_fills", "test_get_user_fills_by_time"])
def test_the_recorded_fills_have_one_gap_at_the_edge_of_the_reply(
    replay: Replay, recorded: Path, name: str
):
    text = body(recorded / "hyperliquid" / "sdk_cassettes" / f"{name}.yaml")
    result = replay(text, name="fills.json", venue="hyperliquid")
    assert result.fills == 500
    assert [(gap.row, gap.symbol) for gap in result.gaps] == [(499, "SUI")]
    # Recorded in 2023, when the venue realized by another rule than it has had since.
    counts = result.counts
    assert (counts.known, counts.agree, counts.unknown_entry) == (123, 22, 167)


def test_recorded_spot_fills_with_a_fee_in_the_coin(replay: Replay, recorded: Path):
    file = recorded / "hyperliquid" / "nautilus" / "http_user_fills_dust_conversion.json"
    result = replay(file.read_text(encoding="utf-8"), name="fills.json", venue="hyperliquid")
    held = {each["symbol"]: each["quantity"] for each in shown(result)["positions"]}
    assert held == {
        "@156": "1.26611311", "ARB": "440616.8", "JUP": "-88799.0", "MANTA": "-62741.6",
    }  # fmt: skip
    assert (result.fills, result.gaps) == (5, [])


def test_a_recorded_push_of_the_websocket_is_read(replay: Replay, recorded: Path):
    file = recorded / "hyperliquid" / "nautilus" / "ws_user_fill_liquidation.json"
    result = replay(file.read_text(encoding="utf-8"), name="push.json", venue="hyperliquid")
    assert result.fills == 1


def test_the_average_is_cut_where_the_coins_prices_end(replay: Replay):
    """BTC has five size decimals and so one price decimal: 100.33333 counts as 100.3."""
    fills = [
        hyperliquid_fill(time=1, sz="2", px="100"),
        hyperliquid_fill(time=2, sz="1", px="101", startPosition="2"),
        hyperliquid_fill(
            time=3, sz="3", px="110", side="A", startPosition="3", closedPnl="29.1"
        ),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert (result.counts.known, result.counts.agree) == (1, 1)
    assert shown(result)["realized"]["USD"]["gross"] == "29"


def test_an_unknown_coin_has_the_decimals_of_its_sizes(replay: Replay):
    fills = [
        hyperliquid_fill(coin="NEW", time=1, sz="2.25", px="100"),
        hyperliquid_fill(coin="NEW", time=2, sz="0.750", px="101", startPosition="2.25"),
        hyperliquid_fill(
            coin="NEW", time=3, sz="3", px="110", side="A", startPosition="3", closedPnl="29.25"
        ),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert result.counts.agree == 1


def test_a_difference_has_the_exact_figure_beside_it(replay: Replay):
    result = replay(
        trade_history("BTC BUY 2 100 0 0 0", "BTC BUY 1 101 2 0 0", "BTC SELL 3 110 3 29.2 0"),
        venue="hyperliquid",
    )
    assert shown(result)["closings"]["differ"] == [
        {
            "row": 3, "symbol": "BTC", "ours": "29.1", "theirs": "29.2", "difference": "-0.1",
            "exact": "29",
        }
    ]  # fmt: skip


def test_agreement_ends_at_two_micro_dollars(replay: Replay):
    text = "BTC BUY 1 100 0 0 0", "BTC SELL 1 110 1 {} 0"
    just = replay(trade_history(text[0], text[1].format("10.000002")), venue="hyperliquid")
    beyond = replay(trade_history(text[0], text[1].format("10.000003")), venue="hyperliquid")
    assert (just.counts.agree, beyond.counts.agree) == (1, 0)


def test_a_bought_coin_cost_what_was_paid_for_what_came_in(replay: Replay):
    """2 bought at 100 with a fee of 0.5 coins: 1.5 came in for 200."""
    result = replay(
        trade_history("@107 BUY 2 100 0 0 0.5", "@107 SELL 1.5 160 1.5 40 0.3"),
        venue="hyperliquid",
    )
    assert (result.counts.known, result.apart.known, result.apart.agree) == (0, 1, 1)
    assert result.agrees
    assert shown(result)["positions"] == []


def test_a_spot_sale_that_differs_is_told_though_not_counted(replay: Replay):
    result = replay(
        trade_history("@107 BUY 2 100 0 0 0", "@107 SELL 2 160 2 121 0"), venue="hyperliquid"
    )
    assert shown(result)["closings"] == {
        "known": 0, "agree": 0, "unknown_entry": 0, "differ": [],
    }  # fmt: skip
    assert not result.agrees


def test_a_dust_conversion_is_not_compared(replay: Replay):
    fills = [
        hyperliquid_fill(coin="@1", time=1, sz="2"),
        hyperliquid_fill(
            coin="@1", time=2, sz="2", px="110", side="A", startPosition="2",
            dir="Spot Dust Conversion", tid=0, closedPnl="0.0",
        ),
    ]  # fmt: skip
    assert replay(fills, name="fills.json", venue="hyperliquid").agrees


def test_what_a_spot_pair_is_paid_in_is_told_by_the_fee_of_a_sale(replay: Replay):
    fills = [
        hyperliquid_fill(coin="@9", time=1, sz="2", fee="0.1", feeToken="XYZ"),
        hyperliquid_fill(
            coin="@9", time=2, sz="1.9", side="A", startPosition="1.9", fee="0.2",
            feeToken="USDH", px="110",
        ),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert list(shown(result)["realized"]) == ["USDH"]


def test_pages_that_overlap_count_once(replay: Replay):
    fill = hyperliquid_fill(tid=5, sz="1")
    self_trade = hyperliquid_fill(tid=5, side="A", oid=8, startPosition="0.0")
    pages = f"{json.dumps([fill, self_trade])}"
    lines = f"{json.dumps({'fills': [fill]})}\n{json.dumps({'fills': [fill, self_trade]})}\n"
    assert replay(pages, name="fills.json", venue="hyperliquid").fills == 2
    again = replay(lines, name="fills.jsonl", venue="hyperliquid")
    assert (again.fills, again.remarks) == (
        2, ["1 x a row that was there before: counted once"],
    )  # fmt: skip


def test_times_are_indian_to_the_minute(replay: Replay):
    result = replay(trade_history("BTC BUY 1 100 0 0 0"), venue="hyperliquid")
    [position] = shown(result)["positions"]
    assert position["opened_at"] == "2024-12-02T17:20:00Z"


def test_sizes_that_a_spreadsheet_wrote_with_an_exponent_are_read(replay: Replay):
    result = replay(trade_history("BTC BUY 1.00E-05 100 0 0 0"), venue="hyperliquid")
    [held] = result.positions
    assert held.ledger.quantity == Decimal("0.00001")


def test_a_liquidation_ends_the_position_as_one(replay: Replay):
    fills = [
        hyperliquid_fill(time=1),
        hyperliquid_fill(
            time=2, side="A", startPosition="1", dir="Liquidated Cross Long", closedPnl="-10",
            px="90",
        ),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert (result.counts.agree, result.fills) == (1, 2)
