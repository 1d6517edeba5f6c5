"""Rules 10 to 12 over several runs: held, failed, incomplete and stale ones among good ones."""

import pytest

from scenario import check

FOUR = """
        book    A 1 @ 10
        book    B 1 @ 10
        book    C 1 @ 10
        book    D 1 @ 10
"""
ALL = "\n".join(f"broker {symbol} 1 @ 10 price 10" for symbol in "ABCD")


def test_rule_10_what_is_missing_a_second_time_counts_for_the_guard_too():
    """B went missing alone; with C and D there are three of four."""
    check(f"""{FOUR}
        broker  A 1 @ 10
        broker  C 1 @ 10
        broker  D 1 @ 10
        =>      missing B PENDING  break missing_at_broker B seen 1  applied
        ---
        broker  A 1 @ 10
        =>      missing C missing D  held  alert held B C D  and more  book B 1
        ---
        broker  A 1 @ 10
        broker  C 1 @ 10
        broker  D 1 @ 10
        =>      closed B reason missing  and more  applied
    """)


def test_rule_10_a_held_run_counts_for_nothing():
    check(f"""{FOUR}
        broker  A 1 @ 10
        =>      held  and more
        ---
        broker  A 1 @ 10
        =>      held  no alert  and more
        ---
        broker  A 1 @ 10
        broker  B 1 @ 10
        broker  C 1 @ 10
        =>      missing D PENDING  break missing_at_broker D seen 1  and more  applied
    """)


def test_rule_10_fills_that_prove_it_end_the_quarantine():
    check(f"""{FOUR}
        broker  A 1 @ 10
        =>      held  alert held B C D  and more
        ---
        fill f1 B -1 @ 11 at 14:59
        fill f2 C -1 @ 12 at 14:59
        fill f3 D -1 @ 13 at 14:59
        broker  A 1 @ 10
        =>      closed B realized 1 USD by f1  closed C realized 2 USD  closed D realized 3 USD
        =>      break missing_at_broker B resolved  break missing_at_broker C resolved
        =>      break missing_at_broker D resolved  applied  tied out
    """)


def test_rule_10_fills_that_prove_a_part_of_it_make_the_list_shorter():
    """Two of three are missing then, which is below the least number of three."""
    check(f"""{FOUR}
        broker  A 1 @ 10
        =>      held  alert held B C D  and more
        ---
        fill f1 B -1 @ 11 at 14:59
        broker  A 1 @ 10
        =>      closed B realized 1 USD by f1  and more  applied
        =>      book C 1 PENDING  book D 1 PENDING
    """)


def test_rule_10_a_longer_list_alerts_again():
    check("""
        book    A 1 @ 10
        book    B 1 @ 10
        book    C 1 @ 10
        book    D 1 @ 10
        book    E 1 @ 10
        broker  A 1 @ 10
        broker  B 1 @ 10
        =>      held  alert held C D E  and more
        ---
        broker  A 1 @ 10
        =>      held  alert held B C D E  and more
        ---
        broker  A 1 @ 10
        =>      held  no alert  and more
    """)


def test_rule_10_a_failed_run_between_two_held_ones_makes_no_new_alert():
    check(f"""{FOUR}
        broker  A 1 @ 10
        =>      held  alert held B C D  and more
        ---
        broker  fails unavailable "503"
        =>      failed  and more
        ---
        broker  A 1 @ 10
        =>      held  and more  book B 1
    """)


def test_rule_10_what_is_approved_has_the_last_mark_as_its_price():
    check(f"""{FOUR}
        {ALL.replace("price 10", "price 12")}
        ---
        broker  A 1 @ 10 price 13
        =>      held  and more
        ---
        approve
        =>      closed B realized 2 USD estimated reason missing
        =>      closed C realized 2 USD estimated  closed D realized 2 USD estimated
        =>      total USD net 6  applied  and more
    """)


def test_rule_10_an_approved_end_takes_the_fill_that_comes_later():
    check("""
        book    A 1 @ 10
        broker  A 1 @ 10 price 12
        ---
        broker  nothing
        =>      held  and more
        ---
        approve
        =>      closed A realized 2 USD estimated reason missing  and more
        ---
        fill f1 A -1 @ 13 fee 0.50 at 15:00:30
        broker  nothing
        =>      restated A 0 -> 0 realized 0.50 USD final (gross 1 fees 0.50) by f1
        =>      break missing_at_broker A resolved  tied out  ended A fill net 2.50
    """)


def test_rule_10_twice_approved_is_once():
    check("""
        book    A 1 @ 10
        broker  nothing
        ---
        approve
        =>      closed A reason missing and more
        ---
        approve
        =>      error run "no held run"  and more  book nothing
    """)


