"""Renames to a name that was there before: a re-used ticker is another instrument."""

from scenario import check, read, run
from tieout.cases.running import run_case


def test_a_name_that_another_position_had_before_joins_nothing():
    check("""
        fill f1    AAPL 10 @ 100.00 at 2026-03-01T15:00:00Z
        fill f2    XBT 3 @ 50.00 at 2026-03-02T15:00:00Z
        ---
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        =>         renamed AAPL 3 -> 3 @ 50.00 was XBT by r1
        ---
        fill f3    AAPL -3 @ 50.00
        =>         closed AAPL 3 -> 0 by f3
        =>         book AAPL 10 @ 100.00
    """)


def test_a_position_the_book_started_with_keeps_its_name_to_itself():
    check("""
        book       AAPL 10 @ 100.00
        book       XBT 3 @ 50.00
        rename r1  XBT to AAPL
        =>         renamed AAPL 3 -> 3 @ 50.00 was XBT by r1
        ---
        fill f3    AAPL -3 @ 50.00
        =>         closed AAPL 3 -> 0 by f3
        =>         book AAPL 10 @ 100.00
    """)


def test_what_came_under_the_new_name_before_its_rename_was_heard_of_follows_it():
    check("""
        fill f1    XBT 3 @ 50.00 at 2026-03-02T15:00:00Z
        fill f2    AAPL 2 @ 60.00 at 2026-03-04T15:00:00Z
        ---
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        =>         increased AAPL 3 -> 5 @ 54.00 was XBT by r1
        =>         book AAPL 5 @ 54.00
    """)


def test_a_rename_known_only_as_a_day_is_followed_by_the_trades_of_that_day():
    case = read("""
        fill f1    XBT 3 @ 50.00 at 2026-11-18T15:00:00Z
        fill f2    AAPL 2 @ 60.00 at 2026-11-19T15:00:00Z
        rename r1  XBT to AAPL at 2026-11-19T23:59:59Z
    """)
    case.material["steps"][0]["activities"][2]["earliest_at"] = "2026-11-19T05:00:00Z"
    book = run_case(case.case).json()["book"]
    assert [(each["symbol"], each["quantity"]) for each in book] == [("AAPL", "5")]


def test_from_then_on_the_name_means_the_one_that_took_it():
    """Also in later runs, whichever of the two the book met first."""
    check("""
        fill f2    XBT 3 @ 50.00 at 2026-03-01T15:00:00Z
        fill f1    AAPL 10 @ 100.00 at 2026-03-02T15:00:00Z
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        ---
        fill f3    AAPL -3 @ 70.00
        =>         closed AAPL 3 -> 0 realized 60.00 USD reason fill by f3
    """)


def test_what_happened_before_the_name_was_taken_belongs_to_the_one_that_had_it():
    check("""
        fill f1    AAPL 10 @ 100.00 at 2026-03-01T15:00:00Z
        fill f2    XBT 3 @ 50.00 at 2026-03-01T15:00:00Z
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        ---
        fill f3    AAPL -10 @ 120.00 at 2026-03-02T15:00:00Z
        =>         closed AAPL 10 -> 0 realized 200.00 USD reason fill by f3
        ---
        rename r2  AAPL to OLD at 2026-03-03T15:00:00Z
        =>         renamed OLD was AAPL by r2 and more
        =>         book AAPL 3 @ 50.00
    """)


def test_the_venues_ids_tell_two_positions_of_one_name_apart():
    check("""
        book       AAPL 10 @ 100.00 id 1
        book       XBT 3 @ 50.00 id 2
        rename r1  XBT to AAPL
        broker     AAPL 10 @ 100.00 id 1
        broker     AAPL 3 @ 50.00 id 2
        =>         renamed AAPL 3 -> 3 was XBT by r1  tied out
    """)


def test_without_ids_a_row_means_the_one_that_took_the_name():
    check("""
        book       AAPL 10 @ 100.00
        book       XBT 3 @ 50.00
        rename r1  XBT to AAPL
        broker     AAPL 3 @ 50.00
        =>         missing AAPL 10 -> 10 PENDING
        =>         renamed AAPL 3 -> 3 SYNCED was XBT by r1
        =>         break missing_at_broker AAPL and more
    """)


def test_a_row_of_an_unknown_id_is_not_the_position_whose_id_is_known():
    check("""
        book       AAPL 10 @ 100.00
        book       XBT 3 @ 50.00 id 2
        rename r1  XBT to AAPL
        ---
        broker     AAPL 10 @ 100.00 id 1
        broker     AAPL 3 @ 50.00 id 2
        =>         tied out
    """)


def test_a_joining_rename_that_is_taken_back_parts_what_it_joined():
    check("""
        fill f1    XBT 3 @ 50.00 at 2026-03-02T15:00:00Z
        fill f2    AAPL 2 @ 60.00 at 2026-03-04T15:00:00Z
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        =>         book AAPL 5 @ 54.00 and more
        ---
        rename r2  XBT to AAPL cancels r1 at 2026-03-05T15:00:00Z
        =>         book AAPL 2 @ 60.00  book XBT 3 @ 50.00  and more
        ---
        rename r3  XBT to AAPL cancels r2 at 2026-03-06T15:00:00Z
        =>         book AAPL 5 @ 54.00 and more
    """)


