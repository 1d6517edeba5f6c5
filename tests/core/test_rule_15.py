"""Rule 15: inverse contracts, whose money is the base asset."""

from scenario import check

CONTRACT = "instrument XBTUSD perpetual inverse"


def test_rule_15_gross_is_in_the_base_asset():
    check(f"""
        {CONTRACT}
        fill f1 XBTUSD 10000 @ 10000 at 14:00
        fill f2 XBTUSD -10000 @ 12500 at 14:10
        =>      closed XBTUSD 0 -> 0 realized 0.2 XBT  total XBT net 0.2
    """)


def test_rule_15_a_loss_of_a_long_is_larger_than_the_gain():
    check(f"""
        {CONTRACT}
        book    XBTUSD 10000 @ 10000
        fill f2 XBTUSD -10000 @ 8000
        =>      closed 10000 -> 0 realized -0.25 XBT
    """)


def test_rule_15_the_gain_of_a_short():
    check(f"""
        {CONTRACT}
        book    XBTUSD -10000 @ 10000
        fill f2 XBTUSD 10000 @ 8000
        =>      closed -10000 -> 0 realized 0.25 XBT
    """)


def test_rule_15_the_average_is_harmonic():
    check(f"""
        {CONTRACT}
        fill f1 XBTUSD 10000 @ 10000 at 14:00
        fill f2 XBTUSD 10000 @ 40000 at 14:10
        =>      created 0 -> 20000 @ 16000
        ---
        fill f3 XBTUSD -10000 @ 20000
        =>      reduced 20000 -> 10000 @ 16000 realized 0.125 XBT
    """)


def test_rule_15_the_multiplier_counts():
    check("""
        instrument XBTUSD perpetual inverse x100
        book    XBTUSD 100 @ 10000
        fill f2 XBTUSD -100 @ 12500
        =>      closed 100 -> 0 realized 0.2 XBT
    """)


def test_rule_15_unrealized_is_in_the_base_asset_too():
    check(f"""
        {CONTRACT}
        book    XBTUSD 10000 @ 10000
        broker  XBTUSD 10000 @ 10000 price 12500
        =>      tied out  marked 1  book XBTUSD 10000 @ 10000 unrealized 0.2
    """)


def test_rule_15_a_linear_contract_is_in_the_quote_currency():
    check("""
        instrument XBTUSD perpetual
        book    XBTUSD 2 @ 10000
        fill f2 XBTUSD -2 @ 12500
        =>      closed 2 -> 0 realized 5000 USD
    """)
