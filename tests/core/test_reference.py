"""What the venue tells of an instrument against what the book knows of it."""

import pytest

from scenario import check

ES = """
    instrument  ESZ6 future x50
    book        ESZ6 1 @ 6302
"""
LISTED = "break reference ESZ6 50 -> 500"


def test_reference_another_contract_size_is_a_break_and_ours_is_kept():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} remainder ? before 50 after nothing seen 1 open  not tied out
        =>      book ESZ6 1 @ 6302 OPEN DRIFT price 6310 unrealized 400
    """)


def test_reference_the_size_of_a_row_of_the_book_is_known():
    check("""
        instrument  ESZ6 future
        book        ESZ6 1 @ 6302 x50
        broker      ESZ6 1 @ 6302 price 6310 x500
        =>          break reference ESZ6 50 -> 500 open  not tied out
    """)


def test_reference_what_the_last_row_said_is_known():
    """Nobody else says that this is one share a unit."""
    check("""
        broker  ABC 10 @ 100 x1
        =>      created and more
        ---
        broker  ABC 10 @ 100 x10
        =>      break reference ABC 1 -> 10 open  not tied out
        ---
        broker  ABC 10 @ 100 x10
        =>      break reference ABC 1 -> 10 seen 2 and more
    """)


def test_reference_what_the_list_says_is_known():
    check("""
        instrument  ABC stock
        book        ABC 10 @ 100
        broker      ABC 10 @ 100 x10
        =>          break reference ABC 1 -> 10 open  not tied out
    """)


def test_reference_a_row_of_another_class_is_news_where_the_list_named_none():
    check("""
        instrument  ESZ6
        book        ESZ6 1 @ 6302
        broker      ESZ6 1 @ 6302 price 6310 future x50
        =>          restated 1 -> 1 @ 6302  tied out  book ESZ6 1 @ 6302 unrealized 400
    """)


@pytest.mark.parametrize("given", ["", "instrument  ESZ6 future"])
def test_reference_a_size_that_nobody_knew_is_news(given):
    check(f"""
        {given}
        book    ESZ6 1
        broker  ESZ6 1 @ 6302 price 6310 x50
        =>      restated 1 -> 1 @ 6302  tied out
    """)


def test_reference_a_currency_that_nobody_stated_is_news():
    check("""
        book    SAP 1 @ 100
        broker  SAP 1 @ 100 EUR
        =>      tied out
    """)


def test_reference_another_currency_is_a_break():
    check("""
        instrument  SAP stock EUR
        book        SAP 1 @ 100
        broker      SAP 1 @ 108 price 109 USD
        =>          break reference SAP currency EUR -> USD remainder ? open  not tied out
        =>          book SAP 1 @ 100 OPEN DRIFT price ? unrealized ?
        ---
        local       accept_broker SAP
        broker      SAP 1 @ 108 price 109 USD
        =>          restated 1 -> 1 @ 108  break reference SAP resolved  tied out
        =>          book SAP 1 @ 108 OPEN SYNCED price 109 unrealized 1
    """)


def test_reference_the_currency_of_the_list_is_known_if_it_is_that_of_the_account():
    check("""
        instrument  SAP stock USD
        book        SAP 1 @ 100
        broker      SAP 1 @ 100 EUR
        =>          break reference SAP currency USD -> EUR open  not tied out
    """)


def test_reference_the_break_is_over_when_the_row_agrees_again():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} and more
        ---
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} seen 2  alert break ESZ6  not tied out
        ---
        broker  ESZ6 1 @ 6302 price 6310 x50
        =>      break reference ESZ6 50 -> 500 seen 2 resolved  tied out
        =>      book ESZ6 1 @ 6302 OPEN SYNCED
    """)


def test_reference_the_quantity_is_compared_as_ever_and_their_average_is_not_taken():
    """What a contract of another size cost says nothing of ours."""
    check(f"""
        {ES}
        broker  ESZ6 3 @ 630.2 price 6310 x500
        =>      increased ESZ6 1 -> 3 @ ? DRIFT
        =>      break quantity ESZ6 1 -> 3 remainder 2 open  {LISTED} open  not tied out
        ---
        broker  ESZ6 2 @ 630.2 price 6310 x500
        =>      reduced ESZ6 3 -> 2 @ ? DRIFT and more
    """)


