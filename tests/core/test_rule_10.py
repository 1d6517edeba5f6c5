"""Rule 10: a snapshot that would end too much is held until a person has looked."""

import pytest

from scenario import check


def positions(*symbols):
    return "\n".join(f"book {symbol} 1 @ 10" for symbol in symbols)


def rows(*symbols):
    return "\n".join(f"broker {symbol} 1 @ 10 price 10" for symbol in symbols) or "broker nothing"


def test_rule_10_more_than_half_and_at_least_three_is_held():
    check(f"""
        {positions("A", "B", "C", "D", "E")}
        {rows("A", "B")}
        =>      missing C 1 -> 1 @ 10 OPEN PENDING realized nothing
        =>      missing D PENDING missing E PENDING
        =>      break missing_at_broker C 1 -> ? remainder -1 seen 0 open
        =>      break missing_at_broker D seen 0 break missing_at_broker E seen 0
        =>      held  not tied out  alert held C D E
    """)


def test_rule_10_exactly_half_is_not():
    check(f"""
        {positions("A", "B", "C", "D", "E", "F")}
        {rows("A", "B", "C")}
        =>      missing D missing E missing F  and more  applied  no alert
    """)


def test_rule_10_fewer_than_three_are_not():
    check(f"""
        {positions("A", "B", "C")}
        {rows("A")}
        =>      missing B missing C  and more  applied  no alert
    """)


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ("guard_close_min 2", "held"),
        ("guard_close_min 3", "applied"),
        ("guard_close_min 2, guard_close_share 0.7", "applied"),
        ("guard_close_min 2, guard_close_share 0.6", "held"),
    ],
)
def test_rule_10_both_limits_can_be_set(policy, outcome):
    check(f"""
        policy  {policy}
        {positions("A", "B", "C")}
        {rows("A")}
        =>      and more  {outcome}
    """)


def test_rule_10_an_empty_snapshot_is_held_when_any_are_left():
    check(f"""
        {positions("A")}
        broker  nothing
        =>      missing A PENDING  break missing_at_broker A seen 0  held  alert held A
    """)


def test_rule_10_unless_the_guard_for_empty_ones_is_off():
    check(f"""
        policy  guard_empty false
        {positions("A")}
        broker  nothing
        =>      missing A PENDING  break missing_at_broker A seen 1  applied  no alert
    """)


def test_rule_10_an_empty_snapshot_that_activities_prove_is_not_suspicious():
    check(f"""
        {positions("A", "B")}
        fill f1 A -1 @ 11
        fill f2 B -1 @ 12
        broker  nothing
        =>      closed A realized 1 USD closed B realized 2 USD  applied  tied out
    """)


def test_rule_10_it_counts_what_the_book_still_holds_after_activities():
    check(f"""
        {positions("A", "B", "C", "D", "E")}
        fill f1 C -1 @ 11
        {rows("A", "B")}
        =>      closed C missing D missing E  and more  applied
    """)


def test_rule_10_the_share_is_of_the_book_after_activities():
    check(f"""
        {positions("A", "B", "C", "D", "E", "F")}
        fill f1 A -1 @ 11
        {rows("B", "C")}
        =>      closed A missing D missing E missing F  and more  held
    """)


def test_rule_10_what_has_expired_does_not_count():
    check("""
        book    A 1 @ 10
        book    B 1 @ 10
        book    AAPL261119C00150000 1 @ 10
        book    AAPL261119C00160000 1 @ 10
        book    AAPL261119C00170000 1 @ 10
        broker  A 1 @ 10
        =>      missing B  and more  applied
    """)


def test_rule_10_flips_do_not_count():
    check(f"""
        {positions("A", "B", "C")}
        broker  A -1 @ 10 price 10
        broker  B -1 @ 10 price 10
        broker  C -1 @ 10 price 10
        =>      flipped A flipped B flipped C  and more  applied
    """)


@pytest.mark.parametrize("policy", ["on_missing flag", "on_missing delete", "truth book",
                                    "truth manual"])  # fmt: skip
def test_rule_10_it_acts_under_every_policy_and_truth(policy):
    check(f"""
        policy  {policy}
        {positions("A", "B", "C")}
        broker  nothing
        =>      missing A missing B missing C  held  alert held A B C  and more
    """)


