"""12,799 recorded fills of two Hyperliquid accounts, with the venue's own realized figures.

The expected numbers were measured apart from this code, with another program.
"""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from replay.conftest import SHARED, shown
from tieout.core.numbers import magnitude
from tieout.replay.result import Result
from tieout.replay.running import replay_file

FILE = SHARED / "hyperliquid" / "trade_history_csv" / "fills_2_accounts.csv"
LONG = "0x513b8629fe877bb581bf244e326a047b249c4ff1"
SHORT = "0xae5eacaf9c6b9111fd53034a602c192a04e082ed"


@pytest.fixture(scope="module")
def result() -> Result:
    if not FILE.exists():
        pytest.skip("the recorded trade history (shared/venues) is not beside this repository")
    return replay_file(str(FILE), venue="hyperliquid", by="closing")


def test_every_fill_is_replayed(result: Result):
    assert result.fills == 12_799
    assert {line.account for line in result.symbols.values()} == {LONG, SHORT}


def test_exactly_six_gaps_are_found_one_at_each_edge_of_a_page(result: Result):
    assert [(gap.row, gap.symbol) for gap in result.gaps] == [
        (2564, "BTC"), (4564, "BTC"), (6599, "SOL"), (8564, "BTC"), (10564, "BTC"), (12564, "SOL"),
    ]  # fmt: skip
    assert {gap.account for gap in result.gaps} == {LONG}


def test_the_closings_of_known_entry_agree_to_the_micro_dollar(result: Result):
    counts = result.counts
    assert (counts.known, counts.agree, counts.unknown_entry) == (4478, 4458, 745)
    assert len(result.differ) == 20


def test_the_smaller_account_agrees_in_every_closing(result: Result):
    agree = Counter(
        line.account
        for line in result.closings
        if line.verdict is not None and line.verdict.agrees and not line.symbol.startswith("@")
    )
    assert agree == {LONG: 4286, SHORT: 172}


def test_the_others_are_listed_with_the_exact_figure_beside(result: Result):
    listed = shown(result)["closings"]["differ"]
    assert [each["row"] for each in listed] == [*range(2260, 2272), 4000, *range(9261, 9268)]
    assert listed[12] == {
        "row": 4000, "symbol": "BTC", "ours": "19530.522497", "theirs": "19530.5225",
        "difference": "-0.000003", "exact": "19528.211775132033304289",
    }  # fmt: skip


def test_the_rule_without_truncation_would_agree_far_less_often(result: Result):
    exact = [
        line
        for line in result.closings
        if line.verdict is not None
        and not line.symbol.startswith("@")
        and magnitude(line.verdict.exact - line.verdict.theirs) <= Decimal("0.000002")
    ]
    assert len(exact) == 372


def test_spot_sales_are_counted_apart_and_agree_by_their_own_rule(result: Result):
    assert (result.apart.known, result.apart.judged, result.apart.agree) == (523, 522, 521)
    assert [each.row for each in result.apart_differ] == [904]  # its figure was rounded


def test_a_fee_in_the_coin_comes_off_the_position_to_the_last_digit(result: Result):
    held = {
        (each.account, each.ledger.instrument.symbol): each.ledger.quantity
        for each in result.positions
    }
    assert held == {
        (LONG, "@107"): Decimal("34996.56696431"),
        (LONG, "BTC"): Decimal("61.10573"),
        (SHORT, "DYDX"): Decimal("600000"),
        (SHORT, "GMX"): Decimal("5000"),
    }


def test_what_is_not_known_is_incomplete_and_not_zero(result: Result):
    realized = shown(result)["realized"]["USD"]
    assert realized["incomplete"] is True
    unknown = [line for line in shown(result)["by_closing"] if line["gross"] is None]
    assert len(unknown) == 745
    assert {line["net"] for line in unknown} == {None}


def test_the_venues_figures_are_summed_beside_ours(result: Result):
    assert shown(result)["venue_realized"] == {"USD": "908268.174747"}


def test_another_cost_basis_changes_our_figures_and_not_the_judgement(recorded: Path):
    by_fifo = replay_file(str(FILE), venue="hyperliquid", cost_basis="fifo")
    assert (by_fifo.counts.known, by_fifo.counts.agree) == (4478, 4458)
    assert by_fifo.line.totals.of("USD").gross.text() == "721741.447769865472"
    assert not by_fifo.agrees
