"""Another truth for one kind of break, up to an amount; and what a person decides about a split."""

import pytest

from scenario import check


@pytest.mark.parametrize(("limit", "follows"), [("439.99", False), ("440", True), ("441", True)])
def test_up_to_its_amount_the_kind_has_its_own_truth(limit, follows):
    """Four shares at 110 are 440."""
    outcome = "reduced 10 -> 6" if follows else "book AAPL 10 @ 100"
    check(f"""
        policy  truth manual, by_kind.quantity.truth broker, by_kind.quantity.limit {limit}
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      {outcome} and more
    """)


@pytest.mark.parametrize(
    ("limit", "follows"), [("6000", False), ("250499", False), ("250500", True)]
)
def test_the_amount_counts_the_contract_size(limit, follows):
    """One contract of 50 at 5010 is 250500."""
    outcome = "reduced 2 -> 1" if follows else "book ESZ6 2 @ 5000"
    check(f"""
        policy      truth manual, by_kind.quantity.truth broker, by_kind.quantity.limit {limit}
        instrument  ESZ6 future x50
        book        ESZ6 2 @ 5000
        broker      ESZ6 1 @ 5000 price 5010
        =>          {outcome} and more
    """)


@pytest.mark.parametrize(("limit", "follows"), [("9.99", False), ("10", True)])
def test_the_amount_of_another_average_is_what_it_makes_of_the_cost(limit, follows):
    """Ten shares at 101 instead of 100."""
    outcome = "restated 10 -> 10 @ 101" if follows else "book AAPL 10 @ 100 DRIFT"
    check(f"""
        policy  truth manual, by_kind.cost.truth broker, by_kind.cost.limit {limit}
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 101 price 110
        =>      {outcome} and more
    """)


def test_without_a_limit_the_kind_has_its_own_truth_at_any_amount():
    check("""
        policy  truth manual, by_kind.quantity.truth broker
        book    AAPL 10 @ 100
        broker  AAPL 1 @ 100 price 110000
        =>      reduced 10 -> 1 and more
    """)


def test_an_amount_that_nobody_can_tell_waits_for_a_person():
    check("""
        policy  by_kind.quantity.truth broker, by_kind.quantity.limit 1000000
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100
        =>      break quantity AAPL 10 -> 6 open  book AAPL 10 @ 100 DRIFT
    """)


def test_the_last_price_tells_the_amount_where_the_row_has_none():
    check("""
        policy  truth manual, by_kind.quantity.truth broker, by_kind.quantity.limit 440
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100 price 110
        ---
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6 and more
    """)


def test_another_kind_has_the_accounts_truth():
    check("""
        policy  truth manual, by_kind.cost.truth broker
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      break quantity AAPL open  book AAPL 10 @ 100 DRIFT
    """)


# What a person decides about a split that nobody announced


def test_accepting_a_split_scales_the_position():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 40 @ 25.00 price 26
        =>      break corporate_action AAPL 10 -> 40 open  and more
        ---
        local   accept_broker AAPL
        broker  AAPL 40 @ 25.00 price 26
        =>      split AAPL 10 -> 40 @ 25 SYNCED realized nothing
        =>      break corporate_action AAPL resolved  tied out
    """)


def test_accepting_a_split_with_cash_in_lieu_sells_the_fraction():
    """105 become 10.5 at 20.00; half a share goes at 22."""
    check("""
        policy  truth manual
        book    AAPL 105 @ 2.00
        broker  AAPL 10 @ 20.00 price 22
        =>      break corporate_action AAPL open  and more
        ---
        local   accept_broker AAPL
        broker  AAPL 10 @ 20.00 price 22
        =>      split AAPL 105 -> 10 @ 20 realized 1 USD estimated  and more
    """)


def test_accepting_what_has_come_about_meanwhile_changes_nothing():
    check("""
        policy   truth manual
        book     AAPL 10 @ 100 actual
        broker   AAPL 6 @ 100 price 110
        =>       break quantity AAPL open  and more
        ---
        fill f1  AAPL -4 @ 110 at 14:59
        =>       reduced 10 -> 6 and more
        ---
        local    accept_broker AAPL
        broker   AAPL 6 @ 100 price 110
        =>       book AAPL 6 @ 100 SYNCED  and more
    """)


# Bookings of our own at the first look


def test_a_booking_that_the_first_snapshot_shows_is_confirmed():
    check("""
        local   open AAPL 5 @ 100
        broker  AAPL 5 @ 101
        =>      book AAPL 5 OPEN SYNCED and more
        ---
        fill f1 AAPL 5 @ 100.50 at 14:59
        broker  AAPL 5 @ 100.50
        =>      book AAPL 5 and more
    """)


def test_a_booking_that_the_first_snapshot_does_not_show_waits():
    check("""
        local   open AAPL 5 @ 100
        broker  MSFT 1 @ 10
        =>      created AAPL 0 -> 5 @ 100 OPENING PENDING
        =>      created MSFT 0 -> 1 @ 10 OPEN SYNCED and more
    """)