def test_reference_a_split_is_not_told_from_an_average_of_another_size():
    check("""
        instrument  ABC stock
        book        ABC 10 @ 100
        broker      ABC 100 @ 10 price 10 x10
        =>          break quantity ABC 10 -> 100  break reference ABC 1 -> 10  and more
    """)


@pytest.mark.parametrize(
    ("kind", "held"), [("split s1 ESZ6 2 for 1", 2), ("rename s1 ESZ6 to ESZ6", 1)]
)
def test_reference_an_activity_may_explain_another_size(kind, held):
    check(f"""
        {ES}
        broker  ESZ6 1 @ 6302 x50
        ---
        {kind}
        ---
        broker  ESZ6 {held} @ 6302 x500
        =>      restated {held} -> {held} @ 6302  tied out
    """)


def test_reference_an_activity_of_before_the_last_row_explains_nothing():
    check("""
        instrument  ESZ6 future x50
        book        ESZ6 1 @ 6302
        ---
        split   s1 ESZ6 2 for 1
        broker  ESZ6 2 @ 3151 x50
        =>      split and more
        ---
        broker  ESZ6 2 @ 3151 x500
        =>      break reference ESZ6 50 -> 500 open  not tied out
    """)


def test_reference_what_the_list_says_as_well_is_news():
    """A person declares another size; it counts for what was booked before."""
    check("""
        instrument  ESZ6 future x500
        book        ESZ6 1 @ 6302 x50
        broker      ESZ6 1 @ 6302 price 6310 x500
        =>          restated 1 -> 1 @ 6302  tied out  book ESZ6 1 @ 6302 unrealized 4000
    """)


def test_reference_the_list_is_asked_by_the_venue_id_first():
    check("""
        instrument  ESZ6 future x50 id 1
        instrument  OTHER future x500 id 2
        book        ESZ6 1 @ 6302 id 1
        broker      OTHER 1 @ 6302 id 1 x500
        =>          break reference OTHER 50 -> 500 and more
    """)


def test_reference_a_listed_name_with_another_id_is_another_instrument():
    """So its list entry says nothing in the row's favour."""
    check("""
        instrument  ESZ6 future x500 id 2
        book        ESZ6 1 @ 6302 x50 id 1
        broker      ESZ6 1 @ 6302 id 1 x500
        =>          break reference ESZ6 50 -> 500 and more
    """)


def test_reference_a_flat_position_knows_nothing_that_counts():
    check(f"""
        {ES}
        fill    f1 ESZ6 -1 @ 6302
        broker  nothing
        =>      closed and more
        ---
        broker  ESZ6 1 @ 630.2 x500
        =>      created ESZ6 0 -> 1 @ 630.2  break missing_in_book ESZ6 open and more
    """)


def test_reference_a_position_that_this_run_opened_knows_its_size():
    check("""
        instrument  ESZ6 future x50
        book        MSFT 1 @ 1
        fill        f1 ESZ6 1 @ 6302
        broker      MSFT 1 @ 1
        broker      ESZ6 1 @ 630.2 x500
        =>          created ESZ6 0 -> 1 @ 6302 DRIFT  break reference ESZ6 50 -> 500  not tied out
    """)


def test_reference_an_adoption_takes_the_broker_at_its_word():
    check("""
        instrument  ESZ6 future x50
        fill        f1 ESZ6 1 @ 6302
        broker      ESZ6 1 @ 6302 price 6310 x500
        =>          created ESZ6 0 -> 1 @ 6302  tied out
        =>          book ESZ6 1 @ 6302 unrealized 4000
    """)


def test_reference_accept_broker_takes_their_size_for_what_was_booked_before_as_well():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} and more
        ---
        local   accept_broker ESZ6
        =>      break reference ESZ6 resolved and more
        ---
        broker  ESZ6 1 @ 6302 price 6310 x500
        =>      tied out  book ESZ6 1 @ 6302 OPEN SYNCED unrealized 4000
        ---
        broker  ESZ6 1 @ 6302 price 6310 x5
        =>      break reference ESZ6 500 -> 5 open  not tied out
    """)


def test_reference_keep_book_is_kept_while_theirs_stays_the_same():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} and more
        ---
        local   keep_book ESZ6
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      break reference ESZ6 resolved  tied out  book ESZ6 1 @ 6302 SYNCED unrealized 400
        ---
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      tied out
        ---
        broker  ESZ6 1 @ 631 price 6310 x500
        =>      {LISTED} seen 1 open  not tied out
    """)


