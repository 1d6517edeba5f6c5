"""Rule 4: sums and products are exact, quotients have 50 digits, nothing is rounded to cents."""

from scenario import check, run


def test_rule_4_parts_add_up_to_the_whole():
    check("""
        fill b1 XYZ 3 @ 10.01 at 14:00
        ---
        fill s1 XYZ -1 @ 11
        =>      reduced 3 -> 2 realized 0.99 USD
        ---
        fill s2 XYZ -1 @ 12
        =>      reduced 2 -> 1 realized 1.99 USD
        ---
        fill s3 XYZ -1 @ 13
        =>      closed 1 -> 0 realized 2.99 USD  ended XYZ fill net 5.97  total USD net 5.97
    """)


def test_rule_4_what_makes_flat_takes_exactly_what_is_left():
    result = run("""
        fill b1 XYZ 2 @ 10 fee 1 at 14:00
        fill b2 XYZ 1 @ 11 at 14:01
        fill s1 XYZ -1 @ 11 at 14:02
        fill s2 XYZ -1 @ 11 at 14:03
        fill s3 XYZ -1 @ 11 at 14:04
    """)
    assert result["closed"][0]["realized"] == {
        "gross": "2", "fees": "1", "net": "1", "currency": "USD", "estimated": False,
    }  # fmt: skip
    assert result["realized"]["USD"]["net"] == "1"


def test_rule_4_a_figure_with_a_quotient_has_at_most_18_decimals():
    result = run("""
        fill b1 XYZ 2 @ 10 at 14:00
        fill b2 XYZ 1 @ 11 at 14:01
        ---
        fill s1 XYZ -1 @ 11
    """)
    change = result["steps"][1]["changes"][0]
    assert change["average_price"] == "10.333333333333333333"
    assert change["realized"]["gross"] == "0.666666666666666667"


def test_rule_4_a_figure_without_one_has_all_its_digits():
    result = run("""
        fill b1 XYZ 1.000000000000000000000001 @ 0.1234567890123456789012345
        ---
        fill s1 XYZ -1.000000000000000000000001 @ 1
    """)
    created, closed = (step["changes"][0] for step in result["steps"])
    assert created["average_price"] == "0.1234567890123456789012345"
    assert created["to"] == "1.000000000000000000000001"
    # (1 - price) x quantity: 49 decimals, all of them
    assert closed["realized"]["gross"] == "0.8765432109876543210987663765432109876543210987655"


def test_rule_4_large_numbers_lose_nothing():
    result = run("""
        fill b1 XYZ 123456789012345678901234567890.123456789 @ 2.000000001
        fill s1 XYZ -123456789012345678901234567890.123456789 @ 3.000000001
    """)
    assert result["realized"]["USD"]["gross"].startswith("123456789012345678901234567890.123456789")


def test_rule_4_nothing_is_rounded_to_cents():
    check("""
        fill b1 XYZ 1 @ 0.00001 fee 0.000001
        fill s1 XYZ -1 @ 0.00002 fee 0.000001
        =>      closed XYZ realized 0.000008 USD (gross 0.00001 fees 0.000002)
    """)


def test_rule_4_a_pro_rata_fee_is_exact_where_it_can_be():
    check("""
        fill b1 XYZ 8 @ 10 fee 1 at 14:00
        ---
        fill s1 XYZ -1 @ 11
        =>      reduced 8 -> 7 realized 0.875 USD (gross 1 fees 0.125)
    """)


def test_rule_4_trailing_zeros_are_those_that_were_written():
    result = run("""
        book AAPL 10 @ 100.00
        fill f1 AAPL -4 @ 130.00 fee 1.00
        broker AAPL 6 @ 100.00 price 131.00
    """)
    assert result["book"][0]["average_price"] == "100.00"
    assert result["steps"][0]["changes"][0]["realized"]["net"] == "119.00"
    assert result["steps"][0]["changes"][0]["to"] == "6"
