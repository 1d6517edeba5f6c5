"""Situations from practice (docs/edge-cases.md): snapshots, numbers, names, averages."""

import json

from scenario import check, run

# A. Is this snapshot to be trusted?

FIVE = ("AAPL", "MSFT", "TSLA", "NVDA", "AMZN")
FIVE_HELD = "\n".join(f"book {symbol} 10 @ 100" for symbol in FIVE)
FIVE_ROWS = "\n".join(f"broker {symbol} 10 @ 100" for symbol in FIVE)


def test_case_01_200_with_an_empty_list_while_the_book_is_not_empty():
    again = "---\n broker nothing\n => held no alert total nothing and more\n" * 10
    check(f"""
        {FIVE_HELD}
        broker  nothing
        =>      held  alert held AAPL AMZN MSFT NVDA TSLA  and more
        =>      book AAPL 10 OPEN PENDING  ended nothing  total nothing
        {again}
        ---
        {FIVE_ROWS}
        =>      applied  tied out  and more  book AAPL 10 SYNCED  book AMZN 10 SYNCED  ended nothing
    """)


def test_case_02_a_real_close_of_the_only_position():
    check("""
        book    AAPL 10 @ 180
        fill f1 AAPL -10 @ 190
        broker  nothing
        =>      closed AAPL 10 -> 0 CLOSED SYNCED realized 100 USD final by f1 reason fill
        =>      tied out  no alert
    """)


def test_case_03_right_answer_from_the_wrong_account():
    check(f"""
        {FIVE_HELD}
        broker  fails refused "account_mismatch"
        =>      break incomplete_source  failed  not tied out  because account_mismatch
        =>      book AAPL 10 FAILED  ended nothing
    """)


def test_case_04_one_page_of_a_paged_list_fails():
    check("""
        account venue coinbase
        book    BTC 1 @ 30000
        book    SOL 10 @ 100
        broker  incomplete
        broker  BTC 1 @ 30000 price 31000
        =>      break incomplete_source  partial  not tied out  book SOL 10 FAILED  ended nothing
        ---
        broker  BTC 1 @ 30000
        broker  SOL 10 @ 100
        =>      break incomplete_source resolved  tied out  book SOL 10 SYNCED  and more
    """)


def test_case_05_one_unreadable_row_in_a_good_list():
    symbols = [f"S{number:02}" for number in range(21)]
    held = "\n".join(f"book {symbol} 1 @ 10" for symbol in symbols)
    rows = "\n".join(f"broker {symbol} 1 @ 10" for symbol in symbols[1:20])
    check(f"""
        policy  missing_confirmations 1
        {held}
        broker  S00 NaN @ 10
        {rows}
        =>      invalid S00 1 -> 1 @ 10 OPEN FAILED  error S00  and more  partial  not tied out
        =>      book S00 1 FAILED  book S01 1 SYNCED  book S19 1 SYNCED  book S20 1  ended nothing
    """)


def test_case_06_200_with_an_error_object_instead_of_a_list():
    check(f"""
        {FIVE_HELD}
        broker  fails reply_invalid "bad_shape"
        =>      break incomplete_source  failed  not tied out  because bad_shape  ended nothing
    """)


# B. Signs, numbers, precision


def test_case_08_contracts_and_contract_size():
    check("""
        account venue coinbase
        instrument BIP-20DEC30-CDE perpetual x0.01
        broker  BIP-20DEC30-CDE -3 @ 51000.00 price 50000.00
        =>      created 0 -> -3 @ 51000  tied out  book BIP-20DEC30-CDE -3 unrealized 30.00
    """)


def test_case_09_price_fields_are_null():
    check("""
        broker  XYZ 100 @ 3.00 price null
        =>      created 0 -> 100 @ 3 OPEN SYNCED  tied out  book XYZ 100 price ? unrealized ?
    """)


def test_case_10_more_digits_than_a_float_holds():
    text = """
        broker  BTCUSD 2.61937 @ 19660.5738784516887649 price 19464.122
        ---
        broker  BTCUSD 2.61937 @ 19660.5738784516887649 price 19464.122
        =>      nothing else  tied out  unchanged 1
    """
    check(text)
    assert run(text)["book"][0]["average_price"] == "19660.5738784516887649"
    assert run(text)["book"][0]["quantity"] == "2.61937"


def test_case_11_empty_strings():
    check("""
        account venue ccxt:okx
        broker  BTC/USDT:USDT 0 @ ""
        broker  ETH/USDT:USDT 3 @ "" price 2000
        =>      created ETH/USDT:USDT 0 -> 3 @ ?
        =>      book ETH/USDT:USDT 3 @ ? price 2000 unrealized ?
    """)


