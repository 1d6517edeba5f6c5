"""Rule 22: which averages a venue's own method explains."""

import pytest

from scenario import check


@pytest.mark.parametrize(
    ("venue", "fill", "row"),
    [
        ("ibkr", "AAPL 100 @ 50 fee 1.00", "AAPL 100 @ 50.01"),
        ("ibkr", "AAPL -100 @ 50 fee 1.00", "AAPL -100 @ 49.99"),
        ("ibkr", "AAPL270115C00150000 3 @ 2.50 fee 1.95", "AAPL270115C00150000 3 @ 2.5065"),
    ],
)
def test_rule_22_ibkr_has_the_opening_commission_inside(venue, fill, row):
    check(f"""
        account venue {venue}
        book    MSFT 1 @ 1
        fill f1 {fill}
        broker  {row}
        broker  MSFT 1 @ 1
        =>      created SYNCED  tied out
    """)


@pytest.mark.parametrize(
    ("venue", "row"),
    [
        ("ibkr", "AAPL 100 @ 49.99"),
        ("ibkr", "AAPL 100 @ 50.02"),
        ("file", "AAPL 100 @ 50.01"),
        ("alpaca", "AAPL 100 @ 50.01"),
        ("hyperliquid", "AAPL 100 @ 50.01"),
    ],
)
def test_rule_22_any_other_difference_is_a_cost_break(venue, row):
    check(f"""
        account venue {venue}
        book    MSFT 1 @ 1
        fill f1 AAPL 100 @ 50 fee 1.00
        broker  {row}
        broker  MSFT 1 @ 1
        =>      created AAPL 0 -> 100 @ 50 DRIFT  break cost AAPL open  not tied out
        =>      book AAPL 100 @ 50 actual
    """)


ALPACA = """
        book    MSFT 1 @ 1
        fill f1 XYZ 100 @ 10 at 2026-11-17T15:00:00Z
        fill f2 XYZ 50 @ 12 at 2026-11-17T16:00:00Z
        fill f3 XYZ 30 @ 15 at 2026-11-18T15:00:00Z
        fill f4 XYZ -120 @ 16 at 2026-11-19T15:00:00Z
        broker  MSFT 1 @ 1
"""


@pytest.mark.parametrize("average", ["11.388889", "12.833333"])
def test_rule_22_alpaca_shows_the_weighted_average_or_compressed_fifo(average):
    check(f"""{ALPACA}
        broker  XYZ 60 @ {average}
        =>      created XYZ 0 -> 60 @ ~11.388889 SYNCED  tied out
    """)


@pytest.mark.parametrize("average", ["13.50", "12.00"])
def test_rule_22_plain_fifo_is_no_method_of_alpacas(average):
    check(f"""{ALPACA}
        broker  XYZ 60 @ {average}
        =>      created XYZ 0 -> 60 @ ~11.388889  break cost XYZ open  not tied out
    """)


@pytest.mark.parametrize(
    ("basis", "average"), [("fifo", "13.5"), ("lifo", "10"), ("average", "~11.388889")]
)
def test_rule_22_whatever_our_own_method_is(basis, average):
    check(f"""
        policy  cost_basis {basis}
        {ALPACA}
        broker  XYZ 60 @ 12.833333
        =>      created XYZ 0 -> 60 @ {average} SYNCED  tied out
    """)


def test_rule_22_the_day_is_that_of_new_york():
    check("""
        book    MSFT 1 @ 1
        fill f1 XYZ 100 @ 10 at 2026-11-18T02:00:00Z
        fill f2 XYZ 100 @ 12 at 2026-11-18T15:00:00Z
        fill f3 XYZ -50 @ 16 at 2026-11-19T15:00:00Z
        broker  MSFT 1 @ 1
        broker  XYZ 150 @ 11.333333
        =>      created XYZ 0 -> 150 @ 11 SYNCED  tied out
    """)


@pytest.mark.parametrize(("theirs", "ok"), [("33.3", True), ("33.4", True), ("33.2", False)])
def test_rule_22_hyperliquid_cuts_its_averages(theirs, ok):
    check(f"""
        account venue hyperliquid
        instrument SOL perpetual decimals 1
        book    BTC 1 @ 1
        fill f1 SOL 1 @ 33 at 14:00
        fill f2 SOL 2 @ 33.6 at 14:10
        broker  BTC 1 @ 1
        broker  SOL 3 @ {theirs}
        =>      created SOL 0 -> 3 @ 33.4  {"tied out" if ok else "break cost SOL not tied out"}
    """)


def test_rule_22_a_lot_without_cost_leaves_the_cut_average_unknown():
    check("""
        account venue hyperliquid
        policy  cost_basis fifo
        instrument ETH perpetual decimals 2
        fill f1 ETH 1 @ 100 at 14:00
        transfer t1 ETH 1 at 14:01
        fill f2 ETH -1 @ 110 at 14:02 pnl 10
        =>      created ETH 0 -> 1 @ ? realized 10 USD final  not judged
    """)


def test_rule_22_an_inverse_contract_at_a_cut_average_of_0_has_no_other_figure():
    check("""
        account venue hyperliquid
        instrument XBTUSD perpetual inverse decimals 0
        fill f1 XBTUSD 1 @ 0.5 at 14:00
        fill f2 XBTUSD -1 @ 1 at 14:01 pnl 1
        =>      closed XBTUSD 0 -> 0 realized 1 XBT  not judged
    """)
