"""A fill starts from what the fills before it give, or there is a gap; what then is not known."""

from decimal import Decimal

import pytest

from replay.conftest import Replay, shown
from replay.exports import hyperliquid_fill, trade_history
from tieout.replay import folding, order


def test_fills_that_follow_each_other_have_no_gap(replay: Replay):
    result = replay(
        trade_history(
            "BTC BUY 2 100 0 0 0.1", "BTC SELL 1 110 2 10 0.1", "BTC SELL 1 120 1 20 0.1"
        ),
        venue="hyperliquid",
    )
    assert result.gaps == []
    assert (result.counts.known, result.counts.agree) == (2, 2)
    assert result.agrees


def test_a_start_that_is_another_one_is_a_gap(replay: Replay):
    result = replay(
        trade_history("BTC BUY 2 100 0 0 0", "BTC SELL 1 110 5 10 0"), venue="hyperliquid"
    )
    assert shown(result)["gaps"] == [
        {"account": "0xa", "symbol": "BTC", "row": 2, "expected": "2", "reported": "5"}
    ]
    assert not result.agrees


def test_after_a_gap_the_entry_is_not_known_until_flat(replay: Replay):
    result = replay(
        trade_history(
            "BTC BUY 2 100 0 0 0",
            "BTC SELL 1 110 5 10 0.2",  # the gap
            "BTC BUY 1 100 4 0 0",
            "BTC SELL 5 110 5 10 0",  # flat again
            "BTC BUY 1 100 0 0 0",
            "BTC SELL 1 130 1 30 0",
        ),
        venue="hyperliquid",
        by="closing",
    )
    assert len(result.gaps) == 1
    assert (result.counts.unknown_entry, result.counts.known, result.counts.agree) == (2, 1, 1)
    assert [line["gross"] for line in shown(result)["by_closing"]] == [None, None, "30"]
    assert shown(result)["realized"] == {
        "USD": {"gross": "30", "fees": "0.2", "net": "29.8", "incomplete": True}
    }


def test_the_units_of_unknown_entry_have_no_average(replay: Replay):
    result = replay(
        trade_history("BTC BUY 2 100 0 0 0", "BTC BUY 1 110 5 0 0"), venue="hyperliquid"
    )
    [position] = shown(result)["positions"]
    assert (position["quantity"], position["average_price"]) == ("6", None)


def test_a_gap_that_ends_flat_leaves_nothing_unknown_but_the_sum(replay: Replay):
    result = replay(
        trade_history("BTC BUY 2 100 0 0 0", "BTC BUY 1 100 0 0 0", "BTC SELL 1 105 1 5 0"),
        venue="hyperliquid",
    )
    assert len(result.gaps) == 1
    assert (result.counts.known, result.counts.unknown_entry) == (1, 0)
    assert shown(result)["realized"]["USD"]["incomplete"] is True


def test_a_position_from_before_the_first_fill_is_no_gap_and_not_known(replay: Replay):
    result = replay(
        trade_history("BTC SELL 1 110 3 10 0", "BTC SELL 2 120 2 20 0"), venue="hyperliquid"
    )
    assert result.gaps == []
    assert result.counts.unknown_entry == 2
    assert result.agrees


def test_a_flip_realizes_only_the_closed_part(replay: Replay):
    result = replay(
        trade_history("BTC BUY 2 100 0 0 0", "BTC SELL 5 110 2 20 0"), venue="hyperliquid"
    )
    assert (result.counts.known, result.counts.agree) == (1, 1)
    [position] = shown(result)["positions"]
    assert (position["quantity"], position["average_price"]) == ("-3", "110")


def test_the_new_side_of_a_flip_after_a_gap_is_known_again(replay: Replay):
    result = replay(
        trade_history(
            "BTC BUY 1 100 0 0 0",
            "BTC BUY 1 100 4 0 0",
            "BTC SELL 6 110 5 9 0",
            "BTC BUY 1 100 -1 10 0",
        ),
        venue="hyperliquid",
    )
    assert (result.counts.unknown_entry, result.counts.known, result.counts.agree) == (1, 1, 1)


def test_each_account_and_coin_has_its_own_positions(replay: Replay):
    result = replay(
        trade_history(
            "BTC BUY 1 100 0 0 0 0xa", "BTC BUY 1 200 0 0 0 0xb", "ETH SELL 1 30 0 0 0 0xa"
        ),
        venue="hyperliquid",
    )
    assert result.gaps == []
    held = shown(result)["positions"]
    assert [(each["account"], each["symbol"], each["quantity"]) for each in held] == [
        ("0xa", "BTC", "1"), ("0xa", "ETH", "-1"), ("0xb", "BTC", "1"),
    ]  # fmt: skip


