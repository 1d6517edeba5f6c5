"""Situations from practice (docs/edge-cases.md): corporate actions, options, futures."""

from scenario import check

# F. Corporate actions


def test_case_32_forward_split():
    check("""
        book    SF 0.54796447 @ 60
        split s1 SF 1.5 for 1
        broker  SF 0.821946705 @ 40
        =>      split 0.54796447 -> 0.821946705 @ 40 OPEN SYNCED realized nothing by s1  tied out
    """)


def test_case_33_reverse_split_with_cash_in_lieu_days_later():
    check("""
        book    XYZ 33 @ 6.00
        split s1 XYZ 1 for 20
        broker  XYZ 1 @ 120
        =>      split 33 -> 1 realized nothing by s1  tied out  total nothing
        ---
        at      2026-11-23T15:00:00Z
        split s2 XYZ 1 for 1 cash 91.00
        broker  XYZ 1 @ 120
        =>      and more  tied out  book XYZ 1 @ 120 SYNCED  total USD net 13.00
    """)


def test_case_33_reverse_split_with_cash_in_lieu_at_once():
    check("""
        book    XYZ 33 @ 6.00
        split s1 XYZ 1 for 20 cash 91.00
        broker  XYZ 1 @ 120
        =>      split 33 -> 1 @ 120 SYNCED realized 13.00 USD by s1  tied out
    """)


def test_case_34_a_paper_account_does_not_apply_the_split():
    check("""
        book    BKNG 4 @ 5000
        broker  BKNG 4 @ 5000 price 5000
        ---
        split s1 BKNG 25 for 1
        broker  BKNG 4 @ 5000 price 200
        =>      and more  not tied out  book BKNG 4
        ---
        broker  BKNG 4 @ 5000 price 200
        =>      and more  no alert  book BKNG 4
        ---
        broker  BKNG 4 @ 5000 price 200
        =>      nothing else  no alert  book BKNG 4
    """)


def test_case_35_split_of_a_fraction():
    check("""
        account venue ibkr
        book    XYZ 2.7932 @ 200
        split s1 XYZ 4 for 1
        broker  XYZ 11.1728 @ 50
        =>      split 2.7932 -> 11.1728 @ 50 SYNCED realized nothing  tied out
    """)


def test_case_36_spin_off():
    check("""
        book    RNAM 2 @ 50
        spin_off p1 RNAM to RNA 1 for 10
        broker  RNAM 2 @ 50
        broker  RNA 0.2 @ 72.82
        =>      created RNA 0 -> 0.2 @ ? SYNCED realized nothing by p1  tied out  book RNAM 2 @ 50
    """)


def test_case_36_the_allocation_is_entered():
    check("""
        book    RNAM 2 @ 50
        spin_off p1 RNAM to RNA 1 for 10
        ---
        spin_off p2 RNAM to RNA 1 for 10 cost 20.00 cancels p1
        =>      restated RNA 0.2 -> 0.2 @ 100  restated RNAM 2 -> 2 @ 40  total nothing
    """)


def test_case_37_dividend_reinvestment():
    check("""
        book    XYZ 100 @ 10 actual
        fill f1 XYZ 0.5 @ 20
        broker  XYZ 100.5 @ 10.0497512
        =>      increased 100 -> 100.5 @ ~10.0497512 SYNCED by f1  tied out
    """)


def test_case_38_funding_moves_no_position():
    check("""
        account venue ccxt:bybit
        book    BTC/USDT:USDT 1 @ 30000
        funding n1 BTC/USDT:USDT cash -0.12
        broker  BTC/USDT:USDT 1 @ 30000
        =>      restated 1 -> 1 realized 0 (funding -0.12) by n1  tied out
    """)


def test_case_39_unit_split():
    check("""
        book    CCCXU 8 @ 10
        merger m1 CCCXU to INFQ 1 for 1
        spin_off p1 INFQ to INFQ.WS 1 for 4
        broker  INFQ 8 @ 10
        broker  INFQ.WS 2 @ null
        =>      closed CCCXU 8 -> 0 CLOSED realized nothing reason merger
        =>      created INFQ 0 -> 8 @ 10  created INFQ.WS 0 -> 2 @ ?  tied out  total nothing
    """)


def test_case_40_an_activity_is_taken_back():
    check("""
        book    XYZ 10 @ 60
        split s1 XYZ 3 for 2
        broker  XYZ 15 @ 40
        =>      split 10 -> 15 @ 40  tied out
        ---
        split s2 XYZ 3 for 2 cancels s1
        broker  XYZ 10 @ 60
        =>      and more  tied out  book XYZ 10 @ 60 SYNCED  total nothing
    """)


