"""The life of a break: opened, seen again, resolved, ignored, and opened anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.breaks import BREAK_KINDS, HARMLESS, Break, BreakId, Cause
from tieout.core.instrument import LedgerId
from tieout.core.snapshot import Holding
from tieout.core.tracking import Found, Tracked, track

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)
A, B = LedgerId("A"), LedgerId("B")
ROW = Holding(symbol="A", quantity="9")


def found(kind="quantity", ledger=A, theirs="9", **fields) -> Found:
    return Found(
        kind=kind, ledger=ledger, symbol=None if ledger is None else str(ledger),
        before={"quantity": Decimal(14)}, ours={"quantity": Decimal(10)},
        theirs={"quantity": None if theirs is None else Decimal(theirs)},
        remainder=Decimal(-1), row=ROW, **fields,
    )  # fmt: skip


def known(kind="quantity", ledger=A, number=1, **fields) -> Break:
    given = {
        "id": BreakId(f"B{number}"), "kind": kind, "ledger": ledger, "symbol": "A", "seen": 1,
        "ours": {"quantity": Decimal(10)}, "theirs": {"quantity": Decimal(9)},
        "first_at": EARLIER, "last_at": EARLIER,
    } | fields  # fmt: skip
    return Break(**given)


def tracked(*seen: Found, still_open=(), judged=(A,), source=True, decided=()) -> Tracked:
    return track(
        seen,
        still_open={each.id: each for each in still_open},
        judged=judged,
        judges_source=source,
        decided={each.id: each for each in decided},
        at=NOON,
        next_number=7,
    )


def test_a_new_difference_opens_a_break_with_all_it_knows():
    cause = Cause(cause="fill", id="f1", quantity=Decimal(-4))
    after = tracked(found(explanation=(cause,), side="long"))
    assert after.listed == (
        Break(
            id=BreakId("B7"), kind="quantity", ledger=A, symbol="A", side="long",
            before={"quantity": Decimal(14)}, ours={"quantity": Decimal(10)},
            theirs={"quantity": Decimal(9)}, explanation=(cause,), remainder=Decimal(-1),
            status="open", seen=1, first_at=NOON, last_at=NOON, row=ROW,
        ),
    )  # fmt: skip
    assert list(after.still_open) == ["B7"]
    assert after.next_number == 8


def test_a_break_of_a_held_run_may_begin_unseen():
    assert tracked(found(seen_if_new=0)).listed[0].seen == 0


def test_the_same_difference_goes_on_under_its_id():
    after = tracked(found(theirs="8"), still_open=[known(seen=2)])
    (one,) = after.listed
    assert (one.id, one.seen, one.status) == ("B1", 3, "open")
    assert (one.first_at, one.last_at) == (EARLIER, NOON)
    assert one.theirs == {"quantity": Decimal(8)}
    assert one.before == {"quantity": Decimal(14)}
    assert one.row == ROW
    assert after.next_number == 7


def test_a_run_that_does_not_count_leaves_the_count():
    (one,) = tracked(found(counts=False), still_open=[known(seen=2)]).listed
    assert one.seen == 2
    assert one.last_at == NOON


def test_a_difference_that_is_gone_is_resolved_and_listed_once_more():
    after = tracked(still_open=[known(seen=3)])
    (one,) = after.listed
    assert (one.status, one.seen, one.last_at) == ("resolved", 3, EARLIER)
    assert after.still_open == {}


def test_what_a_run_could_not_judge_is_kept_and_not_listed():
    after = tracked(still_open=[known()], judged=(B,))
    assert after.listed == ()
    assert after.still_open == {"B1": known()}


@pytest.mark.parametrize("kind", ["incomplete_source", "stale_source"])
def test_a_break_of_the_source_ends_with_the_next_applied_snapshot(kind):
    lasting = known(kind, ledger=None)
    assert tracked(still_open=[lasting]).listed[0].status == "resolved"
    after = tracked(still_open=[lasting], source=False)
    assert after.listed == ()
    assert after.still_open == {"B1": lasting}


def test_a_difference_of_another_kind_is_another_break():
    after = tracked(found("cost"), still_open=[known("quantity")])
    assert [(each.id, each.kind, each.status) for each in after.listed] == [
        ("B7", "cost", "open"),
        ("B1", "quantity", "resolved"),
    ]


def test_a_difference_of_another_position_is_another_break():
    after = tracked(found(ledger=B), still_open=[known()], judged=(A, B))
    assert [(each.id, each.status) for each in after.listed] == [("B7", "open"), ("B1", "resolved")]


def test_a_zero_row_after_an_absence_is_the_same_break():
    (one,) = tracked(found(theirs="0"), still_open=[known("missing_at_broker", seen=2)]).listed
    assert (one.id, one.kind, one.seen) == ("B1", "missing_at_broker", 3)
    two = tracked(found(theirs="5"), still_open=[known("missing_at_broker")]).listed
    assert [each.id for each in two] == ["B7", "B1"]
    absent = tracked(found("missing_at_broker", theirs=None), still_open=[known("quantity")])
    assert [each.id for each in absent.listed] == ["B7", "B1"]


def test_an_ignored_difference_stays_ignored_while_theirs_stays():
    ignored = known(status="ignored", seen=4)
    (one,) = tracked(found(theirs="9"), still_open=[ignored]).listed
    assert (one.status, one.seen) == ("ignored", 5)
    (other,) = tracked(found(theirs="8"), still_open=[ignored]).listed
    assert (other.status, other.seen) == ("open", 1)


def test_what_a_person_settled_is_listed_and_does_not_come_back_under_its_id():
    settled = known(status="resolved")
    quiet = tracked(still_open=[known()], decided=[settled], judged=())
    assert quiet.listed == (settled,)
    assert quiet.still_open == {}
    again = tracked(found(), still_open=[known()], decided=[settled])
    assert [(each.id, each.status) for each in again.listed] == [("B7", "open"), ("B1", "resolved")]


def test_what_a_person_ignores_is_listed_and_kept():
    ignored = known(status="ignored")
    after = tracked(still_open=[known()], decided=[ignored], judged=())
    assert after.listed == (ignored,)
    assert after.still_open == {"B1": ignored}


def test_two_differences_of_one_kind_and_position_are_two_breaks():
    after = tracked(found("pnl"), found("pnl"), still_open=[known("pnl")])
    assert [each.id for each in after.listed] == ["B1", "B7"]
    assert set(after.still_open) == {"B1", "B7"}


def test_only_open_breaks_that_matter_prevent_a_tie_out():
    for kind in BREAK_KINDS:
        assert known(kind).prevents_tie_out is (kind not in HARMLESS)
        for status in ("acknowledged", "explained", "resolved", "ignored"):
            assert not replace(known(kind), status=status).prevents_tie_out