def test_rule_10_the_guard_does_not_look_at_what_was_closed_before():
    """Five positions are closed; of the three that are left two are missing."""
    closed = "\n".join(f"fill f{each} {each} -1 @ 10" for each in "VWXYZ")
    held = "\n".join(f"book {each} 1 @ 10" for each in "VWXYZ")
    check(f"""
        book    A 1 @ 10
        book    B 1 @ 10
        book    C 1 @ 10
        {held}
        {closed}
        =>      and more
        ---
        broker  A 1 @ 10
        =>      missing B missing C  applied  and more
    """)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ("broker incomplete\nbroker A 1 @ 10", "partial"),
        ("broker incomplete", "failed"),
        ('broker fails refused "401"', "failed"),
    ],
)
def test_rule_12_an_incomplete_snapshot_is_not_held_since_it_ends_nothing(rows, outcome):
    check(f"""{FOUR}
        {rows}
        =>      break incomplete_source  {outcome}  no alert  not tied out
        =>      book B 1 FAILED  book D 1 FAILED
    """)


def test_rule_12_a_stale_snapshot_is_rejected_before_it_is_held():
    check(f"""{FOUR}
        {ALL}
        ---
        broker  as of 14:50
        =>      break stale_source seen 1  rejected  no alert
        ---
        broker  as of 14:51
        =>      break stale_source seen 2  rejected and more
    """)


def test_rule_12_the_activities_of_a_failed_run_count():
    check("""
        book    A 10 @ 60
        fill f1 A -4 @ 70
        broker  fails unavailable "503"
        =>      reduced 10 -> 6 REDUCED FAILED realized 40 USD by f1
        =>      break incomplete_source  failed  not tied out
        ---
        broker  A 6 @ 60
        =>      break incomplete_source resolved  tied out  book A 6 SYNCED
    """)


def test_rule_12_the_activities_of_a_rejected_run_count():
    check("""
        book    A 10 @ 60
        broker  A 10 @ 60
        ---
        fill f1 A -4 @ 70 at 15:00:30
        broker  as of 14:59
        broker  A 10 @ 60
        =>      reduced 10 -> 6 PENDING realized 40 USD by f1  break stale_source  rejected
        ---
        broker  A 6 @ 60
        =>      break stale_source resolved  tied out
    """)


def test_rule_12_an_average_and_a_split_of_an_incomplete_snapshot_are_taken():
    check("""
        book    A 10 @ 10
        book    B 10 @ 60
        book    C 1 @ 1
        broker  incomplete
        broker  A 10 @ 11
        broker  B 15 @ 40
        =>      restated A 10 -> 10 @ 11 SYNCED  split B 10 -> 15 @ 40 DRIFT
        =>      break incomplete_source  break corporate_action B  partial  book C 1 FAILED
    """)


def test_rule_12_a_flip_of_an_incomplete_snapshot_is_not():
    check("""
        book    A 10 @ 10
        book    B 1 @ 1
        broker  incomplete
        broker  A -5 @ 12 price 12
        broker  B 1 @ 1
        =>      break incomplete_source  partial  book A 10 OPEN FAILED  book B 1 SYNCED
        ---
        broker  A -5 @ 12 price 12
        broker  B 1 @ 1
        =>      flipped A 10 -> -5 realized 20 USD estimated
        =>      break incomplete_source resolved  break quantity A 10 -> -5
    """)


def test_rule_12_a_booking_is_confirmed_by_a_row_of_an_incomplete_snapshot():
    check("""
        book    B 1 @ 1
        local   open A 5 @ 10
        ---
        broker  incomplete
        broker  A 5 @ 10
        =>      break incomplete_source  partial  book A 5 OPEN SYNCED  book B 1 FAILED
    """)


def test_rule_12_a_new_name_in_an_incomplete_snapshot_is_taken():
    check("""
        instrument OLD id 7
        book    OLD 10 @ 60
        book    B 1 @ 1
        broker  incomplete
        broker  NEW 10 @ 60 id 7
        =>      renamed NEW 10 -> 10 was OLD SYNCED  break incomplete_source  partial
    """)


def test_rule_12_two_failures_are_one_break_that_goes_on():
    check("""
        book    A 1 @ 10
        broker  fails unavailable "503"
        =>      break incomplete_source seen 1
        ---
        broker  incomplete
        =>      break incomplete_source seen 2  failed and more
        ---
        broker  incomplete
        broker  A 1 @ 10
        =>      break incomplete_source seen 3  partial
        ---
        broker  A 1 @ 10
        =>      break incomplete_source seen 3 resolved  tied out
    """)


def test_rule_12_a_held_run_resolves_no_source_break():
    check(f"""{FOUR}
        broker  fails unavailable "503"
        =>      break incomplete_source seen 1
        ---
        broker  A 1 @ 10
        =>      held  and more
        ---
        {ALL}
        =>      break incomplete_source resolved  and more  tied out
    """)
