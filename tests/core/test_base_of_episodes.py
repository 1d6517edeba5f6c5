"""What a whole episode made in the account's own currency: the sum of its closings, or nothing."""

import pytest

from scenario import check, read
from tieout.cases.running import run_case
from tieout.core.rebuilding import rebuild


def open_base(text: str) -> str | None:
    """What the one position that a scenario leaves open has made in base currency so far."""
    book = run_case(read(text).case).book
    (position,) = [each.position for each in book.ledgers.values() if each.position is not None]
    assert rebuild(book) == book.ledgers
    return None if position.base is None else position.base.net.text()


# Parts


def test_the_closings_of_several_runs_add_up():
    # 10 for 1100, sold for 4 x 110 x 1.20 and 6 x 110 x 1.30
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 rate 1.20
        => reduced XYZ 10 -> 6 base 88 USD price 48 exchange 40
        ---
        fill f3 XYZ -6 @ 110 rate 1.30
        => closed XYZ base 198 USD price 78 exchange 120
        => ended XYZ fill net 100 EUR base 286 USD price 126 exchange 160
    """)


def test_an_open_position_has_what_was_closed_so_far():
    opened = """
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
    """
    assert open_base(opened) is None
    reduced = f"""{opened}
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:10
    """
    assert open_base(reduced) == "88.00"
    again = f"""{reduced}
        ---
        fill f3 XYZ -1 @ 110 rate 1.30
    """
    assert open_base(again) == "121.00"
    more = f"""{again}
        ---
        fill f4 XYZ 5 @ 120 rate 1.30
    """
    assert open_base(more) == "121.00"


@pytest.mark.parametrize(
    ("first", "second"), [("", "rate 1.30"), ("rate 1.20", ""), ("", "")],
    ids=["first", "second", "both"],
)  # fmt: skip
def test_one_closing_without_a_rate_leaves_the_episode_unknown(first, second):
    known = "base nothing" if not second else "base 198 USD"
    check(f"""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 {first}
        => reduced XYZ 10 -> 6
        ---
        fill f3 XYZ -6 @ 110 {second}
        => closed XYZ {known}
        => ended XYZ fill net 100 EUR base nothing
    """)


def test_a_closing_that_made_nothing_and_has_no_rate_leaves_it_unknown_as_well():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -4 @ 100
        fill f3 XYZ -6 @ 110 rate 1.30
        => closed XYZ realized 60 EUR base nothing
        => ended XYZ fill net 60 EUR base nothing
    """)


def test_what_is_unknown_in_one_episode_is_known_again_in_the_next():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100
        fill f2 XYZ -10 @ 110 rate 1.20
        => closed XYZ base nothing
        ---
        fill f3 XYZ 10 @ 100 rate 1.10
        fill f4 XYZ -10 @ 110 rate 1.20
        => closed XYZ base 220 USD
        => ended XYZ fill net 100 EUR base nothing
        => ended XYZ fill net 100 EUR base 220 USD price 120 exchange 100
    """)


def test_an_account_in_the_currency_of_the_instrument_has_none():
    check("""
        instrument XYZ EUR
        account currency EUR
        fill f1 XYZ 10 @ 100 rate 1
        fill f2 XYZ -10 @ 110 rate 1
        => closed XYZ base nothing
        => ended XYZ fill net 100 EUR base nothing
    """)


# Through zero


def test_a_trade_through_zero_ends_one_sum_and_begins_another():
    # the first: (1100 - 2) x 1.20 - 1000 x 1.10; the second begins with 1 of the fee
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -15 @ 110 fee 3 rate 1.20
        => flipped XYZ 10 -> -5 base 217.60 USD
        => ended XYZ fill net 98 EUR base 217.60 USD price 117.60 exchange 100
        ---
        fill f3 XYZ 5 @ 100 rate 1.25
        => closed XYZ base 33.80 USD
        => ended XYZ fill net 49 EUR base 33.80 USD price 61.25 exchange -27.45
    """)