def test_case_12_nan_before_the_first_real_value():
    text = """
        account venue ibkr
        book    AAPL 10 @ 100
        book    MSFT 10 @ 100
        broker  AAPL 10 @ 100 price NaN pnl NaN
        broker  MSFT NaN @ NaN
        =>      invalid MSFT 10 -> 10 FAILED  error MSFT  partial  book AAPL 10 SYNCED price ?
    """
    check(text)
    assert "Infinity" not in json.dumps(run(text), allow_nan=False)


def test_case_13_fractional_shares():
    check("""
        fill f1 AAPL 0.38962051 @ 128.33
        broker  AAPL 0.38962051 @ 128.33
        =>      created 0 -> 0.38962051 @ 128.33 SYNCED by f1  tied out
        ---
        fill f2 AAPL -0.18962051 @ 130
        broker  AAPL 0.2 @ 128.33
        =>      reduced 0.38962051 -> 0.2 REDUCED SYNCED  tied out
    """)


def test_case_14_all_decimals_of_a_venue_are_kept():
    text = """
        account venue ccxt:kraken
        broker  BTC/USD 0.123456789012345678 @ 1
        ---
        broker  BTC/USD 0.123456789012345678 @ 1
        =>      nothing else  tied out
    """
    check(text)
    assert run(text)["book"][0]["quantity"] == "0.123456789012345678"


# C. What is the same position?


def test_case_15_two_spellings_of_a_pair():
    check("""
        book    MSFT 1 @ 1
        fill f1 BTC/USD 0.5 @ 30000
        broker  BTCUSD 0.5 @ 30000
        broker  MSFT 1 @ 1
        =>      created 0 -> 0.5 SYNCED by f1  tied out
        ---
        broker  BTCUSD 0.5 @ 30000
        broker  MSFT 1 @ 1
        =>      nothing else  tied out
    """)


def test_case_16_ticker_rename():
    check("""
        book    RNA 7.30762391 @ 300 id a
        broker  RNAM 7.30762391 @ 300 id a
        =>      renamed RNAM 7.30762391 -> 7.30762391 @ 300 was RNA realized nothing SYNCED
        =>      tied out
    """)


def test_case_16_ticker_rename_by_activity():
    check("""
        book    RNA 7.30762391 @ 300 id a
        rename r1 RNA to RNAM
        broker  RNAM 7.30762391 @ 300 id a
        =>      renamed RNAM @ 300 was RNA realized nothing by r1  tied out
    """)


def test_case_17_stray_spaces_and_case():
    check("""
        book    AAPL 10 @ 100
        book    "SPXW  251209C06935000" 1 @ 2 expires 2027-12-09
        broker  "AAPL " 10 @ 100
        broker  SPXW251209C06935000 1 @ 2
        =>      nothing else  tied out
    """)


def test_case_18_futures_of_one_root_share_the_symbol():
    check("""
        account venue ibkr
        instrument MGCV6 future x10 id 1 spelling MGC
        instrument MGCZ6 future x10 id 2
        broker  MGC 1 @ 4000 id 1
        broker  MGC -1 @ 4010 id 2
        =>      created MGCV6 0 -> 1  created MGCZ6 0 -> -1  tied out
    """)


def test_case_18_even_where_nobody_declared_them():
    check("""
        account venue ibkr
        broker  MGC 1 @ 4000 id 1 future x10
        broker  MGC -1 @ 4010 id 2 future x10
        =>      created created  tied out
        ---
        broker  MGC -1 @ 4010 id 2 future x10
        broker  MGC 1 @ 4000 id 1 future x10
        =>      nothing else  tied out
    """)


def test_case_20_the_same_coin_on_two_dexes():
    check("""
        account venue hyperliquid
        broker  xyz:TSLA 3 @ 400
        broker  flx:TSLA -1 @ 402 USDH
        =>      created flx:TSLA 0 -> -1  created xyz:TSLA 0 -> 3  tied out
    """)


# D. Crypto fees taken in the coin


def test_case_21_you_buy_1_and_hold_0_9975():
    check("""
        book    MSFT 1 @ 1
        fill f1 ETH/USD 1 @ 2000 fee 0.0025 ETH
        broker  ETHUSD 0.9975 @ 2000
        broker  MSFT 1 @ 1
        =>      created ETH/USD 0 -> 0.9975 @ 2000 SYNCED realized nothing by f1  tied out
        ---
        fill f2 ETH/USD -0.9975 @ 2000
        =>      closed ETH/USD realized -5 USD (gross 0 fees 5)
    """)


def test_case_22_dust_is_what_the_broker_says_and_a_part_of_the_next_buy():
    check("""
        fill f1 BTC/USD 0.1000000009 @ 60000
        fill f2 BTC/USD -0.1000000005 @ 61000
        broker  BTC/USD 0.0000000004 @ 60000
        =>      created BTC/USD 0 -> 0.0000000004 @ 60000 REDUCED realized 100.0000005 USD
        =>      tied out
        ---
        fill f3 BTC/USD 0.1 @ 62000
        broker  BTC/USD 0.1000000004 @ 61999.999992
        =>      increased 0.0000000004 -> 0.1000000004 SYNCED realized nothing  tied out
    """)


