"""Coinbase's historical fills: sizes in either currency, commissions, spot that is never short."""

import json
from pathlib import Path

import pytest

from replay.conftest import Replay, shown
from replay.exports import coinbase_fill
from tieout.replay.words import answer

LATER = "2026-11-20T16:00:00Z"


def test_recorded_fills_of_2023(replay: Replay, recorded: Path):
    file = recorded / "coinbase" / "kmiq_fixtures" / "list_fills_success_response.json"
    result = replay(file.read_text(encoding="utf-8"), name="fills.json", venue="coinbase")
    assert (result.fills, result.counts.known) == (5, 2)
    [position] = shown(result)["positions"]
    # 0.9940357852882704 dollars at 0.255, and the first purchase had been sold.
    assert position["quantity"] == "3.89817955015008"
    assert position["symbol"] == "ALGO-USD"


def test_written_fills_of_the_documentation(replay: Replay, recorded: Path):
    file = recorded / "coinbase" / "nautilus" / "http_fills.json"
    result = replay(file.read_text(encoding="utf-8"), name="fills.json", venue="coinbase")
    assert [each["symbol"] for each in shown(result)["positions"]] == ["BTC-USD"]
    assert result.counts.unknown_entry == 1


def test_the_commission_is_a_fee(replay: Replay):
    fills = {
        "fills": [
            coinbase_fill(entry_id="e2", side="SELL", price="110", trade_time=LATER),
            coinbase_fill(),
        ],
        "cursor": "",
    }
    result = replay(fills, name="fills.json", venue="coinbase")
    assert shown(result)["realized"]["USD"] == {
        "gross": "20", "fees": "1.0", "net": "19.0", "incomplete": False,
    }  # fmt: skip
    assert shown(result)["closings"]["agree"] is None


def test_a_size_in_the_quote_currency_buys_what_it_pays_for(replay: Replay):
    fills = [coinbase_fill(size="100", price="80", size_in_quote=True)]
    [position] = shown(replay(fills, name="fills.json", venue="coinbase"))["positions"]
    assert position["quantity"] == "1.25"


def test_coins_that_no_fill_bought_were_there_before(replay: Replay):
    fills = [coinbase_fill(), coinbase_fill(entry_id="e2", side="SELL", size="5", trade_time=LATER)]
    result = replay(fills, name="fills.json", venue="coinbase")
    assert (result.counts.unknown_entry, result.positions) == (1, [])


@pytest.mark.parametrize("first", ["BTC-USD", "BTC-USDC"])
def test_products_in_dollars_and_usdc_are_one_coin(replay: Replay, first: str):
    """Edge case 73: one wallet, so what is bought with either is sold for either."""
    other = {"BTC-USD": "BTC-USDC", "BTC-USDC": "BTC-USD"}[first]
    fills = [
        coinbase_fill(product_id=first, size="1", price="50000"),
        coinbase_fill(entry_id="e2", product_id=other, size="1", price="50010"),
        coinbase_fill(entry_id="e3", side="SELL", product_id="BTC-USD", price="51000",
                      trade_time=LATER),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="coinbase")
    assert (result.counts.known, result.counts.unknown_entry, result.positions) == (1, 0, [])
    assert shown(result)["realized"]["USD"]["gross"] == "1990"
    assert result.remarks == [
        "BTC: traded in USD and in USDC, which is one coin; counted in USD, one for one"
    ]


def test_a_coin_traded_in_usdc_alone_is_counted_in_usdc(replay: Replay):
    fills = [
        coinbase_fill(product_id="BTC-USDC"),
        coinbase_fill(entry_id="e2", side="SELL", product_id="BTC-USDC", price="110",
                      trade_time=LATER),
        coinbase_fill(entry_id="e3", product_id="BTC-USD", retail_portfolio_id="other"),
    ]  # fmt: skip
    result = replay(fills, name="fills.json", venue="coinbase")
    assert shown(result)["realized"]["USDC"]["gross"] == "20"
    assert result.remarks == []


def test_a_perpetual_may_be_short_and_is_paid_in_usdc(replay: Replay):
    fills = [coinbase_fill(product_id="BTC-PERP-INTX", side="SELL")]
    [position] = shown(replay(fills, name="fills.json", venue="coinbase"))["positions"]
    assert (position["quantity"], position["currency"]) == ("-2", "USDC")


def test_several_pages_one_a_line(replay: Replay):
    pages = [{"fills": [coinbase_fill()], "cursor": "x"}, {"fills": [coinbase_fill()]}]
    text = "\n".join(json.dumps(page) for page in pages)
    result = replay(text, name="pages.jsonl", venue="coinbase")
    assert (result.fills, result.remarks) == (
        1, ["1 x a row that was there before: counted once"],
    )  # fmt: skip


def test_portfolios_are_accounts(replay: Replay):
    fills = [
        coinbase_fill(retail_portfolio_id="one"),
        coinbase_fill(entry_id="e2", retail_portfolio_id="two"),
    ]
    held = shown(replay(fills, name="fills.json", venue="coinbase"))["positions"]
    assert [each["account"] for each in held] == ["one", "two"]


def test_what_cannot_be_replayed_is_told(replay: Replay):
    fills = [
        coinbase_fill(),
        coinbase_fill(entry_id="e2", product_id="BIT-26APR24-CDE"),
        coinbase_fill(entry_id="e3", trade_type="REVERSAL"),
    ]
    result = replay(fills, name="fills.json", venue="coinbase")
    assert (result.agrees, answer(result)) == (False, "NOT all agrees: 2 rows not used.")
    assert result.remarks == [
        "1 x not used: a future, and the size of a contract is not in the file",
        "1 x not used: trade_type REVERSAL, the position may be off by it",
    ]
