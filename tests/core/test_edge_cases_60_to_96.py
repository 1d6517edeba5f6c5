"""Situations from practice (docs/edge-cases.md): perpetuals, races, errors, episodes."""

import re
from pathlib import Path

from scenario import check

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# L, M. Perpetuals and liquidation


def test_case_60_a_normal_short_row():
    check("""
        account venue hyperliquid
        broker  BTC -0.0017 @ 82348.0 price 79846 leverage 20 margin cross liquidation 16881583.41
        =>      created 0 -> -0.0017 @ 82348  tied out  book BTC -0.0017 unrealized 4.2534
    """)


def test_case_61_another_leverage_is_no_change():
    check("""
        account venue hyperliquid
        broker  BTC -0.0017 @ 82348.0 price 79846 leverage 20 margin cross
        ---
        broker  BTC -0.0017 @ 82348.0 price 79846 leverage 10 margin isolated
        =>      nothing else  tied out  total nothing
    """)


def test_case_64_full_liquidation():
    check("""
        account venue hyperliquid
        book    ETH 10 @ 3000
        liquidation l1 ETH -10 @ 2700
        broker  nothing
        =>      closed 10 -> 0 LIQUIDATED SYNCED realized -3000.00 USD reason liquidation  tied out
    """)


def test_case_65_partial_liquidation():
    check("""
        account venue hyperliquid
        book    BTC 10 @ 100000
        liquidation l1 BTC -2 @ 90000
        =>      reduced 10 -> 8 REDUCED realized -20000.00 USD reason liquidation
        ---
        liquidation l2 BTC -8 @ 89000
        =>      closed 8 -> 0 LIQUIDATED realized -88000 USD  ended BTC liquidation net -108000.00
    """)


def test_case_73_btc_usd_and_btc_usdc_move_the_same_coin():
    check("""
        account venue coinbase
        fill f1 BTC-USD  1 @ 50000 at 14:00
        fill f2 BTC-USDC 1 @ 50010 at 14:01
        broker  BTC 2
        =>      created BTC-USD 0 -> 2 @ 50005  tied out
        ---
        fill f3 BTC-USD -2 @ 51000
        =>      closed BTC-USD 2 -> 0 realized 1990 USD
    """)


def test_case_73_whichever_comes_first():
    check("""
        account venue coinbase
        book    BTC-USDC 1 @ 50010
        fill f3 BTC-USD -1 @ 51000
        =>      closed BTC-USDC 1 -> 0
    """)


def test_case_73_a_coin_paid_in_euros_is_kept_apart():
    check("""
        account venue coinbase
        book    BTC-USD 1 @ 50000
        fill f1 BTC-EUR 1 @ 45000
        =>      created BTC-EUR 0 -> 1
    """)


# O. Hedging venues and contracts


def test_case_74_long_and_short_at_once():
    check("""
        account venue ccxt:bybit
        broker  BTC/USDT:USDT 0.003 @ 37000 side long
        broker  BTC/USDT:USDT -0.003 @ 37416.5 side short
        =>      created BTC/USDT:USDT long 0 -> 0.003  created BTC/USDT:USDT short 0 -> -0.003
        ---
        fill f1 BTC/USDT:USDT 0.003 @ 37000 side short
        broker  BTC/USDT:USDT 0.003 @ 37000 side long
        =>      closed BTC/USDT:USDT short -0.003 -> 0  tied out  book BTC/USDT:USDT long 0.003
    """)


def test_case_74_a_leg_is_settled_in_what_its_symbol_names():
    check("""
        account venue ccxt:bybit
        book    BTC/USDT:USDT 2 @ 100 side long
        fill f1 BTC/USDT:USDT -1 @ 110 side long
        =>      reduced BTC/USDT:USDT long 2 -> 1 realized 10 USDT
    """)


def test_case_74_a_perpetual_is_never_split():
    check("""
        account venue ccxt:okx
        book    BTC/USDT:USDT 10 @ 100
        broker  BTC/USDT:USDT 20 @ 50 price 55
        =>      increased 10 -> 20 @ 50  break quantity 10 -> 20
    """)


def test_case_75_contracts_are_not_coins():
    check("""
        account venue ccxt:okx
        broker  BTC/USDT:USDT 50 @ 23436.6 price 23536.6 x0.01 perpetual
        =>      created 0 -> 50 @ 23436.6  tied out  book BTC/USDT:USDT 50 unrealized 50.00
    """)


# P. Races, order of events, duplicates


def test_case_77_a_fill_lands_while_the_snapshot_is_on_its_way():
    check("""
        book    XYZ 5 @ 10
        fill f1 XYZ -5 @ 11 at 14:59:40
        =>      closed 5 -> 0
        ---
        broker  as of 14:59:35
        broker  XYZ 5 @ 10
        =>      nothing else  tied out  book nothing
    """)


def test_case_77_the_mirror():
    check("""
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        ---
        fill f1 XYZ 5 @ 11 at 15:00:40
        ---
        broker  as of 15:00:35
        broker  MSFT 1 @ 1
        =>      nothing else  tied out  book XYZ 5
    """)