# E. Average price and realized P&L

ALPACA_EXAMPLE = """
        fill b1 XYZ 100 @ 10 at 2026-11-17T15:00:00Z
        fill b2 XYZ 50 @ 12 at 2026-11-17T16:00:00Z
        fill b3 XYZ 30 @ 15 at 2026-11-18T15:00:00Z
        ---
        fill s1 XYZ -120 @ 16
"""


def test_case_23_average_cost():
    check(f"""{ALPACA_EXAMPLE}
        =>      reduced 180 -> 60 @ ~11.388889 REDUCED realized ~553.333333 USD
    """)


def test_case_24_three_methods_three_results():
    for basis, net, average in (("average", "~553.33", "~11.39"), ("fifo", "680.00", "13.50")):
        check(f"""
            policy cost_basis {basis}
            {ALPACA_EXAMPLE}
            =>  reduced 180 -> 60 @ {average} realized {net} USD
        """)


def test_case_25_short_side_average_and_cover():
    check("""
        fill s1 XYZ -100 @ 50 at 14:00
        fill s2 XYZ -50 @ 56 at 14:10
        =>      created 0 -> -150 @ 52.00
        ---
        fill b1 XYZ 60 @ 49
        =>      reduced -150 -> -90 @ 52.00 REDUCED realized 180 USD
    """)


def test_case_26_flip_between_two_polls_with_its_fill():
    check("""
        broker  XYZ 100 @ 10
        ---
        fill f1 XYZ -150 @ 12
        broker  XYZ -50 @ 12 price 12
        =>      flipped 100 -> -50 @ 12 SYNCED realized 200 USD final by f1  tied out
    """)


def test_case_26_flip_between_two_polls_without_fills():
    check("""
        broker  XYZ 100 @ 10
        ---
        broker  XYZ -50 @ 12 price 12
        =>      flipped 100 -> -50 @ 12 OPEN DRIFT realized 200 USD estimated by nothing
        =>      break quantity XYZ 100 -> -50  not tied out  ended XYZ unexplained net 200 estimated
        ---
        fill f1 XYZ -150 @ 12 at 15:00:30
        broker  XYZ -50 @ 12 price 12
        =>      and more  tied out  book XYZ -50 @ 12 SYNCED  ended XYZ fill net 200 final
    """)


def test_case_27_opened_and_closed_between_polls():
    check("""
        broker  nothing
        ---
        fill f1 XYZ 10 @ 5
        fill f2 XYZ -10 @ 6
        broker  nothing
        =>      closed XYZ 0 -> 0 CLOSED SYNCED realized 10 USD by f1 f2  tied out
        =>      ended XYZ fill net 10
    """)


def test_case_28_gross_fees_and_funding_are_apart():
    check("""
        account venue hyperliquid
        fill f1 ETH 1 @ 100 at 14:00
        ---
        funding n1 ETH cash -0.30 at 15:00:10
        fill f2 ETH -1 @ 110 fee 0.05 pnl 10
        =>      closed 1 -> 0 realized 9.95 USD (gross 10 fees 0.05 funding -0.30)
    """)


def test_case_28_an_opening_fee_is_no_gross():
    check("""
        account venue hyperliquid
        fill f1 ETH 1 @ 100 fee 0.009997 pnl 0.0
        fill f2 ETH -1 @ 100
        =>      closed ETH realized -0.009997 USD (gross 0 fees 0.009997)
    """)


def test_case_29_average_cost_of_options_and_stocks():
    check("""
        account venue ibkr
        instrument "XYZ  270115C00050000" option x100
        book    MSFT 1 @ 1
        fill f1 XYZ 100 @ 50.00 fee 1.00
        fill f2 "XYZ  270115C00050000" 3 @ 2.50 fee 1.95
        broker  MSFT 1 @ 1
        broker  XYZ 100 @ 50.01
        broker  "XYZ  270115C00050000" 3 @ 2.5065
        =>      created XYZ 0 -> 100 @ 50 SYNCED  created 0 -> 3 @ 2.50 SYNCED  tied out
    """)


def test_case_30_parts_add_up_to_the_whole():
    check("""
        fill b1 XYZ 3 @ 10.01 at 14:00
        ---
        fill s1 XYZ -1 @ 11
        ---
        fill s2 XYZ -1 @ 12
        ---
        fill s3 XYZ -1 @ 13
        =>      closed 1 -> 0  ended XYZ fill net 5.97  total USD net 5.97  book nothing
    """)


def test_case_31_a_rebate_is_kept():
    check("""
        account venue ibkr
        fill f1 XYZ 1 @ 10 fee -0.25
        fill f2 XYZ -1 @ 10
        =>      closed XYZ realized 0.25 USD (gross 0 fees -0.25)
    """)