def test_case_41_rounded_prices_hide_the_exact_ratio():
    check("""
        book    SF 0.54796447 @ 62.32
        broker  SF 0.821946705 @ 41.5467
        =>      split 0.54796447 -> 0.821946705 @ ~41.546667 realized nothing by nothing
        =>      break corporate_action SF  not tied out
    """)


# G. Transfers and unknown cost


def test_case_42_shares_arrive_by_acats():
    check("""
        transfer t1 AAPL 4 @ 157.44
        broker  AAPL 4 @ 157.44
        =>      created 0 -> 4 @ ? OPEN SYNCED by t1  tied out
        ---
        fill f1 AAPL -4 @ 160
        broker  nothing
        =>      closed 4 -> 0 CLOSED realized incomplete  tied out
        ---
        local   set_cost AAPL @ 100
        broker  nothing
        =>      restated AAPL 0 -> 0 realized 240.00 USD  tied out  total USD net 240 complete
    """)


def test_case_43_deposit_of_a_coin():
    check("""
        account venue coinbase
        book    BTC 1 @ 30000 actual
        transfer t1 BTC 0.5
        broker  BTC 1.5 @ 40000
        =>      increased 1 -> 1.5 @ ? OPEN SYNCED realized nothing by t1  tied out
        ---
        fill f1 BTC -1 @ 50000
        =>      reduced 1.5 -> 0.5 realized incomplete
    """)


# H. Options: expiry, assignment, exercise

CALL = "AAPL270115C00150000"


def test_case_44_long_option_expires_worthless():
    check(f"""
        book    {CALL} 2 @ 1.50
        expiry x1 {CALL} -2
        broker  nothing
        =>      closed 2 -> 0 CLOSED SYNCED realized -300.00 USD by x1 reason expiry  tied out
    """)


def test_case_45_exercise():
    check(f"""
        book    {CALL} 2 @ 3.00
        exercise x1 {CALL} -2
        fill x2 AAPL 200 @ 150
        broker  AAPL 200 @ 150
        =>      created AAPL 0 -> 200 @ 150  closed {CALL} 2 -> 0 reason exercise realized -600 USD
        =>      tied out  book AAPL 200 actual
    """)


def test_case_46_on_paper_the_proof_of_an_assignment_comes_a_day_later():
    check("""
        book    MSFT 1 @ 1
        book    AAPL261120C00150000 -1 @ 1.50
        broker  MSFT 1 @ 1
        broker  AAPL -100 @ 150 price 155
        =>      created AAPL 0 -> -100 @ 150 OPEN DRIFT
        =>      missing AAPL261120C00150000 PENDING  and more  not tied out
        ---
        at      2026-11-21T15:00:00Z
        assignment a1 AAPL261120C00150000 1 at 2026-11-20T14:55:00Z
        fill a2 AAPL -100 @ 150 at 2026-11-20T14:55:00Z
        broker  MSFT 1 @ 1
        broker  AAPL -100 @ 150 price 155
        =>      and more  tied out  book AAPL -100 @ 150 SYNCED
        =>      ended AAPL261120C00150000 assignment net 150 final
    """)


def test_case_47_expired_option_as_a_zero_row():
    check("""
        account venue ibkr
        book    "SPXW  251209C06935000" 1 @ 2
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        broker  "SPXW  251209C06935000" 0 @ 0
        broker  "SPXW  251208C06935000" 0 @ 0
        =>      closed "SPXW  251209C06935000" 1 -> 0 CLOSED  and more  book MSFT 1 SYNCED
        ---
        expiry x1 "SPXW  251209C06935000" -1 at 14:59
        broker  MSFT 1 @ 1
        =>      and more  tied out  ended "SPXW  251209C06935000" expiry net -200 final
    """)


def test_case_48_half_a_spread():
    check("""
        book    AAPL270115P00195000 -1 @ 3
        book    AAPL270115P00190000 1 @ 2
        assignment a1 AAPL270115P00195000 1
        fill a2 AAPL 100 @ 195
        broker  AAPL270115P00190000 1 @ 2
        broker  AAPL 100 @ 195
        =>      created AAPL 0 -> 100
        =>      closed AAPL270115P00195000 -1 -> 0 reason assignment realized 300 USD
        =>      tied out  book AAPL270115P00190000 1 OPEN
    """)


# I. IBKR rows and executions


def test_case_49_rows_with_quantity_zero():
    check("""
        account venue ibkr
        book    AAPL 5 @ 100
        book    MSFT 10 @ 300
        broker  AAPL 0 @ 0 price 110
        broker  TSLA 0 @ 0
        broker  MSFT 10 @ 300
        =>      closed AAPL 5 -> 0 CLOSED realized 50 USD estimated reason flat  break quantity AAPL
        =>      book MSFT 10 SYNCED
    """)