def test_rule_10_a_held_run_applies_its_activities():
    check(f"""
        {positions("A", "B")}
        fill f1 A 2 @ 13
        broker  nothing
        =>      increased A 1 -> 3 @ 12 by f1  missing A missing B  held  and more
        =>      book A 3 @ 12
    """)


def test_rule_10_a_held_run_applies_nothing_of_its_snapshot():
    check(f"""
        {positions("A", "B", "C", "D")}
        broker  A 7 @ 20 price 30
        broker  NEW 1 @ 1
        =>      missing B missing C missing D  held  and more
        =>      book A 1 @ 10 price ?
    """)


def test_rule_10_the_same_list_again_is_no_alert():
    check(f"""
        {positions("A", "B")}
        broker  nothing
        =>      alert held A B  and more
        ---
        broker  nothing
        =>      break missing_at_broker A seen 0 break missing_at_broker B seen 0
        =>      held  no alert
        ---
        fill f1 A -1 @ 10
        broker  nothing
        =>      held  alert held B  and more
    """)


def test_rule_10_when_the_rows_are_back_all_is_well():
    check(f"""
        {positions("A", "B")}
        broker  nothing
        ---
        {rows("A", "B")}
        =>      break missing_at_broker A resolved break missing_at_broker B resolved
        =>      applied  tied out  book A 1 SYNCED  book B 1 SYNCED
        ---
        broker  nothing
        =>      held  alert held A B  and more
    """)


def test_rule_10_approving_closes_what_it_listed_at_once():
    check(f"""
        {positions("A", "B")}
        broker  nothing
        ---
        approve
        =>      closed A 1 -> 0 CLOSED reason missing closed B 1 -> 0 CLOSED reason missing
        =>      break missing_at_broker A seen 1 open break missing_at_broker B seen 1 open
        =>      applied  not tied out  book nothing
        ---
        broker  nothing
        =>      break missing_at_broker A resolved break missing_at_broker B resolved  tied out
    """)


def test_rule_10_approving_applies_the_held_snapshot():
    check(f"""
        {positions("A", "B", "C", "D")}
        broker  A 7 @ 20 price 30
        =>      held  and more
        ---
        approve
        =>      increased A 1 -> 7 @ 20 DRIFT
        =>      closed B reason missing closed C reason missing closed D reason missing
        =>      applied  and more
    """)


def test_rule_10_under_flag_approving_closes_too():
    check(f"""
        policy  on_missing flag
        {positions("A")}
        broker  nothing
        ---
        approve
        =>      closed A 1 -> 0 CLOSED reason missing  and more  applied
    """)


def test_rule_10_approving_closes_nothing_that_fills_have_closed_since():
    check(f"""
        {positions("A", "B")}
        broker  nothing
        ---
        fill f1 B -1 @ 12
        =>      closed B 1 -> 0 realized 2 USD reason fill
        ---
        approve
        =>      closed A 1 -> 0 reason missing
        =>      break missing_at_broker A seen 1 open break missing_at_broker B resolved
        =>      applied  not tied out  total USD net 2 incomplete
    """)


def test_rule_10_only_a_held_run_can_be_approved():
    check(f"""
        {positions("A")}
        approve
        =>      error run "no held run"  partial
    """)


def test_rule_10_a_good_snapshot_since_has_settled_it():
    check(f"""
        {positions("A")}
        broker  nothing
        ---
        {rows("A")}
        ---
        approve
        =>      error run  partial  book A 1
    """)


def test_rule_10_what_this_step_itself_leaves_held_is_not_approved_unseen():
    check(f"""
        {positions("A", "B", "C")}
        broker  nothing
        approve
        =>      missing A missing B missing C  alert held A B C
        =>      break missing_at_broker A break missing_at_broker B break missing_at_broker C
        =>      error run "there is no held run to approve"  held  not tied out
        ---
        approve
        =>      closed A reason missing closed B closed C and more  applied  book nothing
    """)


def test_rule_10_an_approval_beside_a_new_snapshot_is_of_what_was_held_before():
    """E was not on the list that the person saw: it is missing for the first time."""
    check(f"""
        {positions("A", "B", "C", "D", "E")}
        {rows("D", "E")}
        ---
        {rows("D")}
        approve
        =>      closed A reason missing closed B closed C missing E and more
        =>      applied  book D 1 book E 1 PENDING
    """)
