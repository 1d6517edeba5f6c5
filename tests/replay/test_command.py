"""`tieout replay FILE`: what it prints, what it exits with, what goes to stderr."""

import json

import pytest

from golden import check_golden
from replay.exports import (
    activities,
    coinbase_fill,
    hyperliquid_fill,
    sale,
    statement,
    trade,
    trade_history,
)  # fmt: skip

HISTORY = trade_history(
    "BTC BUY 2 100 0 0 0.1 0x513b8629fe877bb581bf244e326a047b249c4ff1",
    "BTC SELL 1 110 2 10 0.1 0x513b8629fe877bb581bf244e326a047b249c4ff1",
    "BTC SELL 1 120 4 20 0.1 0x513b8629fe877bb581bf244e326a047b249c4ff1",
    "SOL SELL 5 20 0 0 0 0xae5eacaf9c6b9111fd53034a602c192a04e082ed",
    "SOL BUY 5 18 -5 10.5 0 0xae5eacaf9c6b9111fd53034a602c192a04e082ed",
    "@107 BUY 10 8 0 0 0.5 0xae5eacaf9c6b9111fd53034a602c192a04e082ed",
    "@107 SELL 2 9 9.5 1.2 0.01 0xae5eacaf9c6b9111fd53034a602c192a04e082ed",
)
TRADES = statement(
    trade(quantity="100", transactionID="1"),
    trade(quantity="100", tradePrice="110", transactionID="2"),
    sale(quantity="-150", tradePrice="120", fifoPnlRealized="2496.5", transactionID="3"),
    sale(
        symbol="SAP", conid="2", currency="EUR", ibCommissionCurrency="EUR", quantity="-1",
        transactionID="4",
    ),
)  # fmt: skip
FILES = {
    "history.csv": HISTORY,
    "flex.xml": TRADES,
    "fills.csv": activities("f1,AAPL,10,100.00", "f2,AAPL,-4,130.00", "f3,MSFT,5,400"),
    "wrong.csv": "symbol,quantity,price,at\nAAPL,ten,1,2026-11-20T15:00:00Z\n",
    "empty.json": "[]",
}

GOLDEN = {
    "history": (("history.csv", "--venue", "hyperliquid"), 1),
    "history-by-day": (("history.csv", "--venue", "hyperliquid", "--by", "day"), 1),
    "history-by-closing": (("history.csv", "--venue", "hyperliquid", "--by", "closing"), 1),
    "flex": (("flex.xml", "--venue", "ibkr-flex"), 1),
    "fills": (("fills.csv",), 0),
    "empty": (("empty.json",), 0),
}
GOLDEN_JSON = {
    "history": ("history.csv", "--venue", "hyperliquid"),
    "history-by-symbol": ("history.csv", "--venue", "hyperliquid", "--by", "symbol"),
    "history-by-day": ("history.csv", "--venue", "hyperliquid", "--by", "day"),
    "history-by-closing": ("history.csv", "--venue", "hyperliquid", "--by", "closing"),
    "flex": ("flex.xml", "--venue", "ibkr-flex", "--cost-basis", "fifo"),
    "fills": ("fills.csv",),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_what_people_read(tieout, name: str):
    arguments, status = GOLDEN[name]
    ran = tieout("replay", *arguments, files=FILES)
    assert ran.exit_code == status, ran.output
    check_golden(f"replay/{name}.txt", trimmed(ran.stdout))
    assert ran.stderr == ""


@pytest.mark.parametrize("name", GOLDEN_JSON)
def test_what_programs_read(tieout, name: str):
    ran = tieout("replay", *GOLDEN_JSON[name], "--json", files=FILES)
    json.loads(ran.stdout)
    check_golden(f"replay/{name}.json", ran.stdout)


def test_the_same_file_gives_the_same_bytes(tieout):
    arguments = ("replay", "history.csv", "--venue", "hyperliquid", "--json")
    assert tieout(*arguments, files=FILES).stdout == tieout(*arguments).stdout


def test_a_wrong_file_is_one_message_and_status_2(tieout):
    ran = tieout("replay", "wrong.csv", files=FILES)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == (
        'wrong.csv, line 2 (row 1), column quantity: must be a finite number, not "ten"\n'
    )


@pytest.mark.parametrize("name", ["gone.csv", ".", "a\0b"])
def test_a_file_that_cannot_be_opened_has_status_2(tieout, name: str):
    ran = tieout("replay", name)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"{name}: ")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "options", [("--venue", "kraken"), ("--cost-basis", "best"), ("--by", "year")]
)
def test_a_word_that_is_not_allowed_has_status_2(tieout, options: tuple[str, str]):
    ran = tieout("replay", "fills.csv", *options, files=FILES)
    assert ran.exit_code == 2
    assert "Traceback" not in ran.output


def test_stdin_is_read_as_a_file_is(tieout):
    fills = json.dumps([hyperliquid_fill()])
    ran = tieout("replay", "-", "--venue", "hyperliquid", "--json", stdin=fills)
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["fills"] == 1


def test_beside_json_what_has_no_place_in_it_goes_to_stderr(tieout):
    ran = tieout("replay", "history.csv", "--venue", "hyperliquid", "--json", files=FILES)
    assert ran.stderr == (
        "history.csv: 0 of 1 spot sales agree with the venue; --by closing lists them\n"
    )


def test_what_could_not_be_applied_is_named_a_few_at_a_time(tieout):
    lines = [f"e{n},expiry,AAPL,-1,2026-11-20T15:00:00Z" for n in range(12)]
    text = "\n".join(["id,type,symbol,quantity,at", *lines]) + "\n"
    ran = tieout("replay", "x.csv", "--json", files={"x.csv": text})
    assert ran.exit_code == 1
    told = ran.stderr.splitlines()
    assert len(told) == 11
    assert told[0].startswith("x.csv, row 1: not applied: an expiry of -1 does not end")
    assert told[-1] == "x.csv: 2 more could not be applied"


def test_a_fill_that_could_not_be_used_is_no_agreement(tieout):
    fills = json.dumps([coinbase_fill(trade_type="CORRECTION"), coinbase_fill(entry_id="e2")])
    ran = tieout("replay", "cb.json", "--venue", "coinbase", files={"cb.json": fills})
    assert ran.exit_code == 1
    assert "NOT all agrees: 1 row not used." in ran.stdout
    assert "1 x not used: trade_type CORRECTION, the position may be off by it" in ran.output


def test_long_work_says_how_far_it_is(tieout, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tieout.cli.replay.QUIET_S", 0)
    monkeypatch.setattr("tieout.replay.order.ROWS_PER_REPORT", 2)
    monkeypatch.setattr("tieout.replay.running.ROWS_PER_REPORT", 2)
    ran = tieout("replay", "fills.csv", "--json", files=FILES)
    assert ran.stderr == "reading: 2 fills\nreplaying: 2 fills\n"
    json.loads(ran.stdout)


def test_a_name_cannot_command_the_terminal(tieout):
    text = json.dumps([hyperliquid_fill(coin="BTC\u001b[31m")])
    ran = tieout("replay", "fills.json", "--venue", "hyperliquid", files={"fills.json": text})
    assert "\u001b" not in ran.stdout


def trimmed(text: str) -> str:
    """Without the blanks that tables have at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