def test_case_49_with_the_execution_it_is_explained():
    check("""
        account venue ibkr
        book    AAPL 5 @ 100
        fill f1 AAPL -5 @ 111
        broker  AAPL 0 @ 0
        =>      closed AAPL 5 -> 0 realized 55 USD final reason fill by f1  tied out
    """)


def test_case_51_execution_correction():
    check("""
        account venue ibkr
        fill x.01 XYZ 100 @ 10.00 at 14:00
        ---
        fill x.02 XYZ 100 @ 10.05 cancels x.01 at 14:00
        =>      restated 100 -> 100 @ 10.05 by x.02
    """)


def test_case_51_execution_correction_after_the_close():
    check("""
        account venue ibkr
        fill x.01 XYZ 100 @ 10.00 at 14:00
        fill y.01 XYZ -100 @ 11.00 at 14:10
        ---
        fill x.02 XYZ 100 @ 10.05 cancels x.01 at 14:00
        =>      restated 0 -> 0 realized -5 USD  ended XYZ fill net 95  total USD net 95
    """)


# J. Outages


def test_case_55_outage_over_midnight():
    check("""
        account venue ibkr
        fill f0 XYZ 100 @ 10 at 2026-11-01T15:00:00Z
        broker  XYZ 100 @ 10
        ---
        broker  XYZ 60 @ 10 price 11
        =>      reduced 100 -> 60 REDUCED DRIFT realized 40 USD estimated  break quantity XYZ
        ---
        fill f1 XYZ -40 @ 12 at 15:00:20
        broker  XYZ 60 @ 10 price 11
        =>      restated 60 -> 60 SYNCED realized 40 USD final by f1  break quantity XYZ resolved
        =>      tied out  total USD net 80
    """)


# K. Currencies, FX, futures


def test_case_56_fx_position_rows():
    check("""
        account venue ibkr
        instrument EUR.USD forex
        broker  EUR.USD 20000 @ 1.128775 price 1.13
        =>      created 0 -> 20000 @ 1.128775  tied out  book EUR.USD 20000 unrealized 24.5
    """)


def test_case_57_pnl_in_a_foreign_currency():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 100 @ 50
        fill f2 XYZ -100 @ 55
        fill f3 ABC 1 @ 50
        fill f4 ABC -1 @ 51
        =>      closed ABC realized 1 USD  closed XYZ realized 500 EUR
        =>      total EUR net 500  total USD net 1
    """)


def test_case_57_with_the_rates_of_both_trades_the_base_value_is_known():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 100 @ 50 rate 1.10
        fill f2 XYZ -100 @ 55 rate 1.20
        =>      closed XYZ realized 500 EUR base 1100 USD price 600 exchange 500
        =>      ended XYZ fill net 500 EUR base 1100 USD  total EUR net 500
    """)


def test_case_58_futures_multiplier():
    check("""
        account venue ibkr
        instrument ESZ6 future x50
        fill f1 ESZ6 2 @ 5000
        fill f2 ESZ6 -2 @ 5010
        =>      closed ESZ6 realized 1000 USD
    """)


def test_case_58_an_unknown_multiplier_is_never_1():
    check("""
        account venue ibkr
        instrument ESZ6 future
        book    ESZ6 2 @ 5000
        broker  ESZ6 2 @ 5000 price 5010
        =>      invalid ESZ6 2 -> 2 FAILED  error ESZ6  partial  book ESZ6 2 unrealized ?
        ---
        broker  ESZ6 2 @ 5000 price 5010 x50
        =>      applied  tied out  and more  book ESZ6 2 @ 5000 SYNCED unrealized 1000
    """)


def test_case_59_dated_future_expires():
    check("""
        account venue coinbase
        instrument BIT-26APR24-CDE future x0.1 expires 2024-04-26
        instrument MSFT spot
        at      2024-04-26T14:00:00Z
        book    BIT-26APR24-CDE 2 @ 70980
        book    MSFT 1 @ 1
        broker  BIT-26APR24-CDE 2 @ 70980 price 71100
        broker  MSFT 1 @ 1
        ---
        at      2024-04-26T14:05:00Z
        broker  MSFT 1 @ 1
        =>      missing BIT-26APR24-CDE PENDING  and more
        ---
        at      2024-04-27T15:05:00Z
        broker  MSFT 1 @ 1
        =>      closed 2 -> 0 CLOSED reason expiry realized 24.0 USD estimated  and more  tied out
        ---
        expiry x1 BIT-26APR24-CDE -2 @ 71145 at 2024-04-26T15:00:00Z
        broker  MSFT 1 @ 1
        =>      restated 0 -> 0 realized 9 USD final  tied out  total USD net 33.00
    """)