def test_a_taken_name_goes_back_when_its_rename_is_taken_back():
    check("""
        book       AAPL 10 @ 100.00
        book       XBT 30 @ 50.00
        rename r1  XBT to AAPL
        ---
        rename r2  XBT to AAPL cancels r1
        =>         renamed XBT 30 -> 30 was AAPL by r2
        ---
        fill f1    AAPL -10 @ 120.00
        =>         closed AAPL 10 -> 0
    """)


def test_an_episode_that_ended_keeps_the_name_it_had():
    """However late the news is that makes the whole history be folded again."""
    result = run("""
        fill f1    FB 10 @ 100.00 at 2026-03-01T15:00:00Z
        fill f2    FB -10 @ 110.00 at 2026-03-02T15:00:00Z
        =>         ended FB fill net 100.00 USD
        ---
        rename r1  FB to META at 2026-03-03T15:00:00Z
        fill f3    META 5 @ 120.00 at 2026-03-04T15:00:00Z
        ---
        fill f4    FB 1 @ 100.00 at 2026-03-01T14:00:00Z
        fill f5    FB -1 @ 100.00 at 2026-03-01T14:30:00Z
    """)
    assert [each["symbol"] for each in result["closed"]] == ["FB", "FB"]
    assert [each["symbol"] for each in result["book"]] == ["META"]


def test_a_row_that_says_what_it_said_last_time_stays_with_its_position():
    check("""
        book       AAPL 10 @ 100.00
        book       XBT 3 @ 50.00
        broker     AAPL 10 @ 100.00
        broker     XBT 3 @ 50.00
        ---
        rename r1  XBT to AAPL
        ---
        broker     AAPL 10 @ 100.00
        =>         missing AAPL 3 -> 3 PENDING
        =>         break missing_at_broker AAPL and more
        ---
        broker     AAPL 3 @ 50.00
        =>         missing AAPL 10 -> 10 PENDING and more
    """)


def test_who_takes_a_name_back_has_it_again():
    check("""
        fill f1    AAPL 10 @ 100.00 at 2026-03-01T15:00:00Z
        fill f2    XBT 3 @ 50.00 at 2026-03-01T15:00:00Z
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        rename r2  AAPL to OLD at 2026-03-02T15:00:00Z
        ---
        rename r3  OLD to AAPL at 2026-03-05T15:00:00Z
        ---
        fill f3    AAPL -10 @ 120.00
        =>         closed AAPL 10 -> 0 realized 200.00 USD by f3
    """)


def test_a_name_is_lost_to_another_and_then_to_a_third():
    check("""
        fill f1    AAPL 10 @ 100.00 at 2026-03-01T15:00:00Z
        fill f2    XBT 3 @ 50.00 at 2026-03-01T15:00:00Z
        fill f3    ZZZ 7 @ 10.00 at 2026-03-01T15:00:00Z
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        rename r2  ZZZ to AAPL at 2026-03-05T15:00:00Z
        ---
        fill f4    AAPL -10 @ 100.00 at 2026-03-02T15:00:00Z
        =>         closed AAPL 10 -> 0 by f4
        ---
        fill f5    AAPL -3 @ 50.00 at 2026-03-04T15:00:00Z
        =>         closed AAPL 3 -> 0 by f5
        ---
        fill f6    AAPL -7 @ 10.00
        =>         closed AAPL 7 -> 0 by f6
    """)


def test_what_the_ids_tell_apart_is_not_joined_however_late_it_began():
    check("""
        instrument XBT id 1
        instrument AAPL id 2
        fill f1    XBT 3 @ 50.00 at 2026-03-02T15:00:00Z
        fill f2    AAPL 2 @ 60.00 at 2026-03-04T15:00:00Z
        ---
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        =>         renamed AAPL 3 -> 3 was XBT
        ---
        broker     AAPL 3 @ 50.00 id 1
        broker     AAPL 2 @ 60.00 id 2
        =>         tied out
    """)


def test_a_name_that_a_position_has_already_is_not_taken():
    check("""
        instrument AAPL spelling XBT
        fill f1    XBT 3 @ 50.00
        rename r1  XBT to AAPL
        ---
        fill f2    AAPL 2 @ 60.00
        =>         increased AAPL 3 -> 5
    """)


def test_a_rename_that_was_taken_back_before_it_came_joins_nothing():
    check("""
        fill f1    XBT 3 @ 50.00 at 2026-03-02T15:00:00Z
        fill f2    AAPL 2 @ 60.00 at 2026-03-04T15:00:00Z
        rename r2  XBT to AAPL cancels r1 at 2026-03-05T15:00:00Z
        ---
        rename r1  XBT to AAPL at 2026-03-03T15:00:00Z
        =>         book AAPL 2 @ 60.00  book XBT 3 @ 50.00
    """)