def test_case_78_the_same_fill_from_two_channels():
    check("""
        fill 17 XYZ 1 @ 10 at 14:00
        =>      created 0 -> 1 by 17
        ---
        fill 17 XYZ 1 @ 10 at 14:00
        =>      nothing else
        ---
        fill 17 XYZ 1 @ 10 at 14:00
        broker  XYZ 1 @ 10
        =>      nothing else  tied out  book XYZ 1
    """)


def test_case_79_an_older_update_after_a_newer_one():
    check("""
        book    XYZ 5 @ 10
        broker  XYZ 3 @ 10 price 10
        ---
        broker  as of 14:59
        broker  XYZ 5 @ 10 price 10
        =>      break stale_source  rejected  not tied out  book XYZ 3
    """)


def test_case_80_an_order_that_never_filled_leaves_no_pnl():
    check("""
        book    MSFT 1 @ 1
        local   open XYZ 100 @ 10
        ---
        at      15:05
        broker  MSFT 1 @ 1
        ---
        at      15:10
        broker  MSFT 1 @ 1
        =>      closed XYZ 100 -> 0 reason unconfirmed realized nothing  and more  total nothing
    """)


def test_case_82_trade_bust():
    check("""
        book    MSFT 1 @ 1
        fill f1 XYZ 5 @ 10
        ---
        fill f2 XYZ -5 @ 10 cancels f1
        =>      closed XYZ 5 -> 0 realized nothing  total nothing
    """)


def test_case_82_trade_bust_after_the_close():
    check("""
        book    XYZ 5 @ 10
        fill f1 XYZ -5 @ 12
        =>      closed 5 -> 0 realized 10 USD
        ---
        fill f2 XYZ 5 @ 12 cancels f1
        =>      created XYZ 0 -> 5 @ 10 realized -10 USD  total nothing
    """)


# Q, R. Time, errors


def test_case_86_trade_date_not_settlement_date():
    check("""
        book    XYZ 10 @ 100
        fill f1 XYZ -10 @ 101
        broker  nothing
        =>      closed 10 -> 0 CLOSED realized 10 USD  tied out
        ---
        at      2026-11-21T15:00:00Z
        broker  nothing
        =>      nothing else  tied out  total USD net 10
    """)


def test_case_87_to_89_a_venue_that_cannot_be_read_changes_nothing():
    for failure in ('unavailable "429"', 'refused "401 unauthorized"', 'unavailable "maintenance"'):
        check(f"""
            book    XYZ 10 @ 100
            broker  fails {failure}
            =>      break incomplete_source  failed  not tied out  book XYZ 10 @ 100 FAILED
            ---
            broker  XYZ 10 @ 100
            =>      break incomplete_source resolved  tied out  book XYZ 10 SYNCED
        """)


def test_case_90_an_answer_after_the_deadline_is_stale():
    check("""
        book    XYZ 10 @ 100
        broker  XYZ 10 @ 100
        ---
        broker  as of 14:55
        broker  nothing
        =>      break stale_source  rejected  book XYZ 10  ended nothing
    """)


# S. Several actors on one account


def test_case_92_manual_trade_outside_the_bot():
    check("""
        book    XYZ 100 @ 10
        fill m1 XYZ -40 @ 12
        broker  XYZ 60 @ 10
        =>      reduced 100 -> 60 REDUCED SYNCED realized 80.00 USD by m1  tied out
    """)


def test_case_93_recorded_by_us_not_reported_by_the_venue():
    check("""
        book    A 1 @ 1
        book    B 1 @ 1
        broker  A 1 @ 1
        =>      missing B 1 -> 1 PENDING  break missing_at_broker B  not tied out
        ---
        broker  A 1 @ 1
        =>      closed B reason missing  break missing_at_broker B  not tied out
    """)


# T. Status life and tolerance


def test_case_95_partial_close():
    check("""
        fill f1 XYZ 100 @ 10 at 14:00
        fill f2 XYZ -40 @ 12 at 14:10
        =>      created 0 -> 60 @ 10 REDUCED realized 80.00 USD
        ---
        fill f3 XYZ -60 @ 9
        =>      closed 60 -> 0 CLOSED realized -60 USD  ended XYZ fill net 20.00
    """)


def test_case_96_reopened_after_close():
    check("""
        fill f1 XYZ 10 @ 40 at 14:00
        fill f2 XYZ -10 @ 50 at 14:10
        =>      closed XYZ realized 100 USD
        ---
        fill f3 XYZ 10 @ 50
        =>      created 0 -> 10 @ 50 realized nothing  total USD net 100  ended XYZ fill net 100
    """)


def test_the_table_names_every_test_and_only_those():
    table = (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8")
    tests = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_edge_cases_*"))
    named = set(re.findall(r"`(test_case_\w+)`", table))
    assert named == set(re.findall(r"def (test_case_\w+)\(", tests))
    assert re.findall(r"(?m)^\| (\d\d) \|", table) == [f"{n:02}" for n in range(1, 97)]


def test_every_test_elsewhere_that_the_table_names_is_there():
    table = (ROOT / "docs" / "edge-cases.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", table)
    missing = [
        (file, name)
        for file, name in named
        if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert named
    assert not missing