def test_reference_keep_book_does_not_keep_it_from_yet_another_size():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} and more
        ---
        local   keep_book ESZ6
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      break reference ESZ6 resolved  tied out
        ---
        broker  ESZ6 1 @ 630.2 price 6310 x700
        =>      break reference ESZ6 50 -> 700 seen 1 open  not tied out
        ---
        broker  ESZ6 1 @ 630.2 price 6310 x700
        =>      break reference ESZ6 50 -> 700 seen 2 open and more
    """)


def test_reference_keep_book_takes_nothing_back_that_was_followed_before():
    check(f"""
        {ES}
        broker  ESZ6 2 @ 6302 price 6310 x50
        =>      increased and more
        ---
        broker  ESZ6 2 @ 630.2 price 6310 x500
        =>      {LISTED} open and more
        ---
        local   keep_book ESZ6
        broker  ESZ6 2 @ 630.2 price 6310 x500
        =>      break reference ESZ6 resolved  tied out  book ESZ6 2 @ 6302
    """)


def test_reference_keep_book_restores_a_quantity_that_was_followed_in_the_same_run():
    check(f"""
        {ES}
        broker  ESZ6 3 @ 630.2 price 6310 x500
        =>      increased ESZ6 1 -> 3 and more
        ---
        local   keep_book ESZ6
        broker  ESZ6 3 @ 630.2 price 6310 x500
        =>      reduced ESZ6 3 -> 1 @ 6302  break quantity ESZ6 resolved
        =>      break reference ESZ6 resolved  tied out
    """)


def test_reference_ignored_it_does_not_prevent_tied_out_and_the_quantity_is_followed():
    check(f"""
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} and more
        ---
        local   ignore_break ESZ6
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {LISTED} ignored  tied out  book ESZ6 1 @ 6302 DRIFT unrealized 400
        ---
        broker  ESZ6 2 @ 630.2 price 6310 x500
        =>      increased ESZ6 1 -> 2  break quantity ESZ6 1 -> 2  {LISTED} ignored  not tied out
        ---
        broker  ESZ6 2 @ 630.2 price 6310 x600
        =>      break quantity ESZ6 resolved  break reference ESZ6 50 -> 600 open  not tied out
    """)


def test_reference_rows_that_contradict_one_another_say_nothing():
    check("""
        instrument  ESZ6 future x50 id 1
        book        ESZ6 1 @ 6302 id 1
        broker      ESZ6 1 @ 630.2 price 6310 x500
        broker      ESZ6 1 @ 630.2 price 6310 id 1 x500
        =>          partial  invalid ESZ6 FAILED  error ESZ6 "several different rows" and more
    """)


def test_reference_of_an_incomplete_snapshot_is_listed_and_what_it_may_not_close_stays_failed():
    check("""
        instrument  ESZ6 future x50
        book        ESZ6 1 @ 6302
        book        MSFT 1 @ 1
        broker      incomplete
        broker      ESZ6 0 x500
        =>          partial  break reference ESZ6 50 -> 500  and more
        =>          book ESZ6 1 @ 6302 FAILED
    """)


def test_reference_what_goes_at_a_price_in_another_currency_has_no_result():
    check("""
        instrument  SAP stock EUR
        book        SAP 2 @ 100
        broker      SAP 1 @ 108 price 109 USD
        =>          reduced SAP 2 -> 1 @ 100 realized incomplete  and more
    """)


@pytest.mark.parametrize(("limit", "taken"), [("", True), (", by_kind.reference.limit 1", False)])
def test_reference_the_broker_may_be_set_to_be_right_about_it(limit, taken):
    """But for an amount, which a difference of this kind has not."""
    outcome = "tied out  book ESZ6 1 @ 630.2" if taken else f"{LISTED} and more"
    check(f"""
        policy  by_kind.reference.truth broker{limit}
        {ES}
        broker  ESZ6 1 @ 630.2 price 6310 x500
        =>      {outcome}
    """)