def test_the_start_of_a_spot_position_is_rounded_to_ten_digits(replay: Replay):
    result = replay(
        trade_history(
            "@107 BUY 986.87 8 0 0 0.34540448",
            "@107 BUY 16 8 986.5245955 0 0.0056",  # 986.52459552
            "@107 BUY 1 8 1002.518 0 0",  # 1002.51899552
        ),
        venue="hyperliquid",
    )
    assert [gap.row for gap in result.gaps] == [3]


# Fills of one moment, in JSON


def test_fills_of_one_millisecond_are_checked_together(replay: Replay):
    fills = [
        hyperliquid_fill(time=2, side="A", sz="1", startPosition="3", closedPnl="10", px="110"),
        hyperliquid_fill(time=1, sz="2", startPosition="1"),  # second of its moment
        hyperliquid_fill(time=1, sz="1", startPosition="0"),
    ]
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert result.gaps == []
    assert (result.counts.known, result.counts.agree) == (1, 1)


def test_both_sides_of_a_self_trade_start_from_the_same_position(replay: Replay):
    fills = [
        hyperliquid_fill(time=2, side="A", sz="4", startPosition="4", closedPnl="40", px="110"),
        hyperliquid_fill(time=1, sz="4", startPosition="0"),
        hyperliquid_fill(time=2, side="B", sz="4", startPosition="4", px="110"),
        hyperliquid_fill(time=3, side="A", sz="4", startPosition="4", closedPnl="0", px="110"),
    ]
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert result.gaps == []
    assert result.counts.agree == 2


def test_a_moment_of_which_no_fill_starts_from_what_was_held_is_a_gap(replay: Replay):
    fills = [
        hyperliquid_fill(time=1, sz="1", startPosition="0"),
        hyperliquid_fill(time=2, sz="1", startPosition="2"),
        hyperliquid_fill(time=2, sz="1", startPosition="3"),
        hyperliquid_fill(time=3, sz="1", startPosition="4"),
    ]
    result = replay(fills, name="fills.json", venue="hyperliquid")
    assert [(gap.row, gap.expected, gap.reported) for gap in result.gaps] == [
        (2, Decimal(1), Decimal(2))
    ]


# The order of the file, and how much of it is kept


@pytest.fixture
def history() -> list[str]:
    """A long history of two coins that opens, adds, reduces, flips and closes."""
    held = {"BTC": 0, "SOL": 0}
    rows = []
    for place in range(400):
        coin = ("BTC", "SOL")[place % 3 == 0]
        size = 1 + place * 7 % 5
        side = "BUY" if place * 11 % 7 < 3 else "SELL"
        rows.append(f"{coin} {side} {size} {100 + place % 13} {held[coin]} 0 0.1")
        held[coin] += size if side == "BUY" else -size
    return rows


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("kept", [0, 100_000])
def test_the_portions_in_which_a_file_is_folded_do_not_matter(
    replay: Replay, history: list[str], monkeypatch: pytest.MonkeyPatch, size: int, kept: int
):
    text = trade_history(*history)
    expected = shown(replay(text, venue="hyperliquid", cost_basis="fifo", by="closing"))
    monkeypatch.setattr(folding, "FACTS_IN_A_PORTION", size)
    monkeypatch.setattr(order, "ROWS_KEPT_MAX", kept)
    assert shown(replay(text, venue="hyperliquid", cost_basis="fifo", by="closing")) == expected
    assert expected["gaps"] == []


def test_days_add_up_to_the_whole(replay: Replay, history: list[str]):
    rows = [f"{row} 0xa {59 - place // 7:02}" for place, row in enumerate(history[:399:-1])]
    text = trade_history(*(rows or history))
    by_day = shown(replay(text, venue="hyperliquid", by="day"))
    assert sum(day["fills"] for day in by_day["by_day"]) == by_day["fills"]


def test_a_history_with_the_newest_first_is_turned_round(replay: Replay):
    rows = [f"BTC BUY 1 100 {held} 0 0 0xa {held:02}" for held in range(10)]
    text = trade_history(*reversed(rows))
    assert replay(text, venue="hyperliquid").gaps == []