def test_a_trade_through_zero_after_a_part_without_a_rate_is_known_for_the_new_side_only():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -4 @ 110
        fill f3 XYZ -11 @ 110 fee 1.10 rate 1.20
        fill f4 XYZ 5 @ 100 rate 1.20
        => and more
        => ended XYZ fill net 99.40 EUR base nothing
        => ended XYZ fill net 49.50 EUR base 59.40 USD price 59.40 exchange 0
    """)


# Money that no closing brought


@pytest.mark.parametrize(
    "line",
    [
        "dividend d1 XYZ cash 50 rate 1.15",
        "funding n1 XYZ cash -1",
        "dividend d1 XYZ cash 5 USD",
        "fee e1 XYZ cash -2 USD",
    ],
    ids=["dividend", "funding", "dividend in dollars", "fee in another currency"],
)
def test_what_is_in_no_net_is_in_no_base_value_either(line):
    check(f"""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        {line} at 14:10
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:20
        fill f3 XYZ -6 @ 110 rate 1.30 at 14:40
        => and more  ended XYZ fill net 100 EUR base 286 USD price 126 exchange 160
    """)


@pytest.mark.parametrize("at", ["14:10", "14:30"], ids=["before any closing", "between two"])
@pytest.mark.parametrize(
    "line",
    ["fee e1 XYZ cash -2 rate 1.15", "split s1 XYZ 1 for 1 cash 2"],
    ids=["fee", "cash beside a split"],
)
def test_a_net_that_is_not_all_of_closings_leaves_it_unknown(line, at):
    check(f"""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        {line} at {at}
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:20
        fill f3 XYZ -6 @ 110 rate 1.30 at 14:40
        => and more  ended XYZ fill base nothing
    """)


def test_a_fee_in_another_currency_at_the_end_leaves_it_as_it_is():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -10 @ 110 fee 0.01 BNB rate 1.20
        => and more  ended XYZ fill net 100 EUR base 220 USD other 0.01 BNB
    """)


@pytest.mark.parametrize("cash", ["1100 EUR", "1300 USD"])
def test_a_merger_for_cash_leaves_it_unknown(cash):
    check(f"""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:10
        => and more
        ---
        merger m1 XYZ cash {cash}
        => and more  ended XYZ merger base nothing
    """)


def test_a_merger_for_shares_keeps_what_was_closed_before():
    check("""
        instrument XYZ EUR
        instrument NEW EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:10
        merger m1 XYZ to NEW 1 for 2 at 14:20
        => and more  ended XYZ merger net 40 EUR base 88 USD
    """)


def test_units_that_are_moved_away_make_nothing():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 rate 1.20
        transfer t1 XYZ -6
        => closed XYZ base 88 USD
        => ended XYZ transfer net 40 EUR base 88 USD
    """)


# What comes late


def test_a_late_fill_that_replaces_an_estimate_brings_its_rate():
    check("""
        instrument XYZ EUR
        policy on_missing close, missing_confirmations 1, guard_empty false
        fill f1 XYZ 10 @ 100 rate 1.10
        broker XYZ 10 @ 100 price 110
        => created XYZ 0 -> 10
        ---
        fill f2 XYZ -4 @ 110 rate 1.20
        broker XYZ 6 @ 100 price 110
        => reduced XYZ 10 -> 6 base 88 USD
        ---
        broker nothing
        => and more  ended XYZ missing net 100 EUR estimated base nothing
        ---
        fill f3 XYZ -6 @ 110 rate 1.30 at 15:01:30
        broker nothing
        => and more  ended XYZ fill net 100 EUR final base 286 USD price 126 exchange 160
    """)


def test_a_late_opening_without_a_rate_takes_the_sum_back():
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:20
        fill f3 XYZ -6 @ 110 rate 1.30 at 14:40
        => and more  ended XYZ fill base 286 USD
        ---
        fill f0 XYZ 5 @ 100 at 14:10
        fill f4 XYZ -5 @ 110 rate 1.30 at 14:50
        => and more  ended XYZ fill net 150 EUR base nothing
    """)


def test_a_correction_counts_in_the_sum_instead_of_what_it_takes_back():
    # 5 instead of 4 sold at 1.20: 5 x 110 x 1.20 + 5 x 110 x 1.30 - 1100
    check("""
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:20
        => and more
        ---
        fill c2 XYZ -5 @ 110 cancels f2 rate 1.20 at 14:20
        fill f3 XYZ -5 @ 110 rate 1.30 at 14:40
        => and more  ended XYZ fill net 100 EUR base 275 USD price 125 exchange 150
    """)


def test_a_correction_without_a_rate_makes_the_sum_unknown():
    told = """
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:20
        ---
        fill c2 XYZ -5 @ 110 cancels f2 {} at 14:20
    """
    assert open_base(told.format("rate 1.20")) == "110.00"
    assert open_base(told.format("")) is None


def test_what_was_made_before_an_adoption_is_not_the_episodes():
    text = """
        account history partial
        instrument XYZ EUR
        fill f1 XYZ 10 @ 100 rate 1.10 at 14:00
        fill f2 XYZ -4 @ 110 rate 1.20 at 14:10
        broker XYZ 6 @ 100
    """
    assert open_base(text) is None
    assert open_base(f"{text}        ---\n        fill f3 XYZ -1 @ 110 rate 1.30\n") == "33.00"


def test_what_a_book_began_with_has_no_base_value():
    text = """
        instrument XYZ EUR
        book XYZ 10 @ 100 realized 5
        fill f1 XYZ 10 @ 100 rate 1.10
        fill f2 XYZ -1 @ 110 rate 1.10
    """
    assert open_base(text) is None
